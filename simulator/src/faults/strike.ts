import { stanza } from '../wire/stanza.ts';
import type { DeviceLine } from '../connection/device-line.ts';
import type { World } from '../world/world.ts';

/**
 * Lets the faults that hit a standing connection (`drop-connection` at once, `conflict-replaced`,
 * `stream-error`) strike a line that is caught up. Whatever is left strikes the next one.
 */
export function strikeNow(world: World, line: DeviceLine): void {
  if (!line.isCaughtUp) return;
  const { faults } = world;
  if (faults.take('drop-connection', line.phone, ({ options }) => !options.after)) {
    line.drop();
    return;
  }
  if (faults.take('conflict-replaced', line.phone)) {
    line.end(stanza('stream:error', {}, [stanza('conflict', { type: 'replaced' })]));
    return;
  }
  const streamError = faults.take('stream-error', line.phone);
  if (streamError) line.end(stanza('stream:error', { code: String(streamError.options.code) }));
}

/** The same for every line there is, when a new fault has been ordered. */
export function strikeAll(world: World): void {
  for (const line of world.lines.list()) strikeNow(world, line);
}
