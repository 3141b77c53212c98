import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue } from 'node:sqlite';

import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

/** A prepared statement whose rows have the shape `Row`. */
export interface Query<Row> {
  run(...values: SQLInputValue[]): { changes: number; lastId: number };
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
}

class WorldError extends Error {
  override name = 'WorldError';
}

/**
 * The file `world.sqlite` in the data directory. It survives `kill -9` of this process
 * (write-ahead log), not a power cut (`synchronous = OFF`): as WhatsApp would survive the death
 * of a client.
 */
export class WorldDatabase {
  readonly #database: DatabaseSync;
  #afterCommit: Array<() => void> = [];
  #depth = 0;

  /** Opens or makes the world. Throws `WorldError` when it was made with another schema or seed. */
  constructor(dataDir: string, seed: string) {
    mkdirSync(dataDir, { recursive: true });
    this.#database = new DatabaseSync(join(dataDir, 'world.sqlite'));
    this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
    this.#migrate(dataDir, seed);
  }

  prepare<Row>(sql: string): Query<Row> {
    const statement = this.#database.prepare(sql);
    return {
      run(...values) {
        const result = statement.run(...values);
        return { changes: Number(result.changes), lastId: Number(result.lastInsertRowid) };
      },
      get: (...values) => statement.get(...values) as Row | undefined,
      all: (...values) => statement.all(...values) as Row[],
    };
  }

  /** Runs `work` in one transaction; inside another one it simply joins that. */
  transaction<Result>(work: () => Result): Result {
    if (this.#depth > 0) return work();
    this.#database.exec('BEGIN IMMEDIATE');
    this.#depth = 1;
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#afterCommit = [];
      this.#database.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth = 0;
      this.#runAfterCommit();
    }
  }

  /** Runs `action` once what is being written has been written (at once outside a transaction). */
  afterCommit(action: () => void): void {
    if (this.#depth === 0) action();
    else this.#afterCommit.push(action);
  }

  /** Deletes every row; schema and seed stay. */
  clear(): void {
    const tables = this.prepare<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    );
    this.transaction(() => {
      for (const { name } of tables.all()) {
        if (name !== 'origin') this.#database.exec(`DELETE FROM "${name}"`);
      }
    });
  }

  close(): void {
    this.#database.close();
  }

  #runAfterCommit(): void {
    const actions = this.#afterCommit;
    this.#afterCommit = [];
    for (const action of actions) action();
  }

  #migrate(dataDir: string, seed: string): void {
    this.#database.exec('CREATE TABLE IF NOT EXISTS origin (version INTEGER, seed TEXT) STRICT');
    const origin = this.prepare<{ version: number; seed: string }>('SELECT * FROM origin').get();
    if (!origin) {
      this.transaction(() => {
        this.#database.exec(SCHEMA);
        this.prepare('INSERT INTO origin VALUES (?, ?)').run(SCHEMA_VERSION, seed);
      });
      return;
    }
    if (origin.version !== SCHEMA_VERSION) {
      throw new WorldError(
        `The world in ${dataDir} has schema ${origin.version}, this simulator needs ${SCHEMA_VERSION}. Delete the directory to start an empty world.`,
      );
    }
    if (origin.seed !== seed) {
      throw new WorldError(
        `The world in ${dataDir} was made with the seed "${origin.seed}", not "${seed}". Use that seed, or another directory.`,
      );
    }
  }
}
