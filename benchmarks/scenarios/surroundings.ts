import { join } from 'node:path';
import type { Child } from '../processes/child.ts';
import type { Postgres } from '../processes/postgres.ts';
import type { BenchmarkResult } from '../report/result.ts';

/** What every scenario is given. */
export interface Surroundings {
  readonly postgres: Postgres;
  /** A folder of the scenario's own, removed at the end. */
  readonly folder: string;
  /** Short: fewer rounds, fewer messages. Good enough to see that it works. */
  readonly isQuick: boolean;
  /** Where CPU profiles of the measured processes go; null for none. */
  readonly profileFolder: string | null;
  /** Tells whoever waits how far it is. */
  say(line: string): void;
}

/** One benchmark. */
export interface Scenario {
  readonly name: string;
  run(surroundings: Surroundings): Promise<BenchmarkResult>;
}

/** Runs `work` and writes a CPU profile of `child` meanwhile, if profiles are wanted. */
export async function profiled<Result>(
  { profileFolder }: Surroundings,
  child: Child,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  if (profileFolder === null) return await work();
  await child.ask('probe.startProfile');
  try {
    return await work();
  } finally {
    await child.ask('probe.stopProfile', { file: join(profileFolder, `${name}.cpuprofile`) });
  }
}
