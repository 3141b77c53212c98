import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { ServiceId, WhatsAppId } from '../../domain/ids.ts';
import type { DueMessage } from '../../domain/message.ts';
import { higherTick, type MessageState, type Tick } from '../../domain/message-state.ts';
import {
  acceptedMessage,
  leaseOf,
  openTestDatabase,
  storeService,
} from '../../../test/harness/stored-service.ts';
import type { Database } from '../database.ts';
import { claimDoubts } from './claim-doubts.ts';
import { claimDueMessages } from './claim-due-messages.ts';
import { failMessage } from './fail-message.ts';
import { findMessage } from './find-message.ts';
import { insertMessages } from './insert-messages.ts';
import { nextDueInMs } from './next-due.ts';
import { postponeMessage } from './postpone-message.ts';
import { queueWaitingMessages } from './queue-waiting-messages.ts';
import { recordAnswers, type RecordedAnswer } from './record-answers.ts';
import { returnToQueue } from './return-to-queue.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;
const { pool } = database;

const statesOf = async (serviceId: ServiceId): Promise<MessageState[]> => {
  const rows = await database.query
    .selectFrom('messages')
    .select('state')
    .where('service_id', '=', serviceId)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.state);
};

const texts = (messages: readonly DueMessage[]): string[] =>
  messages.map((message) => message.content.text);

async function keep(serviceId: ServiceId, ...bodies: string[]) {
  const messages = bodies.map((text) => acceptedMessage(serviceId, text));
  return { messages, ids: await insertMessages(pool, messages) };
}

test('ids come in the order given, also over several services', async () => {
  const [one, two] = [await storeService(database), await storeService(database)];
  const messages = [one, two, one, two].map((id, index) => acceptedMessage(id, String(index)));
  const ids = await insertMessages(pool, messages);
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
  );
  for (const [index, message] of messages.entries()) {
    const found = await findMessage(database, message.serviceId, ids[index] ?? fail());
    assert.equal(found?.text, String(index));
  }
  assert.equal(await findMessage(database, two, ids[0] ?? fail()), null);
});

test('due messages are claimed oldest first, once, and never another service’s', async () => {
  const [mine, other] = [await storeService(database), await storeService(database)];
  await keep(mine, 'a', 'b', 'c');
  await keep(other, 'x');
  const first = await claimDueMessages(pool, leaseOf(mine), { count: 2, urgentFirst: 0 });
  assert.deepEqual(texts(first), ['a', 'b']);
  assert.deepEqual(
    texts(await claimDueMessages(pool, leaseOf(mine), { count: 9, urgentFirst: 0 })),
    ['c'],
  );
  assert.deepEqual(await claimDueMessages(pool, leaseOf(mine), { count: 9, urgentFirst: 0 }), []);
  assert.deepEqual(
    first.map((message) => message.attempts),
    [1, 1],
  );
  assert.deepEqual(texts((await claimDoubts(pool, leaseOf(mine), [])).messages), ['a', 'b', 'c']);
  assert.deepEqual(await statesOf(other), ['accepted']);
});

test('a scheduled message waits for its time by the database’s clock', async () => {
  const service = await storeService(database);
  await insertMessages(pool, [acceptedMessage(service, 'later', Date.now() + 3_600_000)]);
  assert.deepEqual(
    await claimDueMessages(pool, leaseOf(service), { count: 9, urgentFirst: 0 }),
    [],
  );
  const waitMs = (await nextDueInMs(pool, service)) ?? 0;
  assert.ok(waitMs > 3_500_000 && waitMs <= 3_600_000, `waits ${waitMs} ms`);
  await queueWaitingMessages(database, service);
  assert.deepEqual(await statesOf(service), ['accepted']);
});

test('what was certainly not sent goes back, with or without its attempt', async () => {
  const service = await storeService(database);
  const { ids } = await keep(service, 'returned', 'postponed', 'failed');
  await claimDueMessages(pool, leaseOf(service), { count: 9, urgentFirst: 0 });
  const [returned, postponed, failed] = ids;
  await returnToQueue(pool, leaseOf(service), [returned ?? fail()]);
  await postponeMessage(pool, leaseOf(service), postponed ?? fail(), 60_000);
  await failMessage(pool, leaseOf(service), failed ?? fail(), 'not_on_whatsapp');
  assert.deepEqual(await statesOf(service), ['ready', 'ready', 'failed']);
  const [again] = await claimDueMessages(pool, leaseOf(service), { count: 9, urgentFirst: 0 });
  assert.equal(again?.content.text, 'returned');
  assert.equal(again?.attempts, 1);
  assert.equal(
    (await findMessage(database, service, failed ?? fail()))?.failure,
    'not_on_whatsapp',
  );
});

const answerOf = (
  serviceId: ServiceId,
  whatsAppId: WhatsAppId,
  verdict: Tick | 'refused',
): RecordedAnswer => ({
  lease: leaseOf(serviceId),
  whatsAppId,
  tick: verdict === 'refused' ? null : verdict,
  serverAtMs: verdict === 'server' ? 1 : null,
  phoneAtMs: verdict === 'phone' ? 2 : null,
  readAtMs: verdict === 'read' ? 3 : null,
  refusal: verdict === 'refused' ? '463' : null,
});

test('whatever WhatsApp answers in whatever order, a tick only climbs', async () => {
  const service = await storeService(database);
  const anyVerdict = fc.constantFrom<Tick | 'refused'>('server', 'phone', 'read', 'refused');
  await fc.assert(
    fc.asyncProperty(fc.array(anyVerdict, { minLength: 1, maxLength: 8 }), async (verdicts) => {
      const { ids, messages } = await keep(service, 'text');
      await claimDueMessages(pool, leaseOf(service), { count: 1, urgentFirst: 0 });
      let expected: MessageState = 'sending';
      for (const verdict of verdicts) {
        await answer(database, messages[0], verdict);
        expected = climb(expected, verdict);
      }
      assert.equal((await findMessage(database, service, ids[0] ?? fail()))?.state, expected);
    }),
    { numRuns: 60 },
  );
});

test('a message that nobody sent takes no tick; one given up as unknown is put right', async () => {
  const service = await storeService(database);
  const { ids, messages } = await keep(service, 'text');
  await answer(database, messages[0], 'read');
  assert.deepEqual(await statesOf(service), ['accepted']);
  await claimDueMessages(pool, leaseOf(service), { count: 1, urgentFirst: 0 });
  await failMessage(pool, leaseOf(service), ids[0] ?? fail(), 'unknown_outcome');
  await answer(database, messages[0], 'phone');
  assert.deepEqual(await statesOf(service), ['phone']);
});

/** The ladder in three lines, to hold the SQL against. */
function climb(state: MessageState, verdict: Tick | 'refused'): MessageState {
  if (verdict === 'refused') return state === 'sending' ? 'failed' : state;
  return state === 'server' || state === 'phone' || state === 'read'
    ? higherTick(state, verdict)
    : verdict;
}

async function answer(
  on: Database,
  message: ReturnType<typeof acceptedMessage> | undefined,
  verdict: Tick | 'refused',
): Promise<void> {
  if (message === undefined) fail();
  await recordAnswers(on.pool, [answerOf(message.serviceId, message.whatsAppId, verdict)]);
}

function fail(): never {
  throw new Error('the test expected one more');
}
