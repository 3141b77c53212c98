import { passCrashPoint } from '../runtime/crash-point.ts';

/**
 * Holds frames back until what they depend on is durable.
 *
 * A frame may carry a ratchet step (a message), or tell WhatsApp that we have something (an ack, a
 * receipt). Neither may leave before the step, or the thing, is committed here: a crash would use
 * the step twice, or lose the thing for good. So each frame waits for everything that was staged
 * before it, in order, while the library goes on as if it were written. Many frames wait for one
 * commit; without anything staged a frame passes at once.
 */
export class DurabilityGate {
  readonly #write: (frame: Uint8Array) => void;
  readonly #pendingKeys: () => Promise<void> | null;
  readonly #fail: (error: unknown) => void;
  /** Settles when everything held so far is committed; null when nothing is held. */
  #held: Promise<unknown> | null = null;
  /** Settles when the last waiting frame has left. */
  #tail: Promise<void> | null = null;

  /**
   * @param write puts a frame on the wire
   * @param pendingKeys the account's key writes under way, or null
   * @param fail told when something a frame waits for can never become durable
   */
  constructor(
    write: (frame: Uint8Array) => void,
    pendingKeys: () => Promise<void> | null,
    fail: (error: unknown) => void,
  ) {
    this.#write = write;
    this.#pendingKeys = pendingKeys;
    this.#fail = fail;
  }

  /** Makes all later frames wait for this commit. */
  hold(commit: Promise<void>): void {
    const held = Promise.all([this.#held, commit]).then(() => {
      if (this.#held === held) this.#held = null;
    });
    this.#held = held;
    held.catch(this.#fail);
  }

  /** Resolves when every frame given so far has left; never, if one of them never will. */
  async allLeft(): Promise<void> {
    await this.#tail;
  }

  /** Whether frames wait for a commit. */
  get isHolding(): boolean {
    return this.#tail !== null;
  }

  /** Puts a frame on the wire as soon as it may go. */
  pass(frame: Uint8Array): void {
    const keys = this.#pendingKeys();
    if (this.#tail === null && keys === null && this.#held === null) {
      this.#write(frame);
      return;
    }
    if (keys !== null) passCrashPoint('encrypted');
    const left: Promise<void> = Promise.all([this.#tail, keys, this.#held]).then(() => {
      if (this.#tail === left) this.#tail = null;
      if (keys !== null) passCrashPoint('keys-committed');
      this.#write(frame);
      if (keys !== null) passCrashPoint('frame-written');
    });
    this.#tail = left;
    left.catch(this.#fail);
  }
}
