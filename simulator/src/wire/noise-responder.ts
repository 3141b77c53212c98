import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { NOISE_MODE, aesDecryptGCM, aesEncryptGCM, hkdf, proto, sha256, Curve } from 'baileys';

import { randomKeyPair } from './key-pair.ts';
import type { ServerCredentials } from './certificates.ts';
import type { KeyPair } from './key-pair.ts';

const NOTHING = Buffer.alloc(0);
const TAG_BYTES = 16;

/** What the client has proven and said by the end of the handshake. */
export interface HandshakeResult {
  /** The client's static noise key, 32 bytes: the only proof of identity a login carries. */
  readonly clientKey: Buffer;
  readonly payload: proto.ClientPayload;
  readonly transport: NoiseTransport;
}

/**
 * The server's side of `Noise_XX_25519_AESGCM_SHA256` as WhatsApp speaks it:
 * clientHello(e) -> serverHello(e, ee, s, es, certificate) -> clientFinish(s, se, payload).
 */
export class NoiseResponder {
  readonly #credentials: ServerCredentials;
  readonly #ephemeral: KeyPair = randomKeyPair();
  #hash: Buffer = Buffer.from(NOISE_MODE, 'latin1'); // 32 bytes already, hence not hashed
  #salt: Buffer = this.#hash;
  #key: Buffer = this.#hash;
  #counter = 0;

  /** `header`: the four bytes the client opened with; they are part of what is authenticated. */
  constructor(credentials: ServerCredentials, header: Buffer) {
    this.#credentials = credentials;
    this.#mixHash(header);
  }

  /** Takes the clientHello and gives the body of the serverHello frame. */
  hello(frame: Buffer): Buffer {
    const clientEphemeral = proto.HandshakeMessage.decode(frame).clientHello?.ephemeral;
    if (clientEphemeral?.length !== 32) throw new Error('clientHello without an ephemeral key');
    const { staticKey, certificateChain } = this.#credentials;
    this.#mixHash(clientEphemeral);
    this.#mixHash(this.#ephemeral.publicKey);
    this.#mixKey(Curve.sharedKey(this.#ephemeral.privateKey, clientEphemeral));
    const encryptedStatic = this.#encrypt(staticKey.publicKey);
    this.#mixKey(Curve.sharedKey(staticKey.privateKey, clientEphemeral));
    const payload = this.#encrypt(certificateChain);
    const hello = { ephemeral: this.#ephemeral.publicKey, static: encryptedStatic, payload };
    return Buffer.from(proto.HandshakeMessage.encode({ serverHello: hello }).finish());
  }

  /** Takes the clientFinish. Throws when anything in it was not made for this handshake. */
  finish(frame: Buffer): HandshakeResult {
    const finish = proto.HandshakeMessage.decode(frame).clientFinish;
    if (!finish?.static || !finish.payload) throw new Error('clientFinish is incomplete');
    const clientKey = this.#decrypt(finish.static);
    this.#mixKey(Curve.sharedKey(this.#ephemeral.privateKey, clientKey));
    const payload = proto.ClientPayload.decode(this.#decrypt(finish.payload));
    const keys = this.#expand(NOTHING);
    const transport = new NoiseTransport(keys.subarray(32), keys.subarray(0, 32));
    return { clientKey, payload, transport };
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = sha256(Buffer.concat([this.#hash, data]));
  }

  #mixKey(secret: Uint8Array): void {
    const expanded = this.#expand(secret);
    this.#salt = expanded.subarray(0, 32);
    this.#key = expanded.subarray(32);
    this.#counter = 0;
  }

  #expand(secret: Uint8Array): Buffer {
    return Buffer.from(hkdf(Buffer.from(secret), 64, { salt: this.#salt, info: '' }));
  }

  #encrypt(plain: Uint8Array): Buffer {
    const sealed = aesEncryptGCM(plain, this.#key, ivOf(this.#counter++), this.#hash);
    this.#mixHash(sealed);
    return sealed;
  }

  #decrypt(sealed: Uint8Array): Buffer {
    const plain = aesDecryptGCM(sealed, this.#key, ivOf(this.#counter++), this.#hash);
    this.#mixHash(sealed);
    return plain;
  }
}

/**
 * The encrypted stream after the handshake: AES-256-GCM, one counter for each direction, no
 * associated data. Keys are held as key objects, which Node takes far faster than bytes.
 */
export class NoiseTransport {
  readonly #sendKey: KeyObject;
  readonly #receiveKey: KeyObject;
  #sent = 0;
  #received = 0;

  constructor(sendKey: Buffer, receiveKey: Buffer) {
    this.#sendKey = createSecretKey(sendKey);
    this.#receiveKey = createSecretKey(receiveKey);
  }

  encrypt(plain: Uint8Array): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#sendKey, ivOf(this.#sent++));
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws when the frame was not made with this key or came out of turn. */
  decrypt(sealed: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.#receiveKey, ivOf(this.#received++));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  }
}

function ivOf(counter: number): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(counter, 8);
  return iv;
}
