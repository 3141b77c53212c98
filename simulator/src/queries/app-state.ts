import { bytesOf, child, children, stanza } from '../wire/stanza.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { QueryContext, QueryHandler } from './query.ts';

/** App state: a collection with a patch is written, every collection asked for is answered. */
export const answerAppState: QueryHandler = (context, query) => {
  const asked = children(child(query, 'sync'), 'collection');
  return [
    stanza(
      'sync',
      {},
      asked.map((collection) => answerCollection(context, collection)),
    ),
  ];
};

function answerCollection({ world, account }: QueryContext, asked: Stanza): Stanza {
  const name = asked.attrs['name'] ?? '';
  const written = bytesOf(child(asked, 'patch'));
  if (written) world.appState.add(account.phone, name, written);
  const version = String(world.appState.version(account.phone, name));
  const attributes = { name, version, has_more_patches: 'false' };
  if (written) return stanza('collection', attributes);
  const since = Number(asked.attrs['version'] ?? 0);
  const patches = world.appState.patchesSince(account.phone, name, since);
  if (patches.length === 0) return stanza('collection', attributes);
  return stanza('collection', attributes, [
    stanza(
      'patches',
      {},
      patches.map(({ patch }) => stanza('patch', {}, patch)),
    ),
  ]);
}
