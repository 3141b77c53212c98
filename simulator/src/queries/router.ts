import { attribute, children, stanza } from '../wire/stanza.ts';
import { answerAppState } from './app-state.ts';
import { answerGroup, answerParticipating } from './group-metadata.ts';
import { answerKeys } from './key-bundles.ts';
import { answerMediaConnection } from './media-connection.ts';
import { answerCount, answerDigest, answerRotate, answerUpload } from './pre-keys.ts';
import { answerPicture } from './profile-picture.ts';
import { answerBlocklist, answerPrivacy, answerProps, answerTokens } from './settings.ts';
import { answerUsync } from './usync.ts';
import { answerMex } from './mex.ts';
import { QueryError, acknowledgeOnly } from './query.ts';
import type { QueryContext, QueryHandler } from './query.ts';
import type { Stanza } from '../wire/stanza.ts';

/** By namespace and first child (`*`: any). */
const HANDLERS: Readonly<Record<string, QueryHandler>> = {
  'w:p ping': acknowledgeOnly,
  'w:p *': acknowledgeOnly,
  'passive *': acknowledgeOnly,
  'encrypt count': answerCount,
  'encrypt digest': answerDigest,
  'encrypt key': answerKeys,
  'encrypt rotate': answerRotate,
  'encrypt registration': answerUpload,
  'abt props': answerProps,
  'w props': answerProps,
  'blocklist *': answerBlocklist,
  'privacy privacy': answerPrivacy,
  'privacy tokens': answerTokens,
  'privacy *': acknowledgeOnly,
  'usync usync': answerUsync,
  'w:sync:app:state sync': answerAppState,
  'w:m media_conn': answerMediaConnection,
  'w:profile:picture picture': answerPicture,
  'w:g2 query': answerGroup,
  'w:g2 participating': answerParticipating,
  'w:mex query': answerMex,
  'w:stats *': acknowledgeOnly,
  'urn:xmpp:whatsapp:dirty *': acknowledgeOnly,
  'urn:xmpp:whatsapp:push *': acknowledgeOnly,
  'urn:xmpp:whatsapp:account *': acknowledgeOnly,
  'md *': acknowledgeOnly,
  'tos *': acknowledgeOnly,
};

/**
 * The content of the answer to a query, or, with `type="error"`, why there is none. A query
 * nobody here knows gets 501 as from a server that lacks the feature.
 */
export function answerQuery(
  context: QueryContext,
  query: Stanza,
): { attrs: Record<string, string>; content?: Stanza[] } {
  const xmlns = attribute(query, 'xmlns') ?? '';
  const first = children(query)[0]?.tag ?? '';
  const handler = HANDLERS[`${xmlns} ${first}`] ?? HANDLERS[`${xmlns} *`];
  try {
    if (!handler) throw new QueryError(501, 'feature-not-implemented');
    const content = handler(context, query);
    return content.length > 0 ? { attrs: {}, content } : { attrs: {} };
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const node = stanza('error', { code: String(error.code), text: error.message });
    return { attrs: { type: 'error' }, content: [node] };
  }
}
