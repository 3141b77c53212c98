import { CONNECTION_STATES } from '../../domain/connection-state.ts';
import { Problem } from '../../domain/errors.ts';
import { serviceId as serviceIdOf, type ServiceId } from '../../domain/ids.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';
import type { Clock } from '../../runtime/clock.ts';
import { createWatch, type Watch } from '../../runtime/watch.ts';
import type { Database } from '../../storage/database.ts';
import { findLookup } from '../../storage/lookups/lookups.ts';
import { CHANNELS } from '../../storage/notices/channels.ts';
import type { Notices } from '../../storage/notices/notices.ts';
import { notify } from '../../storage/notices/notify.ts';
import { findStanding, type SessionStanding } from '../../storage/sessions/find-standing.ts';
import { recordNobodyConnected } from '../../storage/sessions/record-nobody-connected.ts';
import { findWantedSession, setSessionWanted } from '../../storage/sessions/session-rows.ts';
import type { Group, ServiceMode } from '../connection.ts';
import type { SessionControl } from '../session-control.ts';
import type { Asker } from './asker.ts';

const LINK_WAIT_MS = 15_000;
const DISCONNECT_WAIT_MS = 5000;
const ANSWER_WAIT_MS = 15_000;
/** A pairing code needs a connection first, and an owner for it before that. */
const PAIR_CODE_WAIT_MS = 30_000;
/** How long a change whose notice was missed can lie. */
const LOOK_EVERY_MS = 1000;

/** States in which waiting longer for a QR code makes no sense. */
const HOPELESS_STATES: ReadonlySet<string> = new Set(['refused', 'outdated', 'replaced']);

/** What the sessions of other processes are reached by. */
export interface SessionsElsewhereParts {
  readonly database: Database;
  readonly notices: Notices;
  readonly asker: Pick<Asker, 'ask'>;
  /** Whether this installation serves services of this mode. */
  readonly serves: (mode: ServiceMode) => boolean;
  readonly clock: Clock;
}

/**
 * The sessions of accounts that another process holds, or nobody yet. What is wanted is written
 * into the session's row, how it stands is read there; what only the holder can tell is asked.
 */
export class SessionsElsewhere implements SessionControl {
  readonly #parts: SessionsElsewhereParts;
  readonly #rows: Watch<ServiceId>;

  constructor(parts: SessionsElsewhereParts) {
    this.#parts = parts;
    this.#rows = createWatch(parts.clock, LOOK_EVERY_MS);
    parts.notices.listen(CHANNELS.sessionChanged, {
      onNotice: (id) => this.#rows.wake(serviceIdOf(Number(id))),
      onGap: () => this.#rows.wakeAll(),
    });
  }

  async connect(serviceId: ServiceId): Promise<void> {
    const { database, serves } = this.#parts;
    const wanted = await findWantedSession(database, serviceId);
    if (wanted === null) throw new Problem('service_not_found');
    if (!serves(wanted.mode)) throw new Problem('test_mode_off');
    await setSessionWanted(database, serviceId, true);
    await this.#wakeHolder(serviceId);
  }

  async disconnect(serviceId: ServiceId): Promise<void> {
    await setSessionWanted(this.#parts.database, serviceId, false);
    await this.#wakeHolder(serviceId);
    const isOver = async (): Promise<true | null> => {
      const { isHeld, isCurrent, state } = await this.#standing(serviceId);
      return !isHeld || (isCurrent && state === 'disconnected') || null;
    };
    await this.#rows.until(serviceId, isOver, DISCONNECT_WAIT_MS);
    await recordNobodyConnected(this.#parts.database.pool, serviceId);
  }

  standingChanged(serviceId: ServiceId): Promise<void> {
    return this.#wakeHolder(serviceId);
  }

  async currentQr(serviceId: ServiceId): Promise<string | null> {
    await this.connect(serviceId);
    const look = async (): Promise<SessionStanding | null> => {
      const standing = await this.#standing(serviceId);
      if (isLinkingDecided(standing)) return standing;
      // The holder may not have heard, or there was none when it was told.
      await this.#wakeHolder(serviceId);
      return null;
    };
    const standing = await this.#rows.until(serviceId, look, LINK_WAIT_MS);
    if (standing?.isLinked === true || standing?.state === 'linking') return null;
    if (standing?.isCurrent === true && standing.qr !== null) return standing.qr;
    const { isHeld, state } = standing ?? (await this.#standing(serviceId));
    throw new Problem(
      'not_ready',
      isHeld ? `${CONNECTION_STATES[state]}.` : 'No process serves this account at the moment.',
    );
  }

  async requestPairCode(serviceId: ServiceId, phone: PhoneNumber): Promise<string> {
    await this.connect(serviceId);
    if ((await this.#standing(serviceId)).isLinked) {
      throw new Problem('wrong_state', 'This service is linked to a WhatsApp account already.');
    }
    return await this.#parts.asker.ask(serviceId, { kind: 'pairCode', phone }, PAIR_CODE_WAIT_MS);
  }

  async lookUp(serviceId: ServiceId, phone: PhoneNumber): Promise<boolean> {
    const kept = await findLookup(this.#parts.database, serviceId, phone);
    if (kept !== null) return kept.whatsAppPhone !== null;
    await this.#assertConnected(serviceId);
    return await this.#parts.asker.ask(serviceId, { kind: 'lookUp', phone }, ANSWER_WAIT_MS);
  }

  async listGroups(serviceId: ServiceId): Promise<Group[]> {
    await this.#assertConnected(serviceId);
    return await this.#parts.asker.ask(serviceId, { kind: 'groups' }, ANSWER_WAIT_MS);
  }

  async waitUntilConnected(serviceId: ServiceId, timeoutMs: number): Promise<boolean> {
    const isConnected = async (): Promise<true | null> => {
      const { isCurrent, state } = await this.#standing(serviceId);
      return (isCurrent && state === 'connected') || null;
    };
    return (await this.#rows.until(serviceId, isConnected, timeoutMs)) ?? false;
  }

  async #standing(serviceId: ServiceId): Promise<SessionStanding> {
    const standing = await findStanding(this.#parts.database.pool, serviceId);
    if (standing === null) throw new Problem('service_not_found');
    return standing;
  }

  /** An account that was connected may be changing hands: then the new holder answers. */
  async #assertConnected(serviceId: ServiceId): Promise<void> {
    if ((await this.#standing(serviceId)).state !== 'connected') {
      throw new Problem('not_connected');
    }
  }

  async #wakeHolder(serviceId: ServiceId): Promise<void> {
    await notify(this.#parts.database, CHANNELS.sessionWanted, serviceId);
  }
}

function isLinkingDecided({ isLinked, isCurrent, state, qr }: SessionStanding): boolean {
  if (isLinked) return true;
  return isCurrent && (qr !== null || state === 'linking' || HOPELESS_STATES.has(state));
}
