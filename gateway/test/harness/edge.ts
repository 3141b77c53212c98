import { mkdtempSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { DEFAULT_CATALOGUE } from '../../src/domain/catalogue.ts';
import { SAFE_POLICY } from '../../src/domain/pacing.ts';
import { createKeyring } from '../../src/http/access/keyring.ts';
import type { HttpParts } from '../../src/http/parts.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { openMedia } from '../../src/media/open-media.ts';
import { createIntake } from '../../src/outbox/intake.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createLog } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { openDatabase, type Database } from '../../src/storage/database.ts';
import { UNWATCHED } from '../../src/storage/database-pulse.ts';
import { ownDiskOnly } from '../../src/storage/files/shared-files.ts';
import { openWebhooks } from '../../src/webhooks/open-webhooks.ts';
import { HeldSessions } from './held-sessions.ts';

/** What an edge is built on. */
export interface EdgeOrder {
  readonly databaseUrl: string;
  /** 32 bytes. */
  readonly masterKey: Buffer;
  readonly adminToken: string;
  /** Parts that a test replaces. */
  readonly changes: Partial<HttpParts>;
}

/** A running edge. */
export interface RunningEdge {
  readonly url: string;
  readonly database: Database;
  readonly sessions: HeldSessions;
  readonly dataDir: string;
}

/**
 * Starts the HTTP edge on a loopback port, over a real database, without sessions or a simulator.
 * @param stack stops it again
 */
export async function startEdge(
  { databaseUrl, masterKey, adminToken, changes }: EdgeOrder,
  stack: AsyncDisposableStack,
): Promise<RunningEdge> {
  const database = openDatabase(databaseUrl, () => undefined);
  stack.defer(() => database.close());
  const sessions = new HeldSessions(database);
  const dataDir = mkdtempSync(join(tmpdir(), 'http-'));
  const common = { database, clock: systemClock, random: systemRandom, log: createLog('silent') };
  const media = await openMedia({
    ...common,
    dataDir,
    sharedFiles: ownDiskOnly,
    masterKey,
    allowPrivateUrls: false,
  });
  stack.defer(() => media.stop());
  const keyring = createKeyring(masterKey, systemRandom);
  const webhooks = openWebhooks({
    home: 'http-only',
    ...common,
    masterKey,
    allowPrivateUrls: false,
    planIds: [4],
    publicUrl: null,
    openKey: (sealed) => keyring.open(sealed),
    linkTo: () => '',
  });
  stack.defer(() => webhooks.stop());
  const app = await createHttpServer({
    ...common,
    silence: UNWATCHED,
    webhooks,
    media: media.intake,
    queueChanged: () => undefined,
    intake: createIntake(database, () => undefined),
    secrets: { masterKey, adminToken },
    publicUrl: null,
    catalogue: DEFAULT_CATALOGUE,
    pacing: { policy: SAFE_POLICY, changed: () => undefined },
    receivedFiles: { find: () => Promise.resolve(null), wanted: () => undefined },
    simulatorUrl: null,
    simulatorToken: null,
    isReady: () => Promise.resolve(null),
    metrics: new Registry(),
    isHealthOnly: false,
    ...changes,
    sessions,
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  stack.defer(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, database, sessions, dataDir };
}
