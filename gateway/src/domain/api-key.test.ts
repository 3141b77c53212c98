import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { looksLikeApiKey, newApiKey, visiblePrefix } from './api-key.ts';

test('a new key has the form that clients know, and no two are alike', () => {
  const keys = Array.from({ length: 100 }, () => newApiKey(randomBytes));
  for (const key of keys) assert.match(key, /^[a-z0-9]{7}(-[a-z0-9]{7}){4}$/);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(keys.every(looksLikeApiKey));
  assert.equal(visiblePrefix('k3v9x2a-p0q8d7m-a-b-c'), 'k3v9x2a');
});

test('bytes that would favour some characters are passed over', () => {
  const draws = [Buffer.alloc(64, 255), Buffer.alloc(64, 35)];
  const key = newApiKey(() => draws.shift() ?? Buffer.alloc(64, 0));
  assert.equal(key, '9999999-9999999-9999999-9999999-9999999');
});
