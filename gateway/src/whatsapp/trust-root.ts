import { AsyncLocalStorage } from 'node:async_hooks';
import { WA_CERT_DETAILS } from './baileys.ts';

/**
 * Whom a socket trusts. Baileys reads one process-wide root key when a server shows its
 * certificate; here that key depends on who opened the socket, so that a test session trusts only
 * the simulator's root and a live session only WhatsApp's, side by side in one process.
 */
const whatsAppRoot: Uint8Array = WA_CERT_DETAILS.PUBLIC_KEY;
const rootOfThisSocket = new AsyncLocalStorage<Uint8Array>();

Object.defineProperty(WA_CERT_DETAILS, 'PUBLIC_KEY', {
  get: () => rootOfThisSocket.getStore() ?? whatsAppRoot,
});

/**
 * Runs `open`; sockets opened inside trust this root only.
 * @param rootKey 32 bytes, or null for WhatsApp's own root
 */
export function trusting<Result>(rootKey: Uint8Array | null, open: () => Result): Result {
  return rootOfThisSocket.run(rootKey ?? whatsAppRoot, open);
}
