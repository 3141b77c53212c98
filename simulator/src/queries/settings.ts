import { stanza } from '../wire/stanza.ts';
import type { QueryHandler } from './query.ts';

/** Server-side switches: none is set. */
export const answerProps: QueryHandler = () => [
  stanza('props', { protocol: '1', ab_key: 'simulator', refresh: '86400', hash: 'simulator' }),
];

export const answerBlocklist: QueryHandler = () => [stanza('list', {}, [])];

const PRIVACY = ['readreceipts', 'profile', 'status', 'online', 'last', 'groupadd', 'calladd'];

/** Everything is open to all, read receipts are on. */
export const answerPrivacy: QueryHandler = () => [
  stanza(
    'privacy',
    {},
    PRIVACY.map((name) => stanza('category', { name, value: 'all' })),
  ),
];

/** The privacy tokens a device gives its contacts are counted. It should give each one a week. */
export const answerTokens: QueryHandler = ({ world }) => {
  world.stats.add('privacyTokensIn');
  return [];
};
