import { proto } from 'baileys';

import { keyPairFrom } from './key-pair.ts';
import { sign, signingKeyFrom } from './signatures.ts';
import type { SigningKey } from './signatures.ts';
import type { KeyPair } from './key-pair.ts';
import type { SeededRandom } from '../random/seeded-random.ts';

const Details = proto.CertChain.NoiseCertificate.Details;
const FAR_FUTURE_SECONDS = 4_102_444_800; // 2100-01-01: the world must not expire by itself

/** What the server shows in the handshake, and the key that proves it. */
export interface ServerCredentials {
  readonly rootKey: Buffer;
  readonly staticKey: KeyPair;
  readonly certificateChain: Buffer;
}

/**
 * Root -> intermediate -> leaf, each signed by the one above, as WhatsApp's `CertChain`. Clients
 * demand that the intermediate's `issuerSerial` is 0 (`WA_CERT_DETAILS.SERIAL` of Baileys); the
 * leaf carries the server's static noise key.
 */
export function makeServerCredentials(random: SeededRandom): ServerCredentials {
  const root = signingKeyFrom(random.bytes('certificate/root', 32));
  const intermediate = signingKeyFrom(random.bytes('certificate/intermediate', 32));
  const staticKey = keyPairFrom(random.bytes('noise/static', 32));
  const chain = proto.CertChain.encode({
    intermediate: certificate(1, 0, intermediate.publicKey, root),
    leaf: certificate(2, 1, staticKey.publicKey, intermediate),
  });
  return {
    rootKey: root.publicKey,
    staticKey,
    certificateChain: Buffer.from(chain.finish()),
  };
}

function certificate(serial: number, issuerSerial: number, key: Buffer, issuer: SigningKey) {
  const details = Details.encode({
    serial,
    issuerSerial,
    key,
    notBefore: 0,
    notAfter: FAR_FUTURE_SECONDS,
  }).finish();
  return { details, signature: sign(issuer, details) };
}
