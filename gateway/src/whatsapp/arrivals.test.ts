import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { serviceId } from '../domain/ids.ts';
import { createLog } from '../runtime/log.ts';
import { Arrivals } from './arrivals.ts';
import type { BinaryNode } from './baileys.ts';
import type { KeyVault } from './key-vault.ts';

const LEASE = { serviceId: serviceId(1), epoch: 1 };
const CIPHERTEXT = Buffer.from('sealed');
const NODE: BinaryNode = {
  tag: 'message',
  attrs: { id: 'M1', from: '447400000002@s.whatsapp.net' },
  content: [{ tag: 'enc', attrs: { type: 'msg' }, content: CIPHERTEXT }],
};

/** A vault that keeps everything in memory. */
function memoryVault(): KeyVault & { readonly values: Map<string, unknown> } {
  const values = new Map<string, unknown>();
  return {
    values,
    load: () => Promise.resolve(new Map()),
    list: () => Promise.resolve(new Map(values)),
    stage: (_service, _type, name, value) => {
      if (value === null) values.delete(name);
      else values.set(name, value);
    },
    durable: () => null,
    forget: () => Promise.resolve(),
    release: () => Promise.resolve(),
    drop: () => undefined,
  };
}

/** The end of a conversation: every ciphertext can be decrypted once. */
function openEnd(vault = memoryVault(), used = new Set<string>()) {
  const clock = new ManualClock();
  const arrivals = new Arrivals(vault, LEASE, clock, createLog('silent'));
  type Repository = ReturnType<typeof arrivals.guard>;
  const once = (ciphertext: Uint8Array): Promise<Uint8Array> => {
    const name = Buffer.from(ciphertext).toString();
    if (used.has(name)) return Promise.reject(new Error('Key used already or never filled'));
    used.add(name);
    return Promise.resolve(Buffer.from(`plain ${name}`));
  };
  const repository = arrivals.guard({
    decryptMessage: ({ ciphertext }: { ciphertext: Uint8Array }) => once(ciphertext),
    decryptGroupMessage: ({ msg }: { msg: Uint8Array }) => once(msg),
  } as unknown as Repository);
  const read = async (): Promise<string> => {
    const order = { jid: 'a@lid', type: 'msg' as const, ciphertext: CIPHERTEXT };
    return Buffer.from(await repository.decryptMessage(order)).toString();
  };
  return { vault, used, clock, arrivals, read };
}

async function replayed({ arrivals }: ReturnType<typeof openEnd>): Promise<BinaryNode[]> {
  const nodes: BinaryNode[] = [];
  await arrivals.replay((node) => nodes.push(node));
  return nodes;
}

test('what is delivered again is read again, though its step is used', async () => {
  const end = openEnd();
  end.arrivals.expect(NODE);
  assert.equal(await end.read(), 'plain sealed');
  end.arrivals.expect(NODE);
  assert.equal(await end.read(), 'plain sealed');
});

test('the next process handles what the last one had decrypted', async () => {
  const dead = openEnd();
  dead.arrivals.expect(NODE);
  await dead.read();
  const next = openEnd(dead.vault, dead.used);
  assert.deepEqual(await replayed(next), [NODE]);
  assert.equal(await next.read(), 'plain sealed');
});

test('a used step without its plaintext is no reason to give the message up', async () => {
  const end = openEnd(memoryVault(), new Set(['sealed']));
  end.arrivals.expect(NODE);
  // Baileys tells WhatsApp to forget a message that fails with libsignal's own words.
  await assert.rejects(end.read(), /its plaintext is not here/);
});

test('soon after it is a row it is forgotten; unfinished ones are kept for long', async () => {
  const end = openEnd();
  end.arrivals.expect(NODE);
  await end.read();
  end.clock.advance(60_000);
  assert.equal(end.vault.values.size, 1);
  end.arrivals.becameRow('M1');
  end.clock.advance(4000);
  assert.equal(end.vault.values.size, 0);
  assert.equal(end.clock.hasAlarm, false);
});

test('what ended ten processes is not handled by an eleventh', async () => {
  const vault = memoryVault();
  const processes = Array.from({ length: 10 }, (_, index) => `process ${index}`);
  const arrival = { node: NODE, plaintexts: {}, arrivedAtMs: 0, processes };
  vault.stage(LEASE, 'arrival', '447400000002@s.whatsapp.net||M1', arrival);
  const end = openEnd(vault);
  assert.deepEqual(await replayed(end), []);
  assert.equal(vault.values.size, 0);
});

test('a connection that was closed handles nothing anew, and deletes nothing', async () => {
  const end = openEnd();
  end.arrivals.expect(NODE);
  await end.read();
  end.arrivals.close();
  assert.deepEqual(await replayed(end), []);
  end.clock.advance(600_000);
  assert.equal(end.vault.values.size, 1);
});
