import type { Query, WorldDatabase } from './database.ts';

/** Single JSON values of the world under a name. */
export class Settings {
  readonly #read: Query<{ value: string }>;
  readonly #write: Query<never>;

  constructor(database: WorldDatabase) {
    this.#read = database.prepare('SELECT value FROM setting WHERE name = ?');
    this.#write = database.prepare(
      'INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    );
  }

  get(name: string): unknown {
    const row = this.#read.get(name);
    return row ? JSON.parse(row.value) : undefined;
  }

  set(name: string, value: unknown): void {
    this.#write.run(name, JSON.stringify(value));
  }
}
