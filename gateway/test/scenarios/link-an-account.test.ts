import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';

// Linking, as a reseller's shop does it: through the documented partner calls.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
const agent = (
  await world.askAsOperator('/admin/agents', { name: 'Shop', credit: '500.00', mode: 'test' })
).json;

const partner = async (call: string, parameters: Record<string, string>) =>
  await world.ask(`/module/${call}?${new URLSearchParams(parameters).toString()}`);

async function createService(): Promise<string> {
  const created = await partner('create', { agentKey: agent.agentKey, planId: '4', cycle: '1' });
  assert.equal(created.json.message, 'The service was created successfully', created.text);
  return created.json.apiKey;
}

const scan = (phone: string, qr: string) =>
  world.askSimulator(`/simulator/phones/${phone}/scan`, { qr });

test('by QR code: created, shown, scanned, connected', async () => {
  const apiKey = await createService();
  const shown = await partner('qrCode', { apiKey });
  assert.equal(shown.json.whatsAppStatus, 'Not connected');
  assert.match(shown.json.qrCode, /^(https:.*#)?[^,]+(,[^,]+){3,4}$/);
  await scan('447400000101', shown.json.qrCode);
  await world.waitForConnection(apiKey, 'connected');
  const { json } = await world.ask(`/serviceSettings/${apiKey}`);
  assert.equal(json.connectionStatus, 'Connected to WhatsApp');
  assert.equal(json.whatsAppNumber, '447400000101');
  const linked = await partner('qrCode', { apiKey });
  assert.equal(linked.json.whatsAppStatus, 'Connected');
  assert.equal(linked.json.qrCode, '');
  const id = await world.send(apiKey, '447400000109', 'linked by QR');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
});

test('the QR code also comes as a picture', async () => {
  const apiKey = await createService();
  const png = await world.ask(`/module/qrCode?apiKey=${apiKey}&format=png`);
  assert.equal(png.type, 'image/png');
  const svg = await world.ask(`/module/qrCode?apiKey=${apiKey}&format=svg`);
  assert.match(svg.type, /^image\/svg\+xml/);
  assert.match(svg.text, /<svg/);
});

test('by pairing code: a wrong one is refused by the phone, the right one links', async () => {
  const apiKey = await createService();
  const phone = '447400000102';
  await world.askSimulator('/simulator/phones', { phone });
  const { json } = await world.ask(`/module/loginWithCode/${apiKey}?phoneNumber=${phone}`);
  assert.match(json.pairCode, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
  const enter = (pairCode: string) =>
    world.askSimulator(`/simulator/phones/${phone}/enter-code`, { pairCode });
  await assert.rejects(enter('AAAA-AAAA'));
  await enter(json.pairCode);
  await world.waitForConnection(apiKey, 'connected');
  const id = await world.send(apiKey, '447400000109', 'linked by code');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
});

test('disconnect closes and keeps the credentials; connect needs no new QR code', async () => {
  const apiKey = await world.makeService({ link: '447400000103' });
  const keys = { agentKey: agent.agentKey, apiKey };
  assert.equal((await partner('disconnect', keys)).status, 404, 'not this agent’s service');
  const own = await createService();
  const { qrCode } = (await partner('qrCode', { apiKey: own })).json;
  await scan('447400000104', qrCode);
  await world.waitForConnection(own, 'connected');
  const ownKeys = { agentKey: agent.agentKey, apiKey: own };
  await partner('disconnect', ownKeys);
  await world.waitForConnection(own, 'disconnected');
  const waiting = await world.send(own, '447400000109', 'sent while disconnected');
  await world.waitForStatus(own, waiting, { status: 'In the send queue', statusInfo: 'Pending' });
  await partner('connect', ownKeys);
  await world.waitForConnection(own, 'connected');
  await world.waitForStatus(own, waiting, { delivery: 'read' });
});

test('when the phone removes the device the service says so, and can be linked anew', async () => {
  const apiKey = await world.makeService({ link: '447400000105' });
  await world.askSimulator('/simulator/phones/447400000105/unlink', {});
  await world.waitForConnection(apiKey, 'logged_out');
  const { json } = await world.ask(`/serviceSettings/${apiKey}`);
  assert.match(json.connectionStatus, /removed this device/);
  const again = await partner('qrCode', { apiKey });
  assert.equal(again.status, 200, again.text);
  await scan('447400000106', again.json.qrCode);
  await world.waitForConnection(apiKey, 'connected');
  const id = await world.send(apiKey, '447400000109', 'linked anew');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
});
