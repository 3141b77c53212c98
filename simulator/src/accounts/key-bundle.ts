import { bigEndian, bytesOf, child, numberOf, stanza } from '../wire/stanza.ts';
import { withKeyType } from '../wire/key-pair.ts';
import { isSignedBy } from '../wire/signatures.ts';
import type { Stanza } from '../wire/stanza.ts';

/** A public key with its number. Keys are 32 raw bytes. */
export interface NumberedKey {
  readonly keyId: number;
  readonly publicKey: Buffer;
}

export interface SignedPreKey extends NumberedKey {
  readonly signature: Buffer;
}

/** All another device needs to open a Signal session. */
export interface KeyBundle {
  readonly registrationId: number;
  readonly identityKey: Buffer;
  readonly signedPreKey: SignedPreKey;
  readonly oneTimeKey: NumberedKey | undefined;
}

/** Signal signs a pre-key in its 33-byte form (with the type byte) by the identity key. */
export function isProperlySigned(identityKey: Buffer, key: SignedPreKey): boolean {
  return isSignedBy(identityKey, withKeyType(key.publicKey), key.signature);
}

/** The elements of a bundle inside `user` (answer to a key query) or `keys` (retry receipt). */
export function bundleElements(bundle: KeyBundle): Stanza[] {
  const { signedPreKey, oneTimeKey } = bundle;
  return [
    stanza('registration', {}, bigEndian(bundle.registrationId, 4)),
    stanza('type', {}, Buffer.of(5)),
    stanza('identity', {}, bundle.identityKey),
    stanza('skey', {}, [
      stanza('id', {}, bigEndian(signedPreKey.keyId, 3)),
      stanza('value', {}, signedPreKey.publicKey),
      stanza('signature', {}, signedPreKey.signature),
    ]),
    ...(oneTimeKey ? [numberedKeyElement(oneTimeKey)] : []),
  ];
}

function numberedKeyElement(key: NumberedKey): Stanza {
  return stanza('key', {}, [
    stanza('id', {}, bigEndian(key.keyId, 3)),
    stanza('value', {}, key.publicKey),
  ]);
}

/** Reads a `key` element; undefined when it is not well formed. */
export function readNumberedKey(node: Stanza | undefined): NumberedKey | undefined {
  const keyId = numberOf(child(node, 'id'));
  const publicKey = bytesOf(child(node, 'value'));
  return keyId !== undefined && publicKey?.length === 32 ? { keyId, publicKey } : undefined;
}

/** Reads a `skey` element; undefined when it is not well formed. The signature is not checked. */
export function readSignedPreKey(node: Stanza | undefined): SignedPreKey | undefined {
  const key = readNumberedKey(node);
  const signature = bytesOf(child(node, 'signature'));
  return key && signature?.length === 64 ? { ...key, signature } : undefined;
}
