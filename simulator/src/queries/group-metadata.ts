import { addressOf } from '../accounts/accounts.ts';
import { child, stanza } from '../wire/stanza.ts';
import { QueryError } from './query.ts';
import type { Group } from '../groups/groups.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { World } from '../world/world.ts';
import type { QueryHandler } from './query.ts';

/** Who is in a group; only its members may ask. */
export const answerGroup: QueryHandler = ({ world, account }, query) => {
  const group = world.groups.find(query.attrs['to'] ?? '');
  if (!group) throw new QueryError(404, 'item-not-found');
  const isMember = world.groups.members(group).some(({ phone }) => phone === account.phone);
  if (!isMember) throw new QueryError(403, 'forbidden');
  return [describeGroup(world, group)];
};

/** All groups the asker is in. */
export const answerParticipating: QueryHandler = ({ world, account }, query) => {
  const isWanted = child(query, 'participating') !== undefined;
  const groups = isWanted ? world.groups.listOf(account.phone) : [];
  return [
    stanza(
      'groups',
      {},
      groups.map((group) => describeGroup(world, group)),
    ),
  ];
};

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
