import './strict.ts';

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { NOISE_WA_HEADER } from 'baileys';
import * as constants from 'baileys/lib/WABinary/constants.js';

import { readDictionary2 } from '../src/wire/dictionary-2.ts';
import { TestWorld } from './world.ts';
import { waitUntil } from './wait-until.ts';

/**
 * Baileys 6.7 itself cannot be installed from the registry (it depends on git repositories), so a
 * current client is made to speak its dictionary: everywhere in this process, hence the simulator
 * has one of its own.
 */
function speakDictionary2(): void {
  const older = readDictionary2();
  const tokens = constants as unknown as {
    SINGLE_BYTE_TOKENS: string[];
    DOUBLE_BYTE_TOKENS: string[][];
    TOKEN_MAP: Record<string, object>;
  };
  tokens.SINGLE_BYTE_TOKENS.splice(0, Infinity, ...older.SINGLE_BYTE_TOKENS);
  tokens.DOUBLE_BYTE_TOKENS.splice(0, Infinity, ...older.DOUBLE_BYTE_TOKENS);
  for (const token of Object.keys(tokens.TOKEN_MAP)) delete tokens.TOKEN_MAP[token];
  Object.assign(tokens.TOKEN_MAP, older.TOKEN_MAP);
  NOISE_WA_HEADER.writeUInt8(2, 3);
}

let world: TestWorld;
before(async () => {
  speakDictionary2();
  world = await TestWorld.startAlone();
});
after(() => world.close());

test('a client with dictionary 2 links, writes, reads and gets what waited for it', async () => {
  const client = await world.link('447400000001');
  const id = await client.sendText('447500000001', 'In the old tongue');
  await client.ackOf(id);
  await waitUntil('the blue ticks', () => client.receipts.some((r) => r.attrs['type'] === 'read'));
  assert.equal((await world.shown('447500000001'))[0]?.text, 'In the old tongue');
  await world.write('447500000001', '447400000001', 'Live');
  await waitUntil('the answer', () => client.texts.includes('Live'));
  await client.end();
  await world.write('447500000001', '447400000001', 'Later');
  const again = await world.connect(client.auth).opened();
  await waitUntil('what waited', () => again.texts.includes('Later'));
  assert.equal(await world.stat('internalErrors'), 0);
});
