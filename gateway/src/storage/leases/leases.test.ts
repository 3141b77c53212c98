import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, beforeEach, test } from 'node:test';
import {
  acceptedMessage,
  leaseOf,
  openTestDatabase,
  storeService,
} from '../../../test/harness/stored-service.ts';
import { waitUntil } from '../../../test/harness/wait-until.ts';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import { LeaseLost, type Lease } from '../../domain/lease.ts';
import { deleteAccountKeys, saveAccountKeys } from '../keys/account-keys.ts';
import { claimDoubts } from '../messages/claim-doubts.ts';
import { claimDueMessages } from '../messages/claim-due-messages.ts';
import { failMessage } from '../messages/fail-message.ts';
import { insertMessages } from '../messages/insert-messages.ts';
import { postponeMessage } from '../messages/postpone-message.ts';
import { recordAnswers } from '../messages/record-answers.ts';
import { returnToQueue } from '../messages/return-to-queue.ts';
import { insertReceived } from '../received/insert-received.ts';
import { recordSession, recordUnlinked } from '../sessions/session-rows.ts';
import { acquireLeases, releaseLeases, releaseOtherLeases } from './acquire-leases.ts';
import { beat, buryWorker, registerWorker, removeWorker } from './workers.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;
const { pool } = database;
const MANY = { count: 99, urgentFirst: 99 };

const worker = (id: string, home = id) => ({
  id,
  home,
  modes: ['test', 'live'] as const,
  simulator: null,
  adminFingerprint: Buffer.of(1),
});

const gain = (workerId: string, serviceId: ServiceId | null = null) =>
  acquireLeases(pool, { workerId, modes: ['test'], countMax: 50, serviceId });

beforeEach(async () => {
  await database.query.deleteFrom('services').execute();
  await database.query.deleteFrom('workers').execute();
});

async function linkedService(): Promise<ServiceId> {
  const id = await storeService(database);
  await database.query
    .updateTable('sessions')
    .set({ is_linked: true })
    .where('service_id', '=', id)
    .execute();
  return id;
}

/** An account with one message that its former owner was sending, and the owner's stale lease. */
async function overtaken(): Promise<{ stale: Lease; whatsAppId: never; messageId: MessageId }> {
  const serviceId = await linkedService();
  await registerWorker(pool, worker('one'), 'all-at-home');
  const [first] = await gain('one');
  assert.ok(first !== undefined);
  const message = acceptedMessage(serviceId, 'text');
  const [messageId] = await insertMessages(pool, [message, acceptedMessage(serviceId, 'next')]);
  await claimDueMessages(pool, first.lease, { count: 1, urgentFirst: 1 });
  await saveAccountKeys(pool, [key(first.lease, 'old')]);
  await registerWorker(pool, worker('two'), 'all-at-home');
  await buryWorker(pool, 'one', 0);
  const [second] = await gain('two');
  assert.equal(second?.lease.epoch, first.lease.epoch + 1);
  assert.ok(messageId !== undefined);
  return { stale: first.lease, whatsAppId: message.whatsAppId as never, messageId };
}

const key = (lease: Lease, value: string) => ({
  lease,
  type: 'session',
  name: 'ann',
  sealed: Buffer.from(value),
});

async function wholeState(): Promise<string> {
  const tables = ['messages', 'account_keys', 'sessions', 'received_messages', 'leases'] as const;
  const rows = tables.map((table) => database.query.selectFrom(table).selectAll().execute());
  return JSON.stringify(await Promise.all(rows));
}

const answer = (lease: Lease, whatsAppId: never) => ({
  lease,
  whatsAppId,
  tick: 'read' as const,
  serverAtMs: 1,
  phoneAtMs: 1,
  readAtMs: 1,
  refusal: null,
});

const received = (lease: Lease) => ({
  lease,
  whatsAppId: randomBytes(8).toString('hex'),
  groupId: '',
  fromPhone: '447400000002',
  fromLid: null,
  type: 'chat',
  text: 'hello',
  sentAtMs: 0,
  file: null,
});

test('every statement of an owner that was overtaken changes nothing and tells it', async () => {
  const { stale, whatsAppId, messageId } = await overtaken();
  const before = await wholeState();
  const news = { state: 'connected', detail: null, qr: null } as const;
  const throwing: Record<string, () => Promise<unknown>> = {
    claim: () => claimDueMessages(pool, stale, MANY),
    doubts: () => claimDoubts(pool, stale, []),
    return: () => returnToQueue(pool, stale, [messageId]),
    postpone: () => postponeMessage(pool, stale, messageId, 1000),
    fail: () => failMessage(pool, stale, messageId, 'x'),
    session: () => recordSession(pool, stale, news),
    unlinked: () => recordUnlinked(pool, stale),
    forget: () => deleteAccountKeys(pool, stale),
  };
  for (const [what, write] of Object.entries(throwing)) {
    await assert.rejects(write(), LeaseLost, what);
  }
  assert.deepEqual(await saveAccountKeys(pool, [key(stale, 'rolled back')]), [stale]);
  assert.deepEqual(await saveAccountKeys(pool, [{ ...key(stale, ''), sealed: null }]), [stale]);
  assert.deepEqual((await recordAnswers(pool, [answer(stale, whatsAppId)])).lost, [stale]);
  assert.deepEqual((await insertReceived(pool, [received(stale)])).lost, [stale]);
  assert.equal(await wholeState(), before);
});

test('in one statement for many, the overtaken is left out and the others are written', async () => {
  const { stale } = await overtaken();
  const other = leaseOf(await linkedService());
  assert.deepEqual(await saveAccountKeys(pool, [key(stale, 'no'), key(other, 'yes')]), [stale]);
  const rows = await database.query.selectFrom('account_keys').select('sealed').execute();
  assert.deepEqual(rows.map((row) => String(row.sealed)).toSorted(), ['old', 'yes']);
  await insertReceived(pool, [received(stale), received(other)]);
  const messages = await database.query.selectFrom('received_messages').selectAll().execute();
  assert.deepEqual(
    messages.map((row) => row.service_id),
    [other.serviceId],
  );
});

test('a change of hands and a write can not pass each other', async () => {
  const serviceId = await linkedService();
  await registerWorker(pool, worker('one'), 'all-at-home');
  const [first] = await gain('one');
  assert.ok(first !== undefined);
  await removeWorker(pool, ['one']);
  await registerWorker(pool, worker('two'), 'all-at-home');
  // While a write of the former owner is under way, the lease is passed over.
  const writing = await pool.connect();
  await writing.query('BEGIN');
  await writing.query('SELECT FROM leases WHERE service_id = $1 FOR KEY SHARE', [serviceId]);
  assert.deepEqual(await gain('two'), []);
  await writing.query('COMMIT');
  // While it changes hands, a write waits, and finds itself overtaken.
  await writing.query('BEGIN');
  await writing.query('SELECT FROM leases WHERE service_id = $1 FOR UPDATE', [serviceId]);
  let isOver = false;
  const late = saveAccountKeys(pool, [key(first.lease, 'late')]).finally(() => (isOver = true));
  await waitUntil('the write to wait', async () => {
    const { rows } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%account_keys%'`,
    );
    return rows.length > 0;
  });
  assert.equal(isOver, false);
  await writing.query('UPDATE leases SET epoch = epoch + 1 WHERE service_id = $1', [serviceId]);
  await writing.query('COMMIT');
  writing.release();
  assert.deepEqual(await late, [first.lease]);
});

test('many that look at once gain each lease once', async () => {
  for (let index = 0; index < 20; index += 1) await linkedService();
  const ids = ['a', 'b', 'c', 'd'];
  for (const id of ids) await registerWorker(pool, worker(id), 'all-at-home');
  const looks = ids.map(async (id) => await gain(id));
  const gained = (await Promise.all(looks)).flat();
  for (const id of ids) gained.push(...(await gain(id)));
  assert.equal(gained.length, 20);
  assert.equal(new Set(gained.map(({ lease }) => lease.serviceId)).size, 20);
});

test('only what should be connected is gained: linked or asked for, wanted, active, served', async () => {
  await registerWorker(pool, worker('one'), 'all-at-home');
  const set = async (id: ServiceId, change: object) =>
    await database.query.updateTable('sessions').set(change).where('service_id', '=', id).execute();
  const [linked, asked, unwanted, unlinked, suspended] = [
    await linkedService(),
    await storeService(database),
    await linkedService(),
    await storeService(database),
    await linkedService(),
  ];
  await set(asked, { asked_at: new Date() });
  await set(unwanted, { is_wanted: false });
  await database.query
    .updateTable('services')
    .set({ state: 'suspended' })
    .where('id', '=', suspended)
    .execute();
  const gained = await gain('one');
  assert.deepEqual(
    gained.map(({ lease, isAsked }) => [lease.serviceId, isAsked]),
    [
      [linked, false],
      [asked, true],
    ],
  );
  assert.equal((await gain('one', unlinked)).length, 1, 'named, it need not be linked');
  const live = { workerId: 'one', modes: ['live'] as const, countMax: 9, serviceId: null };
  assert.deepEqual(await acquireLeases(pool, live), []);
});

test('who is buried beats no more, gains nothing, and its leases are free; who beat is not buried', async () => {
  await linkedService();
  await registerWorker(pool, worker('one'), 'all-at-home');
  await registerWorker(pool, worker('two'), 'all-at-home');
  await gain('one');
  const peers = await beat(pool, worker('two'));
  assert.deepEqual(
    peers?.map((peer) => [peer.id, peer.beat, peer.isOlder]),
    [['one', 0, true]],
  );
  await beat(pool, worker('one'));
  await buryWorker(pool, 'one', 0);
  assert.notEqual(await beat(pool, worker('one')), null, 'it had beaten since');
  await buryWorker(pool, 'one', 2);
  assert.equal(await beat(pool, worker('one')), null);
  assert.deepEqual(await gain('one'), []);
  const [gained] = await gain('two');
  assert.equal(gained?.wasAbandoned, true);
});

async function crashes(): Promise<number[]> {
  const rows = await database.query
    .selectFrom('messages')
    .select('crashes')
    .orderBy('id')
    .execute();
  return rows.map((row) => row.crashes);
}

test('a crash is counted for what was being sent, and for nothing when the owner took its leave', async () => {
  const serviceId = await linkedService();
  await insertMessages(pool, [acceptedMessage(serviceId, 'a'), acceptedMessage(serviceId, 'b')]);
  await registerWorker(pool, worker('one', 'home'), 'all-at-home');
  const [first] = await gain('one');
  assert.ok(first !== undefined);
  await claimDueMessages(pool, first.lease, { count: 1, urgentFirst: 1 });
  await registerWorker(pool, worker('again', 'home'), 'all-at-home');
  const [second] = await gain('again');
  assert.deepEqual(await crashes(), [1, 0]);
  assert.ok(second !== undefined);
  await claimDoubts(pool, second.lease, []);
  await releaseLeases(pool, 'again', [second.lease]);
  await gain('again');
  assert.deepEqual(await crashes(), [1, 0]);
});

test('what was gained without an answer is freed again', async () => {
  const [known] = [await linkedService(), await linkedService()];
  await registerWorker(pool, worker('one'), 'all-at-home');
  await gain('one');
  await releaseOtherLeases(pool, 'one', [known]);
  assert.equal((await gain('one')).length, 1);
});

test('a scheduled message waits while the clock is not believed, others do not', async () => {
  const serviceId = await linkedService();
  const beforeMs = Date.now() - 2 * 3_600_000;
  await insertMessages(pool, [
    acceptedMessage(serviceId, 'scheduled', beforeMs + 1000),
    acceptedMessage(serviceId, 'now'),
  ]);
  const claim = async (believedMs: number | null) => {
    const due = await claimDueMessages(pool, leaseOf(serviceId), { ...MANY, believedMs });
    return due.map((message) => message.content.text);
  };
  assert.deepEqual(await claim(beforeMs), ['now']);
  assert.deepEqual(await claim(null), ['scheduled']);
});
