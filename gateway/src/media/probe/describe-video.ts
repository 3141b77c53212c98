import { parseFile } from 'music-metadata';
import type { MediaDescription } from '../media-description.ts';

/** The length. */
export async function describeVideo(path: string): Promise<MediaDescription> {
  const { format } = await parseFile(path, { skipCovers: true });
  return format.duration === undefined ? {} : { seconds: Math.round(format.duration) };
}
