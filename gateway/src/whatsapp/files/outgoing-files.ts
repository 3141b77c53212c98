import { LRUCache } from 'lru-cache';
import { toError } from '../../domain/errors.ts';
import type { MediaId, ServiceId } from '../../domain/ids.ts';
import type { MediaFile } from '../../domain/media.ts';
import type { Clock } from '../../runtime/clock.ts';
import { createTurns } from '../../runtime/turns.ts';
import { SendRefusal } from '../../sessions/connection.ts';
import { proto } from '../baileys.ts';
import { encodeUploaded, uploadedAtMs } from '../encode-media.ts';
import type { MediaShelf } from '../media-shelf.ts';
import type { UploadedFile } from './upload-file.ts';

/** WhatsApp keeps files for about two weeks; a recipient may be offline for some days of these. */
const UPLOAD_AGE_MS_MAX = 10 * 24 * 60 * 60 * 1000;
/** So that a small picture need not wait for a long film. */
const UPLOADS_AT_ONCE_MAX = 2;
const REMEMBERED_FILES_MAX = 50;

/** What an account's outgoing files need from the connection. */
export interface OutgoingFilesParts {
  readonly serviceId: ServiceId;
  readonly shelf: MediaShelf;
  readonly clock: Clock;
  /** Uploads a file from this path. */
  upload(path: string, kind: MediaFile['kind']): Promise<UploadedFile>;
}

/**
 * One account's files on their way to WhatsApp. A file is uploaded once, for all recipients,
 * retries and restarts; an upload that has become old is made anew.
 */
export class OutgoingFiles {
  readonly #parts: OutgoingFilesParts;
  /** Uploads under way and done; one that failed is forgotten. */
  readonly #known = new LRUCache<MediaId, Promise<proto.IMessage>>({ max: REMEMBERED_FILES_MAX });
  readonly #inTurn = createTurns(UPLOADS_AT_ONCE_MAX);

  constructor(parts: OutgoingFilesParts) {
    this.#parts = parts;
  }

  /**
   * The message for a file, without caption; uploads it first where needed.
   * @throws SendRefusal `upload_failed` (temporary) or `media_missing`
   */
  async messageOf(file: MediaFile): Promise<proto.IMessage> {
    const known = this.#known.get(file.mediaId);
    const message = await known?.catch(() => null);
    if (message != null && this.#isFresh(message)) return message;
    // While this one waited another may have begun anew.
    const current = this.#known.get(file.mediaId);
    if (current !== undefined && current !== known) return await current;
    const finding = this.#findOrUpload(file);
    this.#known.set(file.mediaId, finding);
    finding.catch(() => {
      if (this.#known.get(file.mediaId) === finding) this.#known.delete(file.mediaId);
    });
    return await finding;
  }

  async #findOrUpload(file: MediaFile): Promise<proto.IMessage> {
    const { serviceId, shelf, clock } = this.#parts;
    const bytes = await shelf.findUploaded(serviceId, file.mediaId);
    const kept = bytes === null ? null : proto.Message.decode(bytes);
    if (kept !== null && this.#isFresh(kept)) return kept;
    const uploaded = await this.#inTurn(() => this.#upload(file)).catch((error: unknown) => {
      // Once nobody waits for it the file itself may be gone; an old upload is better than none.
      if (kept !== null && isMissing(error)) return null;
      throw error;
    });
    if (uploaded === null) return kept ?? {};
    const description = await shelf.describe(file);
    const message = encodeUploaded(file, uploaded, description, clock.now());
    const encoded = Buffer.from(proto.Message.encode(message).finish());
    await shelf.keepUploaded(serviceId, file.mediaId, encoded);
    return message;
  }

  async #upload(file: MediaFile): Promise<UploadedFile> {
    const path = await this.#parts.shelf.pathOf(file).catch((error: unknown) => {
      throw new SendRefusal('upload_failed', true, toError(error).message);
    });
    try {
      return await this.#parts.upload(path, file.kind);
    } catch (error) {
      const { code, message } = toError(error) as NodeJS.ErrnoException;
      if (code === 'ENOENT') throw new SendRefusal('media_missing', false);
      throw new SendRefusal('upload_failed', true, message);
    }
  }

  #isFresh(message: proto.IMessage): boolean {
    return this.#parts.clock.now() - uploadedAtMs(message) < UPLOAD_AGE_MS_MAX;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof SendRefusal && error.reason === 'media_missing';
}
