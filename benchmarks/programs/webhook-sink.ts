// Customers' endpoints, each on a port of its own: answer 200 at once and remember when each event came
// first. Under `/hang` they never answer, under `/fail` they answer 500.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from '../processes/answering.ts';

/** What has come since the last `forget`. */
export interface SinkReport {
  readonly requests: number;
  /** On a clock of its own. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** The event's id, and when it came first: milliseconds since 1970. */
  readonly arrivals: readonly (readonly [id: string, atMs: number])[];
}

let requests = 0;
let firstMs = 0;
let lastMs = 0;
const arrivals = new Map<string, number>();

function take(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  request.once('end', () => {
    if (request.url?.startsWith('/hang') === true) return;
    if (request.url?.startsWith('/fail') === true) {
      response.writeHead(500).end();
      return;
    }
    lastMs = performance.now();
    if (requests === 0) firstMs = lastMs;
    requests += 1;
    const id = request.headers['webhook-id'];
    if (typeof id === 'string' && !arrivals.has(id)) arrivals.set(id, Date.now());
    response.end();
  });
}

answer('listen', async (): Promise<string> => {
  const server = createServer(take);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
answer('count', (): number => requests);
answer('report', (): SinkReport => ({ requests, firstMs, lastMs, arrivals: [...arrivals] }));
answer('forget', () => {
  requests = 0;
  arrivals.clear();
});
