import { Problem } from '../../domain/errors.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { createWatch, type Watch } from '../../runtime/watch.ts';
import type { Database } from '../../storage/database.ts';
import { CHANNELS } from '../../storage/notices/channels.ts';
import type { Notices } from '../../storage/notices/notices.ts';
import { askQuestion } from '../../storage/questions/ask-question.ts';
import { collectAnswer, withdrawQuestion } from '../../storage/questions/collect-answer.ts';
import type { Answers, Question, QuestionCodec } from './questions.ts';

/** How long an answer whose notice was missed can lie. */
const LOOK_EVERY_MS = 1000;

/** What the asker needs. */
export interface AskerParts {
  readonly database: Database;
  readonly codec: QuestionCodec;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly log: Log;
}

/** Asks whoever holds an account, in whatever process that is. */
export class Asker {
  readonly #parts: AskerParts;
  readonly #answers: Watch<number>;

  constructor(parts: AskerParts) {
    this.#parts = parts;
    this.#answers = createWatch(parts.clock, LOOK_EVERY_MS);
    parts.notices.listen(CHANNELS.questionAnswered, {
      onNotice: (id) => this.#answers.wake(Number(id)),
      onGap: () => this.#answers.wakeAll(),
    });
  }

  /**
   * Asks, and waits for the answer.
   * @throws Problem whatever the holder of the account refused it with; `not_ready` when nobody
   *   answers in time
   */
  async ask<Kind extends Question['kind']>(
    serviceId: ServiceId,
    question: Question & { readonly kind: Kind },
    timeoutMs: number,
  ): Promise<Answers[Kind]> {
    const { codec, log } = this.#parts;
    const { pool } = this.#parts.database;
    const sealed = codec.sealQuestion(serviceId, question);
    const id = await askQuestion(pool, serviceId, sealed, timeoutMs);
    const answer = await this.#answers.until(id, () => collectAnswer(pool, id), timeoutMs);
    if (answer === null) {
      await withdrawQuestion(pool, id);
      log.warn({ serviceId, kind: question.kind }, 'nobody answered a question in time');
      throw new Problem('not_ready', 'The process that serves this account did not answer.');
    }
    // The kind of the question says what the answer is.
    return codec.openAnswer(serviceId, answer) as Answers[Kind];
  }
}
