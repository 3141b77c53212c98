import { fileTypeFromBuffer } from 'file-type';
import { decideFileName } from '../domain/file-name.ts';
import { decideLook } from '../domain/media-kind.ts';
import type { NewMediaFile } from '../storage/media/insert-media.ts';
import type { SpooledFile } from './spool.ts';

/** What came along with a file. */
export interface FileOrigin {
  /** The Content-Type it came with, or null. */
  readonly declaredType: string | null;
  /** As the caller wrote it; may be empty. */
  readonly fileName: string;
  /** Where it was fetched from; empty for an upload. */
  readonly link: string;
}

/** Decides from a file's first bytes and its origin what it is sent as. */
export async function describeFile(file: SpooledFile, origin: FileOrigin): Promise<NewMediaFile> {
  const sniffedType = await sniff(file.head);
  const { declaredType, fileName, link } = origin;
  const look = decideLook({
    sniffedType,
    head: file.head,
    declaredType,
    fileName: fileName === '' ? (URL.parse(link)?.pathname ?? '') : fileName,
  });
  return {
    spoolName: file.name,
    ...look,
    fileName: decideFileName(fileName, link, look),
    bytes: file.bytes,
  };
}

/** Only the first bytes are looked at, so that no file can make this take long. */
async function sniff(head: Buffer): Promise<string | null> {
  try {
    return (await fileTypeFromBuffer(head))?.mime ?? null;
  } catch {
    return null;
  }
}
