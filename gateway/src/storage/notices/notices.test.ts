import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CuttableLine } from '../../../test/harness/cuttable-line.ts';
import { createTestDatabase } from '../../../test/harness/database.ts';
import { ManualClock } from '../../../test/harness/manual-clock.ts';
import { waitUntil } from '../../../test/harness/wait-until.ts';
import { systemClock, type Clock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import { systemRandom } from '../../runtime/random.ts';
import { openDatabase } from '../database.ts';
import { CHANNELS } from './channels.ts';
import { Notices } from './notices.ts';
import { notify } from './notify.ts';

const made = await createTestDatabase();
const database = openDatabase(made.url, () => undefined);
after(async () => {
  await database.close();
  await made.drop();
});

/** A line of its own to the database, what is heard over it, and how often it began anew. */
async function openNotices(clock: Clock = systemClock) {
  const stack = new AsyncDisposableStack();
  const { port, pathname, username, password } = new URL(made.url);
  const line = stack.use(await CuttableLine.open(() => Number(port)));
  const url = `postgres://${username}:${password}@127.0.0.1:${line.port}${pathname}`;
  const notices = new Notices({ url, clock, random: systemRandom, log: createLog('silent') });
  stack.defer(() => notices.close());
  const heard: string[] = [];
  let gaps = 0;
  notices.listen(CHANNELS.messagesDue, {
    onNotice: (payload) => heard.push(payload),
    onGap: () => (gaps += 1),
  });
  return {
    line,
    notices,
    heard,
    gaps: () => gaps,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('a notice is heard on its channel, once, by everyone who listens', async () => {
  await using world = await openNotices();
  world.notices.start();
  await waitUntil('the notices to be heard', () => world.notices.isHearing);
  assert.equal(world.gaps(), 1);
  const later: string[] = [];
  let laterGaps = 0;
  const stop = world.notices.listen(CHANNELS.messagesDue, {
    onNotice: (payload) => later.push(payload),
    onGap: () => (laterGaps += 1),
  });
  assert.equal(laterGaps, 1, 'who comes later looks at the rows, too');
  await notify(database, CHANNELS.questionAsked, 1);
  await notify(database, CHANNELS.messagesDue, 17);
  await waitUntil('both to hear', () => world.heard.length > 0 && later.length > 0);
  stop();
  await notify(database, CHANNELS.messagesDue, 18);
  await waitUntil('the second', () => world.heard.length > 1);
  assert.deepEqual(world.heard, ['17', '18']);
  assert.deepEqual(later, ['17']);
});

test('after a break everyone is told of the gap, once what follows is heard', async () => {
  await using world = await openNotices();
  await world.line.cut();
  world.notices.start();
  await world.line.mend();
  await waitUntil('the notices to be heard', () => world.notices.isHearing);
  for (let cut = 1; cut <= 3; cut += 1) {
    await world.line.cut();
    await waitUntil('the break to be noticed', () => !world.notices.isHearing);
    await notify(database, CHANNELS.messagesDue, 'nobody hears this');
    await world.line.mend();
    await waitUntil('the gap to be told', () => world.gaps() === cut + 1);
    await notify(database, CHANNELS.messagesDue, cut);
    await waitUntil('the notice', () => world.heard.length === cut);
  }
  assert.deepEqual(world.heard, ['1', '2', '3']);
});

test('a server that ends the connection is met again, after a pause', async () => {
  const clock = new ManualClock();
  await using world = await openNotices(clock);
  world.notices.start();
  await waitUntil('the notices to be heard', () => world.notices.isHearing);
  await database.pool.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'tickwire notices' AND datname = current_database()`);
  await waitUntil('the break to be noticed', () => !world.notices.isHearing);
  await waitUntil('a pause', () => clock.hasAlarm);
  clock.advance(100);
  await waitUntil('the gap to be told', () => world.gaps() === 2);
});

test('a line that is dead without a word is noticed', async () => {
  const clock = new ManualClock();
  await using world = await openNotices(clock);
  world.notices.start();
  await waitUntil('the notices to be heard', () => world.notices.isHearing);
  world.line.freeze();
  await waitUntil('the next sign of life to be due', () => clock.hasAlarm);
  clock.advance(10_000);
  await waitUntil('the break to be noticed', () => !world.notices.isHearing);
  await waitUntil('a pause', () => clock.hasAlarm);
  clock.advance(10_000);
  await waitUntil('the gap to be told', () => world.gaps() === 2);
});

test('closing leaves no connection, whatever it was doing', async () => {
  await using away = await openNotices();
  await away.line.cut();
  away.notices.start();
  await away.notices.close();

  await using world = await openNotices();
  world.notices.start();
  await world.notices.close();
  await waitUntil('no connection to be left', async () => {
    const { rows } = await database.pool.query<{ count: number }>(`
      SELECT count(*) FROM pg_stat_activity
      WHERE application_name = 'tickwire notices' AND datname = current_database()`);
    return rows[0]?.count === 0;
  });
});
