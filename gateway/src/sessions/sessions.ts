import { LRUCache } from 'lru-cache';
import { describeConnection } from '../domain/connection-state.ts';
import { Problem, toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import { LeaseLost, type Lease } from '../domain/lease.ts';
import type { PhoneNumber } from '../domain/phone-number.ts';
import type { Database } from '../storage/database.ts';
import { listUnwanted } from '../storage/sessions/list-unwanted.ts';
import { findLookup, keepLookup } from '../storage/lookups/lookups.ts';
import { findSentContent } from '../storage/messages/find-sent-content.ts';
import {
  findWantedSession,
  recordSession,
  recordUnlinked,
  setSessionWanted,
} from '../storage/sessions/session-rows.ts';
import { isToBeUnlinked } from '../storage/sessions/unlinking.ts';
import {
  findLeftSession,
  recordSessionEnd,
  type SessionEnd,
} from '../storage/sessions/session-ends.ts';
import {
  SendRefusal,
  type Answer,
  type Connection,
  type Group,
  type IncomingMessage,
  type Liveness,
  type ServiceMode,
} from './connection.ts';
import { Farewells } from './farewells.ts';
import { Session, type SessionParts } from './session.ts';
import type { SessionModel } from './session-model.ts';
import type { SessionControl } from './session-control.ts';
import { createWaiters } from '../runtime/waiters.ts';

const LINK_WAIT_MS = 15_000;
/** What is kept under a lease waits no longer for the database, when the lease is given up. */
const KEEP_MS_MAX = 5000;
const REMEMBERED_LOOKUPS_MAX = 50_000;

/** What the sessions hand on. Promises resolve when the thing is durable. */
export interface SessionsListener {
  onAnswer(lease: Lease, answer: Answer): Promise<void>;
  onMessage(lease: Lease, message: IncomingMessage): Promise<void>;
  /** The account is connected: its queue may move. */
  onOpen(serviceId: ServiceId): void;
  /** The account is not connected any more. */
  onEnd(serviceId: ServiceId): void;
}

/** How a session comes by the right to its account; `ownership/` satisfies it. */
export interface Leasing {
  /** Gains the account's lease now, if nobody has it; `take` follows. @returns whether it is ours */
  seek(serviceId: ServiceId): Promise<boolean>;
  /** The account is not wanted any more: `end` follows, then others may have it. */
  letGo(serviceId: ServiceId): Promise<void>;
  /** The account shows codes to link it with, or does not any more. Told again with every change. */
  linking(lease: Lease, isLinking: boolean): void;
}

/** The sessions of the accounts that this process owns. */
export class Sessions implements SessionControl {
  readonly #database: Database;
  readonly #parts: SessionParts;
  readonly #leasing: Leasing;
  readonly #listener: SessionsListener;
  readonly #sessions = new Map<ServiceId, Session>();
  readonly #changes = createWaiters<ServiceId>();
  readonly #lookups = new LRUCache<string, PhoneNumber>({ max: REMEMBERED_LOOKUPS_MAX });
  /** Resolves when a session stands as its last owner left it. */
  readonly #comingBack = new WeakMap<Session, Promise<void>>();
  /** Services with a row in `session_ends`. */
  readonly #ended = new Set<ServiceId>();
  /** Rows are written in the order of the changes they tell of. */
  #writing: Promise<void> = Promise.resolve();
  readonly #ending = new WeakSet<Session>();
  readonly #farewells: Farewells;
  readonly #onTake = new Set<(lease: Lease) => void>();

  constructor(
    database: Database,
    parts: SessionParts,
    leasing: Leasing,
    listener: SessionsListener,
  ) {
    this.#database = database;
    this.#parts = parts;
    this.#leasing = leasing;
    this.#listener = listener;
    const close = (serviceId: ServiceId): Promise<void> => this.#close(serviceId);
    this.#farewells = new Farewells({ database, clock: parts.clock, log: parts.log, close });
  }

  /**
   * The account is ours. It is connected if it is linked, or if somebody wants to link it now.
   * @param isAsked somebody looks at its QR codes
   */
  take(lease: Lease, mode: ServiceMode, isAsked: boolean): void {
    const session = this.#createSession(lease, mode);
    this.#sessions.set(lease.serviceId, session);
    this.#comingBack.set(session, this.#bringBack(session, isAsked));
    for (const listener of this.#onTake) listener(lease);
  }

  /** Closes the account's connection; what is wanted stays wanted, for the next owner. */
  async end(lease: Lease): Promise<void> {
    const session = this.#ofLease(lease);
    if (session === null) return;
    this.#ending.add(session);
    await session.end();
    this.#forget(session);
    await Promise.race([
      Promise.all([this.#writing, this.#parts.connector.release(lease)]),
      new Promise<void>((resolve) => this.#parts.clock.after(KEEP_MS_MAX, resolve)),
    ]);
    this.#parts.connector.drop(lease);
  }

  /** The account may be another's: its connection is cut, and nothing about it is written. */
  drop(lease: Lease): void {
    this.#parts.connector.drop(lease);
    const session = this.#ofLease(lease);
    if (session === null) return;
    this.#forget(session);
    session.unwant();
  }

  /** Told of every account that becomes ours. */
  onTake(listener: (lease: Lease) => void): void {
    this.#onTake.add(listener);
  }

  /**
   * Gives up those accounts that are not wanted any more.
   * @param serviceIds accounts of this process
   */
  async giveUpUnwanted(serviceIds: readonly ServiceId[]): Promise<void> {
    const unwanted = new Set(await listUnwanted(this.#database.pool, serviceIds));
    for (const serviceId of serviceIds) {
      if (unwanted.has(serviceId)) await this.#close(serviceId);
    }
  }

  /** The open connection of a service, or null. */
  connectionOf(serviceId: ServiceId): Promise<Connection> | null {
    if (this.#farewells.has(serviceId)) return null;
    return this.#sessions.get(serviceId)?.connection ?? null;
  }

  /** Drops a connection that no longer works. */
  async reconnect(serviceId: ServiceId, why: string): Promise<void> {
    await this.#sessions.get(serviceId)?.reconnect(why);
  }

  /** How alive the open connections are. */
  listLiveness(): (Liveness & { readonly serviceId: ServiceId })[] {
    return [...this.#sessions.values()].flatMap(({ serviceId, liveness }) =>
      liveness === null ? [] : [{ serviceId, ...liveness }],
    );
  }

  /** How many sessions stand how, for the metrics. */
  countByState(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { model } of this.#sessions.values()) {
      counts.set(model.state, (counts.get(model.state) ?? 0) + 1);
    }
    return counts;
  }

  async connect(serviceId: ServiceId): Promise<void> {
    const wanted = await findWantedSession(this.#database, serviceId);
    if (wanted === null) throw new Problem('service_not_found');
    if (!this.#parts.connector.serves(wanted.mode)) throw new Problem('test_mode_off');
    await setSessionWanted(this.#database, serviceId, true);
    if (await this.#leasing.seek(serviceId)) await this.#want(serviceId);
  }

  async disconnect(serviceId: ServiceId): Promise<void> {
    await setSessionWanted(this.#database, serviceId, false);
    await this.#close(serviceId);
  }

  async standingChanged(serviceId: ServiceId): Promise<void> {
    if (await isToBeUnlinked(this.#database.pool, serviceId)) {
      if (await this.#leasing.seek(serviceId)) await this.#unlink(serviceId);
      return;
    }
    const wanted = await findWantedSession(this.#database, serviceId);
    const mayConnect = wanted?.isWanted === true && wanted.serviceState === 'active';
    if (mayConnect && this.#parts.connector.serves(wanted.mode)) {
      if (await this.#leasing.seek(serviceId)) await this.#want(serviceId);
      return;
    }
    await this.#close(serviceId);
  }

  async currentQr(serviceId: ServiceId): Promise<string | null> {
    await this.connect(serviceId);
    const session = this.#sessions.get(serviceId);
    if (session === undefined) throw new Problem('not_ready');
    await session.forgotten;
    if (await this.#parts.connector.isLinked(session.lease)) return null;
    const isDecided = (): boolean => isLinkingDecided(session.model);
    await this.#changes.until(serviceId, isDecided, LINK_WAIT_MS, this.#parts.clock);
    const { qr, mode, state, detail } = session.model;
    if (qr !== null) return qr;
    if (mode === 'open' || state === 'linking') return null;
    throw new Problem('not_ready', `${describeConnection(state, { detail, retryAt: null })}.`);
  }

  async requestPairCode(serviceId: ServiceId, phone: PhoneNumber): Promise<string> {
    const qr = await this.currentQr(serviceId);
    const connection = this.#sessions.get(serviceId)?.unlinkedConnection ?? null;
    if (qr === null || connection === null) {
      throw new Problem('wrong_state', 'This service is linked to a WhatsApp account already.');
    }
    return await (await connection).requestPairCode(phone);
  }

  async lookUp(serviceId: ServiceId, phone: PhoneNumber): Promise<boolean> {
    try {
      return (await this.findWhatsAppPhone(serviceId, phone)) !== null;
    } catch (error) {
      if (error instanceof SendRefusal) throw new Problem('not_connected');
      throw error;
    }
  }

  /**
   * A number as WhatsApp knows it: remembered for 30 days, else asked.
   * @throws SendRefusal when it would have to be asked and can not be
   */
  async findWhatsAppPhone(serviceId: ServiceId, phone: PhoneNumber): Promise<PhoneNumber | null> {
    const key = `${serviceId}|${phone}`;
    const remembered = this.#lookups.get(key);
    if (remembered !== undefined) return remembered;
    const kept = await findLookup(this.#database, serviceId, phone);
    if (kept !== null) {
      if (kept.whatsAppPhone !== null) this.#lookups.set(key, kept.whatsAppPhone);
      return kept.whatsAppPhone;
    }
    const connection = await this.connectionOf(serviceId);
    if (connection === null) throw new SendRefusal('not_connected', true);
    const whatsAppPhone = await connection.lookUp(phone);
    await keepLookup(this.#database, serviceId, phone, { whatsAppPhone });
    if (whatsAppPhone !== null) this.#lookups.set(key, whatsAppPhone);
    return whatsAppPhone;
  }

  async listGroups(serviceId: ServiceId): Promise<Group[]> {
    try {
      const connection = await this.connectionOf(serviceId);
      if (connection === null) throw new SendRefusal('not_connected', true);
      return await connection.listGroups();
    } catch (error) {
      if (error instanceof SendRefusal) throw new Problem('not_connected');
      throw error;
    }
  }

  async waitUntilConnected(serviceId: ServiceId, timeoutMs: number): Promise<boolean> {
    const isConnected = (): boolean => this.#sessions.get(serviceId)?.model.mode === 'open';
    await this.#changes.until(serviceId, isConnected, timeoutMs, this.#parts.clock);
    await this.#writing;
    return isConnected();
  }

  /** The account is not wanted: what it says of itself is kept, then others may have it. */
  async #close(serviceId: ServiceId): Promise<void> {
    this.#sessions.get(serviceId)?.unwant();
    await this.#writing;
    await this.#leasing.letGo(serviceId);
  }

  #ofLease({ serviceId, epoch }: Lease): Session | null {
    const session = this.#sessions.get(serviceId);
    return session?.lease.epoch === epoch ? session : null;
  }

  /** From here on it is not asked and tells nothing any more. */
  #forget(session: Session): void {
    this.#sessions.delete(session.serviceId);
    this.#changes.wake(session.serviceId);
  }

  async #unlink(serviceId: ServiceId): Promise<void> {
    const session = this.#sessions.get(serviceId);
    if (session === undefined) return;
    await this.#comingBack.get(session);
    if (this.#ofLease(session.lease) === null) return;
    if (session.connection !== null) this.#listener.onEnd(serviceId);
    this.#farewells.begin(session);
  }

  async #want(serviceId: ServiceId): Promise<void> {
    const session = this.#sessions.get(serviceId);
    if (session === undefined) return;
    await this.#comingBack.get(session);
    if (this.#ofLease(session.lease) !== null) session.want();
  }

  /** The session stands as it was left, a ban included, and connects if it may. */
  async #bringBack(session: Session, isAsked: boolean): Promise<void> {
    const { lease, serviceId } = session;
    try {
      if (isAsked || (await this.#parts.connector.isLinked(lease))) {
        const left = await findLeftSession(this.#database, serviceId);
        if (this.#ofLease(lease) === null || left === null) return;
        if (left.notBeforeInMs !== null || left.forgetInMs !== null) this.#ended.add(serviceId);
        session.restore(left);
        if (left.isToBeUnlinked) this.#farewells.begin(session);
        else if (isAsked) session.want();
        return;
      }
      await recordUnlinked(this.#database.pool, lease);
      await this.#leasing.letGo(lease.serviceId);
    } catch (error) {
      if (!(error instanceof LeaseLost)) {
        const err = toError(error);
        this.#parts.log.error({ err, serviceId: lease.serviceId }, 'an account was not connected');
      }
    }
  }

  #createSession(lease: Lease, mode: ServiceMode): Session {
    const { serviceId } = lease;
    const session = new Session(lease, mode, this.#parts, {
      onAnswer: (answer) => this.#listener.onAnswer(lease, answer),
      onMessage: (message) => this.#listener.onMessage(lease, message),
      findSent: (id) => findSentContent(this.#database.pool, serviceId, id),
      onChange: () => {
        this.#recordState(session);
      },
      onOpen: () => {
        if (this.#farewells.has(serviceId)) this.#farewells.opened(session);
        else this.#listener.onOpen(serviceId);
      },
      onEnd: () => {
        this.#listener.onEnd(serviceId);
      },
    });
    return session;
  }

  #recordState(session: Session): void {
    const { lease, account, demands } = session;
    const { state, detail, qr } = session.model;
    // Giving an account up is no news about it: the next owner finds the row as it was.
    if (this.#ofLease(lease) !== null && !this.#ending.has(session)) {
      this.#leasing.linking(lease, state === 'waiting_for_scan' || state === 'linking');
      const news = { state, detail, qr, ...(account === null ? {} : { account }) };
      this.#recordEnd(lease, demands);
      this.#write(() => recordSession(this.#database.pool, lease, news));
    }
    this.#changes.wake(lease.serviceId);
  }

  /** Most sessions never have one; of those nothing is written. */
  #recordEnd(lease: Lease, end: SessionEnd): void {
    const { serviceId } = lease;
    const isNone = end.notBeforeInMs === null && end.forgetInMs === null;
    if (isNone && !this.#ended.has(serviceId)) return;
    if (isNone) this.#ended.delete(serviceId);
    else this.#ended.add(serviceId);
    this.#write(() => recordSessionEnd(this.#database.pool, lease, end));
  }

  #write(statement: () => Promise<void>): void {
    this.#writing = this.#writing.then(statement).catch((error: unknown) => {
      this.#parts.log.error({ err: toError(error) }, 'a session row could not be written');
    });
  }
}

/** Waiting longer for a QR code makes no sense: it is there, or not needed, or will not come soon. */
function isLinkingDecided({ qr, mode, state, failures, refusals }: SessionModel): boolean {
  return (
    qr !== null ||
    mode === 'open' ||
    mode === 'stopped' ||
    state === 'outdated' ||
    state === 'temporarily_banned' ||
    (mode === 'waiting' && failures + refusals > 1)
  );
}
