import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertDurable, type Query } from './durability.ts';

/** A database with these settings, and durable ones otherwise. */
function databaseWith(settings: Record<string, string>): Query {
  return (statement) => {
    const name = statement.replace('SHOW ', '');
    return Promise.resolve({ rows: [{ [name]: settings[name] ?? 'on' }] });
  };
}

test('a database that keeps what it confirms is fine', async () => {
  await assertDurable(databaseWith({}));
  await assertDurable(databaseWith({ synchronous_commit: 'remote_apply' }));
  await assertDurable(databaseWith({ synchronous_commit: 'local' }));
});

test('each setting that loses confirmed messages is refused by name', async () => {
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit']) {
    await assert.rejects(
      assertDurable(databaseWith({ [setting]: 'off' })),
      new RegExp(`has ${setting} = off.* please set ${setting} = on`),
    );
  }
});

test('a database that does not tell is refused', async () => {
  await assert.rejects(
    assertDurable(() => Promise.resolve({ rows: [] })),
    /fsync = undefined/,
  );
});
