import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../runtime/clock.ts';

const DISCARDED_BYTES_MAX = 16 * 1024 * 1024;
const DISCARDING_MS_MAX = 10_000;

/**
 * Takes in and drops what is left of a refused request's body. A client that is still sending would
 * otherwise meet a reset connection, and may never read the answer; one that sends without end is
 * cut off.
 */
export function discardRest(request: IncomingMessage, clock: Clock): void {
  if (request.complete) return;
  let bytes = 0;
  const cancelCut = clock.after(DISCARDING_MS_MAX, () => request.destroy());
  request.unpipe();
  request
    .on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > DISCARDED_BYTES_MAX) request.destroy();
    })
    .once('end', cancelCut)
    .once('close', cancelCut)
    .resume();
}
