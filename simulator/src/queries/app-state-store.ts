import type { Query, WorldDatabase } from '../world/database.ts';

/** The app-state patches that linked devices have written, by collection and version. */
export class AppState {
  readonly #version: Query<{ version: number }>;
  readonly #since: Query<{ version: number; patch: Uint8Array }>;
  readonly #insert: Query<never>;

  constructor(database: WorldDatabase) {
    this.#version = database.prepare(
      `SELECT coalesce(max(version), 0) AS version FROM app_state_patch
       WHERE phone = ? AND collection = ?`,
    );
    this.#since = database.prepare(
      `SELECT version, patch FROM app_state_patch
       WHERE phone = ? AND collection = ? AND version > ? ORDER BY version`,
    );
    this.#insert = database.prepare('INSERT INTO app_state_patch VALUES (?, ?, ?, ?)');
  }

  version(phone: string, collection: string): number {
    return this.#version.get(phone, collection)?.version ?? 0;
  }

  patchesSince(phone: string, collection: string, version: number) {
    return this.#since.all(phone, collection, version);
  }

  /** Adds a patch as the next version. */
  add(phone: string, collection: string, patch: Buffer): void {
    this.#insert.run(phone, collection, this.version(phone, collection) + 1, patch);
  }
}
