import { LRUCache } from 'lru-cache';
import { CONNECTION_STATES } from '../domain/connection-state.ts';
import { Problem, toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import type { PhoneNumber } from '../domain/phone-number.ts';
import type { Database } from '../storage/database.ts';
import { findLookup, keepLookup } from '../storage/lookups/lookups.ts';
import { findSentContent } from '../storage/messages/find-sent-content.ts';
import {
  findWantedSession,
  listWantedSessions,
  recordSession,
  setSessionWanted,
} from '../storage/sessions/session-rows.ts';
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
import { Session, type SessionParts } from './session.ts';
import { staysStopped } from './session-machine.ts';
import type { SessionModel } from './session-model.ts';
import type { SessionControl } from './session-control.ts';
import { createWaiters } from '../runtime/waiters.ts';

const LINK_WAIT_MS = 15_000;
const REMEMBERED_LOOKUPS_MAX = 50_000;

/** What the sessions hand on. Promises resolve when the thing is durable. */
export interface SessionsListener {
  onAnswer(serviceId: ServiceId, answer: Answer): Promise<void>;
  onMessage(serviceId: ServiceId, message: IncomingMessage): Promise<void>;
  /** The account is connected: its queue may move. */
  onOpen(serviceId: ServiceId): void;
  /** The account is not connected any more. */
  onEnd(serviceId: ServiceId): void;
}

/** All sessions of this process. */
export class Sessions implements SessionControl {
  readonly #database: Database;
  readonly #parts: SessionParts;
  readonly #listener: SessionsListener;
  readonly #sessions = new Map<ServiceId, Session>();
  readonly #changes = createWaiters<ServiceId>();
  readonly #lookups = new LRUCache<string, PhoneNumber>({ max: REMEMBERED_LOOKUPS_MAX });
  /** Services with a row in `session_ends`. */
  readonly #ended = new Set<ServiceId>();
  /** Rows are written in the order of the changes they tell of. */
  #writing: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(database: Database, parts: SessionParts, listener: SessionsListener) {
    this.#database = database;
    this.#parts = parts;
    this.#listener = listener;
  }

  /** Brings back every linked service that wants a connection; the gate lets in a few a second. */
  async start(): Promise<void> {
    const wanted = await listWantedSessions(this.#database);
    for (const { serviceId, mode, state } of wanted) {
      if (this.#isStopping) return;
      if (!this.#parts.connector.serves(mode)) continue;
      if (!(await this.#isLinked(serviceId))) {
        if (staysStopped(state)) continue;
        // Nobody looks at its QR codes now; asking for one starts it again.
        await recordSession(this.#database, serviceId, {
          state: 'disconnected',
          detail: null,
          qr: null,
        });
        continue;
      }
      await this.#bringBack(serviceId, mode);
    }
  }

  /** Closes every connection; what is wanted stays wanted for the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const session of this.#sessions.values()) session.unwant();
    await this.#writing;
  }

  /** The open connection of a service, or null. */
  connectionOf(serviceId: ServiceId): Promise<Connection> | null {
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
    (await this.#bringBack(serviceId, wanted.mode)).want();
  }

  async disconnect(serviceId: ServiceId): Promise<void> {
    await setSessionWanted(this.#database, serviceId, false);
    this.#sessions.get(serviceId)?.unwant();
    await this.#writing;
  }

  async currentQr(serviceId: ServiceId): Promise<string | null> {
    await this.connect(serviceId);
    const session = this.#sessions.get(serviceId);
    await session?.forgotten;
    if (await this.#isLinked(serviceId)) return null;
    const isDecided = (): boolean => session === undefined || isLinkingDecided(session.model);
    await this.#changes.until(serviceId, isDecided, LINK_WAIT_MS, this.#parts.clock);
    const model = session?.model;
    if (model?.qr != null) return model.qr;
    if (model?.mode === 'open' || model?.state === 'linking') return null;
    throw new Problem('not_ready', `${CONNECTION_STATES[model?.state ?? 'unreachable']}.`);
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

  #isLinked(serviceId: ServiceId): Promise<boolean> {
    return this.#parts.connector.isLinked(serviceId);
  }

  /** The session as it was left, if it is not here already: a ban holds over restarts. */
  async #bringBack(serviceId: ServiceId, mode: ServiceMode): Promise<Session> {
    const existing = this.#sessions.get(serviceId);
    if (existing !== undefined) return existing;
    const left = await findLeftSession(this.#database, serviceId);
    const meanwhile = this.#sessions.get(serviceId);
    if (meanwhile !== undefined) return meanwhile;
    const session = this.#addSession(serviceId, mode);
    if (left === null || this.#isStopping) return session;
    if (left.notBeforeInMs !== null || left.forgetInMs !== null) this.#ended.add(serviceId);
    session.restore(left);
    return session;
  }

  #addSession(serviceId: ServiceId, mode: ServiceMode): Session {
    const session = new Session(serviceId, mode, this.#parts, {
      onAnswer: (answer) => this.#listener.onAnswer(serviceId, answer),
      onMessage: (message) => this.#listener.onMessage(serviceId, message),
      findSent: (id) => findSentContent(this.#database.pool, serviceId, id),
      onChange: () => {
        this.#recordState(session);
      },
      onOpen: () => {
        this.#listener.onOpen(serviceId);
      },
      onEnd: () => {
        this.#listener.onEnd(serviceId);
      },
    });
    this.#sessions.set(serviceId, session);
    return session;
  }

  #recordState(session: Session): void {
    const { serviceId, account, end } = session;
    const { state, detail, qr } = session.model;
    // A stop is no news about the account: the next start finds the row as it was.
    if (!this.#isStopping) {
      const news = { state, detail, qr, ...(account === null ? {} : { account }) };
      this.#recordEnd(serviceId, end);
      this.#write(() => recordSession(this.#database, serviceId, news));
    }
    this.#changes.wake(serviceId);
  }

  /** Most sessions never have one; of those nothing is written. */
  #recordEnd(serviceId: ServiceId, end: SessionEnd): void {
    const isNone = end.notBeforeInMs === null && end.forgetInMs === null;
    if (isNone && !this.#ended.has(serviceId)) return;
    if (isNone) this.#ended.delete(serviceId);
    else this.#ended.add(serviceId);
    this.#write(() => recordSessionEnd(this.#database, serviceId, end));
  }

  #write(statement: () => Promise<void>): void {
    this.#writing = this.#writing.then(statement).catch((error: unknown) => {
      this.#parts.log.error({ err: toError(error) }, 'a session row could not be written');
    });
  }
}

/** Waiting longer for a QR code makes no sense: it is there, or not needed, or will not come soon. */
function isLinkingDecided({ qr, mode, state, failures }: SessionModel): boolean {
  return (
    qr !== null ||
    mode === 'open' ||
    mode === 'stopped' ||
    state === 'outdated' ||
    state === 'temporarily_banned' ||
    (mode === 'waiting' && failures > 1)
  );
}
