// Looks into files for the gateway, in a process of its own: see `probe.ts`.

import { toError } from '../../domain/errors.ts';
import { describeAudio } from './describe-audio.ts';
import { describeImage } from './describe-image.ts';
import { describeVideo } from './describe-video.ts';
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
      return await describeVideo(path);
    case 'audio':
    case 'voice':
      return await describeAudio(path, kind === 'voice');
    case 'document':
      return {};
  }
}

process.on('message', (question: ProbeQuestion) => {
  describe(question)
    .catch((error: unknown): MediaDescription => {
      // A broken file is nobody's fault; the process is as good as before.
      toError(error);
      return {};
    })
    .then((description) => process.send?.(description))
    .catch(() => process.exit(1));
});
process.on('disconnect', () => process.exit(0));
setInterval(() => {
  if (process.memoryUsage.rss() > MEMORY_BYTES_MAX) process.exit(1);
}, MEMORY_CHECK_MS);
