import type { ConnectionEnd } from '../../src/domain/connection-state.ts';
import type { ServiceId } from '../../src/domain/ids.ts';
import type { Lease } from '../../src/domain/lease.ts';
import type { Connection, ConnectionListener, Connector } from '../../src/sessions/connection.ts';

const unused = (): Promise<never> => Promise.reject(new Error('not held here'));

/** One socket a session has opened. */
export interface HeldSocket {
  readonly serviceId: ServiceId;
  readonly openedAtMs: number;
  readonly listener: ConnectionListener;
  /** Ends as if WhatsApp or the network had ended it. */
  end(end: ConnectionEnd): void;
}

/**
 * The port to WhatsApp held by hand, for tests of sessions alone: a socket does nothing by itself,
 * a test says what comes over it.
 */
export class HeldConnector implements Connector {
  readonly opened: HeldSocket[] = [];
  readonly #nowMs: () => number;
  readonly #live = new Map<ServiceId, HeldSocket>();
  /** How many sockets one service held at once, at most. */
  overlapMax = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The socket of a service that has not ended. */
  socketOf(serviceId: ServiceId): HeldSocket | undefined {
    return this.#live.get(serviceId);
  }

  get live(): HeldSocket[] {
    return [...this.#live.values()];
  }

  serves(): boolean {
    return true;
  }

  open(lease: Lease, _mode: string, listener: ConnectionListener): Promise<Connection> {
    const { serviceId } = lease;
    const socket: HeldSocket = {
      serviceId,
      openedAtMs: this.#nowMs(),
      listener,
      end: (end) => {
        if (this.#live.get(serviceId) !== socket) return;
        this.#live.delete(serviceId);
        listener.onClosed(end);
      },
    };
    this.overlapMax = Math.max(this.overlapMax, this.#live.has(serviceId) ? 2 : 1);
    this.opened.push(socket);
    this.#live.set(serviceId, socket);
    const close = (): Promise<void> => Promise.resolve(socket.end({ reason: 'asked', detail: '' }));
    return Promise.resolve({
      lease,
      prepare: unused,
      send: unused,
      requestPairCode: unused,
      lookUp: unused,
      listGroups: unused,
      askForFile: unused,
      findRestrictionEnd: unused,
      findNewChatCap: unused,
      liveness: () => ({ quietMs: 0, isSlow: false, answerMs: null }),
      logOut: close,
      close,
    });
  }

  download(): Promise<never> {
    return unused();
  }

  isLinked(): Promise<boolean> {
    return Promise.resolve(true);
  }

  forget(): Promise<void> {
    return Promise.resolve();
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  drop(): void {
    // Nothing is kept here.
  }
}
