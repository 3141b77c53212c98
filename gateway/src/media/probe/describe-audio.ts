import { parseFile } from 'music-metadata';
import type { MediaDescription } from '../media-description.ts';
import { drawWaveform } from './waveform.ts';

/** The length, and how loud a voice note is along it. */
export async function describeAudio(path: string, isVoice: boolean): Promise<MediaDescription> {
  const { format } = await parseFile(path, { duration: true, skipCovers: true });
  const length = format.duration === undefined ? {} : { seconds: Math.ceil(format.duration) };
  if (!isVoice) return length;
  try {
    return { ...length, waveform: await drawWaveform(path) };
  } catch {
    return length;
  }
}
