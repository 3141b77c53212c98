import { createRequire } from 'node:module';

/**
 * To be imported before anything that loads Baileys. Makes its signature checks real: libsignal
 * answers a bad signature with `false` where Baileys waits for an exception. Also keeps libsignal
 * from printing sessions, and the timers Baileys forgets (30 s for an upload that is long done)
 * from holding up the end of a test file.
 */
const require = createRequire(import.meta.url);
type Verify = (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
const curve = require('libsignal/src/curve.js') as { verifySignature: Verify };
const verify = curve.verifySignature;

export const checks = { passed: 0 };

curve.verifySignature = (key, message, signature) => {
  if (!verify(key, message, signature)) throw new Error('Invalid signature');
  checks.passed += 1;
  return true;
};

for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  console[method] = () => undefined;
}

const FORGOTTEN_TIMER_MS = 10_000;
const setTimer = globalThis.setTimeout;
globalThis.setTimeout = new Proxy(setTimer, {
  apply(target, self, parameters: Parameters<typeof setTimer>) {
    const timer = Reflect.apply(target, self, parameters);
    return Number(parameters[1]) >= FORGOTTEN_TIMER_MS ? timer.unref() : timer;
  },
});
