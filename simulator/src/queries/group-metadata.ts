import { describeGroup } from '../groups/describe-group.ts';
import { child, stanza } from '../wire/stanza.ts';
import { QueryError } from './query.ts';
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
