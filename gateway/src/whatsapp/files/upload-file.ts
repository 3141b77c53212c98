import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { MediaKind } from '../../domain/media.ts';
import { encryptedStream, type WASocket } from '../baileys.ts';

const IDLE_TIMEOUT_MS = 60_000;

/** Under which name WhatsApp derives keys and chooses a path; a voice note is audio. */
const UPLOAD_TYPES = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  voice: 'audio',
  document: 'document',
  sticker: 'sticker',
} as const satisfies Record<MediaKind, string>;

/** Where WhatsApp has a file, and its key: the fields of every message that carries it. */
export interface UploadedFile {
  readonly url: string;
  readonly directPath: string;
  readonly mediaKey: Uint8Array;
  readonly fileEncSha256: Uint8Array;
  readonly fileSha256: Uint8Array;
  readonly fileLength: number;
}

/**
 * Encrypts a file under a new key and uploads it, as a stream from disk to disk to WhatsApp. The
 * library is given a stream, never a name: from a name it would read any file and fetch any URL.
 * @throws when the file can not be read (with Node's code) or WhatsApp does not take it
 */
export async function uploadFile(
  upload: WASocket['waUploadToServer'],
  path: string,
  kind: MediaKind,
): Promise<UploadedFile> {
  const mediaType = UPLOAD_TYPES[kind];
  const sealed = await encryptedStream({ stream: createReadStream(path) }, mediaType);
  const { mediaKey, fileEncSha256, fileSha256, fileLength, encFilePath } = sealed;
  try {
    const { mediaUrl, directPath } = await upload(encFilePath, {
      mediaType,
      fileEncSha256B64: fileEncSha256.toString('base64'),
      timeoutMs: IDLE_TIMEOUT_MS,
    });
    return { url: mediaUrl, directPath, mediaKey, fileEncSha256, fileSha256, fileLength };
  } finally {
    await rm(encFilePath, { force: true });
  }
}
