import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { createTestDatabase } from '../harness/database.ts';
import { HeldSessions } from '../harness/held-sessions.ts';
import { storeService } from '../harness/stored-service.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { Problem } from '../../src/domain/errors.ts';
import type { ServiceId } from '../../src/domain/ids.ts';
import type { Lease } from '../../src/domain/lease.ts';
import type { PhoneNumber } from '../../src/domain/phone-number.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createLog } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { openDatabase, type Database } from '../../src/storage/database.ts';
import { Notices } from '../../src/storage/notices/notices.ts';
import { Answerer } from '../../src/sessions/elsewhere/answerer.ts';
import { Asker } from '../../src/sessions/elsewhere/asker.ts';
import { createQuestionCodec } from '../../src/sessions/elsewhere/questions.ts';

// Processes that share nothing but a database and the master key: one asks, others answer.

const made = await createTestDatabase();
const masterKey = randomBytes(32);
const codec = createQuestionCodec(masterKey);
const log = createLog('silent');
const PHONE = '447400000002' as PhoneNumber;
const GROUP = { groupId: '120363000000000001', name: 'Ann’s “friends”' } as never;
const stack = new AsyncDisposableStack();
stack.defer(() => made.drop());
after(() => stack.disposeAsync());

/** What every process has. */
function openProcess(): { database: Database; notices: Notices } {
  const database = openDatabase(made.url, () => undefined);
  stack.defer(() => database.close());
  const notices = new Notices({
    url: made.url,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  notices.start();
  stack.defer(() => notices.close());
  return { database, notices };
}

const edge = openProcess();
const { database } = edge;
const asker = new Asker({ ...edge, codec, clock: systemClock, log });
await waitUntil('notices to be heard', () => edge.notices.isHearing);

/** A process that may hold accounts, whose WhatsApp is held by hand. */
async function openHolder() {
  const process = openProcess();
  const control = new HeldSessions(process.database);
  const leases = new Map<ServiceId, Lease>();
  const answerer = new Answerer({
    ...process,
    codec,
    held: {
      control,
      leaseOf: (serviceId) => leases.get(serviceId) ?? null,
      leases: () => [...leases.values()],
    },
    clock: systemClock,
    log,
  });
  answerer.start();
  stack.defer(() => answerer.stop());
  await waitUntil('notices to be heard', () => process.notices.isHearing);
  return {
    ...process,
    control,
    answerer,
    leases,
    /** The account is linked and connected. */
    link: (serviceId: ServiceId) => control.link(serviceId, '447400000001', leases.get(serviceId)),
    /** The account is this process's now. */
    async gain(serviceId: ServiceId): Promise<void> {
      const { rows } = await database.pool.query<{ epoch: number }>(
        `INSERT INTO leases (service_id, epoch) VALUES ($1, 1)
         ON CONFLICT (service_id) DO UPDATE SET epoch = leases.epoch + 1 RETURNING epoch`,
        [serviceId],
      );
      const lease = { serviceId, epoch: rows[0]?.epoch ?? 0 };
      leases.set(serviceId, lease);
      answerer.look([lease]);
    },
  };
}

const one = await openHolder();
const two = await openHolder();

async function countQuestions(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>('SELECT count(*) FROM questions');
  return rows[0]?.count ?? -1;
}

/** @returns the code, or the code of the refusal */
async function askForPairCode(service: ServiceId): Promise<string> {
  const answer = asker.ask(service, { kind: 'pairCode', phone: PHONE }, 5000);
  return await answer.catch((error: unknown) => {
    assert.ok(error instanceof Problem);
    return error.code;
  });
}

const hasCode = (code: string) => (error: unknown) =>
  error instanceof Problem && error.code === code;

test('whoever holds the account answers, and nothing of it stays', async () => {
  const [first, second] = [await storeService(database), await storeService(database)];
  await one.gain(first);
  await two.gain(second);
  one.control.groups.push(GROUP);
  await one.link(first);
  assert.equal(await asker.ask(first, { kind: 'lookUp', phone: PHONE }, 5000), true);
  one.control.unregistered.add(PHONE);
  assert.equal(await asker.ask(first, { kind: 'lookUp', phone: PHONE }, 5000), false);
  assert.deepEqual(await asker.ask(first, { kind: 'groups' }, 5000), [GROUP]);
  assert.equal(await asker.ask(second, { kind: 'pairCode', phone: PHONE }, 5000), 'D2Z8-9ZRY');
  assert.deepEqual(two.control.asked, [`pair ${second} with ${PHONE}`]);
  assert.equal(await countQuestions(), 0);
});

test('many questions at once, each with its own answer', async () => {
  const services = await Promise.all(Array.from({ length: 10 }, () => storeService(database)));
  for (const [index, service] of services.entries()) {
    const holder = index % 2 === 0 ? one : two;
    await holder.gain(service);
    if (index % 3 > 0) await holder.link(service);
  }
  const answers = await Promise.all([...services, ...services].map(askForPairCode));
  for (const [index, answer] of answers.entries()) {
    assert.equal(answer, (index % 10) % 3 > 0 ? 'wrong_state' : 'D2Z8-9ZRY');
  }
  assert.equal(await countQuestions(), 0);
});

test('a refusal keeps its code and its sentence; what went wrong by itself tells nothing', async () => {
  const service = await storeService(database);
  await one.gain(service);
  const refuse = (thrown: Error) => {
    one.control.requestPairCode = () => Promise.reject(thrown);
    return asker.ask(service, { kind: 'pairCode', phone: PHONE }, 5000);
  };
  await assert.rejects(refuse(new Problem('not_ready', 'A better sentence.')), {
    code: 'not_ready',
    status: 503,
    message: 'A better sentence.',
  });
  await assert.rejects(refuse(new Error(`secret ${PHONE}`)), (error: unknown) => {
    assert.ok(hasCode('internal_error')(error));
    assert.doesNotMatch(String(error), /secret|4474/);
    return true;
  });
  delete (one.control as Partial<HeldSessions>).requestPairCode;
});

test('nobody holds the account: a clear answer in time, and the question is gone', async () => {
  const service = await storeService(database);
  const startMs = performance.now();
  await assert.rejects(asker.ask(service, { kind: 'groups' }, 400), hasCode('not_ready'));
  assert.ok(performance.now() - startMs < 3000);
  assert.equal(await countQuestions(), 0);
});

test('an account that nobody holds yet: its first holder answers', async () => {
  const service = await storeService(database);
  const answer = asker.ask(service, { kind: 'pairCode', phone: PHONE }, 5000);
  await waitUntil('the question', async () => (await countQuestions()) === 1);
  await one.gain(service);
  assert.equal(await answer, 'D2Z8-9ZRY');
});

test('a holder that hangs loses the account: the next one answers, the first says nothing', async () => {
  const service = await storeService(database);
  const hanging = await openHolder();
  const asked = Promise.withResolvers<void>();
  const late = Promise.withResolvers<string>();
  hanging.control.requestPairCode = () => {
    asked.resolve();
    return late.promise;
  };
  await hanging.gain(service);
  const answer = asker.ask(service, { kind: 'pairCode', phone: PHONE }, 10_000);
  await asked.promise;
  await two.gain(service);
  // It does not know yet that it holds nothing any more.
  late.resolve('LATE-LATE');
  assert.equal(await answer, 'D2Z8-9ZRY');
});

test('an account that is being connected again is waited for', async () => {
  const service = await storeService(database);
  await two.gain(service);
  const connected = Promise.withResolvers<boolean>();
  const { control } = two;
  const waitUntilConnected = control.waitUntilConnected.bind(control);
  control.waitUntilConnected = () => connected.promise;
  const answer = asker.ask(service, { kind: 'groups' }, 10_000);
  await waitUntil('the question to be taken', async () => {
    const { rowCount } = await database.pool.query(
      'SELECT FROM questions WHERE taken_epoch IS NOT NULL',
    );
    return rowCount === 1;
  });
  await two.link(service);
  connected.resolve(true);
  assert.deepEqual(await answer, []);
  control.waitUntilConnected = waitUntilConnected;
});

test('notices that are not heard cost time, not answers', async () => {
  const service = await storeService(database);
  await two.gain(service);
  // Nobody tells anybody.
  const sealed = codec.sealQuestion(service, { kind: 'pairCode', phone: PHONE });
  const { rows } = await database.pool.query<{ id: number }>(
    `INSERT INTO questions (service_id, question, until)
     VALUES ($1, $2, now() + interval '1 minute') RETURNING id`,
    [service, sealed],
  );
  await database.pool.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'tickwire notices' AND datname = current_database()`);
  const answer = await waitUntil('the answer', async () => {
    const found = await database.pool.query<{ answer: Buffer | null }>(
      'SELECT answer FROM questions WHERE id = $1',
      [rows[0]?.id],
    );
    return found.rows[0]?.answer;
  });
  assert.equal(codec.openAnswer(service, answer), 'D2Z8-9ZRY');
  await database.pool.query('DELETE FROM questions');
  // The same the other way: the asker hears nothing of the answer.
  await edge.notices.close();
  assert.equal(await asker.ask(service, { kind: 'pairCode', phone: PHONE }, 5000), 'D2Z8-9ZRY');
});

test('what lies in the rows tells neither numbers nor codes', async () => {
  const service = await storeService(database);
  const question = codec.sealQuestion(service, { kind: 'pairCode', phone: PHONE });
  const outcome = codec.sealOutcome(service, { answer: 'D2Z8-9ZRY' });
  assert.ok(!question.includes(PHONE) && !outcome.includes('D2Z8'));
  const stranger = createQuestionCodec(randomBytes(32));
  assert.throws(() => stranger.openQuestion(service, question));
  const other = await storeService(database);
  assert.throws(() => codec.openAnswer(other, outcome));
});
