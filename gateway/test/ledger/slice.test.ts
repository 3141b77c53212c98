import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../harness/database.ts';
import { runCampaign } from './campaign.ts';
import { isGood, reportCampaign } from './report.ts';

// A slice of `npm run chaos:ledger`: real edges, real kills, few operations.

test('edges and connections die among purchases: no cent is lost, nothing is paid twice', async () => {
  const made = await createTestDatabase();
  try {
    const result = await runCampaign({
      operations: 1200,
      kills: 3,
      seed: 5,
      edges: 2,
      parallel: 64,
      agents: 10,
      database: {
        url: made.url,
        kill: () => Promise.reject(new Error('not the slice’s to kill')),
        close: () => Promise.resolve(),
      },
      mayKillPostgres: false,
      forMs: null,
      say: () => undefined,
    });
    assert.ok(isGood(result), reportCampaign(result));
    assert.ok(result.audit.transactions > 300, reportCampaign(result));
    assert.ok((result.counts.get('ok') ?? 0) > 300, reportCampaign(result));
  } finally {
    await made.drop();
  }
});
