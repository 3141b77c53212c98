import { Refusal } from '../refusal.ts';

/** What a QR code of WhatsApp Web says. Keys are raw bytes. */
export interface QrContent {
  readonly ref: string;
  readonly noiseKey: Buffer;
  readonly identityKey: Buffer;
  readonly advSecret: Buffer;
}

/**
 * Reads `REF,NOISE,IDENTITY,SECRET[,PLATFORM]`, bare (older clients) or behind a link and `#`
 * (Baileys 7.0.0-rc14). Throws a `Refusal` for anything else.
 */
export function readQr(qr: string): QrContent {
  const [ref, noise, identity, secret] = qr.slice(qr.indexOf('#') + 1).split(',');
  const noiseKey = Buffer.from(noise ?? '', 'base64');
  const identityKey = Buffer.from(identity ?? '', 'base64');
  const advSecret = Buffer.from(secret ?? '', 'base64');
  const isWhole = ref && [noiseKey, identityKey, advSecret].every((key) => key.length === 32);
  if (!isWhole) {
    throw new Refusal('invalid', 'bad_qr', 'This is not the text of a WhatsApp QR code.');
  }
  return { ref, noiseKey, identityKey, advSecret };
}
