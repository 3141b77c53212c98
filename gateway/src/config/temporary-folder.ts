import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';

/**
 * Gives this process a folder for temporary files inside its data directory, and empties it: the
 * protocol library leaves an encrypted copy of each file on its way to WhatsApp, which nobody clears
 * away when the process is killed. To be called by the one process that has locked the directory.
 */
export function useOwnTemporaryFolder(dataDir: string): void {
  const folder = resolve(dataDir, 'temporary');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  // What `os.tmpdir()` goes by, on Windows the second.
  process.env['TMPDIR'] = folder;
  process.env['TEMP'] = folder;
}
