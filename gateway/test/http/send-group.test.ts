import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { GroupId } from '../../src/domain/group-id.ts';
import { HttpOnly, type HttpAnswer, type TestService } from '../harness/http-only.ts';

const GROUP = '120363292564959780';
const OTHER_GROUP = '120363293575057977';

let http: HttpOnly;
let service: TestService;

before(async () => {
  http = await HttpOnly.start();
  service = await http.openService();
});
after(() => http[Symbol.asyncDispose]());

const path = (): string => `/sendGroup/${service.apiKey}`;

/** The newest kept messages, newest last. */
async function keptMessages(count: number) {
  const rows = await http.database.query
    .selectFrom('messages')
    .select(['id', 'chat', 'is_group', 'text', 'is_scheduled'])
    .orderBy('id', 'desc')
    .limit(count)
    .execute();
  return rows.reverse();
}

function form(entries: readonly (readonly [string, string])[]): FormData {
  const body = new FormData();
  for (const [name, value] of entries) body.append(name, value);
  return body;
}

const ONE: Record<string, () => Promise<HttpAnswer>> = {
  GET: () => http.ask(`${path()}?groupId=${GROUP}&message=This%20is%20a%20test%20message`),
  multipart: () =>
    http.ask(path(), {
      method: 'POST',
      body: form([
        ['groupId', GROUP],
        ['message', 'This is a test message'],
        ['link', ''],
        ['base64_file', ''],
      ]),
    }),
  urlencoded: () =>
    http.ask(path(), {
      method: 'POST',
      body: new URLSearchParams({ groupId: GROUP, message: 'This is a test message' }),
    }),
  JSON: () => http.post(path(), { groupId: GROUP, message: 'This is a test message' }),
  'with its server': () =>
    http.post(path(), { groupId: `${GROUP}@g.us`, message: 'This is a test message' }),
};

describe('one group', () => {
  for (const [name, send] of Object.entries(ONE)) {
    test(name, async () => {
      const answer = await send();
      const [kept] = await keptMessages(1);
      assert.equal(
        answer.text,
        `{"success":"true","message":"Added to the message queue","messageId":${kept?.id}}`,
      );
      assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
      assert.deepEqual(kept, {
        id: kept?.id,
        chat: GROUP,
        is_group: true,
        text: 'This is a test message',
        is_scheduled: false,
      });
    });
  }
});

const SEVERAL: Record<string, () => Promise<HttpAnswer>> = {
  GET: () => http.ask(`${path()}?groupId[]=${GROUP}&groupId[]=${OTHER_GROUP}&message=x`),
  multipart: () =>
    http.ask(path(), {
      method: 'POST',
      body: form([
        ['groupId[]', GROUP],
        ['groupId[]', OTHER_GROUP],
        ['message', 'x'],
      ]),
    }),
  urlencoded: () =>
    http.ask(path(), {
      method: 'POST',
      body: new URLSearchParams([
        ['groupId', GROUP],
        ['groupId', OTHER_GROUP],
        ['message', 'x'],
      ]),
    }),
  JSON: () => http.post(path(), { groupId: [GROUP, OTHER_GROUP], message: 'x' }),
};

describe('several groups', () => {
  for (const [name, send] of Object.entries(SEVERAL)) {
    test(name, async () => {
      const answer = await send();
      const [first, second] = await keptMessages(2);
      assert.equal(
        answer.text,
        `{"0":{"groupId":"${GROUP}","messageId":${first?.id}},` +
          `"1":{"groupId":"${OTHER_GROUP}","messageId":${second?.id}},` +
          `"success":"true","messages":"Added to the message queue"}`,
      );
      assert.deepEqual([first?.chat, second?.chat], [GROUP, OTHER_GROUP]);
    });
  }
});

test('a message to a group is listed with the group’s id', async () => {
  const sent = await http.post(path(), { groupId: GROUP, message: 'listed' });
  const { messageId } = sent.json as { messageId: number };
  const { json } = await http.ask(`/getStatus/${service.apiKey}?id=${messageId}`);
  assert.equal((json as { phonenumber: string }).phonenumber, GROUP);
});

test('a schedule is honoured', async () => {
  const schedule = Math.floor(Date.now() / 1000) + 3600;
  await http.post(path(), { groupId: GROUP, message: 'later', schedule });
  assert.equal((await keptMessages(1))[0]?.is_scheduled, true);
});

describe('refused, and nothing is queued', () => {
  const refusals: Record<string, readonly [unknown, string]> = {
    'no group': [{ message: 'x' }, 'missing_parameter'],
    'a number in its place': [{ phonenumber: '447400733413', message: 'x' }, 'missing_parameter'],
    'no message': [{ groupId: GROUP }, 'empty_message'],
    words: [{ groupId: 'my group', message: 'x' }, 'invalid_group_id'],
    'a person': [{ groupId: '447400733413@s.whatsapp.net', message: 'x' }, 'invalid_group_id'],
    'a JSON number beyond precision': [`{"groupId":${GROUP},"message":"x"}`, 'invalid_parameter'],
  };
  for (const [name, [body, code]] of Object.entries(refusals)) {
    test(name, async () => {
      const before = await http.countMessages();
      const answer = await http.post(path(), body);
      assert.equal(answer.status, 400);
      const { success, code: answered } = answer.json as Record<string, unknown>;
      assert.deepEqual([success, answered], ['false', code]);
      assert.equal(await http.countMessages(), before);
    });
  }

  test('one bad group of several is named', async () => {
    const before = await http.countMessages();
    const answer = await http.post(path(), { groupId: [GROUP, 'x', OTHER_GROUP], message: 'x' });
    assert.equal(answer.status, 400);
    assert.match((answer.json as { message: string }).message, /^\[1\] /);
    assert.equal(await http.countMessages(), before);
  });
});

describe('getGroupList', () => {
  test('a bare list, by a Content-Type without a charset', async () => {
    const account = await http.openService();
    await http.sessions.link(account.id, '447400000001');
    http.sessions.groups.push(
      { groupId: OTHER_GROUP as GroupId, name: 'Group Test 2' },
      { groupId: GROUP as GroupId, name: 'Grüße 👋' },
    );
    const answer = await http.ask(`/getGroupList/${account.apiKey}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    assert.equal(
      answer.text,
      `[{"groupId":"${OTHER_GROUP}","groupName":"Group Test 2"},` +
        `{"groupId":"${GROUP}","groupName":"Grüße 👋"}]`,
    );
  });

  test('an account that is not connected', async () => {
    const { status, headers, json } = await http.ask(`/getGroupList/${service.apiKey}`);
    assert.equal(status, 503);
    assert.equal(headers.get('retry-after'), '5');
    assert.deepEqual(json, {
      success: 'false',
      message: 'The WhatsApp account of this service is not connected.',
      code: 'not_connected',
    });
  });
});
