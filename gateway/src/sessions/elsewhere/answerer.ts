import { Problem, toError } from '../../domain/errors.ts';
import type { ServiceId } from '../../domain/ids.ts';
import { serviceId as serviceIdOf } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Database } from '../../storage/database.ts';
import { CHANNELS } from '../../storage/notices/channels.ts';
import type { Notices } from '../../storage/notices/notices.ts';
import { answerQuestion } from '../../storage/questions/answer-question.ts';
import { sweepQuestions } from '../../storage/questions/collect-answer.ts';
import { takeQuestions, type TakenQuestion } from '../../storage/questions/take-questions.ts';
import type { SessionControl } from '../session-control.ts';
import type { Outcome, Question, QuestionCodec } from './questions.ts';

/** So that the answer is there before nobody waits for it any more. */
const ANSWER_AHEAD_MS = 500;
/** A refusal because of the connection is believed when it comes for the third time. */
const TRIES_MAX = 3;
const SWEEP_EVERY_MS = 30_000;
/** How long a question can lie while notices are not heard. */
const LOOK_EVERY_MS = 2000;

/** The accounts that this process holds. */
interface HeldAccounts {
  leaseOf(serviceId: ServiceId): Lease | null;
  leases(): Lease[];
  readonly control: Pick<
    SessionControl,
    'requestPairCode' | 'lookUp' | 'listGroups' | 'waitUntilConnected'
  >;
}

/** What the answerer needs. */
export interface AnswererParts {
  readonly database: Database;
  readonly codec: QuestionCodec;
  readonly notices: Notices;
  readonly held: HeldAccounts;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Answers what other processes ask about the accounts that this one holds.
 *
 * A question is taken under the lease's epoch and answered under it: if the account changes hands
 * in between, the answer is refused and the new holder takes the question again. An account that is
 * being connected, as it is after a change of hands, is waited for as long as somebody waits for
 * the answer.
 */
export class Answerer {
  readonly #parts: AnswererParts;
  readonly #stops: (() => void)[] = [];
  #isStopped = false;
  #cancelLook: () => void = () => undefined;
  #sweptAtMs = 0;

  constructor(parts: AnswererParts) {
    this.#parts = parts;
  }

  start(): void {
    const { notices, held } = this.#parts;
    const stop = notices.listen(CHANNELS.questionAsked, {
      onNotice: (payload) => {
        const lease = held.leaseOf(serviceIdOf(Number(payload)));
        if (lease !== null) this.look([lease]);
      },
      onGap: () => this.look(held.leases()),
    });
    this.#stops.push(stop);
    this.#lookLater();
  }

  /** Begins no new answer. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelLook();
    for (const stop of this.#stops) stop();
  }

  /** Answers what waits for the holder of these leases, e.g. because they were just gained. */
  look(leases: readonly Lease[]): void {
    if (this.#isStopped || leases.length === 0) return;
    takeQuestions(this.#parts.database.pool, leases).then(
      (taken) => {
        for (const question of taken) void this.#answer(question);
      },
      (error: unknown) => {
        this.#parts.log.warn({ err: toError(error) }, 'questions could not be taken');
      },
    );
  }

  #lookLater(): void {
    const { clock, notices, held, log, database } = this.#parts;
    this.#cancelLook = clock.after(LOOK_EVERY_MS, () => {
      this.#lookLater();
      if (!notices.isHearing) this.look(held.leases());
      if (clock.monotonicMs() - this.#sweptAtMs < SWEEP_EVERY_MS) return;
      this.#sweptAtMs = clock.monotonicMs();
      sweepQuestions(database.pool).catch((error: unknown) => {
        log.warn({ err: toError(error) }, 'old questions were not deleted');
      });
    });
  }

  async #answer(taken: TakenQuestion): Promise<void> {
    const { database, codec, log } = this.#parts;
    const { serviceId } = taken.lease;
    try {
      const question = codec.openQuestion(serviceId, taken.question);
      const outcome = await this.#find(taken, question);
      if (outcome === null) return;
      await answerQuestion(database.pool, taken, codec.sealOutcome(serviceId, outcome));
    } catch (error) {
      log.warn({ err: toError(error), serviceId }, 'a question could not be answered');
    }
  }

  /** @returns null when the account has another holder, who answers instead */
  async #find(taken: TakenQuestion, question: Question): Promise<Outcome | null> {
    const { clock, held, log } = this.#parts;
    const { serviceId, epoch } = taken.lease;
    const endMs = clock.monotonicMs() + taken.remainingMs - ANSWER_AHEAD_MS;
    for (let tries = 1; ; tries += 1) {
      try {
        return { answer: await this.#ask(serviceId, question, endMs - clock.monotonicMs()) };
      } catch (error) {
        if (held.leaseOf(serviceId)?.epoch !== epoch) return null;
        const problem = error instanceof Problem ? error : new Problem('internal_error');
        if (!(error instanceof Problem)) {
          log.error({ err: toError(error), serviceId }, 'a question went wrong');
        }
        const isWorthMore = problem.code === 'not_connected' && clock.monotonicMs() < endMs;
        if (isWorthMore && tries < TRIES_MAX) continue;
        return { code: problem.code, sentence: problem.message };
      }
    }
  }

  async #ask(serviceId: ServiceId, question: Question, timeoutMs: number) {
    const { control } = this.#parts.held;
    if (question.kind === 'pairCode') {
      return await control.requestPairCode(serviceId, question.phone);
    }
    await control.waitUntilConnected(serviceId, Math.max(timeoutMs, 0));
    return question.kind === 'lookUp'
      ? await control.lookUp(serviceId, question.phone)
      : await control.listGroups(serviceId);
  }
}
