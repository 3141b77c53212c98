/**
 * libsignal prints whole sessions, private keys included, with `console.info` and `console.warn`
 * on ordinary sends. Nothing of ours uses the console, so all of it is silenced.
 */
for (const method of ['debug', 'log', 'info', 'warn', 'error', 'trace', 'dir'] as const) {
  console[method] = () => undefined;
}
