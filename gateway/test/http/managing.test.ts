import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ServiceId } from '../../src/domain/ids.ts';
import type { MessageState } from '../../src/domain/message-state.ts';
import { HttpOnly, type HttpAnswer, type TestService } from '../harness/http-only.ts';

// Single messages and schedules: seen, changed, cancelled, sent again.

let http: HttpOnly;
let service: TestService;
const woken: ServiceId[] = [];
before(async () => {
  http = await HttpOnly.start({ queueChanged: (id) => woken.push(id) });
  service = await http.openService();
});
after(() => http[Symbol.asyncDispose]());

const HOUR = 3600;
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const send = async (more: object = {}, apiKey = service.apiKey): Promise<number> => {
  const body = { phonenumber: '447400733413', message: 'text', ...more };
  const answer = await http.post(`/sendMsg/${apiKey}`, body);
  assert.equal(answer.status, 200, answer.text);
  return (answer.json as { messageId: number }).messageId;
};
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever came
const see = async (id: number): Promise<any> =>
  (await http.ask(`/messages/${service.apiKey}/${id}`)).json;
const cancel = (id: number | string) => http.post(`/messages/${service.apiKey}/${id}/cancel`, {});
const resend = (id: number | string, more = {}) =>
  http.post(`/messages/${service.apiKey}/${id}/resend`, more);
const change = (id: number | string, more: object) =>
  http.post(`/schedules/${service.apiKey}/${id}`, more);

function assertRefused(answer: HttpAnswer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.text);
  const { success, code: found } = answer.json as { success: string; code: string };
  assert.deepEqual({ success, found }, { success: 'false', found: code });
}

async function setState(id: number, state: MessageState, failure: string | null = null) {
  await http.database.query
    .updateTable('messages')
    .set({ state, failure })
    .where(({ eb }) => eb(eb.ref('id'), '=', eb.val(id as never)))
    .execute();
}

describe('sending parameters', () => {
  test('urgent, expiresAt and metadata are kept and shown', async () => {
    const expiresAt = nowSeconds() + HOUR;
    const id = await send({ urgent: 'on', expiresAt, metadata: '{"order":"۱۲"}' });
    const { urgent, expiresAt: shown, metadata, schedule } = await see(id);
    assert.deepEqual(
      { urgent, shown, metadata, schedule },
      { urgent: true, shown: expiresAt, metadata: '{"order":"۱۲"}', schedule: null },
    );
  });

  test('validity counts from the schedule', async () => {
    const schedule = nowSeconds() + HOUR;
    const id = await send({ schedule, validity: '۶۰' });
    assert.equal((await see(id)).expiresAt, schedule + 60);
  });

  test('without them nothing is urgent and nothing expires', async () => {
    const { urgent, expiresAt, metadata } = await see(await send());
    assert.deepEqual(
      { urgent, expiresAt, metadata },
      { urgent: false, expiresAt: null, metadata: null },
    );
  });

  const now = nowSeconds();
  const REFUSED: Record<string, [object, string]> = {
    'urgent in other words': [{ urgent: 'very' }, 'invalid_parameter'],
    'an expiry in the past': [{ expiresAt: now - 1 }, 'invalid_expiry'],
    'an expiry in words': [{ expiresAt: 'soon' }, 'invalid_expiry'],
    'an expiry in two months': [{ expiresAt: now + 60 * 24 * HOUR }, 'invalid_expiry'],
    'an expiry before the schedule': [
      { schedule: now + 2 * HOUR, expiresAt: now + HOUR },
      'invalid_expiry',
    ],
    'a validity of 59 seconds': [{ validity: 59 }, 'invalid_expiry'],
    'a validity of 31 days': [{ validity: 31 * 24 * HOUR }, 'invalid_expiry'],
    'a validity of half a second': [{ validity: 60.5 }, 'invalid_expiry'],
    'two expiries': [{ validity: 60, expiresAt: now + HOUR }, 'invalid_expiry'],
    'metadata of 1,025 bytes': [{ metadata: `${'é'.repeat(512)}x` }, 'metadata_too_long'],
  };
  for (const [name, [more, code]] of Object.entries(REFUSED)) {
    test(`refused, and nothing is queued: ${name}`, async () => {
      const countBefore = await http.countMessages();
      const body = { phonenumber: '447400733413', message: 'x', ...more };
      assertRefused(await http.post(`/sendMsg/${service.apiKey}`, body), 400, code);
      assert.equal(await http.countMessages(), countBefore);
    });
  }
});

test('a message is shown whole, also by POST', async () => {
  const id = await send();
  await setState(id, 'failed', 'not_on_whatsapp');
  const answer = await http.post(`/messages/${service.apiKey}/${id}/`, {});
  const { created, ...rest } = answer.json as Record<string, unknown>;
  assert.match(String(created), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assert.deepEqual(rest, {
    success: 'true',
    id: String(id),
    state: 'failed',
    status: 'Failed',
    statusInfo: 'not_on_whatsapp',
    delivery: '',
    phonenumber: '447400733413',
    groupId: '',
    message: 'text',
    url: '',
    execute: null,
    server: null,
    phone: null,
    read: null,
    attempts: 0,
    failure: 'not_on_whatsapp',
    failureInfo: 'This number is not on WhatsApp.',
    schedule: null,
    expiresAt: null,
    urgent: false,
    metadata: null,
  });
});

test('another service’s message is as unknown as none, everywhere', async () => {
  const other = await http.openService();
  const foreign = await send({ schedule: nowSeconds() + HOUR }, other.apiKey);
  for (const id of [foreign, 999_999_999, 'abc', '1e3', '-1']) {
    const { apiKey } = service;
    assertRefused(await http.ask(`/messages/${apiKey}/${id}`), 404, 'message_not_found');
    assertRefused(await cancel(id), 404, 'message_not_found');
    assertRefused(await resend(id), 404, 'message_not_found');
    assertRefused(await http.ask(`/schedules/${apiKey}/${id}`), 404, 'message_not_found');
    assertRefused(await change(id, { message: 'mine now' }), 404, 'message_not_found');
  }
  const [row] = ((await http.ask(`/schedules/${other.apiKey}`)).json as { data: object[] }).data;
  assert.partialDeepStrictEqual(row, { id: String(foreign), message: 'text', status: 'Scheduled' });
});

describe('cancel', () => {
  test('what waits, scheduled or not; again is no error', async () => {
    for (const more of [{}, { schedule: nowSeconds() + HOUR }, { link: 'https://example.com/a' }]) {
      const id = await send(more);
      for (const answer of [await cancel(id), await cancel(id)]) {
        assert.equal(answer.status, 200, answer.text);
        assert.equal((answer.json as { state: string }).state, 'cancelled');
      }
    }
  });

  for (const state of ['sending', 'server', 'phone', 'read', 'failed', 'expired'] as const) {
    test(`not what is ${state}`, async () => {
      const id = await send();
      await setState(id, state);
      assertRefused(await cancel(id), 409, 'message_not_waiting');
      assert.equal((await see(id)).state, state);
    });
  }
});

describe('resend', () => {
  test('what failed or expired waits again under its old id, and the sender hears of it', async () => {
    for (const state of ['failed', 'expired'] as const) {
      const id = await send({ validity: 60 });
      await setState(id, state);
      woken.length = 0;
      const answer = await resend(id, { validity: 120 });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(woken, [service.id]);
      const { state: now, expiresAt } = await see(id);
      assert.equal(now, 'ready');
      assert.ok(Math.abs(expiresAt - nowSeconds() - 120) <= 2);
      assertRefused(await resend(id), 409, 'message_not_failed');
    }
  });

  test('under a key it is carried out once, however often it comes', async () => {
    const id = await send();
    await setState(id, 'failed');
    const call = { validity: 120, idempotencyKey: `again ${id}` };
    const answers = await Promise.all(Array.from({ length: 6 }, () => resend(id, call)));
    const replayed = answers.map(({ headers }) => headers.get('idempotent-replayed'));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200, 200],
    );
    assert.equal(replayed.filter((header) => header === 'true').length, 5);
    // It failed once more: a late repetition is still the call that was answered.
    await setState(id, 'failed');
    const path = `/messages/${service.apiKey}/${id}/resend?validity=120`;
    const late = await http.ask(path, { headers: { 'idempotency-key': call.idempotencyKey } });
    assert.equal(late.status, 200, late.text);
    assert.equal((await see(id)).state, 'failed');
    assertRefused(await resend(id, { ...call, validity: 60 }), 409, 'idempotency_conflict');
    const other = await http.post(`/sendMsg/${service.apiKey}`, {
      phonenumber: '447400733413',
      message: 'hi',
      idempotencyKey: call.idempotencyKey,
    });
    assertRefused(other, 409, 'idempotency_conflict');
    assert.equal((await resend(id, { idempotencyKey: `anew ${id}` })).status, 200);
    assert.equal((await see(id)).state, 'ready');
  });

  test('a key of a call that was refused is free for the next', async () => {
    const id = await send();
    const idempotencyKey = `early ${id}`;
    assertRefused(await resend(id, { idempotencyKey }), 409, 'message_not_failed');
    await setState(id, 'failed');
    assert.equal((await resend(id, { idempotencyKey })).status, 200);
  });

  for (const state of ['accepted', 'sending', 'server', 'phone', 'read', 'cancelled'] as const) {
    test(`not what is ${state}`, async () => {
      const id = await send();
      await setState(id, state);
      const answer = await resend(id);
      assertRefused(answer, 409, 'message_not_failed');
      if (state === 'sending') assert.match(answer.text, /already being sent/);
      assert.equal((await see(id)).state, state);
    });
  }
});

describe('schedules', () => {
  test('are listed, the next one first, page by page, without what has none', async () => {
    const { apiKey } = await http.openService();
    const inHours = [3, 1, 2];
    const first = nowSeconds();
    for (const hours of inHours)
      await send({ schedule: first + hours * HOUR, message: `in ${hours}` }, apiKey);
    await send({}, apiKey);
    const { count, pageCount, page, data } = (await http.ask(`/schedules/${apiKey}`)).json as {
      count: number;
      pageCount: number;
      page: string;
      data: { message: string; schedule: number }[];
    };
    assert.deepEqual({ count, pageCount, page }, { count: 3, pageCount: 1, page: 'page 1 from 1' });
    assert.deepEqual(
      data.map(({ message, schedule }) => [message, schedule]),
      [1, 2, 3].map((hours) => [`in ${hours}`, first + hours * HOUR]),
    );
    const beyond = await http.post(`/schedules/${apiKey}`, { page: 2 });
    assert.deepEqual((beyond.json as { data: unknown[] }).data, []);
    assertRefused(await http.ask(`/schedules/${apiKey}?page=0`), 400, 'invalid_parameter');
  });

  test('are changed by what is given, and the sender hears of it', async () => {
    const schedule = nowSeconds() + HOUR;
    const id = await send({ schedule, metadata: 'mine' });
    woken.length = 0;
    assert.equal((await change(id, { schedule: schedule + 60 })).status, 200);
    assert.deepEqual(woken, [service.id]);
    await change(id, { message: 'another', validity: 90 });
    assert.partialDeepStrictEqual(await see(id), {
      status: 'Scheduled',
      message: 'another',
      schedule: schedule + 60,
      expiresAt: schedule + 150,
      metadata: 'mine',
    });
    const shown = await http.ask(`/schedules/${service.apiKey}/${id}?schedule=&message=`);
    assert.partialDeepStrictEqual(shown.json, { message: 'another', schedule: schedule + 60 });
  });

  test('a schedule in the past means now', async () => {
    const id = await send({ schedule: nowSeconds() + HOUR });
    await change(id, { schedule: '1724160037' });
    assert.ok(Math.abs((await see(id)).schedule - nowSeconds()) <= 2);
  });

  test('a change that can not be is refused, and nothing is changed', async () => {
    const schedule = nowSeconds() + HOUR;
    const id = await send({ schedule, expiresAt: schedule + 60 });
    const standing = await see(id);
    assertRefused(await change(id, { schedule: schedule + 61 }), 400, 'invalid_expiry');
    assertRefused(await change(id, { expiresAt: nowSeconds() }), 400, 'invalid_expiry');
    assertRefused(await change(id, { schedule: 'tomorrow' }), 400, 'invalid_schedule');
    assertRefused(await change(id, { message: 'x'.repeat(65_537) }), 400, 'message_too_long');
    assert.deepEqual(await see(id), standing);
    const unscheduled = await send();
    const answer = await change(unscheduled, { schedule });
    assertRefused(answer, 409, 'message_not_waiting');
    assert.match(answer.text, /has no schedule/);
    for (const state of ['sending', 'server', 'failed', 'cancelled'] as const) {
      await setState(id, state);
      assertRefused(await change(id, { message: 'late' }), 409, 'message_not_waiting');
    }
  });

  test('what a browser does by itself changes nothing', async () => {
    const id = await send({ schedule: nowSeconds() + HOUR });
    const headers = { 'sec-purpose': 'prefetch' };
    const { apiKey } = service;
    for (const path of [
      `/messages/${apiKey}/${id}/cancel`,
      `/messages/${apiKey}/${id}/resend`,
      `/schedules/${apiKey}/${id}?message=other`,
    ]) {
      assertRefused(await http.ask(path, { headers }), 403, 'refused_by_policy');
    }
    assert.equal((await see(id)).message, 'text');
  });
});
