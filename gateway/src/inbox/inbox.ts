import type { WhatsAppId } from '../domain/ids.ts';
import { LeaseLost, type Lease } from '../domain/lease.ts';
import { higherTick } from '../domain/message-state.ts';
import type { Tick } from '../domain/message-state.ts';
import { createBatcher } from '../runtime/batcher.ts';
import type { Clock } from '../runtime/clock.ts';
import { passCrashPoint } from '../runtime/crash-point.ts';
import type { Database } from '../storage/database.ts';
import {
  recordAnswers,
  type KeptAnswers,
  type RecordedAnswer,
} from '../storage/messages/record-answers.ts';
import { insertReceived, type ReceivedMessage } from '../storage/received/insert-received.ts';
import { whenDatabaseAnswers } from '../storage/when-database-answers.ts';
import type { ReceivedFiles } from './received-files.ts';
import type { KeptNews } from '../storage/webhooks/keep-news.ts';

/** Ticks may be a few milliseconds late; a statement for each would cost more than sending. */
const ANSWERS = { itemsMax: 500, restMs: 10 };
const RECEIVED = { itemsMax: 500 };

/** What WhatsApp says about a message of a service. */
export interface ServiceAnswer {
  /** Of the owner whose connection it came by. */
  readonly lease: Lease;
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
 * long after: what arrives while the database is away waits for it. They reject with LeaseLost when
 * the account has another owner by now, whom WhatsApp will tell again.
 */
export interface Inbox {
  recordAnswer(answer: ServiceAnswer): Promise<void>;
  /** What the message's file is fetched with comes in the clear and is kept sealed. */
  recordMessage(message: ReceivedMessage): Promise<void>;
  /** Resolves when every answer handed in so far is written. */
  settled(): Promise<void>;
}

/** Who hears of what a write told. */
export interface InboxListener {
  /** Events may have been kept. */
  onEvents(kept: KeptNews): void;
  /** The database refused what was written under a lease. */
  onLost(lease: Lease): void;
}

/** @param listener told of what has to be done besides */
export function createInbox(
  database: Database,
  files: InboxFiles,
  clock: Clock,
  listener: InboxListener,
): Inbox {
  const tell = (kept: KeptAnswers, batch: readonly { readonly lease: Lease }[]) => {
    listener.onEvents(kept);
    for (const lease of kept.lost) listener.onLost(lease);
    const lost = new Map(kept.lost.map((lease) => [lease.serviceId, lease]));
    return batch.map(({ lease }) => lost.get(lease.serviceId));
  };
  const answers = createBatcher<ServiceAnswer, Lease | undefined>(async (batch) => {
    const what = batch.some(isAck) ? 'ack' : 'receipt';
    passCrashPoint(`${what}-before-commit`);
    const merged = mergeAnswers(batch);
    const kept = await whenDatabaseAnswers(clock, () => recordAnswers(database.pool, merged));
    passCrashPoint(`${what}-after-commit`);
    return tell(kept, batch);
  }, ANSWERS);
  const received = createBatcher<ReceivedMessage, Lease | undefined>(async (batch) => {
    passCrashPoint('incoming-before-commit');
    const kept = await whenDatabaseAnswers(clock, () => insertReceived(database.pool, batch));
    passCrashPoint('incoming-after-commit');
    if (kept.fileCount > 0) files.onFile();
    return tell(kept, batch);
  }, RECEIVED);
  return {
    recordAnswer: async (answer) => {
      throwIfLost(await answers.add(answer));
    },
    recordMessage: async (message) => {
      throwIfLost(await received.add(sealFile(message, files)));
    },
    settled: () => answers.drained(),
  };
}

function throwIfLost(lease: Lease | undefined): void {
  if (lease !== undefined) throw new LeaseLost(lease);
}

function isAck({ verdict }: ServiceAnswer): boolean {
  return 'refusal' in verdict || verdict.tick === 'server';
}

function sealFile(message: ReceivedMessage, { seal }: InboxFiles): ReceivedMessage {
  const { lease, whatsAppId, file } = message;
  if (file === null) return message;
  return { ...message, file: { ...file, source: seal(lease.serviceId, whatsAppId, file.source) } };
}

/** Several answers about one message become one: the highest tick, each tick's first time. */
export function mergeAnswers(answers: readonly ServiceAnswer[]): RecordedAnswer[] {
  const merged = new Map<string, RecordedAnswer>();
  for (const answer of answers) {
    const key = `${answer.lease.serviceId}|${answer.whatsAppId}`;
    merged.set(key, mergeAnswer(merged.get(key), answer));
  }
  return [...merged.values()];
}

function mergeAnswer(known: RecordedAnswer | undefined, answer: ServiceAnswer): RecordedAnswer {
  const { lease, whatsAppId, verdict, atMs } = answer;
  const before = known ?? {
    lease,
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
