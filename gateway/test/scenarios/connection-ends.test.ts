import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Each way WhatsApp ends a connection, as it is shown to the owner and the operator. The long waits
// are tested where the clock can be moved (`session-machine.test.ts`).

let world: TestWorld;
let database: pg.Pool;
before(async () => {
  world = await TestWorld.start();
  database = new pg.Pool({ connectionString: world.databaseUrl, max: 2 });
});
after(async () => {
  await database.end();
  await world[Symbol.asyncDispose]();
});

let lastPhone = 447400000900;

interface Linked {
  readonly apiKey: string;
  readonly phone: string;
}

async function linkedService(): Promise<Linked> {
  lastPhone += 1;
  const phone = String(lastPhone);
  return { apiKey: await world.makeService({ link: phone }), phone };
}

const order = (kind: string, phone: string, more = {}): Promise<unknown> =>
  world.askSimulator('/simulator/faults', { kind, phone, ...more });

/** The next login is refused so, and the connection is cut, so that there is one. */
async function refuseLogin(phone: string, more: Record<string, number>): Promise<void> {
  await order('login-failure', phone, more);
  await order('drop-connection', phone);
}

async function statusOf(apiKey: string): Promise<string> {
  return (await world.ask(`/serviceSettings/${apiKey}`)).json.connectionStatus;
}

async function listed(apiKey: string) {
  const { json } = await world.askAsOperator('/admin/services');
  return json.find((entry: { apiKey: string }) => entry.apiKey === apiKey);
}

/** How many keys are kept of the account that was linked to this phone. */
async function keysOf(phone: string): Promise<number> {
  const { rows } = await database.query(
    `SELECT count(*)::int AS keys FROM account_keys JOIN sessions USING (service_id)
     WHERE phone = $1`,
    [phone],
  );
  return rows[0].keys;
}

const loginsRefused = async (): Promise<number> =>
  (await world.askSimulator('/simulator/stats')).json.loginsRefused;

test('trouble of WhatsApp itself (503, 501) is shown as such', async () => {
  for (const code of [503, 501]) {
    const { apiKey, phone } = await linkedService();
    await order('stream-error', phone, { code });
    await world.waitForConnection(apiKey, 'whatsapp_unavailable');
    assert.match(await statusOf(apiKey), /trouble of its own/);
  }
});

test('an end without an explanation (500, unknown numbers) is followed by another try', async () => {
  const { apiKey, phone } = await linkedService();
  for (const code of [500, 516]) {
    const { logins } = (await world.askSimulator('/simulator/stats')).json;
    await order('stream-error', phone, { code });
    await waitUntil('another login', async () => {
      return (await world.askSimulator('/simulator/stats')).json.logins > logins;
    });
    await world.waitForConnection(apiKey, 'connected');
  }
  assert.match(world.gateway.output, /an end without an explanation/);
});

test('a restart that WhatsApp demands (515) is followed at once', async () => {
  const { apiKey, phone } = await linkedService();
  const { logins } = (await world.askSimulator('/simulator/stats')).json;
  await order('stream-error', phone, { code: 515 });
  await waitUntil('the login', async () => {
    return (await world.askSimulator('/simulator/stats')).json.logins === logins + 1;
  });
  await world.waitForConnection(apiKey, 'connected');
});

test('another program with the same session (440) is given way to for a while', async () => {
  const { apiKey, phone } = await linkedService();
  await order('conflict-replaced', phone);
  await world.waitForConnection(apiKey, 'replaced');
  assert.match(await statusOf(apiKey), /Another program/);
});

test('a device that was removed (401, with any number) is logged out, its keys are deleted', async () => {
  for (const more of [{ code: 401, conflict: 'device_removed' }, { conflict: 'device_removed' }]) {
    const { apiKey, phone } = await linkedService();
    assert.ok((await keysOf(phone)) > 0);
    await order('stream-error', phone, more);
    await world.waitForConnection(apiKey, 'logged_out');
    await waitUntil('the keys to be deleted', async () => (await keysOf(phone)) === 0);
  }
});

test('a lock (403) and a ban (406) stop, and the keys are kept for 24 hours', async () => {
  for (const [code, state] of [
    [403, 'locked'],
    [406, 'banned'],
  ] as const) {
    const { apiKey, phone } = await linkedService();
    await refuseLogin(phone, { code });
    await world.waitForConnection(apiKey, state);
    assert.ok((await keysOf(phone)) > 0);
    const { rows } = await database.query(
      `SELECT extract(epoch FROM forget_at - now()) / 3600 AS hours
       FROM session_ends JOIN sessions USING (service_id) WHERE phone = $1`,
      [phone],
    );
    assert.equal(Math.round(Number(rows[0].hours)), 24);
  }
});

test('a link WhatsApp does not accept any more (411) ends; who asks gets a new QR code', async () => {
  const { apiKey, phone } = await linkedService();
  await order('stream-error', phone, { code: 411 });
  await world.waitForConnection(apiKey, 'link_again');
  assert.ok((await keysOf(phone)) > 0, 'nothing is deleted before somebody asks');
  const { qrCode } = (await world.ask(`/module/qrCode?apiKey=${apiKey}`)).json;
  await world.askSimulator(`/simulator/phones/${phone}/scan`, { qr: qrCode });
  await world.waitForConnection(apiKey, 'connected');
});

test('a ban for a while (402) shows why and until when; a restart does not end it early', async () => {
  const { apiKey, phone } = await linkedService();
  await refuseLogin(phone, { code: 402, banCode: 101, expire: 3600 });
  await world.waitForConnection(apiKey, 'temporarily_banned');
  const sentence = /banned this account for a while, until about \S+Z: too many messages to people/;
  assert.match(await statusOf(apiKey), sentence);
  const waitMs = Date.parse((await listed(apiKey)).retryAt) - Date.now();
  assert.ok(waitMs > 3500_000 && waitMs < 4000_000, `${waitMs}`);
  const refused = await loginsRefused();
  await order('login-failure', phone, { code: 402, banCode: 101, expire: 3600 });
  assert.equal(await world.gateway.stop(), 0);
  await world.startGateway();
  const other = await linkedService();
  await world.waitForConnection(other.apiKey, 'connected');
  assert.equal(await world.connectionOf(apiKey), 'temporarily_banned');
  assert.match(await statusOf(apiKey), sentence);
  assert.equal(await loginsRefused(), refused, 'nobody tried');
  const keptMs = Date.parse((await listed(apiKey)).retryAt) - Date.now();
  assert.ok(Math.abs(waitMs - keptMs) < 120_000, 'until the same time');
});

test('a ban for a while (402): nothing goes before its end, and everything after it', async () => {
  const { apiKey, phone } = await linkedService();
  const friend = '447400000888';
  await refuseLogin(phone, { code: 402, banCode: 104, expire: 3600 });
  await world.waitForConnection(apiKey, 'temporarily_banned');
  const texts = ['first', 'second'];
  const ids: number[] = [];
  for (const text of texts) ids.push(await world.send(apiKey, friend, text));
  assert.match(await statusOf(apiKey), /until about \S+Z: the same message to too many people/);
  for (const id of ids) await world.waitForStatus(apiKey, id, { statusInfo: 'Pending' });
  assert.deepEqual(await world.shownBy(friend), []);
  // Its end comes nearer, without a wait of an hour.
  await world.gateway.kill();
  const { rows } = await database.query(
    `UPDATE session_ends SET retry_at = now() + interval '1 second'
     FROM sessions WHERE sessions.service_id = session_ends.service_id AND phone = $1
     RETURNING extract(epoch FROM retry_at)::float8 * 1000 AS "endsAtMs"`,
    [phone],
  );
  await world.startGateway();
  await waitUntil('all to be shown', async () => (await world.shownBy(friend)).length === 2);
  assert.equal(await world.connectionOf(apiKey), 'connected');
  const { json } = await world.askSimulator(`/simulator/phones/${friend}/messages`);
  const shown: { text: string; at: number }[] = json;
  assert.deepEqual(
    shown.map(({ text }) => text),
    texts,
  );
  assert.ok(Math.min(...shown.map(({ at }) => at)) >= rows[0].endsAtMs);
});

test('a version WhatsApp refuses (405) holds all new connections, and says so loudly', async () => {
  const { apiKey, phone } = await linkedService();
  const other = await linkedService();
  await refuseLogin(phone, { code: 405 });
  await world.waitForConnection(apiKey, 'outdated');
  assert.match(world.gateway.output, /WhatsApp refuses this version of the gateway: update it/);
  const metrics = await world.askAsOperator('/metrics');
  assert.match(metrics.text, /tickwire_connects_held\{mode="test"\} 1/);
  const ready = await world.ask('/health/ready');
  assert.equal(ready.status, 200, 'what stands goes on');
  assert.match(ready.text, /refuses this version/);
  await order('drop-connection', other.phone);
  await world.waitForConnection(other.apiKey, 'outdated');
});
