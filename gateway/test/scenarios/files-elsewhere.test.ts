import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openDatabase } from '../../src/storage/database.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The machine is lost with its disk; another one takes over on the same PostgreSQL and has none of
// the files, and yet all of them.

const world = await TestWorld.start();
const database = openDatabase(world.databaseUrl, () => undefined);
after(async () => {
  await database.close();
  await world[Symbol.asyncDispose]();
});

/** SIGKILL, an empty disk, and the next gateway. */
async function moveToAnotherMachine(): Promise<void> {
  await world.gateway.kill();
  for (const folder of ['media', 'received']) {
    rmSync(join(world.dataDir, folder), { recursive: true });
  }
  await world.startGateway();
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

test('files that were accepted are sent from another disk', async () => {
  const apiKey = await world.makeService();
  const files = [randomBytes(1), randomBytes(3_000_000)];
  for (const [index, bytes] of files.entries()) {
    const form = new FormData();
    form.append('phonenumber', `44740000171${index}`);
    form.append('file', new File([new Uint8Array(bytes)], 'a.bin'));
    const answer = await world.ask(`/sendMsg/${apiKey}`, { method: 'POST', body: form });
    assert.equal(answer.status, 200, answer.text);
  }
  await moveToAnotherMachine();
  const { json } = await world.ask(`/module/qrCode?apiKey=${apiKey}`);
  await world.askSimulator('/simulator/phones', { phone: '447400001701' });
  await world.askSimulator('/simulator/phones/447400001701/scan', { qr: json.qrCode });
  for (const [index, bytes] of files.entries()) {
    const shown = await waitUntil('the file to be shown', async () => {
      const path = `/simulator/phones/44740000171${index}/messages`;
      return (await world.askSimulator(path)).json[0];
    });
    assert.equal(shown.media.sha256, sha256(bytes));
  }
});

test('a received file is served from another disk, and fetched again when it is lost altogether', async () => {
  const own = '447400001702';
  const apiKey = await world.makeService({ link: own });
  const bytes = randomBytes(2_000_000);
  const media = { base64: bytes.toString('base64'), mimetype: 'image/jpeg' };
  await world.askSimulator('/simulator/phones/447400001720/messages', { to: own, media });
  const urlOf = async (): Promise<string> => {
    const row = await waitUntil('the message', async () => {
      const { json } = await world.ask(`/receivedMessages/${apiKey}?page=1`);
      return json.data[0];
    });
    return row.mediaUrl;
  };
  const fetchFile = async (): Promise<Buffer> =>
    await waitUntil('the file to be there', async () => {
      const response = await fetch(await urlOf());
      const body = Buffer.from(await response.arrayBuffer());
      if (response.status === 503) return null;
      assert.equal(response.status, 200);
      return body;
    });
  assert.ok((await fetchFile()).equals(bytes));
  await moveToAnotherMachine();
  assert.deepEqual(readdirSync(join(world.dataDir, 'received')), []);
  const [one, two] = await Promise.all([fetchFile(), fetchFile()]);
  assert.ok(one.equals(bytes) && two.equals(bytes));
  assert.equal(readdirSync(join(world.dataDir, 'received')).length, 1);

  await database.pool.query('DELETE FROM shared_files');
  await moveToAnotherMachine();
  assert.equal((await fetch(await urlOf())).status, 503);
  assert.ok((await fetchFile()).equals(bytes));
});
