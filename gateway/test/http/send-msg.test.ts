import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HttpOnly, type TestService } from '../harness/http-only.ts';

let http: HttpOnly;
let service: TestService;

before(async () => {
  http = await HttpOnly.start();
  service = await http.openService();
});
after(() => http[Symbol.asyncDispose]());

const path = (): string => `/sendMsg/${service.apiKey}`;

/** The newest kept messages, newest last. */
async function keptMessages(count: number) {
  const rows = await http.database.query
    .selectFrom('messages')
    .select(['id', 'text', 'is_scheduled', 'due_at'])
    .orderBy('id', 'desc')
    .limit(count)
    .execute();
  return rows.reverse();
}

/** The number the newest message of a service goes to. */
async function newestNumber({ apiKey }: TestService = service): Promise<string | undefined> {
  const { json } = await http.ask(`/sentMessages/${apiKey}`);
  return (json as { data: { phonenumber: string }[] }).data[0]?.phonenumber;
}

/** Asserts that a single message was queued, and answers its row. */
async function assertQueued(answer: Awaited<ReturnType<HttpOnly['ask']>>) {
  const [kept] = await keptMessages(1);
  assert.equal(
    answer.text,
    `{"success":"true","message":"Added to the message queue","messageId":${kept?.id}}`,
  );
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
  return kept;
}

test('GET queues a message', async () => {
  const query = new URLSearchParams({ phonenumber: '+44 7400 733413', message: 'a b\nc 😀 سلام' });
  const kept = await assertQueued(await http.ask(`${path()}?${query.toString()}`));
  assert.equal(await newestNumber(), '447400733413');
  assert.equal(kept?.text, 'a b\nc 😀 سلام');
});

test('multipart queues a message; an empty file part is no file', async () => {
  const form = new FormData();
  form.set('phonenumber', '447400733413');
  form.set('message', 'multipart');
  form.set('link', '');
  form.set('base64_file', '');
  form.set('file', new Blob([]), '');
  const kept = await assertQueued(await http.ask(path(), { method: 'POST', body: form }));
  assert.equal(kept?.text, 'multipart');
});

test('urlencoded queues a message', async () => {
  const body = new URLSearchParams({ phonenumber: '447400733413', message: 'form & = + %' });
  const kept = await assertQueued(await http.ask(path(), { method: 'POST', body }));
  assert.equal(kept?.text, 'form & = + %');
});

test('JSON queues a message; numbers and a byte order mark are understood', async () => {
  const body = '\uFEFF{"phonenumber": 447400733413, "message": 12.5, "schedule": null}';
  const kept = await assertQueued(await http.post(path(), body));
  assert.equal(await newestNumber(), '447400733413');
  assert.equal(kept?.text, '12.5');
});

for (const type of [
  'text/plain',
  'text/plain; charset=utf-8',
  'application/x-www-form-urlencoded',
]) {
  test(`JSON that calls itself ${type} queues a message`, async () => {
    const body = '\uFEFF {"phonenumber": ["447400733413"], "message": "a&b=c+d%20 😀"}';
    const answer = await http.ask(path(), {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await keptMessages(1))[0]?.text, 'a&b=c+d%20 😀');
  });
}

test('a form that only begins like JSON is a form', async () => {
  const body = '{x&phonenumber=447400733413&message=form';
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const kept = await assertQueued(await http.ask(path(), { method: 'POST', headers, body }));
  assert.equal(kept?.text, 'form');
});

test('a POST may carry everything in its query, also with an empty JSON body', async () => {
  const query = '?phonenumber=447400733413&message=query';
  await assertQueued(await http.ask(path() + query, { method: 'POST' }));
  await assertQueued(await http.post(path() + query, ''));
});

test('where body and query differ the body counts', async () => {
  const answer = await http.post(`${path()}?phonenumber=447400733499&message=query`, {
    phonenumber: '447400733413',
  });
  const kept = await assertQueued(answer);
  assert.equal(await newestNumber(), '447400733413');
  assert.equal(kept?.text, 'query');
});

test('trailing, doubled slashes are no difference', async () => {
  const query = '?phonenumber=447400733413&message=slash';
  await assertQueued(await http.ask(`/${path()}/${query}`));
});

/** The same two numbers in every way to write a list. */
const LISTS: Record<string, () => Promise<Awaited<ReturnType<HttpOnly['ask']>>>> = {
  'phonenumber[] in a query': () =>
    http.ask(`${path()}?phonenumber[]=447400733413&phonenumber%5B%5D=447400733414&message=x`),
  'repeated in a query': () =>
    http.ask(`${path()}?phonenumber=447400733413&phonenumber=447400733414&message=x`),
  'phonenumber[0] in a form': () =>
    http.ask(path(), {
      method: 'POST',
      body: new URLSearchParams({
        'phonenumber[0]': '447400733413',
        'phonenumber[1]': '447400733414',
        message: 'x',
      }),
    }),
  'phonenumber[] in multipart': () => {
    const body = new FormData();
    body.append('phonenumber[]', '447400733413');
    body.append('phonenumber[]', '447400733414');
    body.append('message', 'x');
    return http.ask(path(), { method: 'POST', body });
  },
  'a JSON array of texts and numbers': () =>
    http.post(path(), { phonenumber: ['447400733413', 447400733414], message: 'x' }),
};

for (const [name, send] of Object.entries(LISTS)) {
  test(`several recipients: ${name}`, async () => {
    const answer = await send();
    const [first, second] = await keptMessages(2);
    assert.equal(
      answer.text,
      `{"0":{"phonenumber":"447400733413","messageId":${first?.id}},` +
        `"1":{"phonenumber":"447400733414","messageId":${second?.id}},` +
        `"success":"true","messages":"Added to the message queue"}`,
    );
    assert.equal(await newestNumber(), '447400733414');
  });
}

test('a list of one is answered as a list, with the number as it was written', async () => {
  const answer = await http.post(path(), { phonenumber: ['+44 (7400) 733-413'], message: 'x' });
  const [kept] = await keptMessages(1);
  assert.deepEqual(answer.json, {
    0: { phonenumber: '+44 (7400) 733-413', messageId: kept?.id },
    success: 'true',
    messages: 'Added to the message queue',
  });
  assert.equal(await newestNumber(), '447400733413');
});

test('schedule is honoured: seconds, milliseconds, and the past means now', async () => {
  const atMs = Math.floor(Date.now() / 1000 + 3600) * 1000;
  for (const schedule of [atMs / 1000, atMs]) {
    await http.post(path(), { phonenumber: '447400733413', message: 'later', schedule });
    const [kept] = await keptMessages(1);
    assert.equal(kept?.is_scheduled, true);
    assert.equal(kept.due_at.getTime(), atMs);
  }
  await http.post(path(), { phonenumber: '447400733413', message: 'now', schedule: '1724160037' });
  const [kept] = await keptMessages(1);
  assert.equal(kept?.is_scheduled, false);
});

test('a leading 0 takes the code that was set, else that of the linked number', async () => {
  const other = await http.openService();
  const { apiKey, id } = other;
  const send = () => http.post(`/sendMsg/${apiKey}`, { phonenumber: '07400 733413', message: 'x' });

  const refused = await send();
  assert.equal(refused.status, 400);
  assert.match(refused.text, /"code":"invalid_phone_number"/);

  await http.sessions.link(id, '447400000001');
  await send();
  assert.equal(await newestNumber(other), '447400733413');

  await http.ask(`/serviceSettings/${apiKey}?countryCode=49`);
  await http.post(`/sendMsg/${apiKey}`, { phonenumber: '۰۱۵۱ ۲۳۴۵ ۶۷۸۹', message: 'x' });
  assert.equal(await newestNumber(other), '4915123456789');
});
