import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { createTestDatabase } from '../../test/harness/database.ts';
import { acceptedMessage, storeService } from '../../test/harness/stored-service.ts';
import { Problem } from '../domain/errors.ts';
import type { MessageId, ServiceId } from '../domain/ids.ts';
import type { NamedCall, QueuedCall } from '../domain/named-call.ts';
import { openDatabase } from '../storage/database.ts';
import { forgetNamedCalls } from '../storage/idempotency/forget-named-calls.ts';
import { createIntake, type Intake } from './intake.ts';

const made = await createTestDatabase();
after(() => made.drop());

/** Two gateways, each with connections of its own. */
const databases = [1, 2].map(() => openDatabase(made.url, () => undefined));
after(() => Promise.all(databases.map((database) => database.close())));
const [database = fail()] = databases;
let toldOf = 0;
const intakes: readonly Intake[] = databases.map((one) =>
  createIntake(one, (messages) => (toldOf += messages.length)),
);

/** One call as a client makes it; `content` tells what it asks for. */
interface Call {
  readonly gateway: number;
  readonly service: number;
  readonly key: string | null;
  readonly content: number;
  readonly recipients: number;
}

const nameOf = (serviceId: ServiceId, key: string, { content, recipients }: Call): NamedCall => ({
  serviceId,
  key,
  fingerprint: createHash('sha256').update(`${content} ${recipients}`).digest(),
});

async function keep(services: readonly ServiceId[], call: Call): Promise<QueuedCall | 'conflict'> {
  const serviceId = services[call.service] ?? fail();
  const messages = Array.from({ length: call.recipients }, () =>
    acceptedMessage(serviceId, `${call.key} ${call.content}`),
  );
  const recipients = call.recipients === 1 ? null : messages.map((_, index) => `to ${index}`);
  const name = call.key === null ? null : nameOf(serviceId, call.key, call);
  try {
    return await (intakes[call.gateway] ?? fail()).keep({ messages, recipients }, name);
  } catch (error) {
    if (error instanceof Problem && error.code === 'idempotency_conflict') return 'conflict';
    throw error;
  }
}

const anyCall: fc.Arbitrary<Call> = fc.record({
  gateway: fc.nat(1),
  service: fc.nat(1),
  key: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { freq: 6 }),
  content: fc.nat(1),
  recipients: fc.integer({ min: 1, max: 3 }),
});

test('however calls meet, in one batch or two processes, a key is carried out once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCall, { minLength: 2, maxLength: 40 }), async (calls) => {
      const services = [await storeService(database), await storeService(database)];
      const toldBefore = toldOf;
      const outcomes = await Promise.all(calls.map((call) => keep(services, call)));
      let kept = 0;
      const firsts = new Map<string, { ids: readonly MessageId[]; call: Call }>();
      for (const [index, call] of calls.entries()) {
        const outcome = outcomes[index] ?? fail();
        if (outcome === 'conflict' || outcome.isReplay) continue;
        kept += outcome.ids.length;
        if (call.key === null) continue;
        const place = `${call.service} ${call.key}`;
        assert.ok(!firsts.has(place), 'carried out once');
        firsts.set(place, { ids: outcome.ids, call });
      }
      for (const [index, call] of calls.entries()) {
        if (call.key === null) continue;
        const outcome = outcomes[index];
        const first = firsts.get(`${call.service} ${call.key}`) ?? fail();
        const isSame =
          first.call.content === call.content && first.call.recipients === call.recipients;
        if (isSame) assert.deepEqual((outcome as QueuedCall).ids, first.ids);
        else assert.equal(outcome, 'conflict');
      }
      assert.equal(await countMessages(services), kept);
      assert.equal(toldOf - toldBefore, kept, 'the sender hears of what was kept, and of no more');
    }),
    { numRuns: 60 },
  );
});

test('a fingerprint, ids in order and the recipients as written are read back', async () => {
  const services = [await storeService(database)];
  const call = { gateway: 0, service: 0, key: randomUUID(), content: 1, recipients: 3 };
  const first = await keep(services, call);
  assert.ok(first !== 'conflict');
  assert.deepEqual(
    first.ids,
    first.ids.toSorted((a, b) => a - b),
  );
  const again = await keep(services, { ...call, gateway: 1 });
  assert.deepEqual(again, { ...first, isReplay: true });
});

test('old names are forgotten by many processes at once; a name in use is not', async () => {
  const services = [await storeService(database)];
  const keys = Array.from({ length: 30 }, () => randomUUID());
  const call = { gateway: 0, service: 0, content: 1, recipients: 1 };
  await Promise.all(keys.map((key) => keep(services, { ...call, key })));
  await database.query
    .updateTable('idempotency_keys')
    .set({ used_at: new Date(Date.now() - 7 * 86_400_000) })
    .where('service_id', 'in', services)
    .execute();
  const usedAgain = keys[0] ?? fail();
  const [reused, ...counts] = await Promise.all([
    keep(services, { ...call, key: usedAgain, content: 0 }),
    ...databases.flatMap(({ pool }) => [1, 2, 3].map(() => forgetNamedCalls(pool, 7, 7))),
  ]);
  assert.ok(reused !== 'conflict' && !reused.isReplay);
  assert.ok(counts.reduce((sum, count) => sum + count, 0) <= 30);
  while ((await forgetNamedCalls(database.pool, 7, 7)) > 0);
  const left = await database.query
    .selectFrom('idempotency_keys')
    .select('key')
    .where('service_id', 'in', services)
    .execute();
  assert.deepEqual(left, [{ key: usedAgain }]);
});

async function countMessages(services: readonly ServiceId[]): Promise<number> {
  const { count } = await database.query
    .selectFrom('messages')
    .select((columns) => columns.fn.countAll<number>().as('count'))
    .where('service_id', 'in', services)
    .executeTakeFirstOrThrow();
  return count;
}

function fail(): never {
  throw new Error('the test expected one more');
}
