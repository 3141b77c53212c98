import type { NewChatCap } from '../domain/pace.ts';

/** From here on a time is in milliseconds: as seconds it would be 5,000 years away. */
const MILLISECONDS_FROM = 1e11;

/**
 * WhatsApp's answer to `xwa2_message_capping_info`, as Baileys declares it (`NewChatMessageCapInfo`).
 * Which form the numbers have on the wire is not documented: they may be text, times in seconds or
 * milliseconds. What can not be read is no cap, since nobody is to be held back by a guess.
 */
export function readNewChatCap(answer: unknown): NewChatCap | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const { total_quota, used_quota, cycle_end_timestamp, capping_status } = answer as Record<
    string,
    unknown
  >;
  const total = countOf(total_quota);
  if (total === null || total === 0) return null;
  const used = capping_status === 'CAPPED' ? total : (countOf(used_quota) ?? 0);
  return { total, used, endsAtMs: timeOf(cycle_end_timestamp) };
}

function timeOf(written: unknown): number | null {
  const time = countOf(written);
  if (time === null || time === 0) return null;
  return time < MILLISECONDS_FROM ? time * 1000 : time;
}

function countOf(written: unknown): number | null {
  if (typeof written !== 'number' && typeof written !== 'string') return null;
  const count = written === '' ? Number.NaN : Number(written);
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
}
