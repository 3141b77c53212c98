import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { serviceId, type ServiceId } from '../../src/domain/ids.ts';
import { createKeyring } from '../../src/http/access/keyring.ts';
import { SAFE_POLICY } from '../../src/domain/pacing.ts';
import { createHttpServer } from '../../src/http/server.ts';
import type { HttpParts } from '../../src/http/parts.ts';
import { openMedia } from '../../src/media/open-media.ts';
import { createIntake } from '../../src/outbox/intake.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createLog } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { openDatabase, type Database } from '../../src/storage/database.ts';
import { ownDiskOnly } from '../../src/storage/files/shared-files.ts';
import { openWebhooks } from '../../src/webhooks/open-webhooks.ts';
import { createTestDatabase } from './database.ts';
import { HeldSessions } from './held-sessions.ts';

/** An answer, read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON, or undefined when it is none. */
  readonly json: unknown;
}

/** A service made for a test. */
export interface TestService {
  readonly apiKey: string;
  readonly id: ServiceId;
}

/** The HTTP edge on a loopback port, over a real database, without sessions or a simulator. */
export class HttpOnly implements AsyncDisposable {
  readonly url: string;
  readonly database: Database;
  readonly sessions: HeldSessions;
  readonly adminToken: string;
  /** Files on their way out are below it, in `media/`. */
  readonly dataDir: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    url: string,
    dataDir: string,
    parts: HttpParts & { readonly sessions: HeldSessions },
    stack: AsyncDisposableStack,
  ) {
    this.url = url;
    this.dataDir = dataDir;
    this.database = parts.database;
    this.sessions = parts.sessions;
    this.adminToken = parts.secrets.adminToken;
    this.#stack = stack;
  }

  /**
   * @param changes parts that a test replaces
   * @param through where the database is reached instead, e.g. through a line that can be cut
   */
  static async start(
    changes: Partial<HttpParts> = {},
    through: (databaseUrl: string) => string = (url) => url,
  ): Promise<HttpOnly> {
    const stack = new AsyncDisposableStack();
    const made = await createTestDatabase();
    stack.defer(() => made.drop());
    const database = openDatabase(through(made.url), () => undefined);
    stack.defer(() => database.close());
    const sessions = new HeldSessions(database);
    const dataDir = mkdtempSync(join(tmpdir(), 'http-'));
    const media = await openMedia({
      dataDir,
      database,
      sharedFiles: ownDiskOnly,
      masterKey: randomBytes(32),
      allowPrivateUrls: false,
      clock: systemClock,
      random: systemRandom,
      log: createLog('silent'),
    });
    stack.defer(() => media.stop());
    const masterKey = randomBytes(32);
    const keyring = createKeyring(masterKey, systemRandom);
    const webhooks = openWebhooks({
      database,
      masterKey,
      allowPrivateUrls: false,
      publicUrl: null,
      openKey: (sealed) => keyring.open(sealed),
      linkTo: () => '',
      clock: systemClock,
      random: systemRandom,
      log: createLog('silent'),
    });
    stack.defer(() => webhooks.stop());
    const parts = {
      database,
      webhooks,
      media: media.intake,
      queueChanged: () => undefined,
      intake: createIntake(database, () => undefined),
      secrets: {
        masterKey,
        adminToken: `tw_admin_${randomBytes(8).toString('hex')}`,
      },
      publicUrl: null,
      pacing: { policy: SAFE_POLICY, changed: () => undefined },
      receivedFiles: { find: () => Promise.resolve(null), wanted: () => undefined },
      clock: systemClock,
      random: systemRandom,
      log: createLog('silent'),
      simulatorUrl: null,
      simulatorToken: null,
      isReady: () => Promise.resolve(null),
      metrics: new Registry(),
      isHealthOnly: false,
      ...changes,
      sessions,
    };
    const app = await createHttpServer(parts);
    await app.listen({ port: 0, host: '127.0.0.1' });
    stack.defer(() => app.close());
    const { port } = app.server.address() as AddressInfo;
    return new HttpOnly(`http://127.0.0.1:${port}`, dataDir, parts, stack);
  }

  /** Sends a request and reads the answer. */
  async ask(path: string, options: RequestInit = {}): Promise<HttpAnswer> {
    const response = await fetch(`${this.url}${path}`, options);
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== '' ? JSON.parse(text) : undefined,
    };
  }

  /** Posts JSON. */
  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    return this.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** Posts JSON, or gets when there is no body, as the operator. */
  operate(path: string, body?: unknown): Promise<HttpAnswer> {
    const headers = { authorization: `Bearer ${this.adminToken}` };
    return body === undefined ? this.ask(path, { headers }) : this.post(path, body, headers);
  }

  /** A live Premium service of the operator's own. */
  async openService(): Promise<TestService> {
    const answer = await this.operate('/admin/services', { planId: 4, cycle: 12 });
    const { apiKey } = answer.json as { apiKey: string };
    const newest = await this.database.query
      .selectFrom('services')
      .select((columns) => columns.fn.max('id').as('id'))
      .executeTakeFirstOrThrow();
    return { apiKey, id: serviceId(newest.id) };
  }

  /** How many messages are kept, of all services. */
  async countMessages(): Promise<number> {
    const { count } = await this.database.query
      .selectFrom('messages')
      .select((columns) => columns.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return count;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
