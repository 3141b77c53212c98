import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { HmacKey } from './hmac-key.ts';

test('it signs as createHmac does, with keys and texts of any length', () => {
  for (const keyBytes of [0, 1, 24, 32, 63, 64, 65, 200]) {
    const bytes = randomBytes(keyBytes);
    const key = new HmacKey(bytes);
    for (const text of ['', 'a', 'é€😀', 'x'.repeat(55), 'y'.repeat(64), 'z'.repeat(10_000)]) {
      const expected = createHmac('sha256', bytes).update(text).digest('base64');
      assert.equal(key.sign(text), expected, `${keyBytes} bytes, ${text.length} characters`);
    }
  }
});
