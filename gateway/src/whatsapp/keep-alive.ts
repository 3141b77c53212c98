import type { Clock } from '../runtime/clock.ts';
import type { BinaryNode } from './baileys.ts';

const INTERVAL_MS = 25_000;

/** The ways to show the server that we are there. */
export interface Pulse {
  /** Whether frames wait for a commit: then nothing that is sent would leave. */
  isHolding(): boolean;
  /** Asks the server for a sign of life, as WhatsApp Web does. */
  ping(): void;
  /** Does the same for whatever lies between: below the encryption, so it waits for nothing. */
  pingWire(): void;
}

/** WhatsApp's ping, as Baileys sends it (`socket.js`, `startKeepAliveRequest`). */
export function pingOf(id: string): BinaryNode {
  return {
    tag: 'iq',
    attrs: { id, to: 's.whatsapp.net', type: 'get', xmlns: 'w:p' },
    content: [{ tag: 'ping', attrs: {} }],
  };
}

/**
 * Keeps an idle connection alive.
 *
 * Baileys could do that, but it closes a connection that it heard nothing of for 30 s. While the
 * database is away our frames wait, pings among them (they are numbered by the encryption, so none
 * can pass another), and the server has nothing to answer: the connection is well all the same.
 * @returns ends it
 */
export function startKeepAlive(clock: Clock, pulse: Pulse): () => void {
  let cancel: (() => void) | undefined;
  const beatLater = (): void => {
    cancel = clock.after(INTERVAL_MS, () => {
      beatLater();
      if (pulse.isHolding()) pulse.pingWire();
      else pulse.ping();
    });
  };
  beatLater();
  return () => {
    cancel?.();
  };
}
