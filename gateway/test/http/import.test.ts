import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newApiKey } from '../../src/domain/api-key.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { HttpOnly } from '../harness/http-only.ts';

// Services that move here with their keys, over HTTP into a real database.

let http: HttpOnly;
let agent: { agentId: number; agentKey: string };

before(async () => {
  http = await HttpOnly.start();
  agent = (await http.operate('/admin/agents', { name: 'Mover', credit: '9.00' }))
    .json as typeof agent;
});
after(() => http[Symbol.asyncDispose]());

const HEADER = 'apiKey,phoneNumber,plan,expiry,agent,countryCode,receiveMessage,webhook';
const aKey = (): string => newApiKey((count) => systemRandom.bytes(count));
const fileOf = (...lines: readonly string[]): string => [HEADER, ...lines].join('\n');

async function send(csv: string, more: Record<string, unknown> = {}) {
  const { status, json } = await http.operate('/admin/import', { csv, ...more });
  return { status, json: json as Record<string, unknown> };
}

async function listed(): Promise<Record<string, unknown>[]> {
  return (await http.operate('/admin/services')).json as Record<string, unknown>[];
}

async function ledgerSize(): Promise<number> {
  const { count } = await http.database.query
    .selectFrom('ledger_transactions')
    .select((columns) => columns.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

test('services come with their keys and all that is theirs; nothing is charged', async () => {
  const keys = [aKey(), aKey(), aKey()];
  const csv = fileOf(
    `${keys[0]},447400733413,Premium,2027-03-31,Mover,44,off,https://shop.example/hook`,
    `${keys[1]},,2,2027-03-31 10:00:00,,,,`,
    `${keys[2]},,Pro,2026-01-31,${agent.agentId},,,`,
  );
  const before = { ledger: await ledgerSize(), services: await listed() };
  const tried = await send(csv, { dryRun: true });
  assert.deepEqual(tried.json, { dryRun: true, created: 3, unchanged: [] });
  assert.deepEqual(await listed(), before.services);

  assert.deepEqual((await send(csv)).json, { dryRun: false, created: 3, unchanged: [] });
  assert.equal(await ledgerSize(), before.ledger);
  const after = (await listed()).slice(before.services.length);
  assert.deepEqual(
    after.map(({ apiKey, plan, state, number, expiresAt, agentId, mode }) => [
      [apiKey, plan, state, number],
      [expiresAt, agentId, mode],
    ]),
    [
      [
        [keys[0], 'Premium', 'active', '447400733413'],
        ['2027-03-31T23:59:59.000Z', agent.agentId, 'live'],
      ],
      [
        [keys[1], 'Basic', 'active', ''],
        ['2027-03-31T10:00:00.000Z', null, 'live'],
      ],
      [
        [keys[2], 'Pro', 'suspended', ''],
        ['2026-01-31T23:59:59.000Z', agent.agentId, 'live'],
      ],
    ],
  );
  const own = await http.ask(`/module/showAllService?agentKey=${agent.agentKey}`);
  const { services } = own.json as { services: Record<string, unknown>[] };
  assert.deepEqual(services[0], {
    apiKey: keys[0],
    whatsappNumber: '447400733413',
    connectedToWhatsapp: false,
    expire: '2027-03-31',
    getMessageStatus: false,
    webhook: 'https://shop.example/hook',
  });
});

test('a moved service works with its old key: numbers, queue, renewal from its own day', async () => {
  const key = aKey();
  await send(fileOf(`${key},447400733413,2,2027-01-31,Mover,,,`));
  const queued = await http.post(`/sendMsg/${key}`, { phonenumber: '07400733414', message: 'x' });
  assert.equal(queued.status, 200, queued.text);
  assert.equal((await http.ask(`/serviceSettings/${key}`)).status, 200);
  await http.post('/module/renew', { agentKey: agent.agentKey, apiKey: key, cycle: 1 });
  const { json } = await http.operate(`/admin/services/${key}`);
  assert.equal((json as { expiresAt: string }).expiresAt, '2027-02-28T23:59:59.000Z');
});

test('the same file again changes nothing, also after the services have changed', async () => {
  const keys = [aKey(), aKey()];
  const csv = fileOf(...keys.map((key) => `${key},,2,2027-01-31,,,,`));
  const both = await Promise.all([send(csv), send(csv)]);
  assert.deepEqual(new Set(both.map(({ json }) => json['created'])), new Set([0, 2]));
  await http.operate(`/admin/services/${keys[0]}/renew`, { cycle: 12 });
  await http.operate(`/admin/services/${keys[1]}/suspend`, {});
  const before = await listed();
  assert.deepEqual((await send(csv)).json, { dryRun: false, created: 0, unchanged: [2, 3] });
  assert.deepEqual(await listed(), before);
  const longer = `${csv}\n${aKey()},,2,2027-01-31,,,,`;
  assert.deepEqual((await send(longer)).json, { dryRun: false, created: 1, unchanged: [2, 3] });
});

test('a file with bad lines is refused whole, and every bad line is named', async () => {
  const removed = aKey();
  const others = aKey();
  await send(fileOf(`${removed},,2,2027-01-31,,,,`, `${others},,2,2027-01-31,Mover,,,`));
  await http.operate(`/admin/services/${removed}/remove`, {});
  const twice = aKey();
  const before = await listed();
  const { status, json } = await send(
    fileOf(
      `${aKey()},,2,2027-01-31,,,,`,
      `${aKey()},,9,2027-01-31,,,,`,
      `${twice},,2,2027-01-31,,,,`,
      `${twice},,2,2027-01-31,,,,`,
      `${removed},,2,2027-01-31,,,,`,
      `${others},,2,2027-01-31,,,,`,
      `${agent.agentKey},,2,2027-01-31,,,,`,
      `short,x,2,2027-01-31,,,,`,
    ),
  );
  assert.equal(status, 400);
  const { lines, ...rest } = json;
  assert.deepEqual(rest, {
    success: 'false',
    message: 'Nothing was imported: 6 lines can not be taken over; see "lines".',
    code: 'invalid_parameter',
  });
  assert.deepEqual(
    (lines as { line: number; message: string }[]).map(({ line }) => line),
    [3, 5, 6, 7, 8, 9, 9],
  );
  assert.deepEqual(await listed(), before);
});

test('10,000 services come at once', async () => {
  const lines = Array.from({ length: 10_000 }, () => `${aKey()},,4,2027-01-31,Mover,,,`);
  const { json } = await send(fileOf(...lines));
  assert.equal(json['created'], 10_000);
  assert.equal((await send(fileOf(...lines))).json['created'], 0);
});

test('what is no file, and what is no switch', async () => {
  for (const body of [{}, { csv: '' }, { csv: 'x' }, { csv: HEADER, dryRun: 'perhaps' }]) {
    assert.equal((await http.operate('/admin/import', body)).status, 400, JSON.stringify(body));
  }
  assert.deepEqual((await send(HEADER)).json, { dryRun: false, created: 0, unchanged: [] });
  assert.equal((await http.post('/admin/import', { csv: HEADER })).status, 401);
  assert.equal((await send(HEADER, { mode: 'test' })).status, 404);
});
