import { Gauge, type Registry } from 'prom-client';
import type { ConnectGate } from './connect-gate.ts';
import type { Sessions } from './sessions.ts';

/** Registers what Prometheus may know of the sessions of this process. */
export function addSessionMetrics(registry: Registry, sessions: Sessions, gate: ConnectGate): void {
  const registers = [registry];
  const byState = new Gauge({
    name: 'tickwire_sessions',
    help: 'Sessions of this process by connection state.',
    labelNames: ['state'],
    registers,
    collect() {
      byState.reset();
      for (const [state, count] of sessions.countByState()) byState.set({ state }, count);
    },
  });
  const held = new Gauge({
    name: 'tickwire_connects_held',
    help: '1 while WhatsApp refuses this version of the gateway, so that nothing new connects.',
    labelNames: ['mode'],
    registers,
    collect() {
      for (const { mode, isHeld } of gate.status()) held.set({ mode }, isHeld ? 1 : 0);
    },
  });
  const slow = new Gauge({
    name: 'tickwire_connections_slow',
    help: 'Open connections of this process on which WhatsApp does not answer in time.',
    registers,
    collect() {
      slow.set(sessions.listLiveness().filter(({ isSlow }) => isSlow).length);
    },
  });
  const quiet = new Gauge({
    name: 'tickwire_connection_quiet_seconds_max',
    help: 'How long WhatsApp has not been heard of on the quietest open connection.',
    registers,
    collect() {
      const quietMs = sessions.listLiveness().map((liveness) => liveness.quietMs);
      quiet.set(quietMs.reduce((most, each) => Math.max(most, each), 0) / 1000);
    },
  });
  const waiting = new Gauge({
    name: 'tickwire_connects_waiting',
    help: 'Sessions of this process that wait for their turn to connect.',
    labelNames: ['mode'],
    registers,
    collect() {
      for (const { mode, waiting: count } of gate.status()) waiting.set({ mode }, count);
    },
  });
}

/** What the operator should know although requests are served, a sentence each. */
export function gateWarnings(gate: ConnectGate): string[] {
  return gate
    .status()
    .filter(({ isHeld }) => isHeld)
    .map(
      ({ mode }) =>
        `WhatsApp refuses this version of the gateway (${mode} services): nothing new connects. Update it.`,
    );
}
