import { BufferJSON, proto } from './baileys.ts';

/** Turns the library's key objects into bytes and back. */
export interface KeyCodec {
  encode(type: string, value: unknown): Buffer;
  decode(type: string, bytes: Buffer): unknown;
}

/** Sessions hold only text and numbers, and are written on every message: no replacer for them. */
const PLAIN_TYPES = new Set(['session', 'lid-mapping', 'device-list']);

export const keyCodec: KeyCodec = {
  encode(type, value) {
    return Buffer.from(
      PLAIN_TYPES.has(type) ? JSON.stringify(value) : JSON.stringify(value, BufferJSON.replacer),
    );
  },
  decode(type, bytes) {
    const text = bytes.toString();
    if (PLAIN_TYPES.has(type)) return JSON.parse(text);
    const value: unknown = JSON.parse(text, BufferJSON.reviver);
    return type === 'app-state-sync-key'
      ? proto.Message.AppStateSyncKeyData.fromObject(value as Record<string, unknown>)
      : value;
  },
};
