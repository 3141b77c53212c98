// Looks into files for the gateway, in a process of its own: see `probe.ts`.

import { describeAudio } from './describe-audio.ts';
import { describeImage } from './describe-image.ts';
import { readMovieHeader } from './movie-header.ts';
import type { MediaDescription } from '../media-description.ts';
import type { ProbeQuestion } from './probe.ts';

/** What decoding a file may take, native libraries included. */
const MEMORY_BYTES_MAX = 512 * 1024 * 1024;
const MEMORY_CHECK_MS = 50;

async function describe({ path, kind }: ProbeQuestion): Promise<MediaDescription> {
  switch (kind) {
    case 'image':
    case 'sticker':
      return await describeImage(path, kind === 'image');
    case 'video':
      return await readMovieHeader(path);
    case 'audio':
    case 'voice':
      return await describeAudio(path, kind === 'voice');
    case 'document':
      return {};
  }
}

process.on('message', (question: ProbeQuestion) => {
  describe(question)
    // A broken file is sent without; the process is as good as before.
    .catch((): MediaDescription => ({}))
    .then((description) => process.send?.(description))
    .catch(() => process.exit(1));
});
process.on('disconnect', () => process.exit(0));
setInterval(() => {
  if (process.memoryUsage.rss() > MEMORY_BYTES_MAX) process.exit(1);
}, MEMORY_CHECK_MS);
