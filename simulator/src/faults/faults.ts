import type { Query, WorldDatabase } from '../world/database.ts';

export const FAULT_KINDS = [
  'drop-connection',
  'refuse-connection',
  'swallow-ack',
  'reject-message',
  'delay-ack',
  'duplicate-receipt',
  'reorder-receipts',
  'conflict-replaced',
  'stream-error',
  'login-failure',
  'mute',
  'half-open',
  'slow-link',
  'redeliver-incoming',
  'withhold-keys',
  'new-chat-cap',
  'fail-upload',
  'fail-download',
  'delay-upload',
  'cut-upload',
  'cut-download',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** The particulars of a fault; which of them count depends on its kind. */
export interface FaultOptions {
  /** `drop-connection`: not at once but when the next message arrives, before its ack. */
  readonly after?: 'message';
  /** With `after`: the message is lost too, as if the line had been cut one moment earlier. */
  readonly lost?: boolean;
  /**
   * `refuse-connection`: HTTP status of the refused upgrade (or of the login, with `phone`).
   * `fail-upload`, `fail-download`: what the media host answers.
   */
  readonly status?: number;
  /** `refuse-connection`: `silent` accepts the connection and never answers the login. */
  readonly mode?: 'silent';
  /** `reject-message`: the error number in the ack. */
  readonly error?: number;
  /** `delay-ack`, `delay-upload`, `slow-link`: how long. */
  readonly delayMs?: number;
  /** `drop-connection`: when so many more bytes have gone to the client, in the middle of a frame. */
  readonly afterBytes?: number;
  /** `stream-error`: its code. `login-failure`: its reason. */
  readonly code?: number;
  /** `stream-error`: the type of the conflict it names, such as `replaced` or `device_removed`. */
  readonly conflict?: string;
  /** `login-failure`: why the account is banned for a while (101 to 106). */
  readonly banCode?: number;
  /** `login-failure`: for how many seconds it is. */
  readonly expire?: number;
  /** `new-chat-cap`: how many new chats the account has a cycle, ... */
  readonly total?: number;
  /** ... and how many of them it has used. */
  readonly used?: number;
  /** `redeliver-incoming`: at once (default) or at the next login. */
  readonly when?: 'now' | 'login';
}

/** A fault that waits to strike. */
export interface Fault {
  readonly id: number;
  readonly kind: FaultKind;
  /** Only this account's linked devices, or (undefined) any. */
  readonly phone: string | undefined;
  readonly remaining: number;
  readonly options: FaultOptions;
}

interface FaultRow {
  id: number;
  kind: FaultKind;
  phone: string | null;
  remaining: number;
  options: string;
}

/** The faults ordered and not yet used up. They strike in the order they were given. */
export class Faults {
  readonly #insert: Query<never>;
  readonly #strike: Query<never>;
  readonly #drop: Query<never>;
  readonly #dropAll: Query<never>;
  #pending: Fault[];

  constructor(database: WorldDatabase) {
    this.#insert = database.prepare(
      'INSERT INTO fault (kind, phone, remaining, options) VALUES (?, ?, ?, ?)',
    );
    this.#strike = database.prepare('UPDATE fault SET remaining = remaining - 1 WHERE id = ?');
    this.#drop = database.prepare('DELETE FROM fault WHERE id = ?');
    this.#dropAll = database.prepare('DELETE FROM fault');
    this.#pending = database
      .prepare<FaultRow>('SELECT * FROM fault ORDER BY id')
      .all()
      .map(faultOf);
  }

  add(kind: FaultKind, phone: string | undefined, count: number, options: FaultOptions): Fault {
    const { lastId } = this.#insert.run(kind, phone ?? null, count, JSON.stringify(options));
    const fault = { id: lastId, kind, phone, remaining: count, options };
    this.#pending.push(fault);
    return fault;
  }

  /**
   * The next fault of this kind for this account (undefined: an account not yet known, which only
   * faults without a phone can hit), used up by one. `wanted` may look at the options first.
   */
  take(
    kind: FaultKind,
    phone: string | undefined,
    wanted: (fault: Fault) => boolean = () => true,
  ): Fault | undefined {
    if (this.#pending.length === 0) return undefined;
    const index = this.#pending.findIndex(
      (fault) =>
        fault.kind === kind &&
        (fault.phone === undefined || fault.phone === phone) &&
        wanted(fault),
    );
    const fault = this.#pending[index];
    if (!fault) return undefined;
    if (fault.remaining > 1) {
      this.#strike.run(fault.id);
      this.#pending[index] = { ...fault, remaining: fault.remaining - 1 };
    } else {
      this.#drop.run(fault.id);
      this.#pending.splice(index, 1);
    }
    return fault;
  }

  list(): readonly Fault[] {
    return this.#pending;
  }

  clear(): void {
    this.#dropAll.run();
    this.#pending = [];
  }
}

function faultOf(row: FaultRow): Fault {
  return {
    ...row,
    phone: row.phone ?? undefined,
    options: JSON.parse(row.options) as FaultOptions,
  };
}
