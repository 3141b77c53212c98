import type { ServiceId } from '../../domain/ids.ts';
import type { Random } from '../../runtime/random.ts';
import { createSealer } from '../../runtime/seal.ts';

const SECRET_BYTES = 32;

/** The secrets by which customers know our deliveries, as the database keeps them. */
export interface WebhookSecrets {
  /** A new one: `whsec_` and Base64, in the form of Standard Webhooks; sealed. */
  issue(serviceId: ServiceId): Buffer;
  open(serviceId: ServiceId, sealed: Buffer): string;
}

const nameOf = (serviceId: ServiceId): string => `service:${serviceId}`;

/** @param masterKey 32 bytes */
export function createWebhookSecrets(masterKey: Uint8Array, random: Random): WebhookSecrets {
  const sealer = createSealer(masterKey, 'webhook-secrets');
  return {
    issue(serviceId) {
      const secret = `whsec_${random.bytes(SECRET_BYTES).toString('base64')}`;
      return sealer.seal(nameOf(serviceId), Buffer.from(secret));
    },
    open: (serviceId, sealed) => sealer.open(nameOf(serviceId), sealed).toString(),
  };
}
