import { stanza } from '../wire/stanza.ts';
import type { DeviceLine } from '../connection/device-line.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { FaultOptions } from './faults.ts';
import type { World } from '../world/world.ts';

/**
 * Lets the faults that hit a standing connection strike a line that is caught up. Whatever is left
 * strikes the next one.
 */
export function strikeNow(world: World, line: DeviceLine): void {
  if (!line.isCaughtUp) return;
  const { faults } = world;
  const drop = faults.take('drop-connection', line.phone, ({ options }) => !options.after);
  if (drop) {
    if (drop.options.afterBytes === undefined) line.drop();
    else line.impair({ kind: 'cut', afterBytes: drop.options.afterBytes });
    return;
  }
  if (faults.take('conflict-replaced', line.phone)) {
    line.end(stanza('stream:error', {}, [stanza('conflict', { type: 'replaced' })]));
    return;
  }
  const streamError = faults.take('stream-error', line.phone);
  if (streamError) {
    line.end(streamErrorOf(streamError.options));
    return;
  }
  const slow = faults.take('slow-link', line.phone);
  if (slow) line.impair({ kind: 'slow', delayMs: slow.options.delayMs ?? 1000 });
  if (faults.take('mute', line.phone)) line.impair({ kind: 'mute' });
  if (faults.take('half-open', line.phone)) line.impair({ kind: 'dead' });
}

function streamErrorOf({ code, conflict }: FaultOptions): Stanza {
  return stanza(
    'stream:error',
    { code: code === undefined ? undefined : String(code) },
    conflict === undefined ? undefined : [stanza('conflict', { type: conflict })],
  );
}

/** The same for every line there is, when a new fault has been ordered. */
export function strikeAll(world: World): void {
  for (const line of world.lines.list()) strikeNow(world, line);
}
