import { LRUCache } from 'lru-cache';
import type { MediaId, ServiceId } from '../domain/ids.ts';
import type { MediaFile } from '../domain/media.ts';
import { createSealer } from '../runtime/seal.ts';
import type { Database } from '../storage/database.ts';
import type { SharedFiles } from '../storage/files/shared-files.ts';
import { findUpload, keepUpload } from '../storage/media/uploaded.ts';
import type { MediaDescription } from './media-description.ts';
import type { Probe } from './probe/probe.ts';
import type { Spool } from './spool.ts';

/** Files ready to be sent, as the side that speaks to WhatsApp needs them. */
export interface MediaShelf {
  /** The absolute path of the file's bytes, brought from another process first where needed. */
  pathOf(file: MediaFile): Promise<string>;
  /** Looks into a file, once a process. Never throws: a file that can not be read has no description. */
  describe(file: MediaFile): Promise<MediaDescription>;
  /** What was kept about the file's upload to WhatsApp, or null when it must be uploaded again. */
  findUploaded(serviceId: ServiceId, mediaId: MediaId): Promise<Buffer | null>;
  /** Keeps what is needed to send the file again without uploading it again. */
  keepUploaded(serviceId: ServiceId, mediaId: MediaId, bytes: Uint8Array): Promise<void>;
}

export interface MediaShelfParts {
  readonly database: Database;
  readonly spool: Pick<Spool, 'pathOf'>;
  readonly sharedFiles: Pick<SharedFiles, 'bring'>;
  readonly probe: Pick<Probe, 'describe'>;
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
}

const DESCRIPTIONS_MAX = 1000;
/** Whoever sends decides when an upload has become too old; beyond this WhatsApp keeps none. */
const UPLOAD_AGE_MS_MAX = 30 * 24 * 60 * 60 * 1000;

/** Uploads hold the files' keys, so they are kept sealed, under a key of each service. */
export function createMediaShelf(parts: MediaShelfParts): MediaShelf {
  const { database, spool, sharedFiles, probe, masterKey } = parts;
  const descriptions = new LRUCache<MediaId, Promise<MediaDescription>>({ max: DESCRIPTIONS_MAX });
  const sealerOf = (serviceId: ServiceId) => createSealer(masterKey, `media:${serviceId}`);
  async function pathOf({ spoolName }: MediaFile): Promise<string> {
    const path = spool.pathOf(spoolName);
    await sharedFiles.bring(spoolName, path);
    return path;
  }

  return {
    pathOf,
    describe(file) {
      const known = descriptions.get(file.mediaId);
      if (known !== undefined) return known;
      const description = pathOf(file)
        .then((path) => probe.describe(path, file.kind))
        .catch(() => ({}));
      descriptions.set(file.mediaId, description);
      return description;
    },
    async findUploaded(serviceId, mediaId) {
      const sealed = await findUpload(database, serviceId, mediaId, UPLOAD_AGE_MS_MAX);
      return sealed === null ? null : sealerOf(serviceId).open(String(mediaId), sealed);
    },
    async keepUploaded(serviceId, mediaId, bytes) {
      const sealed = sealerOf(serviceId).seal(String(mediaId), bytes);
      await keepUpload(database, serviceId, mediaId, sealed);
    },
  };
}
