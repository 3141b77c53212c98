import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { openTestDatabase } from '../../test/harness/stored-service.ts';
import { assertMasterKey } from './installation.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { pool } = opened.database;

test('the first master key is the database’s for ever; another is refused with its variable', async () => {
  const [first, other] = [randomBytes(32), randomBytes(32)];
  await Promise.all([assertMasterKey(pool, first), assertMasterKey(pool, first)]);
  await assertMasterKey(pool, first);
  await assert.rejects(assertMasterKey(pool, other), /TICKWIRE_MASTER_KEY/);
  await assertMasterKey(pool, first);
});
