import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, memoryAuth } from './client.ts';
import { TestWorld } from './world.ts';
import { waitUntil } from './wait-until.ts';

let world: TestWorld;
before(async () => {
  world = await TestWorld.start();
});
after(() => world.close());

test('a client is linked by QR and opens fast', async () => {
  const client = await world.link('447400000001');
  assert.equal(client.auth.creds.me?.id, '447400000001:1@s.whatsapp.net');
  assert.match(client.auth.creds.me?.lid ?? '', /^1\d{14}:1@lid$/);
  assert.ok(client.auth.creds.me?.name);
  assert.ok((client.openAfterMs ?? Infinity) < 2000);
  await waitUntil('the first sync', () => client.auth.creds.accountSyncCounter === 1);
  await waitUntil('the app state key', () => client.auth.creds.myAppStateKeyId);
});

test('a linked client logs in again without a QR', async () => {
  const first = await world.link('447400000002');
  await first.end();
  const second = await world.connect(first.auth).opened();
  assert.deepEqual(second.qrs, []);
});

test('a client is linked by pairing code; a wrong code can be followed by the right one', async () => {
  const client = world.connect();
  await client.qr();
  const code = await client.socket.requestPairingCode('447400000003', 'ABCD2345');
  assert.equal(code, 'ABCD2345');
  const enter = (pairCode: string) =>
    world.call('POST', '/simulator/phones/447400000003/enter-code', { pairCode });
  await waitUntil('the request', async () => (await enter('short')).status === 400);
  const wrong = await enter('ABCD2346');
  assert.deepEqual([wrong.status, wrong.body['code']], [400, 'wrong_code']);
  const right = await enter('abcd-2345');
  assert.deepEqual([right.status, right.body['linked']], [200, true]);
  await client.closed();
  const linked = await world.connect(client.auth).opened();
  assert.equal(linked.phone, '447400000003');
});

test('codes and QRs nobody waits for are refused with a sentence', async () => {
  const nobody = await world.call('POST', '/simulator/phones/447400000004/enter-code', {
    pairCode: 'ABCD2345',
  });
  assert.equal(nobody.status, 404);
  assert.match(String(nobody.body['message']), /^No client waits .*\.$/);
  assert.equal((await world.scan('447400000004', 'nonsense')).status, 400);
  const client = world.connect();
  const [, ...rest] = (await client.qr()).split(',');
  assert.equal((await world.scan('447400000004', `2@unknown,${rest.join(',')}`)).status, 404);
  assert.equal((await world.scan('447400000000', await client.qr())).status, 404);
});

test('a client that asked for a code and was never paired is refused as a stranger', async () => {
  const client = world.connect();
  await client.qr();
  await client.socket.requestPairingCode('447400000005');
  await client.end();
  assert.equal(await world.connect(client.auth).closed(), 401);
});

test('a login with another noise key is refused', async () => {
  const { auth } = await world.link('447400000006');
  const stranger = memoryAuth();
  Object.assign(stranger.creds, { me: auth.creds.me, account: auth.creds.account });
  assert.equal(await world.connect(stranger).closed(), 401);
});

test('unlinking ends the connection and later logins', async () => {
  const client = await world.link('447400000007');
  const { status } = await world.call('POST', '/simulator/phones/447400000007/unlink');
  assert.equal(status, 200);
  assert.equal(await client.closed(), 401);
  assert.equal(await world.connect(client.auth).closed(), 401);
  assert.equal((await world.call('POST', '/simulator/phones/447400000007/unlink')).status, 404);
});

test('a client that logs out is removed', async () => {
  const client = await world.link('447400000008');
  await client.socket.logout();
  await client.closed();
  await waitUntil('the removal', async () => {
    const { status } = await world.call('POST', '/simulator/phones/447400000008/unlink');
    return status === 404;
  });
  assert.equal(await world.connect(client.auth).closed(), 401);
});

test('a second socket of a device replaces the first', async () => {
  const first = await world.link('447400000009');
  const second = await world.connect(first.auth).opened();
  assert.equal(await first.closed(), 440);
  assert.equal(second.closeCode, undefined);
  assert.equal(await world.stat('overlappingSockets'), 1);
});

test('a client that trusts another root refuses the handshake', async () => {
  const client = new Client(world.webSocketUrl, Buffer.alloc(32, 9), memoryAuth());
  assert.equal(await client.closed(), 400);
  assert.deepEqual(client.qrs, []);
});
