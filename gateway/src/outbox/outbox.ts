import type { ServiceId, WhatsAppId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { AcceptedMessage } from '../domain/message.ts';
import { Sender, type SenderParts } from './sender.ts';

/** The senders of all accounts. Each works by itself: none waits for another. */
export class Outbox {
  readonly #parts: SenderParts;
  readonly #senders = new Map<ServiceId, Sender>();
  #isStopped = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Messages were accepted: their senders look at once. */
  kept(messages: readonly AcceptedMessage[]): void {
    const nowMs = this.#parts.clock.now();
    for (const { serviceId, scheduledAtMs } of messages) {
      const sender = this.#senderOf(serviceId);
      if (scheduledAtMs === null) sender.wake();
      else sender.scheduled(scheduledAtMs - nowMs);
    }
  }

  /** Messages joined the queue another way, due or not, or are due at another time. */
  changed(serviceId: ServiceId): void {
    this.#senderOf(serviceId).scheduled(0);
  }

  connectionOpened(serviceId: ServiceId): void {
    this.#senderOf(serviceId).connectionOpened();
  }

  connectionEnded(serviceId: ServiceId): void {
    this.#senderOf(serviceId).connectionEnded();
  }

  answered(serviceId: ServiceId, whatsAppId: WhatsAppId): void {
    this.#senderOf(serviceId).answered(whatsAppId);
  }

  /** WhatsApp refused a message. Resolves when what follows from it is written. */
  refused(lease: Lease, whatsAppId: WhatsAppId, reason: string): Promise<void> {
    return this.#senderOf(lease.serviceId).refused(lease, whatsAppId, reason);
  }

  /**
   * The account goes to another process: its sender begins nothing new. Resolves when what was begun
   * is answered, or `timeoutMs` are over.
   */
  async rest(serviceId: ServiceId, timeoutMs: number): Promise<void> {
    if (!this.#isStopped) await this.#senders.get(serviceId)?.stop(timeoutMs);
  }

  /** The account is here no more. */
  forget(serviceId: ServiceId): void {
    if (!this.#isStopped) this.#senders.delete(serviceId);
  }

  /** Begins nothing new; resolves when what was begun is answered, or `timeoutMs` are over. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#senders.values()].map((sender) => sender.stop(timeoutMs)));
  }

  #senderOf(serviceId: ServiceId): Sender {
    const existing = this.#senders.get(serviceId);
    if (existing !== undefined) return existing;
    const sender = new Sender(serviceId, this.#parts);
    this.#senders.set(serviceId, sender);
    return sender;
  }
}
