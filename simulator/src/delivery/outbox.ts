import { Agenda } from './agenda.ts';
import { decodeStanza, encodeStanza } from '../wire/codec.ts';
import { stanza } from '../wire/stanza.ts';
import type { Clock } from '../clock/clock.ts';
import type { DeviceLines } from '../connection/device-line.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

export interface Recipient {
  readonly phone: string;
  readonly device: number;
}

interface WaitingRow {
  seq: number;
  phone: string;
  device: number;
  stanza: Uint8Array;
}

/**
 * Messages, receipts and notifications on their way to linked devices.
 *
 * A stanza is *waiting* until its time has come (receipts), then *due*: it goes out at once if the
 * device is connected and caught up, else with the next login, marked `offline`. It stays due
 * until the device has acknowledged it, and each login sends again what is due. All of it is
 * kept in the world, so neither side's death loses anything.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #lines: DeviceLines;
  readonly #database: WorldDatabase;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #agenda: Agenda;

  constructor(database: WorldDatabase, clock: Clock, lines: DeviceLines) {
    this.#database = database;
    this.#clock = clock;
    this.#lines = lines;
    this.#agenda = new Agenda(clock, (seq) => this.#onDue(seq));
    this.#statements = prepareStatements(database);
  }

  /** Sets the timers of what was waiting when the process last ended. */
  resume(): void {
    for (const row of this.#statements.waiting.all(this.#clock.now())) {
      this.#agenda.add(row.seq, row.due_at);
    }
  }

  /** Sends a stanza (`message`, `receipt` or `notification`) once it is committed and due. */
  put(recipient: Recipient, node: Stanza, delayMs = 0, retriesAsked = 0): void {
    const { phone, device } = recipient;
    const dueAt = this.#clock.now() + delayMs;
    const bytes = encodeStanza(node);
    const { id = '', type = '' } = node.attrs;
    const { lastId: seq } = this.#statements.insert.run(
      phone,
      device,
      node.tag,
      id,
      peerOf(node.attrs['from'], node.attrs['participant']),
      type,
      dueAt,
      retriesAsked,
      bytes,
    );
    if (delayMs > 0) this.#agenda.add(seq, dueAt);
    else this.#database.afterCommit(() => this.#sendLive(phone, device, bytes));
  }

  /** Sends all that is due, marked `offline`; gives how many stanzas that were. */
  catchUp(recipient: Recipient, send: (node: Stanza) => void): number {
    const { phone, device } = recipient;
    const due = this.#statements.due.all(phone, device, this.#clock.now());
    for (const [index, row] of due.entries()) {
      this.#agenda.remove(row.seq);
      const node = decodeStanza(Buffer.from(row.stanza));
      send(stanza(node.tag, { ...node.attrs, offline: String(index) }, node.content));
    }
    return due.length;
  }

  /** The device has got a message: it is forgotten. With `again`, it is sent a second time. */
  messageArrived(recipient: Recipient, id: string, again?: 'now' | 'login'): void {
    if (again === undefined) {
      this.#statements.deleteMessage.run(recipient.phone, recipient.device, id);
      return;
    }
    const row = this.#statements.findMessage.get(recipient.phone, recipient.device, id);
    if (row && again === 'now') {
      this.#sendLive(recipient.phone, recipient.device, Buffer.from(row.stanza));
    }
  }

  /** The device refused a message; a refusal that goes with a retry request ends nothing. */
  messageRefused(recipient: Recipient, id: string): void {
    const { phone, device } = recipient;
    const { changes } = this.#statements.forgiveRefusal.run(phone, device, id);
    if (changes === 0) this.#statements.deleteMessage.run(phone, device, id);
  }

  /** The device has acknowledged a receipt or notification. */
  acknowledged(recipient: Recipient, ack: Stanza): void {
    const { class: kind = '', id = '', type = '', to, participant } = ack.attrs;
    this.#statements.deleteOne.run(
      recipient.phone,
      recipient.device,
      id,
      kind,
      type,
      peerOf(to, participant),
    );
  }

  /** Forgets everything for a device that was removed. */
  discard(recipient: Recipient): void {
    this.#statements.discard.run(recipient.phone, recipient.device);
  }

  /** How many stanzas wait for their time, and how many for an acknowledgement. */
  count(): { scheduled: number; unacknowledged: number } {
    const none = { scheduled: 0, unacknowledged: 0 };
    return this.#statements.count.get(this.#clock.now()) ?? none;
  }

  /** Stops the timers; what waits stays in the world. */
  pause(): void {
    this.#agenda.clear();
  }

  #onDue(seq: number): void {
    const row = this.#statements.bySeq.get(seq);
    if (row) this.#sendLive(row.phone, row.device, Buffer.from(row.stanza));
  }

  #sendLive(phone: string, device: number, bytes: Buffer): void {
    const line = this.#lines.of(phone, device);
    if (line?.isCaughtUp) line.sendEncoded(bytes);
  }
}

/** Whom an acknowledgement has to name: the sender and, in groups, the member. */
function peerOf(from: string | undefined, participant: string | undefined): string {
  return participant === undefined ? (from ?? '') : `${from ?? ''}/${participant}`;
}

function prepareStatements(database: WorldDatabase) {
  const prepare = <Row = never>(sql: string): Query<Row> => database.prepare<Row>(sql);
  return {
    insert: prepare(
      `INSERT INTO outgoing
         (phone, device, class, id, peer, type, due_at, retries_asked, stanza)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    waiting: prepare<{ seq: number; due_at: number }>(
      'SELECT seq, due_at FROM outgoing WHERE due_at > ? ORDER BY due_at, seq',
    ),
    due: prepare<WaitingRow>(
      'SELECT * FROM outgoing WHERE phone = ? AND device = ? AND due_at <= ? ORDER BY seq',
    ),
    bySeq: prepare<WaitingRow>('SELECT * FROM outgoing WHERE seq = ?'),
    findMessage: prepare<WaitingRow>(
      `SELECT * FROM outgoing WHERE phone = ? AND device = ? AND id = ? AND class = 'message'`,
    ),
    deleteMessage: prepare(
      `DELETE FROM outgoing WHERE phone = ? AND device = ? AND id = ? AND class = 'message'`,
    ),
    forgiveRefusal: prepare(
      `UPDATE outgoing SET retries_asked = 0
       WHERE phone = ? AND device = ? AND id = ? AND class = 'message' AND retries_asked > 0`,
    ),
    deleteOne: prepare(
      `DELETE FROM outgoing WHERE seq = (
         SELECT seq FROM outgoing
         WHERE phone = ? AND device = ? AND id = ? AND class = ? AND type = ? AND peer = ?
         ORDER BY seq LIMIT 1)`,
    ),
    discard: prepare('DELETE FROM outgoing WHERE phone = ? AND device = ?'),
    count: prepare<{ scheduled: number; unacknowledged: number }>(
      `SELECT count(*) FILTER (WHERE due_at > ?1) AS scheduled,
         count(*) FILTER (WHERE due_at <= ?1) AS unacknowledged
       FROM outgoing`,
    ),
  };
}
