import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { changeLife } from '../../src/lifecycle/change-life.ts';
import { claimDueMessages } from '../../src/storage/messages/claim-due-messages.ts';
import { insertMessages } from '../../src/storage/messages/insert-messages.ts';
import { nextDueInMs } from '../../src/storage/messages/next-due.ts';
import {
  acceptedMessage,
  leaseOf,
  openTestDatabase,
  storeService,
} from '../harness/stored-service.ts';
import { raceRenewals } from './renewal-rounds.ts';

// `npm run chaos:ledger -- --rounds 10000` has more of them.
const ROUNDS = 40;

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;

test('a renewal at the moment of removal: paid and alive, or gone and not paid', async () => {
  const { renewed, removed } = await raceRenewals(database, ROUNDS);
  assert.ok(renewed > 0 && removed > 0, `${renewed} renewals: each has to win at times`);
});

test('what waits for a suspended service is not taken, and goes when it is back', async () => {
  const serviceId = await storeService(database);
  await insertMessages(database.pool, [acceptedMessage(serviceId, 'waits')]);
  const claim = () =>
    claimDueMessages(database.pool, leaseOf(serviceId), { count: 5, urgentFirst: 1 });
  await changeLife(database, serviceId, 'suspend');
  assert.deepEqual(await claim(), []);
  assert.equal(await nextDueInMs(database.pool, serviceId), null);
  await changeLife(database, serviceId, 'unsuspend');
  assert.equal((await claim()).length, 1);
});
