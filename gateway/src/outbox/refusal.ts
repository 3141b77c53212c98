/** How often a message is handed over that WhatsApp calls too fast. */
const TOO_FAST_ATTEMPTS_MAX = 8;
const TOO_FAST_MS_FIRST = 60_000;

/** What a refusal of WhatsApp leads to. */
export interface RefusalDecision {
  readonly next:
    | { readonly type: 'fail' }
    /** Back into the queue. */
    | { readonly type: 'postpone'; readonly delayMs: number }
    /** Once more at once, under the same id, after asking for the recipient's devices anew. */
    | { readonly type: 'fresh-devices' };
  readonly slowsDown: boolean;
  readonly pausesNewChats: boolean;
}

const FAILS: RefusalDecision = {
  next: { type: 'fail' },
  slowsDown: false,
  pausesNewChats: false,
};

/**
 * Decides what follows when WhatsApp refuses a message.
 *
 * - `account_restricted` (463, 475): the account may begin no new chats for a while. Trying again
 *   would count as another attempt to begin one and make it worse, so the message fails at once.
 *   Source: Baileys rc14, `messages-recv.js`, on error 463.
 * - `too_fast` (429): the account slows down; the message goes again after a minute, and after twice
 *   as long each time.
 * - `stanza_refused` (479): mostly the recipient has changed devices without our knowing. Source:
 *   Baileys rc14, `messages-recv.js`, on `SmaxInvalid`.
 * - Whatever else: it will not get better.
 * @param reason the public reason, from `whatsapp/decode-answer.ts`
 * @param attempts how often it was claimed
 * @param hadFreshDevices whether the refused copy went to devices asked for just then
 * @param fraction a random number from 0 up to 1; up to half as long is added to a wait
 */
export function decideRefusal(
  reason: string,
  { attempts, hadFreshDevices }: { readonly attempts: number; readonly hadFreshDevices: boolean },
  fraction: number,
): RefusalDecision {
  switch (reason) {
    case 'account_restricted':
      return { ...FAILS, pausesNewChats: true };
    case 'too_fast': {
      if (attempts >= TOO_FAST_ATTEMPTS_MAX) return { ...FAILS, slowsDown: true };
      const delayMs = TOO_FAST_MS_FIRST * 2 ** (attempts - 1) * (1 + fraction / 2);
      return { ...FAILS, slowsDown: true, next: { type: 'postpone', delayMs } };
    }
    case 'stanza_refused':
      return hadFreshDevices ? FAILS : { ...FAILS, next: { type: 'fresh-devices' } };
    default:
      return FAILS;
  }
}
