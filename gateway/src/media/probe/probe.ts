import type { MediaKind } from '../../domain/media.ts';
import type { MediaDescription } from '../media-description.ts';

/** Looks into files, away from everything else. */
export interface Probe {
  /** @param path of the file. Never throws: a file that can not be read has no description. */
  describe(path: string, kind: MediaKind, mimetype: string): Promise<MediaDescription>;
}

/** Finds nothing. */
export const blindProbe: Probe = { describe: () => Promise.resolve({}) };
