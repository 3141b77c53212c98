import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { newWhatsAppId, type ServiceId } from '../../src/domain/ids.ts';
import { chatOf } from '../../src/domain/message.ts';
import type { PhoneNumber } from '../../src/domain/phone-number.ts';
import type { NewChatCap } from '../../src/domain/pace.ts';
import { SAFE_POLICY, type PacingSettings } from '../../src/domain/pacing.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createLog } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { insertMessages } from '../../src/storage/messages/insert-messages.ts';
import { keepOwnPacing } from '../../src/storage/pacing/pace-row.ts';
import { insertReceived } from '../../src/storage/received/insert-received.ts';
import { recordSession } from '../../src/storage/sessions/session-rows.ts';
import {
  acceptedMessage,
  leaseOf,
  openTestDatabase,
  storeService,
} from '../harness/stored-service.ts';
import { Pacing } from '../../src/outbox/pacing/pacing.ts';

// An account's pacing over a real database. A new `Pacing` is what a restart or another process is.

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;
const { pool } = database;

const ANN = '447400000011';
const BOB = '447400000012';
const EVE = '447400000013';

const startPacing = (
  askNewChatCap: () => Promise<NewChatCap | null> = () => Promise.resolve(null),
): Pacing =>
  new Pacing({
    database,
    askNewChatCap,
    policy: SAFE_POLICY,
    clock: systemClock,
    random: systemRandom,
    log: createLog('silent'),
  });

const QUICK = {
  gapSecondsMin: 0,
  gapSecondsMax: 0,
  chatGapSeconds: 0,
  warmUpDays: 0,
} satisfies Partial<PacingSettings>;

async function linkService(
  pacing: Partial<PacingSettings> | null,
  phone = '447400000001',
): Promise<ServiceId> {
  const serviceId = await storeService(database);
  await keepOwnPacing(pool, serviceId, pacing);
  await link(serviceId, phone);
  return serviceId;
}

async function link(serviceId: ServiceId, phone: string): Promise<void> {
  const account = { phone, lid: null, name: null };
  await recordSession(pool, leaseOf(serviceId), {
    state: 'connected',
    detail: null,
    qr: null,
    account,
  });
}

async function queue(serviceId: ServiceId, phones: readonly string[], more = {}): Promise<void> {
  const messages = phones.map((phone, index) => ({
    ...acceptedMessage(serviceId, `text ${index}`),
    recipient: { kind: 'person', phone: phone as PhoneNumber } as const,
    ...more,
  }));
  await insertMessages(pool, messages);
}

async function hear(serviceId: ServiceId, fromPhone: string, sentAtMs = Date.now()): Promise<void> {
  const whatsAppId = newWhatsAppId(randomBytes);
  const message = { whatsAppId, groupId: '', fromPhone, fromLid: null, type: 'chat', text: 'hi' };
  await insertReceived(pool, [{ ...message, lease: leaseOf(serviceId), sentAtMs, file: null }]);
}

/** The chats of what goes at once, and how long to wait then. */
async function send(pacing: Pacing, serviceId: ServiceId) {
  const chats: string[] = [];
  for (;;) {
    const turn = await pacing.next(leaseOf(serviceId));
    if (turn.kind !== 'claimed') return { chats, turn };
    chats.push(chatOf(turn.message.recipient));
  }
}

async function countHeld(serviceId: ServiceId): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*) FROM messages WHERE service_id = $1 AND state = 'held'`,
    [serviceId],
  );
  return rows[0]?.count ?? 0;
}

test('an unpaced account is told so, and nothing is kept about it', async () => {
  const service = await linkService(null);
  await queue(service, [ANN]);
  const pacing = startPacing();
  assert.deepEqual(await pacing.next(leaseOf(service)), { kind: 'free' });
  await pacing.restricted(leaseOf(service));
  assert.deepEqual(await pacing.next(leaseOf(service)), { kind: 'free' });
  await hear(service, ANN);
  const { rows } = await pool.query('SELECT FROM chats WHERE service_id = $1', [service]);
  assert.equal(rows.length, 0);
});

test('the rest after a message outlives the process', async () => {
  const service = await linkService({ ...QUICK, gapSecondsMin: 50, gapSecondsMax: 60 });
  await queue(service, [ANN, ANN]);
  assert.deepEqual((await send(startPacing(), service)).chats, [ANN]);
  const turn = await startPacing().next(leaseOf(service));
  assert.ok(turn.kind === 'wait' && turn.delayMs !== null);
  assert.ok(turn.delayMs > 40_000 && turn.delayMs <= 60_000, `${turn.delayMs}`);
});

test('a full hour holds strangers, not chats; a reply frees its chat; nothing is forgotten', async () => {
  const service = await linkService({ ...QUICK, newChatsPerHour: 2 });
  await queue(service, [ANN, BOB, EVE, EVE]);
  const first = await send(startPacing(), service);
  assert.deepEqual(first.chats, [ANN, BOB]);
  assert.ok(first.turn.kind === 'wait' && (first.turn.delayMs ?? 0) > 3_500_000);
  assert.equal(await countHeld(service), 2);
  const pacing = startPacing();
  await queue(service, [ANN, '447400000099', BOB]);
  assert.deepEqual((await send(pacing, service)).chats, [ANN, BOB]);
  await hear(service, EVE, Date.now() - 25 * 3_600_000);
  assert.deepEqual((await send(pacing, service)).chats, [], 'that was a day ago');
  await hear(service, EVE);
  assert.deepEqual((await send(pacing, service)).chats, [EVE, EVE]);
  assert.equal(await countHeld(service), 1);
});

test('when the hour has room again the oldest held message goes, and with it its whole chat', async () => {
  const service = await linkService({ ...QUICK, newChatsPerHour: 1 });
  await queue(service, [ANN, BOB, EVE, BOB]);
  assert.deepEqual((await send(startPacing(), service)).chats, [ANN]);
  await pool.query(`UPDATE chats SET opened_at = opened_at - interval '1 hour'`);
  assert.deepEqual((await send(startPacing(), service)).chats, [BOB, BOB]);
});

test('a number that people write in two ways is one person', async () => {
  const service = await linkService({ ...QUICK, newChatsPerDay: 0 });
  await pool.query(`INSERT INTO lookups (service_id, phone, whatsapp_phone) VALUES ($1, $2, $3)`, [
    service,
    '5215512345678',
    '525512345678',
  ]);
  await queue(service, ['5215512345678']);
  const pacing = startPacing();
  assert.deepEqual(await send(pacing, service), {
    chats: [],
    turn: { kind: 'wait', delayMs: null },
  });
  await hear(service, '525512345678');
  assert.deepEqual((await send(pacing, service)).chats, ['5215512345678']);
});

test('what was sent before the account was paced is known', async () => {
  const service = await linkService(null);
  await queue(service, [ANN]);
  await pool.query(
    `UPDATE messages SET state = 'read', executed_at = now() - interval '2 hours'
     WHERE service_id = $1`,
    [service],
  );
  await keepOwnPacing(pool, service, { ...QUICK, newChatsPerHour: 0 });
  await queue(service, [BOB, ANN]);
  assert.deepEqual((await send(startPacing(), service)).chats, [ANN]);
  // Unpaced for a while, in which Bob is written to.
  const pacing = startPacing();
  await keepOwnPacing(pool, service, 'off');
  assert.deepEqual(await pacing.next(leaseOf(service)), { kind: 'free' });
  assert.equal(await countHeld(service), 0);
  await pool.query(
    `UPDATE messages SET state = 'read', executed_at = now() WHERE service_id = $1`,
    [service],
  );
  await keepOwnPacing(pool, service, { ...QUICK, newChatsPerHour: 0 });
  await queue(service, [EVE, BOB]);
  pacing.forget(service);
  assert.deepEqual((await send(pacing, service)).chats, [BOB]);
});

test('another number begins anew', async () => {
  const service = await linkService({ ...QUICK, newChatsPerHour: 1 });
  await queue(service, [ANN, BOB]);
  const pacing = startPacing();
  assert.deepEqual((await send(pacing, service)).chats, [ANN]);
  await pacing.restricted(leaseOf(service));
  await link(service, '447400000002');
  await queue(service, [ANN]);
  assert.deepEqual((await send(pacing, service)).chats, [BOB], 'Ann is a stranger to it');
});

test('what WhatsApp says outlives the process', async () => {
  const service = await linkService(QUICK);
  await queue(service, [ANN]);
  const pacing = startPacing();
  await send(pacing, service);
  await pacing.restricted(leaseOf(service));
  await queue(service, [BOB, ANN]);
  const restricted = await send(startPacing(), service);
  assert.deepEqual(restricted.chats, [ANN]);
  assert.ok(restricted.turn.kind === 'wait' && (restricted.turn.delayMs ?? 0) > 86_000_000);
  const delayMs = await pacing.tooFast(leaseOf(service));
  assert.ok(delayMs !== null && delayMs > 59_000 && delayMs <= 60_000, `${delayMs}`);
  await queue(service, [ANN]);
  const { chats, turn } = await send(startPacing(), service);
  assert.ok(chats.length === 0 && turn.kind === 'wait' && (turn.delayMs ?? 0) > 59_000);
});

test('WhatsApp is asked for its cap on new chats once a day, and it is kept to', async () => {
  const service = await linkService(QUICK);
  await queue(service, [ANN, BOB, EVE, ANN]);
  let asked = 0;
  const endsAtMs = Date.now() + 3 * 3_600_000;
  const answer = (used: number) => (): Promise<NewChatCap> => {
    asked += 1;
    return Promise.resolve({ total: 10, used, endsAtMs });
  };
  const first = await send(startPacing(answer(7)), service);
  assert.deepEqual(first.chats, [ANN, ANN], 'one is left of eight');
  assert.ok(first.turn.kind === 'wait' && (first.turn.delayMs ?? 0) > 10_000_000);
  assert.deepEqual([await countHeld(service), asked], [2, 1]);
  assert.deepEqual((await send(startPacing(answer(0)), service)).chats, []);
  assert.equal(asked, 1, 'another process knows');
  await pool.query(`UPDATE paces SET cap_asked_at = now() - interval '24 hours'`);
  assert.deepEqual((await send(startPacing(answer(5)), service)).chats, [BOB, EVE]);
  assert.equal(asked, 2);
});

test('where WhatsApp does not tell its cap there is none, and it is not asked all day', async () => {
  const service = await linkService(QUICK);
  await queue(service, [ANN, BOB]);
  let asked = 0;
  const pacing = startPacing(() => {
    asked += 1;
    return Promise.reject(new Error('GraphQL server error'));
  });
  assert.deepEqual((await send(pacing, service)).chats, [ANN, BOB]);
  assert.equal(asked, 1);
});

test('an unpaced live account keeps to a restriction, and is free again afterwards', async () => {
  const service = await linkService(null);
  await pool.query(`UPDATE services SET mode = 'live', pacing = '"off"' WHERE id = $1`, [service]);
  await queue(service, [ANN]);
  await pool.query(
    `UPDATE messages SET state = 'read', executed_at = now() WHERE service_id = $1`,
    [service],
  );
  const pacing = startPacing();
  assert.deepEqual(await pacing.next(leaseOf(service)), { kind: 'free' });
  await pacing.restricted(leaseOf(service));
  await queue(service, [BOB, ANN, ANN]);
  assert.deepEqual((await send(pacing, service)).chats, [ANN, ANN]);
  assert.equal(await countHeld(service), 1);
  await pool.query(`UPDATE paces SET new_chats_paused_until = now() WHERE service_id = $1`, [
    service,
  ]);
  assert.deepEqual(await startPacing().next(leaseOf(service)), { kind: 'free' });
  assert.equal(await countHeld(service), 0);
});

test('urgent messages go first and leave a turn to the others', async () => {
  const service = await linkService(QUICK);
  await queue(service, [ANN, ANN]);
  await queue(
    service,
    Array.from({ length: 9 }, () => BOB),
    { isUrgent: true },
  );
  const names = (await send(startPacing(), service)).chats.map((it) => (it === ANN ? 'a' : 'U'));
  assert.equal(names.join(''), 'UUUUaUUUUaU');
});

test('what comes due, or expires, is seen', async () => {
  const service = await linkService({ ...QUICK, newChatsPerHour: 0 });
  await queue(service, [ANN], { scheduledAtMs: Date.now() + 60_000 });
  await queue(service, [BOB], { expiresAtMs: Date.now() - 1000 });
  const { chats, turn } = await send(startPacing(), service);
  assert.deepEqual(chats, []);
  assert.ok(turn.kind === 'wait' && turn.delayMs !== null && turn.delayMs < 60_000);
});
