import type { Readable } from 'node:stream';
import { Problem } from '../../domain/errors.ts';

/** Where the simulator's own HTTP API is, and how to be let in. */
export interface SimulatorAddress {
  readonly simulatorUrl: string | null;
  readonly simulatorToken: string | null;
}

/** One request to the simulator. */
export interface SimulatorRequest {
  readonly method: string;
  /** Begins with `/simulator`. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string | Readable;
}

/**
 * Sends a request to the simulator's own API.
 * @throws Problem `test_mode_off` when there is none, `not_ready` when it does not answer
 */
export async function askSimulator(
  address: SimulatorAddress,
  request: SimulatorRequest,
): Promise<Response> {
  if (address.simulatorUrl === null) throw new Problem('test_mode_off');
  const headers = new Headers();
  if (request.contentType !== undefined) headers.set('content-type', request.contentType);
  if (address.simulatorToken !== null) {
    headers.set('authorization', `Bearer ${address.simulatorToken}`);
  }
  try {
    return await fetch(new URL(request.path, address.simulatorUrl), {
      method: request.method,
      headers,
      ...(request.body === undefined ? {} : { body: request.body, duplex: 'half' }),
    });
  } catch {
    throw new Problem('not_ready', 'The simulator does not answer.');
  }
}

/** As `askSimulator`, with a JSON body. */
export function tellSimulator(
  address: SimulatorAddress,
  path: string,
  body: object,
): Promise<Response> {
  return askSimulator(address, {
    method: 'POST',
    path,
    contentType: 'application/json',
    body: JSON.stringify(body),
  });
}
