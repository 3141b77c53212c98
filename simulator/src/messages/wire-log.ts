import type { Query, WorldDatabase } from '../world/database.ts';

export interface WireIdSummary {
  readonly ids: number;
  readonly copies: number;
  readonly repeatedIds: number;
  readonly mostCopies: number;
}

/** How often each message id came over the wire from linked devices. */
export class WireLog {
  readonly #note: Query<never>;
  readonly #copies: Query<{ copies: number }>;
  readonly #summary: Query<WireIdSummary>;
  readonly #list: Query<{ phone: string; id: string; copies: number }>;

  constructor(database: WorldDatabase) {
    this.#note = database.prepare(
      `INSERT INTO wire_message VALUES (?, ?, 1)
       ON CONFLICT DO UPDATE SET copies = copies + 1`,
    );
    this.#copies = database.prepare('SELECT copies FROM wire_message WHERE phone = ? AND id = ?');
    this.#summary = database.prepare(
      `SELECT count(*) AS ids, coalesce(sum(copies), 0) AS copies,
         count(*) FILTER (WHERE copies > 1) AS repeatedIds,
         coalesce(max(copies), 0) AS mostCopies
       FROM wire_message`,
    );
    this.#list = database.prepare('SELECT phone, id, copies FROM wire_message ORDER BY id');
  }

  /** How often this message of an account has come so far. */
  copies(phone: string, id: string): number {
    return this.#copies.get(phone, id)?.copies ?? 0;
  }

  note(phone: string, id: string): void {
    this.#note.run(phone, id);
  }

  summary(): WireIdSummary {
    return this.#summary.get() ?? { ids: 0, copies: 0, repeatedIds: 0, mostCopies: 0 };
  }

  /** Copies by message id, all senders together. */
  byId(): Record<string, number> {
    const copies: Record<string, number> = {};
    for (const row of this.#list.all()) copies[row.id] = (copies[row.id] ?? 0) + row.copies;
    return copies;
  }
}
