import { mkdirSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceId } from '../domain/ids.ts';
import { createSealer } from '../runtime/seal.ts';
import type { SharedFiles } from '../storage/files/shared-files.ts';

/** Where received files are kept, and how what it takes to fetch them is kept secret. */
export interface ReceivedFiles {
  /** Where a file of this name is, or is to be written. */
  readonly pathOf: (spoolName: string) => string;
  /** Lets every process have a file that was written here; committed when it resolves. */
  readonly share: (spoolName: string) => Promise<void>;
  /**
   * Where a file is on this disk, brought from another process first where needed.
   * @returns null when it is nowhere any more
   */
  readonly find: (spoolName: string) => Promise<string | null>;
  /** The names of files that are older than this and may be left over. */
  readonly listOlderThan: (ageMs: number, nowMs: number) => Promise<string[]>;
  readonly remove: (spoolName: string) => Promise<void>;
  /** Seals the source of a file: it holds the file's key. */
  readonly seal: (serviceId: ServiceId, whatsAppId: string, source: Buffer) => Buffer;
  /** Opens it again. */
  readonly open: (serviceId: ServiceId, whatsAppId: string, sealed: Buffer) => Buffer;
}

/** @param folder is made where it is missing */
export function openReceivedFiles(
  folder: string,
  masterKey: Buffer,
  sharedFiles: SharedFiles,
): ReceivedFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pathOf = (spoolName: string): string => join(folder, spoolName);
  const sealerOf = (serviceId: ServiceId) => createSealer(masterKey, `received:${serviceId}`);
  return {
    pathOf,
    share: (spoolName) => sharedFiles.keep(spoolName, pathOf(spoolName)),
    async find(spoolName) {
      const path = pathOf(spoolName);
      return (await sharedFiles.bring(spoolName, path)) ? path : null;
    },
    async listOlderThan(ageMs, nowMs) {
      const old: string[] = [];
      for (const name of await readdir(folder)) {
        const found = await stat(pathOf(name)).catch(() => null);
        if (found !== null && nowMs - found.mtimeMs > ageMs) old.push(name);
      }
      return old;
    },
    remove: (spoolName) => rm(pathOf(spoolName), { force: true }),
    seal: (serviceId, whatsAppId, source) => sealerOf(serviceId).seal(whatsAppId, source),
    open: (serviceId, whatsAppId, sealed) => sealerOf(serviceId).open(whatsAppId, sealed),
  };
}
