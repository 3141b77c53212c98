import type { EventEmitter } from 'node:events';

type Handler = (...values: unknown[]) => unknown;

/**
 * Makes the listeners of an event, which are asynchronous, take one event after the other.
 *
 * Baileys looks up a new sender's hidden id before it takes its lock for messages, so the second of
 * two quick messages from a stranger overtakes the first, and they would be received in the wrong
 * order.
 */
export function handleInOrder(emitter: EventEmitter, event: string): void {
  const handlers = emitter.listeners(event) as Handler[];
  emitter.removeAllListeners(event);
  let last: Promise<unknown> = Promise.resolve();
  emitter.on(event, (...values: unknown[]) => {
    // A handler that fails has reported it itself; the next event is not its business.
    last = last
      .then(() => Promise.all(handlers.map((handler) => handler(...values))))
      .catch(() => undefined);
  });
}
