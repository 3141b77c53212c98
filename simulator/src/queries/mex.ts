import { attribute, child, stanza } from '../wire/stanza.ts';
import type { QueryContext, QueryHandler } from './query.ts';

/** Names the question of the cap on new chats (Baileys' `QueryIds.MESSAGE_CAPPING_INFO`). */
const CAPPING_INFO = '24503548349331633';
const CYCLE_SECONDS = 30 * 86_400;

/** GraphQL-like queries (restrictions, newsletters): there is nothing to tell but a cap by order. */
export const answerMex: QueryHandler = (context, query) => {
  const isOfCap = attribute(child(query, 'query'), 'query_id') === CAPPING_INFO;
  const data = {
    xwa2_fetch_account_reachout_timelock: { is_active: false },
    xwa2_message_capping_info: isOfCap ? capOf(context) : {},
  };
  return [stanza('result', {}, Buffer.from(JSON.stringify({ data })))];
};

function capOf({ world, account }: QueryContext): Record<string, unknown> {
  const options = world.faults.take('new-chat-cap', account.phone)?.options;
  if (options === undefined) return {};
  const { total = 0, used = 0 } = options;
  const nowSeconds = Math.floor(world.clock.now() / 1000);
  return {
    total_quota: total,
    used_quota: used,
    cycle_start_timestamp: String(nowSeconds),
    cycle_end_timestamp: String(nowSeconds + CYCLE_SECONDS),
    capping_status: used >= total ? 'CAPPED' : 'NONE',
  };
}
