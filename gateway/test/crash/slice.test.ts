import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCampaign } from './campaign.ts';
import { isGood, lastLine, reportCampaign } from './report.ts';

// A slice of `npm run chaos`: real processes, real kills, few of them.

test('a kill at a point, of both, of PostgreSQL: nothing lost, nothing twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-'));
  chmodSync(folder, 0o711);
  const seed = 9;
  const result = await runCampaign({
    seed,
    kills: 3,
    gateways: 1,
    stallsPercent: 0,
    folder,
    databaseUrl: null,
    logLevel: 'warn',
    killForMs: null,
    say: () => undefined,
  });
  assert.ok(isGood(result), reportCampaign(result));
  assert.equal(lastLine(result, seed), `lost 0, duplicated 0, kills 3, seed ${seed}`);
  assert.ok(result.known.acknowledged.length > 20, 'messages were accepted');
});
