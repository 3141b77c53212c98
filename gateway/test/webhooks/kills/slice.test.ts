import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestDatabase } from '../../harness/database.ts';
import { runKills } from './campaign.ts';
import { isGood } from './compare.ts';
import { reportKills } from './report.ts';

// A slice of `npm run chaos:webhooks`: real processes, real kills, few of them.

test('gateways killed while they deliver: nothing lost, nothing out of order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'webhook-kills-'));
  const database = await createTestDatabase();
  try {
    const result = await runKills({
      events: 400,
      kills: 3,
      seed: 5,
      gateways: 1,
      services: 3,
      folder,
      databaseUrl: database.url,
      killForMs: null,
      say: () => undefined,
    });
    assert.ok(isGood(result.verdict), reportKills(result));
    assert.equal(result.events, 400);
  } finally {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }
});
