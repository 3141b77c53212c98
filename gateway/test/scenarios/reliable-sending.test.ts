import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { CuttableLine } from '../harness/cuttable-line.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// What becomes of messages that WhatsApp does not answer, or refuses, or that must wait; and what a
// database that goes away does to them.

let databasePort = 0;
const line = await CuttableLine.open(() => databasePort);
const world = await TestWorld.start({}, (url) => {
  const through = new URL(url);
  databasePort = Number(through.port);
  through.hostname = '127.0.0.1';
  through.port = String(line.port);
  return through.href;
});
after(async () => {
  await world[Symbol.asyncDispose]();
  await line[Symbol.asyncDispose]();
});
const OWN = '447400000701';
const ANN = '447400000702';
const apiKey = await world.makeService({ link: OWN });

const query = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> => {
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  const { rows } = await client.query<Row>(text, values);
  await client.end();
  return rows;
};

const order = (kind: string, more = {}) =>
  world.askSimulator('/simulator/faults', { kind, phone: OWN, ...more });
const shownTexts = async (phone: string): Promise<string[]> =>
  (await world.shownBy(phone)).map(({ text }) => text);
const logins = async (): Promise<number> =>
  (await world.askSimulator('/simulator/stats')).json.logins;
const first = await world.send(apiKey, ANN, 'first contact');
await world.waitForStatus(apiKey, first, { delivery: 'read' });

test('a refused stanza goes once more, to devices asked for anew, and then fails', async () => {
  await order('reject-message', { error: 479 });
  const once = await world.send(apiKey, ANN, 'refused once');
  await world.waitForStatus(apiKey, once, { delivery: 'read' });
  await order('reject-message', { error: 479, count: 2 });
  const twice = await world.send(apiKey, ANN, 'refused twice');
  await world.waitForStatus(apiKey, twice, { status: 'Failed', statusInfo: 'stanza_refused' });
  assert.equal((await shownTexts(ANN)).filter((text) => text === 'refused once').length, 1);
});

test('too fast: the message waits a minute or more, its neighbours go on', async () => {
  await order('reject-message', { error: 429 });
  const refused = await world.send(apiKey, ANN, 'too fast');
  const waiting = { status: 'In the send queue', delivery: '' };
  const waitOf = async (): Promise<number> => {
    const [row] = await query<{ seconds: number }>(
      `SELECT extract(epoch FROM due_at - now())::float8 AS seconds FROM messages
       WHERE id = $1 AND state = 'ready'`,
      [refused],
    );
    return row?.seconds ?? 0;
  };
  await waitUntil('it to wait', async () => (await waitOf()) > 0);
  const seconds = await waitOf();
  assert.ok(seconds > 50 && seconds < 90, `${seconds} s`);
  const next = await world.send(apiKey, ANN, 'goes on');
  await world.waitForStatus(apiKey, next, { delivery: 'read' });
  await world.waitForStatus(apiKey, refused, waiting);
});

test('an ack that never comes: the same message once more on the same connection, shown once', async () => {
  const before = await logins();
  const silence = { ackDelayMs: null, deliverAfterMs: null, readAfterMs: null };
  await world.askSimulator('/simulator/behaviour', silence, 'PUT');
  const id = await world.send(apiKey, ANN, 'unanswered');
  await waitUntil('it to be shown', async () => (await shownTexts(ANN)).includes('unanswered'));
  const usual = { ackDelayMs: 0, deliverAfterMs: 50, readAfterMs: 200 };
  await world.askSimulator('/simulator/behaviour', usual, 'PUT');
  await world.waitForStatus(apiKey, id, { status: 'OK' }, 30_000);
  assert.equal((await shownTexts(ANN)).filter((text) => text === 'unanswered').length, 1);
  assert.equal(await logins(), before);
});

test('the database goes away for a while: no connection is lost, and all goes on soon', async () => {
  const before = await logins();
  const texts = Array.from({ length: 20 }, (_, index) => `around the cut ${index}`);
  const ids: number[] = [];
  for (const text of texts) ids.push(await world.send(apiKey, ANN, text));
  await line.cut();
  const refused = await world.ask(`/sendMsg/${apiKey}?phonenumber=${ANN}&message=no`);
  assert.equal(refused.status, 503);
  const awayUntilMs = performance.now() + 6000;
  await waitUntil('a while to pass', () => performance.now() > awayUntilMs);
  await line.mend();
  const mendedAtMs = performance.now();
  const id = await waitUntilSent('after the cut');
  for (const one of [...ids, id]) await world.waitForStatus(apiKey, one, { status: 'OK' }, 3000);
  const tookMs = performance.now() - mendedAtMs;
  assert.ok(tookMs < 3000, `it took ${tookMs} ms`);
  assert.equal(await logins(), before);
  const shown = (await shownTexts(ANN)).filter((text) => text.startsWith('around'));
  assert.deepEqual(shown, texts);
});

/** Sends as a client does that takes 503 for what it is. */
async function waitUntilSent(text: string): Promise<number> {
  let id = 0;
  await waitUntil('it to be accepted', async () => {
    id = await world.send(apiKey, ANN, text).catch(() => 0);
    return id !== 0;
  });
  return id;
}

test('while the account is away messages expire; then urgent ones pass the others', async () => {
  await order('refuse-connection', { status: 503, count: 100 });
  await order('drop-connection');
  await waitUntil('it to be away', async () => (await world.connectionOf(apiKey)) !== 'connected');
  const over = await world.send(apiKey, ANN, 'over', { validity: '60' });
  await query("UPDATE messages SET expires_at = now() + interval '1 second' WHERE id = $1", [over]);
  const bulk = Array.from({ length: 30 }, (_, index) => `bulk ${index}`);
  for (const text of bulk) await world.send(apiKey, ANN, text);
  for (const text of ['urgent 0', 'urgent 1']) {
    await world.send(apiKey, ANN, text, { urgent: 'on' });
  }
  await world.waitForStatus(apiKey, over, { status: 'Failed', statusInfo: 'expired' });
  await world.askSimulator('/simulator/faults', undefined, 'DELETE');
  const sent = async (): Promise<string[]> =>
    (await shownTexts(ANN)).filter((text) => /^(bulk|urgent)/.test(text));
  await waitUntil('all to be shown', async () => (await sent()).length === 32, 40_000);
  assert.deepEqual(await sent(), ['urgent 0', 'urgent 1', ...bulk]);
  assert.ok(!(await shownTexts(ANN)).includes('over'));
});

test('a stop at idle load leaves nothing in doubt', async () => {
  const id = await world.send(apiKey, ANN, 'the last');
  await world.waitForStatus(apiKey, id, { status: 'OK' });
  const startedAtMs = performance.now();
  assert.equal(await world.gateway.stop(), 0, world.gateway.output);
  assert.ok(performance.now() - startedAtMs < 20_000);
  const inDoubt = await query("SELECT FROM messages WHERE state = 'sending'");
  assert.equal(inDoubt.length, 0);
});
