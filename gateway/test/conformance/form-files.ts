import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DocumentedRequest } from './collection.ts';

/** The smallest thing that begins and ends like a JPEG. */
const JPEG = Buffer.from('/9j/4AAQSkZJRgABAQEASABIAAD/2Q==', 'base64');

/**
 * Writes the files that the collection's forms name.
 * @returns the folder below which they lie as they are named
 */
export function writeFormFiles(dataDir: string, requests: readonly DocumentedRequest[]): string {
  const folder = join(dataDir, 'files');
  for (const { src } of requests.flatMap(({ form }) => form ?? [])) {
    if (src === undefined) continue;
    mkdirSync(join(folder, dirname(src)), { recursive: true });
    writeFileSync(join(folder, src), JPEG);
  }
  return folder;
}
