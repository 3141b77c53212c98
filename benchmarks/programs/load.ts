// Loads an HTTP server from a process of its own, so that its CPU time is not the server's.

import autocannon from 'autocannon';
import { answer } from '../processes/answering.ts';

/** What to send, and for how long. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly durationS: number;
  /** An urlencoded form. */
  readonly body: string;
}

/** What came back. */
export interface LoadResult {
  readonly requests: number;
  /** Answers other than 2xx, errors and time-outs. */
  readonly failures: number;
  readonly durationMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

answer('load', async ({ url, connections, durationS, body }: Load): Promise<LoadResult> => {
  const startedMs = performance.now();
  const result = await autocannon({
    url,
    connections,
    duration: durationS,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  return {
    requests: result['2xx'],
    failures: result.non2xx + result.errors + result.timeouts,
    durationMs: performance.now() - startedMs,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
});
