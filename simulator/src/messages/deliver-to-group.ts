import { deliverCopies } from './deliver-copies.ts';
import type { Commit } from './deliver-to-phone.ts';
import type { Envelope } from './envelope.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/** Delivers a message to all members of its group. */
export async function deliverToGroup(
  world: World,
  envelope: Envelope,
  message: Stanza,
): Promise<Commit[]> {
  return deliverCopies(world, envelope, message);
}
