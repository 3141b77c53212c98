import type { ServiceId } from './ids.ts';

/**
 * The right to hold an account's socket. Its epoch grows with every change of hands; a write that
 * carries an older one is refused, so a process that was overtaken while it slept changes nothing.
 */
export interface Lease {
  readonly serviceId: ServiceId;
  readonly epoch: number;
}

/** A write was refused: the account has another owner by now. Nothing was written. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  readonly lease: Lease;

  constructor(lease: Lease) {
    super(`the account of service ${lease.serviceId} has another owner`);
    this.lease = lease;
  }
}
