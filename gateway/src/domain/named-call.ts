import type { MessageId, ServiceId } from './ids.ts';

/** How long a call's name is remembered. */
export const CALLS_KEPT_DAYS = 7;

/** A call to send that its caller gave a name, an idempotency key: it is carried out once. */
export interface NamedCall {
  readonly serviceId: ServiceId;
  readonly key: string;
  /** 32 bytes that are the same for calls that ask for the same. */
  readonly fingerprint: Buffer;
}

/** What a call to send led to: all that its answer says. */
export interface QueuedCall {
  readonly ids: readonly MessageId[];
  /** The recipients as they were written, where several are answered; null where one is. */
  readonly recipients: readonly string[] | null;
  /** True when it was not this call but an earlier one of the same name. */
  readonly isReplay: boolean;
}
