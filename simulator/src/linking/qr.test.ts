import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { readQr } from './qr.ts';

const keys = [randomBytes(32), randomBytes(32), randomBytes(32)].map((key) =>
  key.toString('base64'),
);

test('the link of Baileys 7 and the bare form of older clients say the same', () => {
  const bare = ['2@ref', ...keys].join(',');
  const link = `https://wa.me/settings/linked_devices#${bare},1`;
  assert.deepEqual(readQr(link), readQr(bare));
  assert.equal(readQr(link).ref, '2@ref');
  assert.equal(readQr(link).advSecret.toString('base64'), keys[2]);
});

test('other texts are refused with a sentence', () => {
  for (const text of ['', 'hello', '2@ref,a,b,c', ['2@ref', keys[0], keys[1]].join(',')]) {
    assert.throws(() => readQr(text), /^Refusal: This is not the text of a WhatsApp QR code\.$/);
  }
});
