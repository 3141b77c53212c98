import { createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Tags of ASN.1 in DER (X.690); constructed ones include bit 0x20. */
const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
  dnsName: 0x82,
  ipAddress: 0x87,
} as const;

const ED25519 = node(TAG.sequence, node(TAG.objectId, Buffer.from('2b6570', 'hex')));
const COMMON_NAME = Buffer.from('550403', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('551d13', 'hex');
const ALTERNATIVE_NAME = Buffer.from('551d11', 'hex');

/**
 * A certificate (PEM) for `localhost` and 127.0.0.1 that signs itself (RFC 5280), valid until
 * 2100: clients trust the media host by trusting this one file. `key`: Ed25519, private.
 */
export function makeSelfSignedCertificate(key: KeyObject, commonName: string): string {
  const name = node(
    TAG.sequence,
    node(
      TAG.set,
      node(TAG.sequence, node(TAG.objectId, COMMON_NAME), node(TAG.utf8, Buffer.from(commonName))),
    ),
  );
  const validity = node(
    TAG.sequence,
    node(TAG.generalizedTime, Buffer.from('20200101000000Z')),
    node(TAG.generalizedTime, Buffer.from('21000101000000Z')),
  );
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const toBeSigned = node(
    TAG.sequence,
    node(TAG.version, node(TAG.integer, Buffer.of(2))),
    node(TAG.integer, Buffer.of(1)),
    ED25519,
    name,
    validity,
    name,
    publicKey,
    node(TAG.extensions, node(TAG.sequence, ...extensions())),
  );
  const signature = sign(null, toBeSigned, key);
  const certificate = node(TAG.sequence, toBeSigned, ED25519, bitString(signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extensions(): Buffer[] {
  const isAuthority = node(TAG.sequence, node(TAG.boolean, Buffer.of(0xff)));
  const names = node(
    TAG.sequence,
    node(TAG.dnsName, Buffer.from('localhost')),
    node(TAG.ipAddress, Buffer.of(127, 0, 0, 1)),
  );
  return [
    node(
      TAG.sequence,
      node(TAG.objectId, BASIC_CONSTRAINTS),
      node(TAG.boolean, Buffer.of(0xff)),
      node(TAG.octetString, isAuthority),
    ),
    node(TAG.sequence, node(TAG.objectId, ALTERNATIVE_NAME), node(TAG.octetString, names)),
  ];
}

function bitString(bytes: Buffer): Buffer {
  return node(TAG.bitString, Buffer.of(0), bytes);
}

function node(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content), content]);
}

function lengthOf(content: Buffer): Buffer {
  const { length } = content;
  if (length < 128) return Buffer.of(length);
  if (length < 256) return Buffer.of(0x81, length);
  return Buffer.of(0x82, length >> 8, length & 255);
}
