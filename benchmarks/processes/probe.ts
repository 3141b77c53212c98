// Preloaded into every measured process. Answers what only the process itself can say exactly, and
// does nothing until it is asked.

import { writeFile } from 'node:fs/promises';
import type { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { answer } from './answering.ts';

/** Full collections in a row: finalizers of the first free what the next one collects. */
const COLLECTIONS = 3;
const BETWEEN_COLLECTIONS_MS = 100;
const SAMPLING_INTERVAL_US = 200;

let profiling: Session | undefined;

answer('probe.cpuUs', () => {
  const { user, system } = process.cpuUsage();
  return user + system;
});

answer('probe.memory', async () => {
  for (let done = 0; done < COLLECTIONS; done += 1) {
    globalThis.gc?.();
    await delay(BETWEEN_COLLECTIONS_MS);
  }
  return process.memoryUsage();
});

answer('probe.startProfile', async () => {
  const inspector = await import('node:inspector/promises');
  profiling = new inspector.Session();
  profiling.connect();
  await profiling.post('Profiler.enable');
  await profiling.post('Profiler.setSamplingInterval', { interval: SAMPLING_INTERVAL_US });
  await profiling.post('Profiler.start');
});

answer('probe.stopProfile', async ({ file }: { file: string }) => {
  const stopped = await profiling?.post('Profiler.stop');
  profiling?.disconnect();
  profiling = undefined;
  await writeFile(file, JSON.stringify(stopped?.profile));
});

// The probe alone keeps no process alive: the gateway ends as it always does.
process.channel?.unref();
