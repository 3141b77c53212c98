import type { Addressing } from '../accounts/address.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

/** A message a phone has written, with what it needs to encrypt it once more. */
export interface WrittenMessage {
  readonly phone: string;
  readonly id: string;
  /** The number of the person or the address of the group it went to. */
  readonly chat: string;
  readonly addressing: Addressing;
  /** The encoded `Message`, without padding. */
  readonly body: Buffer;
  readonly at: number;
}

interface WrittenRow {
  phone: string;
  id: string;
  chat: string;
  addressing: Addressing;
  body: Uint8Array;
  at: number;
  delivered: number;
  read: number;
}

export class WrittenMessages {
  readonly #takeNumber: Query<{ number: number }>;
  readonly #insert: Query<never>;
  readonly #find: Query<WrittenRow>;
  readonly #list: Query<WrittenRow>;
  readonly #markDelivered: Query<never>;
  readonly #markRead: Query<never>;

  constructor(database: WorldDatabase) {
    this.#takeNumber = database.prepare(
      `UPDATE account SET next_message = next_message + 1 WHERE phone = ?
       RETURNING next_message - 1 AS number`,
    );
    this.#insert = database.prepare(
      'INSERT INTO written_message (phone, id, chat, addressing, body, at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#find = database.prepare('SELECT * FROM written_message WHERE phone = ? AND id = ?');
    this.#list = database.prepare('SELECT * FROM written_message WHERE phone = ? ORDER BY at, id');
    this.#markDelivered = database.prepare(
      'UPDATE written_message SET delivered = 1 WHERE phone = ? AND id = ?',
    );
    this.#markRead = database.prepare(
      'UPDATE written_message SET delivered = 1, read = 1 WHERE phone = ? AND id = ?',
    );
  }

  /** Counts up by one for each message of a phone, from 1. */
  takeNumber(phone: string): number {
    return this.#takeNumber.get(phone)?.number ?? 1;
  }

  add(message: WrittenMessage): void {
    const { phone, id, chat, addressing, body, at } = message;
    this.#insert.run(phone, id, chat, addressing, body, at);
  }

  find(phone: string, id: string): WrittenMessage | undefined {
    const row = this.#find.get(phone, id);
    return row && { ...row, body: Buffer.from(row.body) };
  }

  list(phone: string): Array<{ id: string; to: string; at: number; ticks: 1 | 2 | 3 }> {
    return this.#list.all(phone).map(({ id, chat, at, delivered, read }) => ({
      id,
      to: chat,
      at,
      ticks: read ? 3 : delivered ? 2 : 1,
    }));
  }

  markDelivered(phone: string, id: string): void {
    this.#markDelivered.run(phone, id);
  }

  markRead(phone: string, id: string): void {
    this.#markRead.run(phone, id);
  }
}
