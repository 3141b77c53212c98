const HELD_MS_FIRST = 60_000;
const HELD_MS_MAX = 30 * 60_000;
/** A trial that ended for another reason says nothing; the next one follows soon. */
const TRIAL_AGAIN_MS = 5000;
const TRIAL_MS_MAX = 90_000;

/**
 * Stops all new sockets of a process when WhatsApp refuses its version, because every further try
 * would be refused as well, and would look like an attack.
 *
 * **closed**: everybody may open. A refusal makes it **held** for a minute, with each further one
 * for twice as long, up to half an hour. Then the next one in line goes as a **trial**: if WhatsApp
 * lets it in, the breaker is closed; if it is refused as outdated, it is held again.
 */
export interface BreakerModel {
  readonly mode: 'closed' | 'held' | 'trial';
  /** Refusals in a row. */
  readonly refusals: number;
  /** When the next trial may start, monotonic milliseconds; of a trial, when it is given up. */
  readonly untilMs: number;
}

export type BreakerEvent =
  /** A socket was refused because of the version. */
  | { readonly type: 'outdated' }
  /** WhatsApp took a socket's version: it shows QR codes, or is logged in. */
  | { readonly type: 'accepted' }
  /** The socket of a trial ended without either. */
  | { readonly type: 'trial-ended' }
  /** The next in line asks to open its socket. */
  | { readonly type: 'asked' };

export const CLOSED_BREAKER: BreakerModel = { mode: 'closed', refusals: 0, untilMs: 0 };

/**
 * @param nowMs monotonic milliseconds
 * @param fraction a random number from 0 up to 1, so that many processes do not try together
 * @returns `isLetIn` answers `asked`: whether the socket may be opened
 */
export function stepBreaker(
  model: BreakerModel,
  event: BreakerEvent,
  nowMs: number,
  fraction: number,
): { readonly model: BreakerModel; readonly isLetIn: boolean } {
  switch (event.type) {
    case 'accepted':
      return { model: CLOSED_BREAKER, isLetIn: false };
    case 'outdated': {
      // Sockets that were under way together are refused together: that is one refusal.
      if (model.mode === 'held') return { model, isLetIn: false };
      const heldMs = Math.min(HELD_MS_FIRST * 2 ** model.refusals, HELD_MS_MAX);
      const untilMs = nowMs + heldMs * (1 + fraction / 4);
      return { model: { mode: 'held', refusals: model.refusals + 1, untilMs }, isLetIn: false };
    }
    case 'trial-ended':
      if (model.mode !== 'trial') return { model, isLetIn: false };
      return { model: { ...model, mode: 'held', untilMs: nowMs + TRIAL_AGAIN_MS }, isLetIn: false };
    case 'asked':
      if (model.mode === 'closed') return { model, isLetIn: true };
      if (nowMs < model.untilMs) return { model, isLetIn: false };
      return {
        model: { ...model, mode: 'trial', untilMs: nowMs + TRIAL_MS_MAX },
        isLetIn: true,
      };
  }
}
