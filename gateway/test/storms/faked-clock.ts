import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const USUAL_FOLDER = '/usr/lib/x86_64-linux-gnu/faketime';

/**
 * The wall clock of a process, moved by libfaketime (Debian: `libfaketime`): what it reads as the time
 * of day is off by what a file says. Its monotonic clock is left alone, as when somebody sets a
 * machine's clock.
 */
export class FakedClock {
  /** For a process and its children. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #file: string;

  /**
   * @param library its folder; null where Debian has it
   * @param folder where its file is kept
   */
  constructor(library: string | null, folder: string, name: string) {
    const preloaded = join(library ?? USUAL_FOLDER, 'libfaketimeMT.so.1');
    if (!existsSync(preloaded)) {
      throw new Error(`Without ${preloaded} no clock is moved; see --faketime.`);
    }
    this.#file = join(folder, `clock-of-${name}`);
    this.jump(0);
    this.environment = {
      LD_PRELOAD: preloaded,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DISABLE_SHM: '1',
    };
  }

  /** From now on the clock is off by so many seconds. */
  jump(seconds: number): void {
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds}`, { mode: 0o644 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
