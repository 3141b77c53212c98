import assert from 'node:assert/strict';
import { createCipheriv, createDecipheriv, createHmac, createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import './quick-keys.ts';

const KEY = new Uint8Array(32).fill(7);
const IV = new Uint8Array(12).fill(9);

const hmacOf = (key: Parameters<typeof createHmac>[1], data: Uint8Array): string =>
  createHmac('sha256', key).update(data).digest('hex');

test('bytes, strings, views and key objects give the same HMAC as ever', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array(), (key, data) => {
      const expected = hmacOf(new DataView(key.buffer, key.byteOffset, key.byteLength), data);
      assert.equal(hmacOf(key, data), expected);
      assert.equal(hmacOf(Buffer.from(key), data), expected);
      if (key.length > 0) assert.equal(hmacOf(createSecretKey(key), data), expected);
    }),
  );
  assert.equal(hmacOf('text', KEY), hmacOf(Buffer.from('text'), KEY));
});

test('what is sealed with bytes opens with a key object, options and all', () => {
  const options = { authTagLength: 12 };
  const cipher = createCipheriv('aes-256-gcm', KEY, IV, options);
  const sealed = Buffer.concat([cipher.update('secret'), cipher.final()]);
  assert.equal(cipher.getAuthTag().length, 12);
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(KEY), IV, options);
  decipher.setAuthTag(cipher.getAuthTag());
  assert.equal(Buffer.concat([decipher.update(sealed), decipher.final()]).toString(), 'secret');
});

test('a wrong key is refused as ever', () => {
  assert.throws(() => createCipheriv('aes-256-gcm', KEY.subarray(1), IV), /key length/i);
  assert.throws(() => createHmac('sha256', 7 as never), { code: 'ERR_INVALID_ARG_TYPE' });
});
