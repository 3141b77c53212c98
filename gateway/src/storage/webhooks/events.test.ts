import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import {
  leaseOf,
  acceptedMessage,
  openTestDatabase,
  storeService,
} from '../../../test/harness/stored-service.ts';
import type { EventFormat } from '../../domain/event.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Tick } from '../../domain/message-state.ts';
import { insertMessages } from '../messages/insert-messages.ts';
import { recordAnswers, type RecordedAnswer } from '../messages/record-answers.ts';
import { insertReceived } from '../received/insert-received.ts';
import { recordSession } from '../sessions/session-rows.ts';

// Listeners are told of a change by the statement that makes it.

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;
let serviceId: ServiceId;
beforeEach(async () => {
  serviceId = await storeService(database);
});

async function listen(format: EventFormat = 'documented'): Promise<void> {
  await database.query
    .insertInto('webhooks')
    .values({
      listener_id: serviceId,
      url: 'https://example.com/',
      format,
      secret_sealed: Buffer.alloc(0),
    })
    .execute();
}

async function sentMessage(metadata: string | null = null) {
  const message = { ...acceptedMessage(serviceId, 'text'), metadata };
  const [id] = await insertMessages(database.pool, [message]);
  assert.ok(id !== undefined);
  await database.query
    .updateTable('messages')
    .set({ state: 'sending', executed_at: new Date() })
    .where('id', '=', id)
    .execute();
  return { ...message, id };
}

function answer(
  whatsAppId: RecordedAnswer['whatsAppId'],
  tick: Tick | null,
  times: Partial<RecordedAnswer> = {},
): RecordedAnswer {
  return {
    lease: leaseOf(serviceId),
    whatsAppId,
    tick,
    serverAtMs: tick === 'server' ? 1000 : null,
    phoneAtMs: tick === 'phone' ? 2000 : null,
    readAtMs: tick === 'read' ? 3000 : null,
    refusal: tick === null ? 'refused' : null,
    ...times,
  };
}

async function told(): Promise<{ type: string; subject: string; data: Record<string, unknown> }[]> {
  const rows = await database.query
    .selectFrom('events')
    .select(['type', 'subject', 'data'])
    .where('listener_id', '=', serviceId)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ ...row, data: row.data as Record<string, unknown> }));
}

const statuses = async () => (await told()).map(({ data }) => data['status']);

async function deliveryCount(): Promise<number> {
  const rows = await database.query
    .selectFrom('webhook_deliveries')
    .select('event_id')
    .where('listener_id', '=', serviceId)
    .execute();
  return rows.length;
}

describe('ticks', () => {
  test('each is told once, with the customer’s own reference', async () => {
    await listen();
    const { whatsAppId, id } = await sentMessage('order 7');
    const { listening } = await recordAnswers(database.pool, [answer(whatsAppId, 'server')]);
    assert.deepEqual([...listening], [serviceId]);
    for (const tick of ['server', 'phone', 'phone', 'read'] as const) {
      await recordAnswers(database.pool, [answer(whatsAppId, tick)]);
    }
    assert.deepEqual(await statuses(), ['server', 'phone', 'read']);
    const [first] = await told();
    assert.deepEqual(first, {
      type: 'message.status',
      subject: `message:${id}`,
      data: {
        messageId: String(id),
        whatsappId: whatsAppId,
        to: '447400000002',
        isGroup: false,
        status: 'server',
        atMs: 1000,
        metadata: 'order 7',
      },
    });
    assert.equal(await deliveryCount(), 3);
  });

  test('what came together is told in order', async () => {
    await listen();
    const { whatsAppId } = await sentMessage();
    const merged = { serverAtMs: 1, phoneAtMs: 2, readAtMs: 3 };
    await recordAnswers(database.pool, [answer(whatsAppId, 'read', merged)]);
    assert.deepEqual(await statuses(), ['server', 'phone', 'read']);
  });

  test('a lower tick that comes late is not told after a higher one', async () => {
    await listen();
    const { whatsAppId } = await sentMessage();
    for (const tick of ['read', 'phone', 'server'] as const) {
      await recordAnswers(database.pool, [answer(whatsAppId, tick)]);
    }
    assert.deepEqual(await statuses(), ['read']);
  });

  test('nobody listens: nothing is kept, the tick is', async () => {
    const { whatsAppId, id } = await sentMessage();
    const { listening } = await recordAnswers(database.pool, [answer(whatsAppId, 'phone')]);
    assert.equal(listening.size, 0);
    assert.deepEqual(await told(), []);
    const row = await database.query
      .selectFrom('messages')
      .select('state')
      .where('id', '=', id)
      .executeTakeFirst();
    assert.equal(row?.state, 'phone');
  });
});

describe('what only the versioned format tells', () => {
  test('a failure, once', async () => {
    await listen('versioned');
    const { whatsAppId } = await sentMessage('ref');
    await recordAnswers(database.pool, [answer(whatsAppId, null)]);
    await recordAnswers(database.pool, [answer(whatsAppId, null)]);
    const [failure, ...more] = await told();
    assert.equal(failure?.type, 'message.failed');
    assert.equal(failure.data['reason'], 'refused');
    assert.equal(failure.data['metadata'], 'ref');
    assert.deepEqual(more, []);
    assert.equal(await deliveryCount(), 1);
  });

  test('an expiry; not a cancellation', async () => {
    await listen('versioned');
    for (const state of ['expired', 'cancelled'] as const) {
      const { id } = await sentMessage();
      await database.query.updateTable('messages').set({ state }).where('id', '=', id).execute();
    }
    assert.deepEqual(
      (await told()).map(({ type, data }) => [type, data['reason']]),
      [['message.failed', 'expired']],
    );
  });

  test('sessions and services', async () => {
    await listen('versioned');
    const news = { detail: null, qr: null };
    await recordSession(database.pool, leaseOf(serviceId), {
      ...news,
      state: 'waiting_for_scan',
      qr: 'one',
    });
    await recordSession(database.pool, leaseOf(serviceId), {
      ...news,
      state: 'waiting_for_scan',
      qr: 'two',
    });
    const account = { phone: '447400000001', lid: '123', name: 'Ann' };
    await recordSession(database.pool, leaseOf(serviceId), {
      ...news,
      state: 'connected',
      account,
    });
    await recordSession(database.pool, leaseOf(serviceId), { ...news, state: 'connected' });
    await recordSession(database.pool, leaseOf(serviceId), {
      ...news,
      state: 'logged_out',
      detail: 'why',
    });
    for (const state of ['suspended', 'active'] as const) {
      await database.query
        .updateTable('services')
        .set({ state })
        .where('id', '=', serviceId)
        .execute();
    }
    assert.deepEqual(
      (await told()).map(({ type }) => type),
      [
        'session.qr',
        'session.qr',
        'session.connected',
        'session.disconnected',
        'service.suspended',
        'service.activated',
      ],
    );
    assert.equal((await told())[2]?.data['phone'], '447400000001');
  });

  test('the documented format has none of them', async () => {
    await listen();
    const { whatsAppId } = await sentMessage();
    await recordAnswers(database.pool, [answer(whatsAppId, null)]);
    await recordSession(database.pool, leaseOf(serviceId), {
      state: 'connected',
      detail: null,
      qr: null,
    });
    assert.deepEqual(await told(), []);
  });
});

test('incoming messages are told once, a chat’s in order, with phone, hidden id and file', async () => {
  await listen();
  const message = (text: string, whatsAppId: string) => ({
    lease: leaseOf(serviceId),
    whatsAppId,
    groupId: '',
    fromPhone: '447400000002',
    fromLid: '99',
    type: 'file',
    text,
    sentAtMs: 5,
    file: { source: Buffer.of(1), mimetype: 'image/png', fileName: 'a.png', bytes: 7 },
  });
  const batch = [message('one', 'A'), message('two', 'B'), message('one again', 'A')];
  const { fileCount, listening } = await insertReceived(database.pool, batch);
  assert.equal(fileCount, 2);
  assert.deepEqual([...listening], [serviceId]);
  assert.equal((await insertReceived(database.pool, batch)).listening.size, 0);
  const events = await told();
  assert.deepEqual(
    events.map(({ type, subject, data }) => [type, subject, data['text']]),
    [
      ['message.received', 'chat:99', 'one'],
      ['message.received', 'chat:99', 'two'],
    ],
  );
  const { messageId, ...data } = events[0]?.data ?? {};
  assert.match(String(messageId), /^\d+$/);
  assert.deepEqual(data, {
    whatsappId: 'A',
    kind: 'file',
    from: '447400000002',
    fromLid: '99',
    to: '',
    groupId: '',
    text: 'one',
    sentAtMs: 5,
    file: { mimetype: 'image/png', fileName: 'a.png', bytes: 7 },
  });
});

test('receiveMessage off: incoming messages are not told', async () => {
  await listen();
  await database.query
    .updateTable('services')
    .set({ receives_messages: false })
    .where('id', '=', serviceId)
    .execute();
  const base = {
    lease: leaseOf(serviceId),
    groupId: '',
    fromPhone: '1',
    fromLid: null,
    type: 'chat',
    text: '',
  };
  await insertReceived(database.pool, [{ ...base, whatsAppId: 'A', sentAtMs: 0, file: null }]);
  assert.deepEqual(await told(), []);
});
