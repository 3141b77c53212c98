import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Makes ciphers and HMACs of libraries as fast as Node can do them.
 *
 * Since Node 24.18 `createHmac`, `createCipheriv` and `createDecipheriv` ask of every key that is
 * plain bytes, by a caught exception with its stack trace, whether it is a KeyObject, and again
 * whether it is a CryptoKey: 10 us instead of 3. libsignal and Baileys hand over bytes some twenty
 * times a message. Importing this file makes those bytes a KeyObject first, for the whole process;
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
