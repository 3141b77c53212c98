import { stanza } from '../wire/stanza.ts';
import type { QueryHandler } from './query.ts';

/** GraphQL-like queries (restrictions, newsletters): there is never anything to tell. */
export const answerMex: QueryHandler = () => [
  stanza(
    'result',
    {},
    Buffer.from(
      JSON.stringify({
        data: {
          xwa2_fetch_account_reachout_timelock: { is_active: false },
          xwa2_message_capping_info: {},
        },
      }),
    ),
  ),
];
