import { addressOf } from '../accounts/accounts.ts';
import { child, stanza } from '../wire/stanza.ts';
import { otherName, senderAddress } from './envelope.ts';
import type { Envelope } from './envelope.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/**
 * Puts a message of one linked device into the outbox of another, as the server rewrites it: the
 * recipient sees its own ciphertexts only, and who sent them under both names. To be run inside
 * the transaction of the message.
 */
export function forwardToDevice(
  world: World,
  envelope: Envelope,
  recipient: { account: Account; device: number },
  ciphertexts: readonly Stanza[],
  original: Stanza,
): void {
  const { account, device } = recipient;
  if (!world.devices.find(account.phone, device)) return;
  const deviceIdentity = child(original, 'device-identity');
  const message = stanza(
    'message',
    {
      ...addressAttributes(world, envelope, account),
      id: envelope.id,
      type: envelope.type,
      t: String(Math.floor(envelope.at / 1000)),
      notify: envelope.sender.name,
      edit: original.attrs['edit'],
    },
    deviceIdentity ? [...ciphertexts, deviceIdentity] : [...ciphertexts],
  );
  world.outbox.put({ phone: account.phone, device }, message);
  world.stats.add('messagesOut');
}

function addressAttributes(world: World, envelope: Envelope, reader: Account) {
  const { sender, chat, addressing } = envelope;
  const addressing_mode = addressing;
  if (envelope.isGroup) {
    const names = otherName('participant', sender, addressing);
    return { from: chat, participant: senderAddress(envelope), ...names, addressing_mode };
  }
  const names = otherName('sender', sender, addressing);
  const isOwnCopy = reader.phone === sender.phone;
  if (!isOwnCopy) return { from: senderAddress(envelope), ...names, addressing_mode };
  const contact = world.accounts.at(chat);
  return {
    from: senderAddress(envelope),
    recipient: contact ? addressOf(contact, addressing) : chat,
    ...(contact ? otherName('recipient', contact, addressing) : {}),
    addressing_mode,
  };
}
