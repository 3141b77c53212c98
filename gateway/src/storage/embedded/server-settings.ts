/**
 * How the server runs. Given on its command line, where they win over the cluster's files, so that
 * an update of Tickwire updates them too.
 *
 * Small at rest (10 MB and 5 processes instead of 21 MB and 9, measured with 32 MB of buffers), and
 * durable: nothing is confirmed before it is on disk.
 */
export const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',

  max_connections: '60',
  shared_buffers: '64MB',
  io_method: 'sync',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  max_logical_replication_workers: '0',
  max_wal_senders: '0',
  autovacuum_max_workers: '2',
  huge_pages: 'off',

  timezone: 'UTC',
  log_timezone: 'UTC',
  // Read by us. `log` leaves out the errors of single statements: whoever sent one gets it, and
  // the server's copy could show what the statement was about.
  log_destination: 'stderr',
  logging_collector: 'off',
  log_min_messages: 'log',
  log_checkpoints: 'off',
  log_line_prefix: '',
  lc_messages: 'C',
};

/** Settings as `postgres` takes them on its command line. */
export function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
