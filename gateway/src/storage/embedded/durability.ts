/** Asks the database one thing, as `pg`'s `query` does. */
export type Query = (statement: string) => Promise<{ rows: readonly Record<string, unknown>[] }>;

/**
 * The settings an acknowledged message depends on, and the values that keep it through a power
 * failure. For `synchronous_commit` every value but `off` waits for the local disk
 * (https://www.postgresql.org/docs/18/runtime-config-wal.html).
 */
const DURABLE_VALUES: Readonly<Record<string, readonly string[]>> = {
  fsync: ['on'],
  full_page_writes: ['on'],
  synchronous_commit: ['on', 'local', 'remote_write', 'remote_apply'],
};

/**
 * Refuses a database that may lose what it has confirmed. Ask it over the very connection settings
 * (user, database) the gateway uses: `synchronous_commit` can be set for each.
 * @throws Error with a sentence that names the setting
 */
export async function assertDurable(query: Query): Promise<void> {
  for (const [setting, durable] of Object.entries(DURABLE_VALUES)) {
    const { rows } = await query(`SHOW ${setting}`);
    const value = String(rows[0]?.[setting]);
    if (durable.includes(value)) continue;
    throw new Error(
      `The database has ${setting} = ${value}, so messages that were acknowledged could be lost ` +
        `in a crash. Tickwire does not start on it: please set ${setting} = on.`,
    );
  }
}
