import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Problem } from '../domain/errors.ts';
import type { MediaId, ServiceId } from '../domain/ids.ts';
import { OutgoingRefusal } from '../runtime/outgoing/outgoing-refusal.ts';
import type { Outgoing } from '../runtime/outgoing/outgoing.ts';
import type { Database } from '../storage/database.ts';
import type { SharedFiles } from '../storage/files/shared-files.ts';
import {
  deleteUnusedMedia,
  insertLinkedMedia,
  insertUploadedMedia,
} from '../storage/media/insert-media.ts';
import { describeFile } from './sniff.ts';
import type { Spool, SpooledFile } from './spool.ts';

/** A file in the spool that nobody uses yet. */
export interface Upload {
  readonly file: SpooledFile;
  /** The Content-Type it came with, or null. */
  readonly declaredType: string | null;
  /** As the caller wrote it; may be empty. */
  readonly fileName: string;
}

/** Where files and links of messages come in. */
export interface MediaIntake {
  /**
   * Takes a file's bytes into the spool; durable when it resolves, nothing left when it rejects.
   * @throws Problem `media_too_large` or `storage_full`, and whatever the source throws
   */
  take(source: AsyncIterable<Uint8Array>): Promise<SpooledFile>;
  /** SHA-256 of a file that was taken in, as hexadecimal digits. */
  digest(file: SpooledFile): Promise<string>;
  /** Removes a file that is not used. */
  discard(file: SpooledFile): Promise<void>;
  /** Keeps an upload as a service's file, where every process finds it. @returns its id */
  keepUpload(serviceId: ServiceId, upload: Upload): Promise<MediaId>;
  /**
   * Keeps a link, whose file is fetched once a message waits for it.
   * @returns the file's id
   * @throws Problem `link_not_allowed` when the link's form alone forbids it
   */
  keepLink(serviceId: ServiceId, link: string): Promise<MediaId>;
  /** Forgets what was kept, if no message uses it. */
  forget(serviceId: ServiceId, id: MediaId): Promise<void>;
  /** Messages wait for links: fetch them. */
  linksWait(): void;
}

export interface MediaIntakeParts {
  readonly database: Database;
  readonly spool: Spool;
  readonly sharedFiles: Pick<SharedFiles, 'keep'>;
  readonly outgoing: Outgoing;
  readonly fetcher: { wake(): void };
}

export function createMediaIntake(parts: MediaIntakeParts): MediaIntake {
  const { database, spool, sharedFiles, outgoing, fetcher } = parts;
  return {
    take: (source) => spool.take(source),
    digest: (file) => digestOf(spool.pathOf(file.name)),
    discard: (file) => spool.remove(file.name),
    async keepUpload(serviceId, { file, declaredType, fileName }) {
      const described = await describeFile(file, { declaredType, fileName, link: '' });
      await sharedFiles.keep(file.name, spool.pathOf(file.name));
      return await insertUploadedMedia(database, serviceId, described);
    },
    async keepLink(serviceId, link) {
      return await insertLinkedMedia(database, serviceId, readLink(outgoing, link));
    },
    forget: (serviceId, id) => deleteUnusedMedia(database, serviceId, id),
    linksWait: () => fetcher.wake(),
  };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

function readLink(outgoing: Outgoing, written: string): string {
  try {
    outgoing.readUrl(written);
    return written.trim();
  } catch (error) {
    if (!(error instanceof OutgoingRefusal)) throw error;
    throw new Problem('link_not_allowed', `The link can not be used: ${error.message}.`);
  }
}
