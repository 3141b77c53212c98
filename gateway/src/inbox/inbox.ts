import type { ServiceId, WhatsAppId } from '../domain/ids.ts';
import { higherTick } from '../domain/message-state.ts';
import type { Tick } from '../domain/message-state.ts';
import { createBatcher } from '../runtime/batcher.ts';
import type { Clock } from '../runtime/clock.ts';
import { passCrashPoint } from '../runtime/crash-point.ts';
import type { Database } from '../storage/database.ts';
import { recordAnswers, type RecordedAnswer } from '../storage/messages/record-answers.ts';
import { insertReceived, type ReceivedMessage } from '../storage/received/insert-received.ts';
import { whenDatabaseAnswers } from '../storage/when-database-answers.ts';
import type { ReceivedFiles } from './received-files.ts';

/** Ticks may be a few milliseconds late; a statement for each would cost more than sending. */
const ANSWERS = { itemsMax: 500, restMs: 10 };
const RECEIVED = { itemsMax: 500 };

/** What WhatsApp says about a message of a service. */
export interface ServiceAnswer {
  readonly serviceId: ServiceId;
  readonly whatsAppId: WhatsAppId;
  readonly verdict: { readonly tick: Tick } | { readonly refusal: string };
  readonly atMs: number;
}

/** Where what is needed to fetch a message's file is sealed, and who fetches it. */
export interface InboxFiles {
  readonly seal: ReceivedFiles['seal'];
  /** A message with a file was kept. */
  onFile(): void;
}

/**
 * Turns what WhatsApp says into rows. Each promise resolves when the row is committed, which may be
 * long after: what arrives while the database is away waits for it.
 */
export interface Inbox {
  recordAnswer(answer: ServiceAnswer): Promise<void>;
  /** What the message's file is fetched with comes in the clear and is kept sealed. */
  recordMessage(message: ReceivedMessage): Promise<void>;
  /** Resolves when every answer handed in so far is written. */
  settled(): Promise<void>;
}

/** @param onEvents told of the services whose webhooks have something to deliver */
export function createInbox(
  database: Database,
  files: InboxFiles,
  clock: Clock,
  onEvents: (services: ReadonlySet<ServiceId>) => void,
): Inbox {
  const answers = createBatcher<ServiceAnswer, undefined>(async (batch) => {
    const what = batch.some(isAck) ? 'ack' : 'receipt';
    passCrashPoint(`${what}-before-commit`);
    const listening = await whenDatabaseAnswers(clock, () =>
      recordAnswers(database.pool, mergeAnswers(batch)),
    );
    passCrashPoint(`${what}-after-commit`);
    if (listening.size > 0) onEvents(listening);
    return batch.map(() => undefined);
  }, ANSWERS);
  const received = createBatcher<ReceivedMessage, undefined>(async (batch) => {
    passCrashPoint('incoming-before-commit');
    const { fileCount, listening } = await whenDatabaseAnswers(clock, () =>
      insertReceived(database.pool, batch),
    );
    passCrashPoint('incoming-after-commit');
    if (fileCount > 0) files.onFile();
    if (listening.size > 0) onEvents(listening);
    return batch.map(() => undefined);
  }, RECEIVED);
  return {
    recordAnswer: (answer) => answers.add(answer),
    recordMessage: (message) => received.add(sealFile(message, files)),
    settled: () => answers.drained(),
  };
}

function isAck({ verdict }: ServiceAnswer): boolean {
  return 'refusal' in verdict || verdict.tick === 'server';
}

function sealFile(message: ReceivedMessage, { seal }: InboxFiles): ReceivedMessage {
  const { serviceId, whatsAppId, file } = message;
  if (file === null) return message;
  return { ...message, file: { ...file, source: seal(serviceId, whatsAppId, file.source) } };
}

/** Several answers about one message become one: the highest tick, each tick's first time. */
export function mergeAnswers(answers: readonly ServiceAnswer[]): RecordedAnswer[] {
  const merged = new Map<string, RecordedAnswer>();
  for (const answer of answers) {
    const key = `${answer.serviceId}|${answer.whatsAppId}`;
    merged.set(key, mergeAnswer(merged.get(key), answer));
  }
  return [...merged.values()];
}

function mergeAnswer(known: RecordedAnswer | undefined, answer: ServiceAnswer): RecordedAnswer {
  const { serviceId, whatsAppId, verdict, atMs } = answer;
  const before = known ?? {
    serviceId,
    whatsAppId,
    tick: null,
    serverAtMs: null,
    phoneAtMs: null,
    readAtMs: null,
    refusal: null,
  };
  if ('refusal' in verdict) return { ...before, refusal: before.refusal ?? verdict.refusal };
  const { tick } = verdict;
  return {
    ...before,
    tick: before.tick === null ? tick : higherTick(before.tick, tick),
    serverAtMs: tick === 'server' ? (before.serverAtMs ?? atMs) : before.serverAtMs,
    phoneAtMs: tick === 'phone' ? (before.phoneAtMs ?? atMs) : before.phoneAtMs,
    readAtMs: tick === 'read' ? (before.readAtMs ?? atMs) : before.readAtMs,
  };
}
