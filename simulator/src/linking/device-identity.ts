import { createHmac } from 'node:crypto';

import { proto } from 'baileys';

import { isSignedBy, sign } from '../wire/signatures.ts';
import type { SigningKey } from '../wire/signatures.ts';

const ACCOUNT_SIGNATURE = Buffer.of(6, 0);
const DEVICE_SIGNATURE = Buffer.of(6, 1);

/** The phone's half of a device identity: what it says of the device, and its signature. */
export interface Attestation {
  readonly details: Buffer;
  readonly accountSignatureKey: Buffer;
  readonly accountSignature: Buffer;
}

/** The phone vouches for a device (`deviceIdentityKey`: 32 bytes) under a number of its account. */
export function attest(
  phoneIdentity: SigningKey,
  deviceIdentityKey: Buffer,
  about: { rawId: number; keyIndex: number; timestampSeconds: number },
): Attestation {
  const details = proto.ADVDeviceIdentity.encode({
    rawId: about.rawId,
    timestamp: about.timestampSeconds,
    keyIndex: about.keyIndex,
    accountType: proto.ADVEncryptionType.E2EE,
    deviceType: proto.ADVEncryptionType.E2EE,
  }).finish();
  const signed = Buffer.concat([ACCOUNT_SIGNATURE, details, deviceIdentityKey]);
  return {
    details: Buffer.from(details),
    accountSignatureKey: phoneIdentity.publicKey,
    accountSignature: sign(phoneIdentity, signed),
  };
}

/** The `ADVSignedDeviceIdentityHMAC` that only a client with this adv secret accepts. */
export function sealAttestation(attestation: Attestation, advSecret: Buffer): Buffer {
  const details = proto.ADVSignedDeviceIdentity.encode(attestation).finish();
  const hmac = createHmac('sha256', advSecret).update(details).digest();
  return Buffer.from(proto.ADVSignedDeviceIdentityHMAC.encode({ details, hmac }).finish());
}

/**
 * Checks the device's answer (an encoded `ADVSignedDeviceIdentity`) and gives the whole identity,
 * signed by both. Undefined if it answers something else or its signature is not valid.
 */
export function completeIdentity(
  attestation: Attestation,
  deviceIdentityKey: Buffer,
  answer: Buffer,
): Buffer | undefined {
  const { details, accountSignature, deviceSignature } = decodeIdentity(answer);
  const { accountSignatureKey } = attestation;
  const signed = Buffer.concat([
    DEVICE_SIGNATURE,
    attestation.details,
    deviceIdentityKey,
    accountSignatureKey,
  ]);
  const isAnswer =
    attestation.details.equals(details) && attestation.accountSignature.equals(accountSignature);
  if (!isAnswer || !isSignedBy(deviceIdentityKey, signed, deviceSignature)) return undefined;
  const whole = { ...attestation, deviceSignature };
  return Buffer.from(proto.ADVSignedDeviceIdentity.encode(whole).finish());
}

function decodeIdentity(bytes: Buffer) {
  const nothing = Buffer.alloc(0);
  try {
    const identity = proto.ADVSignedDeviceIdentity.decode(bytes);
    return {
      details: identity.details ?? nothing,
      accountSignature: identity.accountSignature ?? nothing,
      deviceSignature: identity.deviceSignature ?? nothing,
    };
  } catch {
    return { details: nothing, accountSignature: nothing, deviceSignature: nothing };
  }
}
