import { createHash } from 'node:crypto';
import { LeaseLost, type Lease } from '../domain/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { BinaryNode, SocketConfig } from './baileys.ts';
import type { KeyVault } from './key-vault.ts';

const TYPE = 'arrival';
/** Longer than the library may hold a message back, and a statement may take to fail. */
const KEPT_MS = 120_000;
/** Its receipt leaves when the message is a row, so after this WhatsApp has it. */
const KEPT_AS_ROW_MS = 2000;
const SWEEP_MS = 2000;
/** A message that ends the process each time it is handled is not handled for ever. */
const PROCESSES_MAX = 10;
const THIS_PROCESS = `${process.pid} of ${performance.timeOrigin}`;
const EXPECTED_MAX = 1000;
const LOAD_RETRY_MS = 250;
/**
 * What libsignal says of a ratchet step that was used before (`separate-tries.ts`). Baileys gives
 * such a message up. Asked of its sender once more it comes again as it was: if it is a row already
 * nothing follows but its receipt, which WhatsApp had not got.
 */
const USED_ALREADY = 'Key used already or never filled';

type Repository = ReturnType<SocketConfig['makeSignalRepository']>;

/** A message that was decrypted, as it came, and what was in its parts. */
interface Arrival {
  readonly node: BinaryNode;
  /** By the hash of the ciphertext. */
  readonly plaintexts: Readonly<Record<string, Uint8Array>>;
  readonly arrivedAtMs: number;
  /** Which processes have handled it. */
  readonly processes: readonly string[];
}

/**
 * Keeps what was decrypted until it has surely become a row.
 *
 * A ciphertext can be decrypted once: the step of the ratchet it needs is then used. But Baileys
 * tells WhatsApp that a message arrived before it hands the message on, and a crash may come before
 * either. So the stanza and its plaintext are staged together with the ratchet, and then
 * - WhatsApp delivers it again: the plaintext is taken from here instead of decrypting;
 * - WhatsApp believes that it arrived: the next connection handles the stanza once more.
 * Whatever is handled twice becomes one row. A while after the row is there, or surely will not be
 * (most of what the library and the phones tell each other is no message), the copy is deleted.
 *
 * If the ratchet reached the disk and the copy did not (they are nearly always one flush), the
 * message is asked of its sender once more.
 */
export class Arrivals {
  readonly #vault: KeyVault;
  readonly #lease: Lease;
  readonly #clock: Clock;
  readonly #log: Log;
  /** The stanzas that are about to be decrypted, by the hash of each ciphertext. */
  readonly #expected = new Map<string, BinaryNode>();
  /** What is kept, and until when, in monotonic milliseconds. */
  readonly #kept = new Map<string, { readonly arrival: Arrival; readonly untilMs: number }>();
  readonly #plaintexts = new Map<string, Uint8Array>();
  readonly #loaded: Promise<void>;
  #cancelSweep: (() => void) | null = null;
  #isClosed = false;

  constructor(vault: KeyVault, lease: Lease, clock: Clock, log: Log) {
    this.#vault = vault;
    this.#lease = lease;
    this.#clock = clock;
    this.#log = log;
    this.#loaded = this.#load();
  }

  /** A message came in and is about to be decrypted. */
  expect(node: BinaryNode): void {
    for (const ciphertext of ciphertextsIn(node)) this.#expected.set(hashOf(ciphertext), node);
    for (const hash of this.#expected.keys()) {
      if (this.#expected.size <= EXPECTED_MAX) break;
      this.#expected.delete(hash);
    }
  }

  /** Makes a repository's decryptions go through here. */
  guard(repository: Repository): Repository {
    const unguarded = { ...repository };
    return Object.assign(repository, {
      decryptMessage: (order: Parameters<Repository['decryptMessage']>[0]) =>
        this.#decrypt(order.ciphertext, () => unguarded.decryptMessage(order)),
      decryptGroupMessage: (order: Parameters<Repository['decryptGroupMessage']>[0]) =>
        this.#decrypt(order.msg, () => unguarded.decryptGroupMessage(order)),
    });
  }

  /** Handles what an earlier connection may not have finished. */
  async replay(handle: (node: BinaryNode) => void): Promise<void> {
    await this.#loaded;
    if (this.#isClosed) return;
    const left = [...this.#kept.values()].map(({ arrival }) => arrival);
    for (const arrival of left) {
      const processes = [...new Set([...arrival.processes, THIS_PROCESS])];
      if (processes.length > PROCESSES_MAX) {
        const { id } = arrival.node.attrs;
        this.#log.warn({ id }, 'what has come in is handled no more: every process ended with it');
        this.#forget(nameOf(arrival.node));
        continue;
      }
      this.#keep({ ...arrival, processes });
      handle(arrival.node);
    }
  }

  /** A message with this id is a row now. */
  becameRow(id: string): void {
    const untilMs = this.#clock.monotonicMs() + KEPT_AS_ROW_MS;
    for (const [name, { arrival }] of this.#kept) {
      if (arrival.node.attrs['id'] === id) this.#kept.set(name, { arrival, untilMs });
    }
  }

  /** Nothing is forgotten any more: the next connection may need it. */
  close(): void {
    this.#isClosed = true;
    this.#cancelSweep?.();
  }

  async #load(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const found = await this.#vault.list(this.#lease, TYPE);
        const arrivals = [...found.values()] as Arrival[];
        arrivals.sort((a, b) => a.arrivedAtMs - b.arrivedAtMs);
        for (const arrival of arrivals) this.#remember(arrival);
        return;
      } catch (error) {
        if (error instanceof LeaseLost) return;
        this.#log.warn({ err: error }, 'arrivals could not be read; trying again');
        await new Promise<void>((resolve) => this.#clock.after(LOAD_RETRY_MS, resolve));
      }
    }
  }

  async #decrypt(ciphertext: Uint8Array, decrypt: () => Promise<Uint8Array>): Promise<Uint8Array> {
    await this.#loaded;
    const hash = hashOf(ciphertext);
    const known = this.#plaintexts.get(hash);
    if (known !== undefined) return known;
    const node = this.#expected.get(hash);
    this.#expected.delete(hash);
    const plaintext = await decrypt().catch((error: unknown) => {
      throw isUsedAlready(error) ? new Error('its plaintext is not here', { cause: error }) : error;
    });
    if (node !== undefined) this.#add(node, hash, plaintext);
    return plaintext;
  }

  #add(node: BinaryNode, hash: string, plaintext: Uint8Array): void {
    const earlier = this.#kept.get(nameOf(node))?.arrival;
    this.#keep({
      node,
      plaintexts: { ...earlier?.plaintexts, [hash]: plaintext },
      arrivedAtMs: earlier?.arrivedAtMs ?? this.#clock.now(),
      processes: earlier?.processes ?? [THIS_PROCESS],
    });
  }

  #keep(arrival: Arrival): void {
    this.#vault.stage(this.#lease, TYPE, nameOf(arrival.node), arrival);
    this.#remember(arrival);
  }

  #remember(arrival: Arrival): void {
    const name = nameOf(arrival.node);
    const untilMs = this.#clock.monotonicMs() + KEPT_MS;
    this.#kept.delete(name);
    this.#kept.set(name, { arrival, untilMs });
    for (const [hash, plaintext] of Object.entries(arrival.plaintexts)) {
      this.#plaintexts.set(hash, plaintext);
    }
    this.#sweepLater();
  }

  #sweepLater(): void {
    if (this.#isClosed || this.#kept.size === 0) return;
    this.#cancelSweep ??= this.#clock.after(SWEEP_MS, () => {
      this.#sweep();
    });
  }

  #sweep(): void {
    this.#cancelSweep = null;
    const nowMs = this.#clock.monotonicMs();
    for (const [name, { untilMs }] of this.#kept) {
      if (untilMs <= nowMs) this.#forget(name);
    }
    this.#sweepLater();
  }

  #forget(name: string): void {
    const arrival = this.#kept.get(name)?.arrival;
    for (const hash of Object.keys(arrival?.plaintexts ?? {})) this.#plaintexts.delete(hash);
    this.#kept.delete(name);
    this.#vault.stage(this.#lease, TYPE, name, null);
  }
}

function ciphertextsIn({ content }: BinaryNode): Uint8Array[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((part) =>
    part.tag === 'enc' && part.content instanceof Uint8Array ? [part.content] : [],
  );
}

/** A message that is sent once more keeps its name. */
function nameOf({ attrs }: BinaryNode): string {
  return `${attrs['from']}|${attrs['participant'] ?? ''}|${attrs['id']}`;
}

function hashOf(ciphertext: Uint8Array): string {
  return createHash('sha256').update(ciphertext).digest('base64');
}

function isUsedAlready(error: unknown): boolean {
  return error instanceof Error && error.message === USED_ALREADY;
}
