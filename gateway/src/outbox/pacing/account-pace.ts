import type { ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { DueMessage } from '../../domain/message.ts';
import type { NewChatCap, Pace } from '../../domain/pace.ts';
import {
  NO_LIMITS,
  pacingOf,
  type PacingPolicy,
  type PacingSettings,
} from '../../domain/pacing.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import type { Database } from '../../storage/database.ts';
import { nextDueInMs } from '../../storage/messages/next-due.ts';
import {
  findCandidates,
  holdStrangers,
  type WaitingCandidate,
} from '../../storage/pacing/candidates.ts';
import { claimChosen } from '../../storage/pacing/claim-chosen.ts';
import { beginFollowing, endFollowing } from '../../storage/pacing/follow.ts';
import {
  findPace,
  findPacingStanding,
  keepCap,
  keepRefusal,
  type PacingStanding,
} from '../../storage/pacing/pace-row.ts';
import {
  afterCapAnswer,
  afterSending,
  beginsChat,
  chooseNext,
  holdOfAccount,
  holdOfNewChats,
  isCapDue,
  isRestricted,
  putInTurn,
} from './pace.ts';

/** How far from the head of the queue strangers are held back at once. */
const HOLD_COUNT = 2000;
/** How long a change that another process made to an unpaced service may stay unseen. */
const FREE_FOR_MS = 30_000;
/** A number that was linked just now is not written yet. */
const PHONE_UNKNOWN_MS = 200;
/** Sending waits no longer for an answer about the cap on new chats. */
const CAP_ANSWER_MS_MAX = 5000;

/** What pacing needs. */
export interface PacingParts {
  readonly database: Database;
  readonly policy: PacingPolicy;
  /** Asks WhatsApp how many new chats it allows; null when it has no cap. May throw. */
  askNewChatCap(serviceId: ServiceId): Promise<NewChatCap | null>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What an account may do now. */
export type Turn =
  /** Unpaced: send as fast as it goes. */
  | { readonly kind: 'free' }
  /** Send this one, then ask again. It was taken for sending. */
  | { readonly kind: 'claimed'; readonly message: DueMessage }
  /** Ask again after this time, or when something changed. Null: only when something changed. */
  | { readonly kind: 'wait'; readonly delayMs: number | null };

/** What an account goes by; `isFree` when there is nothing to keep to. */
interface Standing {
  readonly nowMs: number;
  readonly phone: string;
  readonly settings: PacingSettings;
  readonly isPaced: boolean;
}

/**
 * One account's pacing: reads what is known, asks the pure functions in `pace.ts`, and writes what
 * follows with the claim. Not to be called twice at once.
 *
 * A live account that is unpaced still keeps to what WhatsApp itself says: from a refusal on it is
 * followed with no limits but that one, until it is over.
 */
export class AccountPace {
  readonly #serviceId: ServiceId;
  readonly #parts: PacingParts;
  /** What is known of the pace, and whose it is; null until it was read. */
  #known: { readonly phone: string; pace: Pace } | null = null;
  /** Monotonic milliseconds until which there is nothing to ask for. */
  #restsUntilMs = 0;
  #urgentInARow = 0;
  /** Monotonic milliseconds until which the account is taken for unpaced without a look. */
  #freeUntilMs = -Infinity;
  #epoch: number | null = null;

  constructor(serviceId: ServiceId, parts: PacingParts) {
    this.#serviceId = serviceId;
    this.#parts = parts;
  }

  /** Whether the account keeps to anything, as far as is known here. */
  get isFollowed(): boolean {
    return this.#known !== null;
  }

  /** Settings or facts changed: what is known is read again. */
  forget(): void {
    this.#known = null;
    this.#freeUntilMs = -Infinity;
    this.#restsUntilMs = 0;
  }

  /**
   * What the account may do now.
   * @throws LeaseLost
   */
  async next(lease: Lease): Promise<Turn> {
    this.#heed(lease);
    const monotonicMs = this.#parts.clock.monotonicMs();
    if (monotonicMs < this.#freeUntilMs) return { kind: 'free' };
    const restMs = this.#restsUntilMs - monotonicMs;
    if (restMs > 0) return { kind: 'wait', delayMs: restMs };
    for (;;) {
      const found = await this.#look();
      if (found === 'free') return { kind: 'free' };
      if (found === null) return { kind: 'wait', delayMs: PHONE_UNKNOWN_MS };
      const { standing, known } = found;
      if (!standing.isPaced || !isCapDue(known.pace, standing.nowMs)) {
        return await this.#choose(lease, standing, known);
      }
      // Time goes on meanwhile, so where the account stands is looked at again.
      await this.#askCap(lease, known, standing.nowMs);
    }
  }

  /**
   * WhatsApp refused something: the pace changes. Nothing happens for a test service that did not
   * ask for pacing.
   * @returns the pace that follows, or null when the account keeps to nothing
   */
  async refused(
    lease: Lease,
    change: (pace: Pace, settings: PacingSettings, nowMs: number) => Pace,
  ): Promise<{ readonly pace: Pace; readonly nowMs: number } | null> {
    this.#heed(lease);
    const row = await findPacingStanding(
      this.#parts.database.pool,
      this.#serviceId,
      this.#parts.clock.now(),
    );
    const standing = row === null ? null : this.#standingOf(row);
    if (standing === null) return null;
    const known = await this.#follow(standing);
    known.pace = change(known.pace, standing.settings, standing.nowMs);
    await keepRefusal(this.#parts.database.pool, lease, known.pace);
    this.#freeUntilMs = -Infinity;
    this.#restsUntilMs = 0;
    return { pace: known.pace, nowMs: standing.nowMs };
  }

  /** Under a new lease another process may have had the account meanwhile. */
  #heed({ epoch }: Lease): void {
    if (epoch !== this.#epoch) this.forget();
    this.#epoch = epoch;
  }

  /** Where the account stands; null when that is not known yet. */
  async #look() {
    const { database, clock } = this.#parts;
    const row = await findPacingStanding(database.pool, this.#serviceId, clock.now());
    const standing = row === null ? null : this.#standingOf(row);
    if (standing?.isPaced === true) {
      if (standing.phone === '') return null;
      return { standing, known: await this.#follow(standing) };
    }
    const kept = await findPace(database.pool, this.#serviceId);
    if (standing !== null && kept !== null && isRestricted(kept.pace, standing.nowMs)) {
      return { standing, known: await this.#follow(standing) };
    }
    if (kept?.isFollowing === true) await endFollowing(database, this.#serviceId);
    this.#known = null;
    this.#freeUntilMs = clock.monotonicMs() + FREE_FOR_MS;
    return 'free';
  }

  /** Null for what is neither paced nor kept to WhatsApp's refusals. */
  #standingOf(row: PacingStanding): Standing | null {
    const settings = pacingOf(this.#parts.policy, row);
    if (settings === null && row.mode === 'test') return null;
    return {
      nowMs: row.nowMs,
      phone: row.phone ?? '',
      settings: settings ?? NO_LIMITS,
      isPaced: settings !== null,
    };
  }

  async #follow({ phone }: Standing): Promise<{ readonly phone: string; pace: Pace }> {
    if (this.#known?.phone === phone) return this.#known;
    const { database } = this.#parts;
    let kept = await findPace(database.pool, this.#serviceId);
    if (kept === null || !kept.isFollowing || kept.phone !== phone) {
      await beginFollowing(database, this.#serviceId, phone);
      kept = await findPace(database.pool, this.#serviceId);
    }
    if (kept === null) throw new Error(`service ${this.#serviceId} has no pace`);
    this.#known = { phone, pace: kept.pace };
    return this.#known;
  }

  async #choose(lease: Lease, { settings, nowMs }: Standing, known: { pace: Pace }): Promise<Turn> {
    const { pool } = this.#parts.database;
    const rest = holdOfAccount(known.pace, nowMs);
    if (rest !== null) return this.#rest(rest.untilMs - nowMs);
    const opening = holdOfNewChats(known.pace, settings, nowMs);
    for (;;) {
      const found = await findCandidates(pool, this.#serviceId, opening === null, nowMs);
      const candidates = putInTurn(found, this.#urgentInARow);
      const { pace } = known;
      const choice = chooseNext(pace, settings, candidates, nowMs);
      if (choice.next !== null) {
        const message = await this.#claim(lease, choice.next, known, settings, nowMs);
        if (message !== null) return { kind: 'claimed', message };
        continue;
      }
      if (opening !== null && found.some((it) => beginsChat(it, settings, nowMs))) {
        const replySeconds = settings.replyHours * 3600;
        if ((await holdStrangers(pool, lease, HOLD_COUNT, replySeconds, nowMs)) > 0) continue;
      }
      const dueInMs = await nextDueInMs(pool, this.#serviceId, nowMs);
      const waitsMs = [
        choice.untilMs - nowMs,
        (opening?.untilMs ?? Infinity) - nowMs,
        dueInMs !== null && dueInMs > 0 ? dueInMs : Infinity,
      ];
      const delayMs = Math.min(...waitsMs);
      return { kind: 'wait', delayMs: delayMs === Infinity ? null : delayMs };
    }
  }

  /** Once a day, whatever comes of it. */
  async #askCap(lease: Lease, known: { pace: Pace }, nowMs: number): Promise<void> {
    const { database, clock, log } = this.#parts;
    const serviceId = this.#serviceId;
    const { promise: late, resolve } = Promise.withResolvers<null>();
    const cancel = clock.after(CAP_ANSWER_MS_MAX, () => {
      resolve(null);
    });
    const answer = this.#parts.askNewChatCap(serviceId).catch((error: unknown) => {
      log.debug({ err: error, serviceId }, 'WhatsApp did not tell its cap on new chats');
      return null;
    });
    const cap = await Promise.race([answer, late]);
    cancel();
    known.pace = afterCapAnswer(known.pace, cap, nowMs);
    await keepCap(database.pool, lease, known.pace);
  }

  async #claim(
    lease: Lease,
    candidate: WaitingCandidate,
    known: { pace: Pace },
    settings: PacingSettings,
    nowMs: number,
  ): Promise<DueMessage | null> {
    const { database, random } = this.#parts;
    const step = afterSending(known.pace, settings, candidate, nowMs, random.fraction());
    const message = await claimChosen(database.pool, lease, {
      id: candidate.id,
      atMs: nowMs,
      isOpening: step.isOpening,
      textPrint: candidate.textPrint,
      chatPaidUntilMs: step.chatPaidUntilMs,
      nextAtMs: step.pace.nextAtMs,
      nextOpeningAtMs: step.pace.nextOpeningAtMs,
      believedMs: nowMs,
    });
    if (message === null) return null;
    const wasSlow = known.pace.nextOpeningAtMs > nowMs;
    if (!wasSlow && step.pace.nextOpeningAtMs > nowMs) {
      const { log } = this.#parts;
      log.warn({ serviceId: this.#serviceId }, 'many strangers get the same text: slowed down');
    }
    // A refusal may have come meanwhile: its pause stays.
    const { openings, nextAtMs, nextOpeningAtMs } = step.pace;
    known.pace = { ...known.pace, openings, nextAtMs, nextOpeningAtMs };
    this.#urgentInARow = candidate.isUrgent ? this.#urgentInARow + 1 : 0;
    return message;
  }

  #rest(delayMs: number): Turn {
    this.#restsUntilMs = this.#parts.clock.monotonicMs() + delayMs;
    return { kind: 'wait', delayMs };
  }
}
