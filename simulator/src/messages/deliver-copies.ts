import { parseUserAddress } from '../accounts/address.ts';
import { bytesOf, child, children } from '../wire/stanza.ts';
import { deliverToPhone } from './deliver-to-phone.ts';
import { forwardToDevice } from './forward-to-device.ts';
import type { Commit } from './deliver-to-phone.ts';
import type { Envelope } from './envelope.ts';
import type { Ciphertext } from '../phones/phone-sessions.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/** One recipient inside a message: an address with its own ciphertext. */
export interface Copy {
  readonly jid: string;
  readonly enc: Stanza;
}

/** Delivers the copies of a message to one person, each to the device it was encrypted for. */
export async function deliverCopies(
  world: World,
  envelope: Envelope,
  message: Stanza,
): Promise<Commit[]> {
  const commits: Commit[] = [];
  for (const { jid, enc } of copiesOf(message)) {
    const account = world.accounts.at(jid);
    const device = parseUserAddress(jid)?.device ?? 0;
    if (!account) continue;
    if (device === 0) {
      const ciphertext = ciphertextOf(enc);
      if (ciphertext) commits.push(await deliverToPhone(world, envelope, account, ciphertext));
    } else if (account.phone !== envelope.sender.phone || device !== envelope.senderDevice) {
      commits.push(() => forwardToDevice(world, envelope, { account, device }, [enc], message));
    }
  }
  return commits;
}

/** A message to several devices lists them; one to a single device (a resend) is bare. */
export function copiesOf(message: Stanza): Copy[] {
  const listed = children(child(message, 'participants'), 'to').flatMap((to) => {
    const enc = child(to, 'enc');
    const jid = to.attrs['jid'];
    return enc && jid ? [{ jid, enc }] : [];
  });
  const bare = child(message, 'enc');
  const jid = message.attrs['participant'] ?? message.attrs['to'];
  if (bare && jid && bare.attrs['type'] !== 'skmsg') listed.push({ jid, enc: bare });
  return listed;
}

export function ciphertextOf(enc: Stanza): Ciphertext | undefined {
  const type = enc.attrs['type'];
  const bytes = bytesOf(enc);
  return bytes && (type === 'pkmsg' || type === 'msg') ? { type, bytes } : undefined;
}
