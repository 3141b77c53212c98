import { mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Folders every user can enter, for what root must put where `nobody` gets to: those root
 * can have to itself, then what is only better than nothing, as a restart may empty it. Each is made
 * when it is asked for.
 */
export function* sharedPlaces(): Generator<string> {
  for (const folder of ['/var/lib/tickwire', join(tmpdir(), 'tickwire')]) {
    if (isOurs(folder)) yield folder;
  }
}

/** Makes the folder; refuses one that somebody else made or could have put something into. */
function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const { uid, mode } = statSync(folder);
    return uid === process.getuid?.() && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}
