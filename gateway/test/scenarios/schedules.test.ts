import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openDatabase } from '../../src/storage/database.ts';
import { TestWorld } from '../harness/test-world.ts';

// A message goes at the time it was given last, whatever is restarted in between.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
const apiKey = await world.makeService({ link: '447400000901' });
const PHONE = '447400000902';
const HOUR_MS = 3_600_000;

const database = openDatabase(world.databaseUrl, () => undefined);
after(() => database.close());

/** Schedules a message. @param atMs milliseconds since 1970 */
const schedule = (text: string, atMs: number): Promise<number> =>
  world.send(apiKey, PHONE, text, { schedule: String(atMs) });

async function change(id: number, more: Record<string, string>): Promise<void> {
  const body = new URLSearchParams(more);
  const answer = await world.ask(`/schedules/${apiKey}/${id}`, { method: 'POST', body });
  assert.equal(answer.status, 200, answer.text);
}

/**
 * Waits until a message was read, and looks when it was handed over: not before its time, and within
 * a second of it, or of the connection if that came later.
 */
async function assertOnTime(id: number, dueMs: number, connectedMs = 0): Promise<void> {
  await world.waitForStatus(apiKey, id, { delivery: 'read' }, 20_000);
  const { executed_at: at } = await database.query
    .selectFrom('messages')
    .select('executed_at')
    .where(({ eb }) => eb(eb.ref('id'), '=', eb.val(id as never)))
    .executeTakeFirstOrThrow();
  const atMs = at?.getTime() ?? 0;
  assert.ok(atMs >= dueMs, `it went ${dueMs - atMs} ms before its time`);
  const lateMs = atMs - Math.max(dueMs, connectedMs);
  assert.ok(lateMs < 1000, `it went ${lateMs} ms too late`);
}

test('earlier fires, later does not fire early, cancelled never', async () => {
  const startMs = Date.now();
  // Nothing else wakes the sender for longer than a message may be late.
  const soonMs = startMs + 2000;
  const laterMs = startMs + 6000;
  const toEarlier = await schedule('to earlier', startMs + HOUR_MS);
  const toLater = await schedule('to later', startMs + 5000);
  const cancelled = await schedule('cancelled', startMs + 3500);
  const changed = await schedule('with the old text', startMs + 4000);
  await change(toEarlier, { schedule: String(soonMs) });
  await change(toLater, { schedule: String(laterMs) });
  await change(changed, { message: 'with the new text' });
  const answer = await world.ask(`/messages/${apiKey}/${cancelled}/cancel`, { method: 'POST' });
  assert.equal(answer.json.state, 'cancelled');
  await assertOnTime(toEarlier, soonMs);
  await assertOnTime(changed, startMs + 4000);
  await assertOnTime(toLater, laterMs);
  const shown = (await world.shownBy(PHONE)).map(({ text }) => text);
  assert.deepEqual(shown, ['to earlier', 'with the new text', 'to later']);
});

test('so it is after a restart in between, too', async () => {
  const startMs = Date.now();
  const toEarlier = await schedule('earlier, restarted', startMs + HOUR_MS);
  const toLater = await schedule('later, restarted', startMs + 4000);
  const cancelled = await schedule('cancelled, restarted', startMs + 4000);
  await world.ask(`/messages/${apiKey}/${cancelled}/cancel`, { method: 'POST' });
  const soonMs = startMs + 8000;
  await change(toEarlier, { schedule: String(soonMs) });
  await change(toLater, { schedule: String(soonMs + 1000) });
  await world.gateway.kill();
  await world.startGateway();
  await world.waitForConnection(apiKey, 'connected');
  const connectedMs = Date.now();
  await assertOnTime(toEarlier, soonMs, connectedMs);
  await assertOnTime(toLater, soonMs + 1000, connectedMs);
  const shown = (await world.shownBy(PHONE)).map(({ text }) => text);
  assert.ok(!shown.some((text) => text.startsWith('cancelled')), shown.join());
  assert.equal(new Set(shown).size, shown.length);
});
