import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { HttpOnly } from '../harness/http-only.ts';

// The webhook calls by themselves: nothing is delivered here.

const http = await HttpOnly.start();
after(() => http[Symbol.asyncDispose]());
const { apiKey, id: serviceId } = await http.openService();
const URL_SET = 'https://example.com/webhook';

const ask = async (call: string, query = '', key = apiKey) =>
  await http.ask(`/webhook/${call}/${key}${query}`);

const failure = ({ status, json }: Awaited<ReturnType<typeof ask>>) => [
  status,
  (json as { code?: string }).code,
];

const readSecret = async (query = '') =>
  (await ask('secret', query)).json as { secret: string; oldSecretUntil: string | null };

test('only Premium has webhooks; removing one is never refused', async () => {
  const basic = await http.operate('/admin/services', { planId: 2, cycle: 1 });
  const { apiKey: basicKey } = basic.json as { apiKey: string };
  for (const call of ['set', 'pending', 'resend', 'deliveries', 'replay', 'test', 'secret']) {
    const answer = await ask(call, `?url=${URL_SET}`, basicKey);
    assert.deepEqual(failure(answer), [403, 'not_in_plan'], call);
    assert.equal(
      (answer.json as { message: string }).message,
      'Webhooks are part of the Premium plan.',
    );
  }
  assert.equal((await ask('remove', '', basicKey)).status, 201);
});

test('addresses that can be no webhook', async () => {
  assert.deepEqual(failure(await ask('set')), [400, 'missing_parameter']);
  for (const url of ['http://127.0.0.1/', 'ftp://example.com/', 'http://a:b@example.com/', 'x']) {
    const answer = await ask('set', `?url=${encodeURIComponent(url)}`);
    assert.deepEqual(failure(answer), [422, 'link_not_allowed'], url);
  }
  const wrong = await ask('set', `?url=${URL_SET}&format=other`);
  assert.deepEqual(failure(wrong), [400, 'invalid_parameter']);
});

test('before one is set there is none', async () => {
  assert.equal(
    (await ask('pending')).text,
    `{"status":"true","pendingCount":0,"apiKey":"${apiKey}","message":"NO pending message","url":""}`,
  );
  for (const call of ['resend', 'test', 'secret']) {
    assert.deepEqual(failure(await ask(call)), [409, 'wrong_state'], call);
  }
});

test('a link preview changes nothing', async () => {
  const preview = { headers: { 'user-agent': 'facebookexternalhit/1.1' } };
  const answer = await http.ask(`/webhook/set/${apiKey}?url=${URL_SET}`, preview);
  assert.deepEqual(failure(answer), [403, 'refused_by_policy']);
});

test('set keeps the secret; rotate changes it and tells how long the old one signs', async () => {
  for (const url of [URL_SET, `${URL_SET}/2`]) {
    assert.equal(
      (await ask('set', `?url=${url}`)).text,
      `{"status":"true","url":"${url}","apiKey":"${apiKey}","message":"Webhook has been set successfully"}`,
    );
  }
  const first = await readSecret();
  assert.match(first.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(first.oldSecretUntil, null);
  const second = await readSecret('?rotate=true');
  assert.notEqual(second.secret, first.secret);
  assert.match(second.oldSecretUntil ?? '', /^\d{4}\/\d\d\/\d\d /);
  assert.deepEqual(await readSecret(), second);
});

test('events wait, are listed, dropped by remove, and replayed', async () => {
  const kept = await http.database.query
    .insertInto('events')
    .values(
      [1, 2, 3].map((tick) => ({
        listener_id: serviceId,
        type: 'message.status' as const,
        subject: 'message:1',
        data: JSON.stringify({ messageId: '1', status: tick }),
      })),
    )
    .returning('id')
    .execute();
  await http.database.query
    .insertInto('webhook_deliveries')
    .values(kept.map(({ id }) => ({ event_id: id, listener_id: serviceId, subject: 'message:1' })))
    .execute();
  const pending = (await ask('pending')).json as { pendingCount: number; message: string };
  assert.deepEqual([pending.pendingCount, pending.message], [3, '3 pending messages']);
  const url = `${URL_SET}/2`;
  assert.equal(
    (await ask('resend')).text,
    `{"pending":3,"apiKey":"${apiKey}","message":"Resend 3 messages to ${url}","url":"${url}"}`,
  );
  const tooSoon = await ask('resend');
  assert.deepEqual(failure(tooSoon), [429, 'too_many_requests']);
  assert.equal(tooSoon.headers.get('retry-after'), '10');

  assert.equal(
    (await ask('remove')).text,
    '{"set":"true","url":"Empty","message":"Webhook successfully removed"}',
  );
  const list = async (query: string) =>
    (await ask('deliveries', query)).json as {
      count: number;
      data: { id: string; state: string }[];
    };
  assert.equal((await list('?state=pending')).count, 0);
  assert.equal((await list('?state=dropped')).count, 3);

  await ask('set', `?url=${URL_SET}`);
  const one = `evt_${kept[1]?.id}`;
  assert.equal(((await ask('replay', `?id=${one}`)).json as { replayed: number }).replayed, 1);
  assert.deepEqual(
    (await list('?state=pending')).data.map(({ id }) => id),
    [one],
  );
  const from = Math.floor(Date.now() / 1000) - 60;
  const range = (await ask('replay', `?from=${from}`)).json as { replayed: number };
  assert.equal(range.replayed, 3);
  assert.equal((await list('?state=pending')).count, 3);
  const past = (await ask('replay', `?from=${from - 100}&to=${from}`)).json as { replayed: number };
  assert.equal(past.replayed, 0);
  assert.deepEqual(failure(await ask('replay')), [400, 'missing_parameter']);
  assert.deepEqual(failure(await ask('replay', '?id=nonsense')), [400, 'invalid_parameter']);
});

test('another service sees nothing of it', async () => {
  const other = await http.openService();
  await ask('set', `?url=${URL_SET}`, other.apiKey);
  const { count } = (await ask('deliveries', '', other.apiKey)).json as { count: number };
  assert.equal(count, 0);
  const replay = await ask('replay', '?from=0', other.apiKey);
  assert.equal((replay.json as { replayed: number }).replayed, 0);
});
