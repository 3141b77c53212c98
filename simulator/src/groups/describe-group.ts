import { addressOf } from '../accounts/accounts.ts';
import { stanza } from '../wire/stanza.ts';
import type { Group } from './groups.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';

/** A group and its members, as queries and notifications tell of it. */
export function describeGroup(world: World, group: Group): Stanza {
  const createdSeconds = String(Math.floor(group.createdAt / 1000));
  const creator = world.accounts.of(group.creator);
  const members = world.groups.members(group);
  return stanza(
    'group',
    {
      id: group.id.replace('@g.us', ''),
      subject: group.name,
      s_t: createdSeconds,
      s_o: creator && addressOf(creator, group.addressing),
      creation: createdSeconds,
      creator: creator && addressOf(creator, group.addressing),
      addressing_mode: group.addressing,
      size: String(members.length),
    },
    members.flatMap(({ phone, role }) => {
      const account = world.accounts.of(phone);
      if (!account) return [];
      const isLid = group.addressing === 'lid';
      return [
        stanza('participant', {
          jid: addressOf(account, group.addressing),
          [isLid ? 'phone_number' : 'lid']: addressOf(account, isLid ? 'pn' : 'lid'),
          type: role === 'member' ? undefined : role,
        }),
      ];
    }),
  );
}
