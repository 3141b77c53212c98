import type { MessageId, ServiceId, WhatsAppId } from '../../src/domain/ids.ts';
import { messageId } from '../../src/domain/ids.ts';
import { LeaseLost, type Lease } from '../../src/domain/lease.ts';
import {
  CRASHES_OF_PRIME_SUSPECT,
  stepMessage,
  type MessageEvent,
  type MessageLife,
} from '../../src/domain/message-life.ts';
import type { MessageInDoubt, Recipient } from '../../src/domain/message.ts';
import type { Places } from '../../src/storage/messages/claim-due-messages.ts';

/** A message as the database has it. */
export interface StoredMessage {
  readonly id: MessageId;
  readonly serviceId: ServiceId;
  readonly whatsAppId: WhatsAppId;
  readonly recipient: Recipient;
  readonly isUrgent: boolean;
  readonly acceptedAtMs: number;
  life: MessageLife;
  claimEpoch: number | null;
  firstClaimedAtMs: number | null;
  /** Whether others of its chat may have gone before it. */
  wasSuspect: boolean;
  /** In which order it was claimed first. */
  claimNumber: number;
}

/** A lease as the database has it. */
interface StoredLease {
  workerId: string | null;
  epoch: number;
  isAbandoned: boolean;
}

interface StoredWorker {
  readonly home: string;
  beat: number;
}

/**
 * What the statements in `storage/` do, one after the other, on rows in memory: each method is one
 * statement. The states of messages change by `stepMessage`, to which the statements themselves are
 * held by their own test.
 */
export class ModelledDatabase {
  readonly leases = new Map<ServiceId, StoredLease>();
  readonly workers = new Map<string, StoredWorker>();
  readonly messages: StoredMessage[] = [];
  readonly #byWhatsAppId = new Map<WhatsAppId, StoredMessage>();
  readonly #byService = new Map<ServiceId, StoredMessage[]>();
  readonly #now: () => number;
  #claims = 0;

  /** @param now its clock */
  constructor(now: () => number, services: readonly ServiceId[]) {
    this.#now = now;
    for (const serviceId of services) {
      this.leases.set(serviceId, { workerId: null, epoch: 0, isAbandoned: false });
    }
  }

  accept(
    message: Pick<StoredMessage, 'serviceId' | 'whatsAppId' | 'recipient' | 'isUrgent'> & {
      readonly dueInMs: number | null;
      readonly expiresInMs: number | null;
    },
  ): void {
    const { dueInMs, expiresInMs, ...rest } = message;
    const nowMs = this.#now();
    const kept: StoredMessage = {
      ...rest,
      id: messageId(this.messages.length + 1),
      acceptedAtMs: nowMs,
      claimEpoch: null,
      firstClaimedAtMs: null,
      wasSuspect: false,
      claimNumber: 0,
      life: {
        state: 'accepted',
        failure: null,
        attempts: 0,
        crashes: 0,
        wasClaimed: false,
        inDoubtSinceMs: null,
        dueAtMs: nowMs + (dueInMs ?? 0),
        expiresAtMs: expiresInMs === null ? null : nowMs + expiresInMs,
        isScheduled: dueInMs !== null,
      },
    };
    this.messages.push(kept);
    this.#byWhatsAppId.set(kept.whatsAppId, kept);
    this.#of(kept.serviceId).push(kept);
  }

  find(whatsAppId: WhatsAppId): StoredMessage | undefined {
    return this.#byWhatsAppId.get(whatsAppId);
  }

  isHeldUnder({ serviceId, epoch }: Lease): boolean {
    return this.leases.get(serviceId)?.epoch === epoch;
  }

  enter(id: string, home: string, predecessors: 'all-at-home' | readonly string[]): void {
    for (const [worker, { home: itsHome }] of this.workers) {
      if (predecessors === 'all-at-home' ? itsHome === home : predecessors.includes(worker)) {
        this.#remove(worker, predecessors === 'all-at-home');
      }
    }
    this.workers.set(id, { home, beat: 0 });
  }

  beat(id: string): { id: string; beat: number; modes: readonly ['test'] }[] | null {
    const worker = this.workers.get(id);
    if (worker === undefined) return null;
    worker.beat += 1;
    return [...this.workers]
      .filter(([other]) => other !== id)
      .map(([other, { beat }]) => ({ id: other, beat, modes: ['test'] }));
  }

  bury(id: string, lastBeat: number): void {
    if (this.workers.get(id)?.beat === lastBeat) this.#remove(id, true);
  }

  leave(id: string): void {
    this.#remove(id, false);
  }

  #remove(id: string, isAbandoned: boolean): void {
    this.workers.delete(id);
    for (const lease of this.leases.values()) {
      if (lease.workerId !== id) continue;
      lease.workerId = null;
      lease.isAbandoned = isAbandoned;
    }
  }

  census(): { mode: 'test'; wanted: number; held: number }[] {
    const all = [...this.leases.values()];
    const held = all.filter(({ workerId }) => workerId !== null).length;
    return [{ mode: 'test', wanted: all.length, held }];
  }

  gain(workerId: string, countMax: number): Lease[] {
    if (!this.workers.has(workerId)) return [];
    const free = [...this.leases].filter(([, lease]) => lease.workerId === null);
    return free.slice(0, countMax).map(([serviceId, lease]) => {
      if (lease.isAbandoned) this.#countCrashes(serviceId, lease.epoch);
      lease.workerId = workerId;
      lease.epoch += 1;
      lease.isAbandoned = false;
      return { serviceId, epoch: lease.epoch };
    });
  }

  release(workerId: string, leases: readonly Lease[]): void {
    for (const { serviceId, epoch } of leases) {
      const lease = this.leases.get(serviceId);
      if (lease?.workerId === workerId && lease.epoch === epoch) lease.workerId = null;
    }
  }

  releaseOthers(workerId: string, known: readonly ServiceId[]): void {
    for (const [serviceId, lease] of this.leases) {
      if (lease.workerId === workerId && !known.includes(serviceId)) lease.workerId = null;
    }
  }

  claimDue(lease: Lease, { count, urgentFirst }: Places): MessageInDoubt[] {
    this.assertHeld(lease);
    const due = this.#of(lease.serviceId)
      .filter(({ life }) => stepMessage(life, { type: 'claimed' }, this.#now()) !== life)
      .toSorted((a, b) => a.life.dueAtMs - b.life.dueAtMs || a.id - b.id);
    const urgent = due.filter(({ isUrgent }) => isUrgent);
    const others = due.filter(({ isUrgent }) => !isUrgent);
    const chosenUrgent = urgent.slice(0, Math.max(urgentFirst, count - others.length));
    const chosen = [...chosenUrgent, ...others.slice(0, count - chosenUrgent.length)];
    return chosen.map((message) => this.#claim(message, lease, { type: 'claimed' }));
  }

  claimDoubts(
    lease: Lease,
    except: readonly WhatsAppId[],
  ): { messages: MessageInDoubt[]; hasMore: boolean } {
    this.assertHeld(lease);
    const doubts = this.#of(lease.serviceId)
      .filter(({ life, whatsAppId }) => isInDoubt(life) && !except.includes(whatsAppId))
      .filter(({ life }) => life.crashes !== CRASHES_OF_PRIME_SUSPECT)
      .toSorted((a, b) => a.claimNumber - b.claimNumber);
    const suspect = doubts.findIndex(({ life }) => life.crashes > 0);
    const chosen = suspect === -1 ? doubts : doubts.slice(0, Math.max(suspect, 1));
    const messages = chosen.map((one) => this.#claim(one, lease, { type: 'claimed-again' }));
    return { messages, hasMore: messages.length < doubts.length };
  }

  claimPrimeSuspect(lease: Lease, except: readonly WhatsAppId[]): MessageInDoubt | null {
    this.assertHeld(lease);
    const [first] = this.#of(lease.serviceId)
      .filter(({ life, whatsAppId }) => isInDoubt(life) && !except.includes(whatsAppId))
      .filter(({ life }) => life.crashes === CRASHES_OF_PRIME_SUSPECT)
      .toSorted((a, b) => a.claimNumber - b.claimNumber);
    return first === undefined ? null : this.#claim(first, lease, { type: 'claimed-again' });
  }

  /** For everything that changes one message and is fenced. */
  change(lease: Lease, id: MessageId, event: MessageEvent): void {
    this.assertHeld(lease);
    const message = this.messages[id - 1];
    if (message?.serviceId !== lease.serviceId) return;
    message.life = stepMessage(message.life, event, this.#now());
    if (event.type === 'survived') message.claimEpoch = null;
  }

  answer(lease: Lease, whatsAppId: WhatsAppId, event: MessageEvent): void {
    const message = this.find(whatsAppId);
    if (message !== undefined) this.change(lease, message.id, event);
  }

  nextDueInMs({ serviceId }: Lease): number | null {
    const waits = this.#of(serviceId)
      .filter(({ life }) => life.state === 'accepted' || life.state === 'ready')
      .map(({ life }) => life.dueAtMs - this.#now());
    return waits.length === 0 ? null : Math.min(...waits);
  }

  expire(): void {
    for (const message of this.messages) {
      message.life = stepMessage(message.life, { type: 'expired' }, this.#now());
    }
  }

  /** @throws LeaseLost */
  assertHeld(lease: Lease): void {
    if (!this.isHeldUnder(lease)) throw new LeaseLost(lease);
  }

  #of(serviceId: ServiceId): StoredMessage[] {
    const known = this.#byService.get(serviceId) ?? [];
    this.#byService.set(serviceId, known);
    return known;
  }

  #countCrashes(serviceId: ServiceId, epoch: number): void {
    for (const message of this.#of(serviceId)) {
      if (message.claimEpoch !== epoch) continue;
      message.wasSuspect = true;
      message.life = stepMessage(message.life, { type: 'owner-died' }, this.#now());
    }
  }

  #claim(message: StoredMessage, lease: Lease, event: MessageEvent): MessageInDoubt {
    message.life = stepMessage(message.life, event, this.#now());
    message.claimEpoch = lease.epoch;
    message.firstClaimedAtMs ??= this.#now();
    this.#claims += 1;
    if (event.type === 'claimed') message.claimNumber = this.#claims;
    const { id, serviceId, whatsAppId, recipient, life } = message;
    return {
      id,
      serviceId,
      whatsAppId,
      recipient,
      content: { kind: 'text', text: '' },
      attempts: life.attempts,
      crashes: life.crashes,
      inDoubtMs: this.#now() - (life.inDoubtSinceMs ?? this.#now()),
    };
  }
}

const isInDoubt = ({ state }: MessageLife): boolean => state === 'sending';
