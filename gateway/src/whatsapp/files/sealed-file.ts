import { proto } from '../baileys.ts';
import type { MediaHosts } from './media-hosts.ts';

/** Where a received file is, and what opens it. */
export interface SealedFile {
  /** Under which name its keys are derived. */
  readonly kind: 'image' | 'video' | 'audio' | 'document' | 'sticker';
  /** 32 bytes. */
  readonly mediaKey: Uint8Array;
  /** The SHA-256 of the plain file, or null where the sender did not tell. */
  readonly sha256: Uint8Array | null;
  readonly url: string | null;
  readonly directPath: string | null;
}

/**
 * Reads the source of a received file.
 * @param source an encoded WebMessageInfo
 * @returns null when it lacks what is needed
 */
export function readSealedFile(source: Uint8Array): SealedFile | null {
  const { message } = proto.WebMessageInfo.decode(source);
  if (message == null) return null;
  const { imageMessage, videoMessage, audioMessage, documentMessage, stickerMessage } = message;
  const [kind, fields] = imageMessage
    ? (['image', imageMessage] as const)
    : videoMessage
      ? (['video', videoMessage] as const)
      : audioMessage
        ? (['audio', audioMessage] as const)
        : documentMessage
          ? (['document', documentMessage] as const)
          : (['sticker', stickerMessage] as const);
  if (fields?.mediaKey?.length !== 32) return null;
  const { mediaKey, fileSha256, url, directPath } = fields;
  return {
    kind,
    mediaKey,
    sha256: fileSha256?.length === 32 ? fileSha256 : null,
    url: url || null,
    directPath: directPath || null,
  };
}

/**
 * Where to download a file: at the host its sender names if that is one of WhatsApp's, else at the
 * usual one.
 * @returns null when what the sender wrote is no place at WhatsApp
 */
export function placeOf(file: SealedFile, hosts: MediaHosts): URL | null {
  const named = file.url === null ? null : URL.parse(file.url);
  const isAllowed = named?.protocol === 'https:' && hosts.allows(named.host);
  const host = isAllowed ? named.host : hosts.defaultHost;
  if (file.directPath === null) return isAllowed ? named : null;
  const place = URL.parse(file.directPath, `https://${host}/`);
  const isThere = place?.protocol === 'https:' && place.host === host && place.username === '';
  return isThere ? place : null;
}
