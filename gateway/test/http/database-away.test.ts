import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/runtime/clock.ts';
import { DatabasePulse } from '../../src/storage/database-pulse.ts';
import { openDatabase, type Database } from '../../src/storage/database.ts';
import { databaseAnswers } from '../../src/storage/ping.ts';
import { CuttableLine } from '../harness/cuttable-line.ts';
import { HttpOnly, type HttpAnswer } from '../harness/http-only.ts';
import { waitUntil } from '../harness/wait-until.ts';

/** The edge as a gateway watches over its database, and the line between them. */
async function startOverLine() {
  const stack = new AsyncDisposableStack();
  let databasePort = 0;
  let watched: Database | null = null;
  const line = stack.use(await CuttableLine.open(() => databasePort));
  const ask = async (): Promise<boolean> => watched !== null && (await databaseAnswers(watched));
  const silence = new DatabasePulse(ask, systemClock, () => undefined);
  const http = await HttpOnly.start({ silence }, (url) => {
    const through = new URL(url);
    databasePort = Number(through.port);
    through.hostname = '127.0.0.1';
    through.port = String(line.port);
    watched = openDatabase(through.href, () => undefined, { answerMsMax: 4000 });
    return through.href;
  });
  stack.use(http);
  silence.start();
  stack.defer(async () => {
    silence.stop();
    await watched?.close();
  });
  return { line, http, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('while the database is away: 503 with Retry-After; when it is back, all is well', async () => {
  await using world = await startOverLine();
  const { line, http } = world;
  const { apiKey } = await http.openService();
  const sent = await http.ask(`/sendMsg/${apiKey}?phonenumber=447400733413&message=before`);
  assert.equal(sent.status, 200);

  await line.cut();
  for (const path of [
    `/sendMsg/${apiKey}?phonenumber=447400733413&message=lost`,
    `/getStatus/${apiKey}?id=1`,
    '/sendMsg/k3v9x2a-p0q8d7m-k3v9x2a-p0q8d7m-k3v9x2a?phonenumber=447400733413&message=x',
    '/module/create?agentKey=k3v9x2a-p0q8d7m-k3v9x2a-p0q8d7m-k3v9x2a&planId=2&cycle=1',
  ]) {
    const answer = await http.ask(path);
    assert.equal(answer.status, 503, path);
    assert.equal(answer.headers.get('retry-after'), '2');
    assert.equal((answer.json as { code: string }).code, 'not_ready');
  }

  await line.mend();
  const again = await http.ask(`/sendMsg/${apiKey}?phonenumber=447400733413&message=after`);
  assert.equal(again.status, 200);
  assert.equal(await http.countMessages(), 2);
});

test('while the database hangs nobody hangs with it; what was not answered is done at most once', async () => {
  await using world = await startOverLine();
  const { line, http } = world;
  const { apiKey } = await http.openService();
  const send = (key: string): Promise<HttpAnswer> =>
    http.ask(`/sendMsg/${apiKey}?phonenumber=447400733413&message=${key}`, {
      headers: { 'idempotency-key': key },
    });
  assert.equal((await send('before')).status, 200);

  line.hang();
  const hangsSinceMs = performance.now();
  const refused = await send('meanwhile');
  assert.ok(performance.now() - hangsSinceMs < 8000, 'it hung');
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('retry-after'), '2');
  assert.equal((refused.json as { code: string }).code, 'not_ready');
  // From now on at once.
  const askedMs = performance.now();
  assert.equal((await send('later')).status, 503);
  assert.ok(performance.now() - askedMs < 1000, 'it was not refused at once');
  assert.equal((await http.ask('/health/live')).status, 200);

  line.goOn();
  const accepted = async (key: string): Promise<boolean> => (await send(key)).status === 200;
  await waitUntil('the database to be believed again', () => accepted('meanwhile'), 10_000);
  assert.equal(await accepted('later'), true);
  assert.equal(await http.countMessages(), 3);
});
