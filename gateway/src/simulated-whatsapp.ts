import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { Config } from './config/config.ts';

/** The WhatsApp of test services: the built-in simulator, or one that was started alone. */
export interface SimulatedWhatsApp {
  readonly webSocketUrl: string;
  /** `http://127.0.0.1:PORT`, where its API is. */
  readonly httpUrl: string;
  /** Bearer token of its API, or null when it asks for none. */
  readonly token: string | null;
  /** Whom its clients trust. Asked every time: it may have been started anew, as another one. */
  trust(): Promise<SimulatedTrust>;
  close(): Promise<void>;
}

/** What tells this simulator from all others. */
export interface SimulatedTrust {
  /** The root key of its certificates, 32 bytes. */
  readonly rootKey: Uint8Array;
  /** `https://127.0.0.1:PORT`, where files are. */
  readonly mediaUrl: string;
  /** PEM of that place. */
  readonly mediaCertificate: string;
}

/** Starts the built-in simulator, or points to the one that is configured. */
export async function openSimulatedWhatsApp(config: Config): Promise<SimulatedWhatsApp> {
  return config.simulatorUrl === null
    ? await startBuiltIn(config.dataDir)
    : pointTo(config.simulatorUrl);
}

async function startBuiltIn(dataDir: string): Promise<SimulatedWhatsApp> {
  // Loaded late: it uses the protocol library too, which must first have been made strict.
  const { startSimulator } = await import('@tickwire/simulator');
  const token = randomBytes(16).toString('hex');
  const simulator = await startSimulator({ dataDir: join(dataDir, 'simulator'), port: 0, token });
  return {
    webSocketUrl: simulator.webSocketUrl,
    httpUrl: simulator.httpUrl,
    token,
    trust: () => askTrust(simulator.httpUrl),
    close: () => simulator.close(),
  };
}

function pointTo(webSocketUrl: string): SimulatedWhatsApp {
  const httpUrl = webSocketUrl.replace(/^ws:/, 'http:').replace(/\/$/, '');
  return {
    webSocketUrl,
    httpUrl,
    token: null,
    trust: () => askTrust(httpUrl),
    close: () => Promise.resolve(),
  };
}

async function askTrust(httpUrl: string): Promise<SimulatedTrust> {
  const answer = await fetch(`${httpUrl}/simulator`, { signal: AbortSignal.timeout(5000) });
  const told = (await answer.json()) as Record<'rootKey' | keyof SimulatedTrust, string>;
  return { ...told, rootKey: Buffer.from(told.rootKey, 'hex') };
}
