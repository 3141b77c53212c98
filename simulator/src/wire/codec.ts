import { inflateSync } from 'node:zlib';

import { decodeDecompressedBinaryNode, encodeBinaryNode } from 'baileys';
import * as constants from 'baileys/lib/WABinary/constants.js';

import { readDictionary2 } from './dictionary-2.ts';
import type { Stanza } from './stanza.ts';

/** Stanzas to bytes and back, in the token dictionary of one client. */
export interface StanzaCodec {
  encode(node: Stanza): Buffer;
  decode(bytes: Buffer): Stanza;
  /** Turns what `encodeStanza` gave into this codec's bytes. */
  translate(bytes: Buffer): Buffer;
}

// Never compressed: clients inflate asynchronously, so that later frames could overtake.
const current: StanzaCodec = {
  encode: (node) => encodeBinaryNode(node),
  decode: (bytes) => decodeDecompressedBinaryNode(inflated(bytes), constants),
  translate: (bytes) => bytes,
};

let older: StanzaCodec | undefined;

/** The form in which stanzas are kept, and which clients of Baileys 7 speak (dictionary 3). */
export function encodeStanza(node: Stanza): Buffer {
  return current.encode(node);
}

export function decodeStanza(bytes: Buffer): Stanza {
  return current.decode(bytes);
}

/** The codec of a client that opened with this dictionary version. */
export function codecFor(dictionary: 2 | 3): StanzaCodec {
  return dictionary === 3 ? current : (older ??= makeOlder());
}

function makeOlder(): StanzaCodec {
  // Baileys declares its own tables as tuples of literals.
  const tables = { ...constants, ...readDictionary2() } as unknown as typeof constants;
  const encode = (node: Stanza) => encodeBinaryNode(node, tables);
  return {
    encode,
    decode: (bytes) => decodeDecompressedBinaryNode(inflated(bytes), tables),
    translate: (bytes) => encode(decodeStanza(bytes)),
  };
}

function inflated(bytes: Buffer): Buffer {
  const isCompressed = (bytes.readUInt8(0) & 2) !== 0;
  return isCompressed ? inflateSync(bytes.subarray(1)) : bytes.subarray(1);
}
