import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import {
  acceptedMessage,
  leaseOf,
  openTestDatabase,
  storeService,
} from '../../../test/harness/stored-service.ts';
import type { MessageId } from '../../domain/ids.ts';
import { cancelMessage } from './cancel-message.ts';
import { changeScheduledMessage } from './change-scheduled.ts';
import { claimDueMessages } from './claim-due-messages.ts';
import { findMessageDetails } from './find-message-details.ts';
import { insertMessages } from './insert-messages.ts';
import { resendMessage } from './resend-message.ts';

// Whoever changes a message at the moment in which the sender takes it: one of the two comes first,
// and the other sees that it did.

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;
const { pool } = database;

const HOUR_MS = 3_600_000;
type Wish = 'cancel' | 'put off' | 'change the text';

test('a message is taken as it was, or changed and not taken; never both', async () => {
  const anyWish = fc.constantFrom<Wish>('cancel', 'put off', 'change the text');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyWish, { maxLength: 2 }), { minLength: 4, maxLength: 12 }),
      fc.integer({ min: 1, max: 6 }),
      async (wishes, countAtOnce) => {
        const service = await storeService(database);
        const dueMs = Date.now() - 1000;
        const ids = await insertMessages(
          pool,
          wishes.map(() => acceptedMessage(service, 'as it was', dueMs)),
        );
        const later = Date.now() + HOUR_MS;
        const nothing = { dueAtMs: null, expiresAtMs: null, validMs: null, text: null };
        const carryOut = async (id: MessageId, wish: Wish): Promise<boolean> => {
          if (wish === 'cancel') return await cancelMessage(database, service, id);
          const change = wish === 'put off' ? { dueAtMs: later } : { text: 'changed' };
          const order = { ...nothing, ...change };
          return (await changeScheduledMessage(pool, service, id, order)) === 'changed';
        };
        const claim = () =>
          claimDueMessages(pool, leaseOf(service), { count: countAtOnce, urgentFirst: 0 });
        const asked = wishes.flatMap((some, index) =>
          some.map((wish) => ({ id: ids[index] ?? fail(), wish })),
        );
        const [done, ...claims] = await Promise.all([
          Promise.all(
            asked.map(async (one) => ({ ...one, isDone: await carryOut(one.id, one.wish) })),
          ),
          ...[1, 2, 3, 4].map(claim),
        ]);
        const taken = claims.flat();
        assert.equal(new Set(taken.map(({ id }) => id)).size, taken.length, 'taken once');
        for (const id of ids) {
          const won = done.filter((one) => one.id === id && one.isDone).map(({ wish }) => wish);
          const claimed = taken.find((message) => message.id === id);
          const { state, text, dueAt } =
            (await findMessageDetails(database, service, id)) ?? fail();
          assert.equal(state === 'sending', claimed !== undefined);
          if (claimed !== undefined) assert.equal(claimed.content.text, text);
          if (won.includes('cancel')) assert.equal(state, 'cancelled');
          if (won.includes('put off')) {
            assert.equal(claimed, undefined);
            assert.equal(dueAt.getTime(), later);
          }
          assert.equal(text, won.includes('change the text') ? 'changed' : 'as it was');
        }
      },
    ),
    { numRuns: 80 },
  );
});

test('of many who send a failed message again one does', async () => {
  const service = await storeService(database);
  const [id = fail()] = await insertMessages(pool, [acceptedMessage(service, 'failed')]);
  await database.query
    .updateTable('messages')
    .set({ state: 'failed', failure: 'unknown_outcome' })
    .where('service_id', '=', service)
    .execute();
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, () => resendMessage(pool, service, id, null)),
  );
  assert.deepEqual(outcomes.toSorted(), [
    ...Array.from({ length: 7 }, () => 'not_ended'),
    'queued',
  ]);
});

function fail(): never {
  throw new Error('the test expected one more');
}
