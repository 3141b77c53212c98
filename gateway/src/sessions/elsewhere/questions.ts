import { ERRORS, Problem, type ErrorCode } from '../../domain/errors.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';
import { createSealer } from '../../runtime/seal.ts';
import type { Group } from '../connection.ts';

/** What can be asked of whoever holds an account, and what it answers. */
export interface Answers {
  /** `ABCD-1234` */
  readonly pairCode: string;
  readonly lookUp: boolean;
  readonly groups: Group[];
}

/** One question as it travels. */
export type Question =
  | { readonly kind: 'pairCode' | 'lookUp'; readonly phone: PhoneNumber }
  | { readonly kind: 'groups' };

/** How the answer travels: a refusal keeps its code and sentence. */
export type Outcome =
  | { readonly answer: Answers[keyof Answers] }
  | { readonly code: ErrorCode; readonly sentence: string };

/** Turns questions and answers into what lies in rows, and back. */
export interface QuestionCodec {
  sealQuestion(serviceId: ServiceId, question: Question): Buffer;
  openQuestion(serviceId: ServiceId, sealed: Buffer): Question;
  sealOutcome(serviceId: ServiceId, outcome: Outcome): Buffer;
  /** @throws Problem when the answer is a refusal */
  openAnswer(serviceId: ServiceId, sealed: Buffer): unknown;
}

/**
 * Questions hold phone numbers and answers hold pairing codes: both are sealed.
 * @param masterKey 32 bytes, the same in every process
 */
export function createQuestionCodec(masterKey: Uint8Array): QuestionCodec {
  const seal = (serviceId: ServiceId, name: string, value: unknown): Buffer =>
    createSealer(masterKey, `question:${serviceId}`).seal(name, Buffer.from(JSON.stringify(value)));
  const open = (serviceId: ServiceId, name: string, sealed: Buffer): unknown =>
    JSON.parse(createSealer(masterKey, `question:${serviceId}`).open(name, sealed).toString());
  return {
    sealQuestion: (serviceId, question) => seal(serviceId, 'question', question),
    // Sealed by a process with the same key, so by the same program.
    openQuestion: (serviceId, sealed) => open(serviceId, 'question', sealed) as Question,
    sealOutcome: (serviceId, outcome) => seal(serviceId, 'outcome', outcome),
    openAnswer(serviceId, sealed) {
      const outcome = open(serviceId, 'outcome', sealed) as Outcome;
      if ('answer' in outcome) return outcome.answer;
      const isKnown = Object.hasOwn(ERRORS, outcome.code);
      throw new Problem(isKnown ? outcome.code : 'internal_error', outcome.sentence);
    },
  };
}
