import { join } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { openOutgoing } from '../runtime/outgoing/outgoing.ts';
import type { Random } from '../runtime/random.ts';
import type { Database } from '../storage/database.ts';
import type { SharedFiles } from '../storage/files/shared-files.ts';
import { FETCH_LIMITS } from './fetch-link.ts';
import { Fetcher, type OnReady } from './fetcher.ts';
import { createMediaIntake, type MediaIntake } from './media-intake.ts';
import { createMediaShelf, type MediaShelf } from './media-shelf.ts';
import { ProbeProcess } from './probe/probe.ts';
import { openSpool } from './spool.ts';
import { Sweeper } from './sweeper.ts';

export interface MediaParts {
  readonly dataDir: string;
  readonly database: Database;
  readonly sharedFiles: SharedFiles;
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
  readonly allowPrivateUrls: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Files on their way out: where they come in, are fetched, described and cleared away. */
export interface Media {
  readonly intake: MediaIntake;
  readonly shelf: MediaShelf;
  /** Begins to fetch and to clear away. @param onReady told after messages joined the queue */
  start(onReady: OnReady): void;
  stop(): Promise<void>;
}

/** Opens the spool in the data directory and what works on it. */
export async function openMedia(parts: MediaParts): Promise<Media> {
  const { dataDir, database, sharedFiles, masterKey, allowPrivateUrls, clock, random, log } = parts;
  const spool = await openSpool(join(dataDir, 'media'), random);
  const outgoing = openOutgoing({ allowPrivate: allowPrivateUrls });
  const probe = new ProbeProcess(clock, log);
  const fetcher = new Fetcher({
    database,
    spool,
    sharedFiles,
    outgoing,
    clock,
    log,
    limits: FETCH_LIMITS,
  });
  const sweeper = new Sweeper({ database, spool, sharedFiles, clock, log });
  return {
    intake: createMediaIntake({ database, spool, sharedFiles, outgoing, fetcher }),
    shelf: createMediaShelf({ database, spool, sharedFiles, probe, masterKey }),
    start(onReady) {
      fetcher.start(onReady);
      sweeper.start();
    },
    async stop() {
      await fetcher.stop();
      await sweeper.stop();
      await outgoing.close();
      await probe.close();
    },
  };
}
