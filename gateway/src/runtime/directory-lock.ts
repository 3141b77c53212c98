import { chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** The right to be the only process working on a directory. */
export interface DirectoryLock {
  /** Gives the right back. Dying does the same. */
  release(): void;
}

/** SQLite's result code for "somebody else has it" (https://sqlite.org/rescode.html#busy). */
const SQLITE_BUSY = 5;

/**
 * Takes a directory for this process alone, making it (mode 0700) when it is not there. Never
 * waits.
 *
 * What is held is the operating system's record lock on an empty file, by way of an SQLite
 * transaction that never writes, because Node has no call for record locks. The system drops it
 * when the process dies in whatever way, so there is nothing stale to recognise: no process number
 * to look up (they repeat in containers), no socket whose path may be too long.
 * @throws Error with a sentence for the user when another process has the directory
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const holderFile = join(directory, 'in-use-by');
  const lockFile = join(directory, 'in-use.lock');
  const file = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    // What root leaves behind must not stop the directory's owner the next time.
    if (process.getuid?.() === 0) chownSync(lockFile, statSync(directory).uid, -1);
    file.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    file.close();
    if (!isBusy(error)) throw error;
    throw new Error(
      `The directory ${directory} is already in use by another Tickwire${describe(holderFile)}. ` +
        'Stop that one first, or start this one with another TICKWIRE_DATA_DIR.',
      { cause: error },
    );
  }
  rmSync(holderFile, { force: true });
  writeFileSync(holderFile, `${process.pid}\n`, { mode: 0o644 });
  return {
    release: () => {
      if (!file.isOpen) return;
      rmSync(holderFile, { force: true });
      file.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

/** The holder writes its number just after it got the lock, so it may not be there yet. */
function describe(holderFile: string): string {
  try {
    return ` (process ${readFileSync(holderFile, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
