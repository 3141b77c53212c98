import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { storeAttempt, storeEvent } from '../../../test/harness/stored-event.ts';
import { openTestDatabase, storeService } from '../../../test/harness/stored-service.ts';
import type { DeliveryState } from '../../domain/event.ts';
import type { EventId } from '../../domain/ids.ts';
import { listDeliveries } from './list-deliveries.ts';
import { replayEvents } from './replay-events.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;

test('what has arrived is listed as long as its event is kept; what was never on its way is not', async () => {
  const service = await storeService(database);
  await database.query
    .insertInto('webhooks')
    .values({ listener_id: service, url: 'https://example.com/', secret_sealed: Buffer.alloc(0) })
    .execute();
  const list = async (state: DeliveryState | null = null, id: EventId | null = null) => {
    const found = await listDeliveries(database, service, { page: 1, rowsPerPage: 10, state, id });
    assert.equal(found.count, found.rows.length);
    return found.rows.map((row) => [row.id, row.state, row.log.length, row.nextAt !== null]);
  };
  const [arrived, failed, waiting] = [
    await storeEvent(database, service),
    await storeEvent(database, service),
    await storeEvent(database, service),
  ];
  await storeEvent(database, service, { isQueued: false });
  await storeAttempt(database, service, arrived, 'delivered');
  await storeAttempt(database, service, failed, 'exhausted');
  assert.deepEqual(await list(), [
    [waiting, 'pending', 0, true],
    [failed, 'exhausted', 1, false],
    [arrived, 'delivered', 1, false],
  ]);
  assert.deepEqual(await list('delivered'), [[arrived, 'delivered', 1, false]]);
  assert.deepEqual(await list('exhausted'), [[failed, 'exhausted', 1, false]]);
  assert.deepEqual(await list(null, arrived), [[arrived, 'delivered', 1, false]]);

  assert.equal(await replayEvents(database.pool, service, { id: arrived }), 1);
  assert.deepEqual(await list(null, arrived), [[arrived, 'pending', 1, true]]);
  assert.deepEqual(await list('delivered'), []);
  await storeAttempt(database, service, arrived, 'delivered');
  assert.deepEqual(await list('delivered'), [[arrived, 'delivered', 2, false]]);
});

test('an attempt that failed says nothing about what has arrived by another', async () => {
  const service = await storeService(database);
  const id = await storeEvent(database, service);
  await storeAttempt(database, service, id, 'delivered');
  await storeAttempt(database, service, id, 'pending');
  const question = { page: 1, rowsPerPage: 10, state: null, id };
  const [row] = (await listDeliveries(database, service, question)).rows;
  assert.deepEqual([row?.state, row?.log.length], ['delivered', 2]);
});
