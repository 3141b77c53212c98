import { openFile } from '../media/media-file.ts';
import type { ReceivedContent, ShownContent } from './content.ts';
import type { MediaStore } from '../media/media-store.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

/** One entry of what a phone has shown its owner. */
export interface ShownMessage extends ShownContent {
  readonly id: string;
  /** Number of whoever wrote it. */
  readonly from: string;
  /** Number of the person it was written to; null in groups. */
  readonly to: string | null;
  readonly groupId: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How often the message came over the wire; shown once all the same. */
  readonly wireCopies: number;
}

export interface Arrival {
  readonly phone: string;
  readonly id: string;
  readonly from: string;
  readonly to: string | null;
  readonly groupId: string | null;
  readonly at: number;
}

interface ShownRow {
  seq: number;
  id: string;
  sender: string;
  chat: string;
  group_id: string | null;
  content: string;
  at: number;
  wire_copies: number;
}

/** What all phones have shown their owners, in order. An id of one sender is shown once. */
export class Screen {
  readonly #insert: Query<{ copies: number }>;
  readonly #countCopy: Query<never>;
  readonly #rewrite: Query<never>;
  readonly #list: Query<ShownRow>;

  constructor(database: WorldDatabase) {
    this.#insert = database.prepare(
      `INSERT INTO shown_message (phone, sender, id, chat, group_id, content, at)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET wire_copies = wire_copies + 1
       RETURNING wire_copies AS copies`,
    );
    this.#countCopy = database.prepare(
      `UPDATE shown_message SET wire_copies = wire_copies + 1
       WHERE phone = ? AND sender = ? AND id = ?`,
    );
    this.#rewrite = database.prepare('UPDATE shown_message SET content = ? WHERE seq = ?');
    this.#list = database.prepare('SELECT * FROM shown_message WHERE phone = ? ORDER BY seq');
  }

  /** Shows a message, or counts one more copy of it; gives how often it has come by now. */
  show(arrival: Arrival, content: ReceivedContent): number {
    const { phone, from, id, to, groupId, at } = arrival;
    const shown = JSON.stringify(content);
    return this.#insert.get(phone, from, id, to ?? '', groupId, shown, at)?.copies ?? 1;
  }

  /** Counts another copy of a message; false if it was never shown. */
  countCopy(phone: string, from: string, id: string): boolean {
    return this.#countCopy.run(phone, from, id).changes > 0;
  }

  /** All of it, files opened. */
  async list(phone: string, media: MediaStore): Promise<ShownMessage[]> {
    const messages: ShownMessage[] = [];
    for (const row of this.#list.all(phone)) {
      const content = JSON.parse(row.content) as ReceivedContent;
      messages.push({
        id: row.id,
        from: row.sender,
        to: row.chat === '' ? null : row.chat,
        groupId: row.group_id,
        ...(await this.#open(row.seq, content, media)),
        at: row.at,
        wireCopies: row.wire_copies,
      });
    }
    return messages;
  }

  /** Opens the file in a message, if there is one, the first time somebody looks. */
  async #open(seq: number, content: ReceivedContent, store: MediaStore): Promise<ShownContent> {
    const { sealed, ...shown } = content;
    if (!sealed || !shown.media) return shown;
    const opened = (await openFile(store, sealed)) ?? { bytes: null, sha256: null };
    const seen = { ...shown, media: { ...shown.media, ...opened } };
    if (opened.sha256 !== null) this.#rewrite.run(JSON.stringify(seen), seq);
    return seen;
  }
}
