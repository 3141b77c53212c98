import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Since Node 24.18 ciphers and HMACs take three times as long when their key is plain bytes, as
 * libsignal's are. Importing this file makes those bytes a KeyObject first, for the whole process;
 * what comes out is the same.
 */
const { createHmac, createCipheriv, createDecipheriv } = crypto;

crypto.createHmac = (algorithm, key, options) => createHmac(algorithm, keyObjectOf(key), options);
// The declarations of the next two are overloaded by algorithm; each call is handed on unchanged.
crypto.createCipheriv = withKeyObject(createCipheriv);
crypto.createDecipheriv = withKeyObject(createDecipheriv);
syncBuiltinESMExports();

type CreateCipher = (algorithm: string, key: unknown, ...others: unknown[]) => unknown;

function withKeyObject<Create>(create: Create): Create {
  const original = create as CreateCipher;
  const quick: CreateCipher = (algorithm, key, ...others) =>
    original(algorithm, keyObjectOf(key), ...others);
  return quick as Create;
}

/** Anything but bytes is left as it is; so are no bytes at all, of which no KeyObject is made. */
function keyObjectOf<Key>(key: Key): Key | crypto.KeyObject {
  return key instanceof Uint8Array && key.byteLength > 0 ? crypto.createSecretKey(key) : key;
}
