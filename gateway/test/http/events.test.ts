import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { HttpOnly } from '../harness/http-only.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Events for those who ask: pulled, and as Server-Sent Events.

const http = await HttpOnly.start();
after(() => http[Symbol.asyncDispose]());
const { apiKey, id: serviceId } = await http.openService();

interface Pulled {
  readonly events: readonly {
    readonly id: string;
    readonly type: string;
    readonly data: unknown;
  }[];
  readonly cursor: string | null;
  readonly hasMore: boolean;
}

const ask = async (call: string, query = '', key = apiKey) =>
  await http.ask(`/events/${call}/${key}${query}`);
const pull = async (query = '') => (await ask('pull', query)).json as Pulled;
const failure = ({ status, json }: Awaited<ReturnType<typeof ask>>) => [
  status,
  (json as { code?: string }).code,
];

/** Resolves when it is settled: other tests have transactions on the same server. */
async function keep(status: string): Promise<string> {
  const { id, xid } = await http.database.query
    .insertInto('events')
    .values({
      listener_id: serviceId,
      type: 'message.status',
      subject: 'message:7',
      data: JSON.stringify({ messageId: '7', status, atMs: 0, metadata: null }),
    })
    .returning(['id', 'xid'])
    .executeTakeFirstOrThrow();
  const settled = sql<{ ok: boolean }>`
    SELECT ${xid}::xid8 < pg_snapshot_xmin(pg_current_snapshot()) AS ok`;
  await waitUntil(
    'it to be settled',
    async () => (await settled.execute(http.database.query)).rows[0]?.ok === true,
    30_000,
  );
  return `evt_${id}`;
}

/** Listens over a connection of its own, and gathers what comes. */
async function listen(lastEventId?: string) {
  const asked = request(`${http.url}/events/stream/${apiKey}`, {
    agent: false,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  response.on('error', () => undefined);
  return {
    headers: response.headers,
    ids: () => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id),
    text: () => text,
    stop: () => asked.destroy(),
  };
}

test('before it is opened, and for other plans', async () => {
  for (const call of ['pull', 'stream', 'ack']) {
    assert.deepEqual(failure(await ask(call, '?id=evt_1')), [409, 'wrong_state'], call);
  }
  const basic = await http.operate('/admin/services', { planId: 2, cycle: 1 });
  const { apiKey: basicKey } = basic.json as { apiKey: string };
  assert.deepEqual(failure(await ask('open', '', basicKey)), [403, 'not_in_plan']);
  assert.equal((await ask('close', '', basicKey)).status, 200);
});

test('pulled in pages, from a cursor or from what was acknowledged', async () => {
  assert.equal((await ask('open')).status, 200);
  assert.deepEqual(await pull(), { status: 'true', events: [], cursor: null, hasMore: false });
  const ids = [await keep('server'), await keep('phone'), await keep('read')];
  const first = await pull('?limit=2');
  assert.deepEqual(
    first.events.map(({ id }) => id),
    ids.slice(0, 2),
  );
  assert.deepEqual([first.cursor, first.hasMore], [ids[1], true]);
  assert.deepEqual(first.events[0]?.data, {
    messageId: '7',
    status: 'server',
    at: '1970-01-01T00:00:00.000Z',
    metadata: null,
  });
  const rest = await pull(`?after=${first.cursor}`);
  assert.deepEqual(
    rest.events.map(({ id }) => id),
    ids.slice(2),
  );
  assert.equal(
    (await ask('ack', `?id=${ids[1]}`)).text,
    `{"status":"true","acknowledged":"${ids[1]}"}`,
  );
  assert.deepEqual((await pull()).events, rest.events, 'the same again until it is acknowledged');
  assert.equal((await ask('ack', `?id=${ids[2]}`)).status, 200);
  assert.deepEqual(await pull(), {
    status: 'true',
    events: [],
    cursor: ids[2],
    hasMore: false,
  });
  for (const query of ['?after=x', '?limit=0', '?wait=-1']) {
    assert.deepEqual(failure(await ask('pull', query)), [400, 'invalid_parameter'], query);
  }
  assert.deepEqual(failure(await ask('ack', '?id=evt_999999')), [400, 'invalid_parameter']);
});

test('who waits gets what comes', async () => {
  const waiting = pull('?wait=20');
  const id = await keep('server');
  const { events } = await waiting;
  assert.deepEqual(
    events.map((event) => event.id),
    [id],
  );
  await ask('ack', `?id=${id}`);
});

test('a stream tells what comes, and goes on after the last event', async () => {
  const stream = await listen();
  assert.equal(stream.headers['content-type'], 'text/event-stream; charset=utf-8');
  const ids = [await keep('server'), await keep('phone')];
  await waitUntil('both', () => stream.ids().length === 2);
  assert.deepEqual(stream.ids(), ids);
  assert.match(stream.text(), /^event: message\.status$/m);
  stream.stop();
  const missed = await keep('read');
  const again = await listen(ids[0]);
  await waitUntil('what was missed', () => again.ids().length === 2);
  assert.deepEqual(again.ids(), [ids[1], missed]);
  again.stop();
});

test('more than a page comes whole', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 120; count += 1) ids.push(await keep('read'));
  const stream = await listen();
  await waitUntil('all', () => stream.ids().length >= ids.length);
  assert.deepEqual(stream.ids().slice(-ids.length), ids);
  stream.stop();
});

test('a fifth listener is refused; closing ends the others', async () => {
  const streams = [];
  for (let count = 0; count < 4; count += 1) streams.push(await listen());
  const fifth = await ask('stream');
  assert.deepEqual(failure(fifth), [429, 'too_many_requests']);
  assert.equal(fifth.headers.get('retry-after'), '5');
  assert.equal((await ask('close')).status, 200);
  for (const stream of streams) stream.stop();
  await waitUntil('their places', async () => (await ask('stream')).status === 409);
});
