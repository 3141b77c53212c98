// libsignal prints whole sessions, private keys included, with these: nothing of it may get out.
for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  console[method] = () => undefined;
}
process.removeAllListeners('warning'); // node:sqlite calls itself experimental

const { DEFAULT_SEED, startSimulator } = await import('./index.ts');
const env = process.env;
const seed = env['SIMULATOR_SEED'] ?? DEFAULT_SEED;
const simulator = await startSimulator({
  dataDir: env['SIMULATOR_DATA_DIR'] ?? './data/simulator',
  port: Number(env['SIMULATOR_PORT'] ?? 3900),
  seed,
  ...(env['SIMULATOR_TOKEN'] ? { token: env['SIMULATOR_TOKEN'] } : {}),
});

process.stdout.write(`A simulated WhatsApp is running.

  WebSocket  ${simulator.webSocketUrl}
  API        ${simulator.httpUrl}/simulator
  Root key   ${simulator.rootKey.toString('hex')}
  Seed       ${seed}
`);

const stop = () => void simulator.close().then(() => process.exit(0));
process.once('SIGTERM', stop).once('SIGINT', stop);
