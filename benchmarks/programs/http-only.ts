// The limit of accepting: the gateway's own HTTP server with its parsing, key look-up, validation
// and answer, and an intake that keeps nothing. The database is asked for the key of a service
// when the server's memory of it is 3 s old, as in the gateway, and for nothing else.

import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { messageId } from '../../gateway/src/domain/ids.ts';
import { DEFAULT_CATALOGUE } from '../../gateway/src/domain/catalogue.ts';
import { SAFE_POLICY } from '../../gateway/src/domain/pacing.ts';
import { createHttpServer } from '../../gateway/src/http/server.ts';
import type { MediaIntake } from '../../gateway/src/media/media-intake.ts';
import { systemClock } from '../../gateway/src/runtime/clock.ts';
import { createLog } from '../../gateway/src/runtime/log.ts';
import { systemRandom } from '../../gateway/src/runtime/random.ts';
import type { SessionControl } from '../../gateway/src/sessions/session-control.ts';
import { UNWATCHED } from '../../gateway/src/storage/database-pulse.ts';
import { openDatabase } from '../../gateway/src/storage/database.ts';
import { answer } from '../processes/answering.ts';

/** The gateway whose services it knows. */
export interface HttpOnlyPlace {
  readonly databaseUrl: string;
  /** 64 hexadecimal digits. */
  readonly masterKeyHex: string;
}

let lastId = 0;

const nobody = (): Promise<never> => Promise.reject(new Error('there are no sessions here'));
const noSessions: SessionControl = {
  connect: nobody,
  disconnect: nobody,
  standingChanged: nobody,
  currentQr: nobody,
  requestPairCode: nobody,
  lookUp: nobody,
  listGroups: nobody,
  waitUntilConnected: nobody,
};

const noMedia: MediaIntake = {
  take: nobody,
  digest: nobody,
  discard: nobody,
  keepUpload: nobody,
  keepLink: nobody,
  forget: nobody,
  linksWait: () => undefined,
};

answer('listen', async ({ databaseUrl, masterKeyHex }: HttpOnlyPlace): Promise<string> => {
  const app = await createHttpServer({
    database: openDatabase(databaseUrl, () => undefined),
    silence: UNWATCHED,
    intake: {
      keep: ({ messages, recipients }) => {
        const ids = messages.map(() => messageId((lastId += 1)));
        return Promise.resolve({ ids, recipients, isReplay: false });
      },
      recall: () => Promise.resolve(null),
    },
    queueChanged: () => undefined,
    media: noMedia,
    sessions: noSessions,
    webhooks: {
      changed: () => undefined,
      readUrl: (written) => new URL(written),
      test: () => Promise.resolve(null),
      feed: {
        read: () => Promise.resolve([]),
        wait: () => Promise.resolve(),
        close: () => undefined,
      },
    },
    secrets: { masterKey: Buffer.from(masterKeyHex, 'hex'), adminToken: 'none' },
    publicUrl: null,
    catalogue: DEFAULT_CATALOGUE,
    pacing: { policy: SAFE_POLICY, changed: () => undefined },
    receivedFiles: { find: () => Promise.resolve(null), wanted: () => undefined },
    clock: systemClock,
    random: systemRandom,
    log: createLog('warn'),
    simulatorUrl: null,
    simulatorToken: null,
    isReady: () => Promise.resolve(null),
    metrics: new Registry(),
    isHealthOnly: false,
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});
