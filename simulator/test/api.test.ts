import './strict.ts';

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { startSimulator } from '../src/index.ts';
import type { Simulator, SimulatorOptions } from '../src/index.ts';

const folders: string[] = [];
const running: Simulator[] = [];
after(async () => {
  await Promise.all(running.map((simulator) => simulator.close()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-test-'));
  folders.push(folder);
  return folder;
}

async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dataDir: newFolder(), ...options });
  running.push(simulator);
  return simulator;
}

async function call(simulator: Simulator, method: string, path: string, body?: object) {
  const response = await fetch(`${simulator.httpUrl}${path}`, {
    method,
    ...(body && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { ...answer, status: response.status };
}

test('the same seed makes the same world, another seed another one', async () => {
  const seen = [];
  for (const seed of ['one', 'one', 'two']) {
    const simulator = await start({ seed });
    const phone = await call(simulator, 'POST', '/simulator/phones', { phone: '447400000001' });
    const message = { to: '447400000002', text: 'Hello' };
    const path = '/simulator/phones/447400000001/messages';
    const { id } = (await call(simulator, 'POST', path, message)) as { id?: string };
    seen.push(JSON.stringify([simulator.rootKey, simulator.mediaCertificate, phone, id]));
  }
  assert.equal(seen[0], seen[1]);
  assert.notEqual(seen[0], seen[2]);
});

test('a world stays with its seed', async () => {
  const dataDir = newFolder();
  const simulator = await startSimulator({ dataDir, seed: 'one' });
  await simulator.close();
  await assert.rejects(startSimulator({ dataDir, seed: 'two' }), /was made with the seed "one"/);
});

test('with a token, only health and description are open', async () => {
  const simulator = await start({ token: 'secret' });
  assert.equal((await call(simulator, 'GET', '/health/ready')).status, 200);
  const description = await call(simulator, 'GET', '/simulator');
  assert.deepEqual(description, {
    status: 200,
    rootKey: simulator.rootKey.toString('hex'),
    webSocketUrl: simulator.webSocketUrl,
    mediaUrl: (description as { mediaUrl?: string }).mediaUrl,
    mediaCertificate: simulator.mediaCertificate,
    seed: 'tickwire',
    phones: 0,
  });
  assert.equal((await call(simulator, 'GET', '/simulator/stats')).status, 401);
  const { status } = await fetch(`${simulator.httpUrl}/simulator/stats`, {
    headers: { authorization: 'Bearer secret' },
  });
  assert.equal(status, 200);
});

test('errors are a status, a sentence and a code', async () => {
  const simulator = await start();
  const create = (phone: string) => call(simulator, 'POST', '/simulator/phones', { phone });
  assert.deepEqual(await create('447400010000'), {
    status: 404,
    success: 'false',
    message: '447400010000 has no WhatsApp account.',
    code: 'not_registered',
  });
  assert.deepEqual(await create('Ann'), {
    status: 400,
    success: 'false',
    message: '"Ann" is not an international number.',
    code: 'bad_number',
  });
  assert.equal((await call(simulator, 'POST', '/simulator/phones', { fone: '1' })).status, 400);
  assert.equal((await call(simulator, 'GET', '/simulator/nothing')).status, 404);
  const unsaid = { to: '447400000002' };
  const path = '/simulator/phones/447400000001/messages';
  assert.equal((await call(simulator, 'POST', path, unsaid)).status, 400);
});
