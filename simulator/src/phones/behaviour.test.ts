import assert from 'node:assert/strict';
import { test } from 'node:test';

import { receiptDelays } from './behaviour.ts';

function delays(deliverAfterMs: number | null, readAfterMs: number | null) {
  return receiptDelays({ ackDelayMs: 0, addressingMode: 'pn', deliverAfterMs, readAfterMs });
}

test('a phone that is off neither gets nor reads; one that reads late does so alone', () => {
  assert.deepEqual(delays(50, 200), { deliverMs: 50, readMs: 200 });
  assert.deepEqual(delays(50, null), { deliverMs: 50, readMs: null });
  assert.deepEqual(delays(null, 200), { deliverMs: null, readMs: null });
});
