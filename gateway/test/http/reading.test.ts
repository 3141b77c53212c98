import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { MessageState } from '../../src/domain/message-state.ts';
import { insertReceived } from '../../src/storage/received/insert-received.ts';
import { HttpOnly, type TestService } from '../harness/http-only.ts';
import { leaseOf } from '../harness/stored-service.ts';

let http: HttpOnly;
let service: TestService;

before(async () => {
  http = await HttpOnly.start();
  service = await http.openService();
});
after(() => http[Symbol.asyncDispose]());

/** Queues a message and answers its id. */
async function send(apiKey: string, message: string, schedule?: number): Promise<number> {
  const answer = await http.post(`/sendMsg/${apiKey}`, {
    phonenumber: '447400733413',
    message,
    schedule: schedule ?? null,
  });
  return (answer.json as { messageId: number }).messageId;
}

/** What the sender would have written. */
async function setState(id: number, state: MessageState, executedAt: Date): Promise<void> {
  await http.database.query
    .updateTable('messages')
    .set({ state, executed_at: executedAt, accepted_at: new Date('2026-01-02T03:04:05.678Z') })
    .where(({ eb }) => eb(eb.ref('id'), '=', eb.val(id as never)))
    .execute();
}

const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600;

describe('getStatus', () => {
  test('a new message has no status yet', async () => {
    const id = await send(service.apiKey, 'new');
    const answer = await http.ask(`/getStatus/${service.apiKey}?id=${id}`);
    assert.match(
      answer.text,
      new RegExp(
        `^{"status":null,"statusInfo":null,"id":"${id}","phonenumber":"447400733413","text":"new",` +
          `"created":"\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d","execute":"// ","delivery":""}$`,
      ),
    );
  });

  test('a read message, by POST', async () => {
    const id = await send(service.apiKey, 'read');
    await setState(id, 'read', new Date('2026-01-02T03:04:06.789Z'));
    const answer = await http.post(`/getStatus/${service.apiKey}`, { id });
    assert.deepEqual(answer.json, {
      status: 'OK',
      statusInfo: 'Message successfully sent',
      id: String(id),
      phonenumber: '447400733413',
      text: 'read',
      created: '2026-01-02 03:04:05',
      execute: '2026-01-02 03:04:06',
      delivery: 'read',
    });
  });

  test('a scheduled message says so', async () => {
    const id = await send(service.apiKey, 'later', inAnHour());
    const { json } = await http.ask(`/getStatus/${service.apiKey}?id=${id}`);
    assert.equal((json as { status: string }).status, 'Scheduled');
  });

  test("another service's message is as unknown as one that never was", async () => {
    const other = await http.openService();
    const id = await send(other.apiKey, 'secret');
    const foreign = await http.ask(`/getStatus/${service.apiKey}?id=${id}`);
    const unknown = await http.ask(`/getStatus/${service.apiKey}?id=999999999`);
    assert.equal(foreign.status, 404);
    assert.deepEqual(foreign.json, {
      status: 'false',
      message: 'There is no message with this id.',
      code: 'message_not_found',
    });
    assert.equal(foreign.text, unknown.text);
  });

  for (const [query, code] of [
    ['', 'missing_parameter'],
    ['?id=', 'missing_parameter'],
    ['?id=x', 'invalid_parameter'],
    ['?id=-1', 'invalid_parameter'],
    ['?id=1;DROP', 'invalid_parameter'],
    ['?id=99999999999999999999', 'invalid_parameter'],
    ['?id=1&id=2', 'invalid_parameter'],
  ] as const) {
    test(`refuses "${query}"`, async () => {
      const { status, json } = await http.ask(`/getStatus/${service.apiKey}${query}`);
      assert.equal(status, 400);
      assert.equal((json as { status: string }).status, 'false');
      assert.equal((json as { code: string }).code, code);
    });
  }
});

describe('sentMessages', () => {
  test('newest first, in pages of 100, with a filter that is a part of the number', async () => {
    const { apiKey } = await http.openService();
    const phonenumber = Array.from({ length: 101 }, (_, index) => `447400733${100 + index}`);
    const sent = await http.post(`/sendMsg/${apiKey}`, { phonenumber, message: 'x' });
    assert.equal(sent.status, 200);

    const first = (await http.ask(`/sentMessages/${apiKey}`)).json as Record<string, unknown>;
    assert.deepEqual(Object.keys(first), ['count', 'pageCount', 'page', 'data']);
    assert.equal(first['count'], 101);
    assert.equal(first['pageCount'], 2);
    assert.equal(first['page'], 'page 1 from 2');
    const rows = first['data'] as Record<string, unknown>[];
    assert.equal(rows.length, 100);
    assert.equal(rows[0]?.['phonenumber'], '447400733200');
    assert.deepEqual(Object.keys(rows[0] ?? {}), [
      'status',
      'statusInfo',
      'id',
      'phonenumber',
      'message',
      'created',
      'url',
      'execute',
      'delivery',
    ]);
    assert.match(String(rows[0]?.['created']), /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/);

    const last = await http.ask(`/sentMessages/${apiKey}?page=2`);
    assert.equal((last.json as { data: unknown[] }).data.length, 1);
    const beyond = await http.ask(`/sentMessages/${apiKey}?page=9`);
    assert.deepEqual(beyond.json, { count: 101, pageCount: 2, page: 'page 9 from 2', data: [] });
    const part = await http.ask(`/sentMessages/${apiKey}?phonenumber=%2B733-10&page=1`);
    assert.equal((part.json as { count: number }).count, 10);
    const none = await http.ask(`/sentMessages/${apiKey}?phonenumber=999`);
    assert.deepEqual(none.json, { count: 0, pageCount: 1, page: 'page 1 from 1', data: [] });
  });

  for (const page of ['0', '-1', 'x', '1.5', '1e9', '99999999999999999999']) {
    test(`refuses page ${page}`, async () => {
      const { status, json } = await http.ask(`/sentMessages/${service.apiKey}?page=${page}`);
      assert.equal(status, 400);
      assert.equal((json as { success: string }).success, 'false');
      assert.equal((json as { code: string }).code, 'invalid_parameter');
    });
  }
});

test('receivedMessages: rows as documented', async () => {
  const { apiKey, id } = await http.openService();
  await http.sessions.link(id, '447400000001');
  const message = {
    lease: leaseOf(id),
    groupId: '',
    fromPhone: '15551234567',
    fromLid: '99887766',
    type: 'chat',
    text: 'hi',
    sentAtMs: Date.UTC(2024, 4, 1, 13, 43, 53),
    file: null,
  };
  await insertReceived(http.database.pool, [
    { ...message, whatsAppId: '3EB01' },
    { ...message, whatsAppId: '3EB02', fromPhone: null },
  ]);
  const { json } = await http.ask(`/receivedMessages/${apiKey}?page=1`);
  const { data, ...rest } = json as { data: Record<string, unknown>[] };
  assert.deepEqual(rest, { count: 2, pageCount: 1, page: 'page 1 from 1' });
  assert.equal(data[0]?.['from'], '99887766');
  assert.equal(
    JSON.stringify(data[1]),
    `{"id":"${String(data[1]?.['id'])}","type":"chat","from":"15551234567","to":"447400000001",` +
      `"date":"2024/05/01 13:43:53","message":"hi"}`,
  );
  const filtered = await http.ask(`/receivedMessages/${apiKey}?phonenumber=1555`);
  assert.equal((filtered.json as { count: number }).count, 1);
});

test('isRegistered: booleans, also in errors', async () => {
  const { apiKey, id } = await http.openService();
  const ask = (number: string) => http.ask(`/isRegistered/${apiKey}?phonenumber=${number}`);
  const offline = await ask('15303776310');
  assert.equal(offline.status, 503);
  assert.equal(offline.headers.get('retry-after'), '5');
  assert.deepEqual(offline.json, {
    success: false,
    message: 'The WhatsApp account of this service is not connected.',
    code: 'not_connected',
  });
  await http.sessions.link(id, '447400000001');
  http.sessions.unregistered.add('447400110000');
  assert.equal((await ask('15303776310')).text, '{"success":true,"result":true}');
  assert.equal((await ask('447400110000')).text, '{"success":true,"result":false}');
  assert.equal((await ask('x')).status, 400);
  assert.deepEqual((await http.ask('/isRegistered/x?phonenumber=15303776310')).json, {
    success: false,
    message: 'This API key is not known.',
    code: 'invalid_api_key',
  });
});

describe('pending and deletePending', () => {
  test('scheduled messages and those the sender has taken stay', async () => {
    const { apiKey } = await http.openService();
    const none = await http.ask(`/pending/${apiKey}`);
    assert.equal(none.text, '{"status":"true","message":"No Pending Message"}');

    const waiting = await send(apiKey, 'waiting');
    const scheduled = await send(apiKey, 'scheduled', inAnHour());
    const taken = await send(apiKey, 'taken');
    await setState(taken, 'sending', new Date());
    const sent = await send(apiKey, 'sent');
    await setState(sent, 'server', new Date());

    const pending = (await http.ask(`/pending/${apiKey}`)).json as { data: { id: string }[] };
    assert.deepEqual(Object.keys(pending), ['status', 'count', 'pageCount', 'page', 'data']);
    assert.deepEqual(
      pending.data.map((row) => Number(row.id)),
      [taken, scheduled, waiting],
    );
    const deleted = await http.ask(`/deletePending/${apiKey}`);
    assert.equal(
      deleted.text,
      '{"success":"true","deleted":1,"message":"All eligible pending messages have been deleted successfully."}',
    );
    const { json } = await http.ask(`/getStatus/${apiKey}?id=${waiting}`);
    assert.equal((json as { status: string }).status, 'Canceled');
    const left = (await http.ask(`/pending/${apiKey}`)).json as { count: number };
    assert.equal(left.count, 2);
  });
});
