import type { Settings } from './settings.ts';

/** Names of the counters, all from the birth of the world. */
export interface Counters {
  stanzasIn: number;
  stanzasOut: number;
  connections: number;
  logins: number;
  loginsRefused: number;
  badSignatures: number;
  overlappingSockets: number;
  messagesIn: number;
  messagesRejected: number;
  undecryptable: number;
  reusedRatchetCounters: number;
  reusedWithOtherCiphertext: number;
  retriesAskedByPhones: number;
  retriesAskedByDevices: number;
  negativeAcks: number;
  messagesOut: number;
  receiptsOut: number;
  privacyTokensIn: number;
  internalErrors: number;
}

/** These change with every stanza; losing the last few in a crash harms nobody. */
const CHEAP: ReadonlySet<keyof Counters> = new Set([
  'stanzasIn',
  'stanzasOut',
  'receiptsOut',
  'messagesIn',
  'messagesOut',
  'privacyTokensIn',
]);

const NONE: Readonly<Counters> = {
  stanzasIn: 0,
  stanzasOut: 0,
  connections: 0,
  logins: 0,
  loginsRefused: 0,
  badSignatures: 0,
  overlappingSockets: 0,
  messagesIn: 0,
  messagesRejected: 0,
  undecryptable: 0,
  reusedRatchetCounters: 0,
  reusedWithOtherCiphertext: 0,
  retriesAskedByPhones: 0,
  retriesAskedByDevices: 0,
  negativeAcks: 0,
  messagesOut: 0,
  receiptsOut: 0,
  privacyTokensIn: 0,
  internalErrors: 0,
};

/** The counters, in memory and (by `save`) in the world. */
export class Stats {
  readonly #settings: Settings;
  #counters: Counters;
  #lastError: string | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#counters = { ...NONE, ...(settings.get('stats') as Partial<Counters> | undefined) };
  }

  add(name: keyof Counters): void {
    this.#counters[name] += 1;
    if (!CHEAP.has(name)) this.save();
  }

  /** Something went wrong in the simulator itself: it is shown in the statistics, never hidden. */
  noteError(error: unknown): void {
    this.#lastError = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.add('internalErrors');
  }

  save(): void {
    this.#settings.set('stats', this.#counters);
  }

  read(): Readonly<Counters> & { lastError: string | null } {
    return { ...this.#counters, lastError: this.#lastError ?? null };
  }

  reset(): void {
    this.#counters = { ...NONE };
    this.#lastError = undefined;
  }
}
