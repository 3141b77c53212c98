import type { ListenerId } from '../../domain/ids.ts';
import type { Random } from '../../runtime/random.ts';
import { createSealer } from '../../runtime/seal.ts';

const SECRET_BYTES = 32;

/** The secrets by which customers know our deliveries, as the database keeps them. */
export interface WebhookSecrets {
  /** A new one: `whsec_` and Base64, in the form of Standard Webhooks; sealed. */
  issue(listenerId: ListenerId): Buffer;
  open(listenerId: ListenerId, sealed: Buffer): string;
}

const nameOf = (listenerId: ListenerId): string =>
  listenerId < 0 ? `agent:${0 - listenerId}` : `service:${listenerId}`;

/** @param masterKey 32 bytes */
export function createWebhookSecrets(masterKey: Uint8Array, random: Random): WebhookSecrets {
  const sealer = createSealer(masterKey, 'webhook-secrets');
  return {
    issue(listenerId) {
      const secret = `whsec_${random.bytes(SECRET_BYTES).toString('base64')}`;
      return sealer.seal(nameOf(listenerId), Buffer.from(secret));
    },
    open: (listenerId, sealed) => sealer.open(nameOf(listenerId), sealed).toString(),
  };
}
