import { randomBytes } from 'node:crypto';
import type { EventFormat } from '../../src/domain/event.ts';
import type { EventId, ServiceId } from '../../src/domain/ids.ts';
import { createLog } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import type { Database } from '../../src/storage/database.ts';
import { listDeliveries } from '../../src/storage/webhooks/list-deliveries.ts';
import { createWebhookSecrets } from '../../src/storage/webhooks/webhook-secrets.ts';
import { setWebhook } from '../../src/storage/webhooks/webhook-settings.ts';
import {
  openWebhooks,
  type Webhooks,
  type WebhooksParts,
} from '../../src/webhooks/open-webhooks.ts';
import { MovableClock } from '../harness/movable-clock.ts';
import {
  openTestDatabase,
  storeService,
  type OpenTestDatabase,
} from '../harness/stored-service.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { WebhookSink } from '../harness/webhook-sink.ts';

/** The key that every service here has. */
export const API_KEY = 'the-key-of-the-service';

/** A database with services and their webhooks, a sink, and what delivers. */
export class WebhookWorld implements AsyncDisposable {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly sink: WebhookSink;
  readonly clock = new MovableClock();
  readonly masterKey = randomBytes(32);
  readonly secrets = createWebhookSecrets(this.masterKey, systemRandom);
  readonly #stack: AsyncDisposableStack;

  private constructor(
    { database, url }: OpenTestDatabase,
    sink: WebhookSink,
    stack: AsyncDisposableStack,
  ) {
    this.database = database;
    this.databaseUrl = url;
    this.sink = sink;
    this.#stack = stack;
  }

  static async open(): Promise<WebhookWorld> {
    const stack = new AsyncDisposableStack();
    const database = stack.use(await openTestDatabase());
    const sink = stack.use(await WebhookSink.open());
    return new WebhookWorld(database, sink, stack);
  }

  /** Opens what delivers; several stand for several processes. Ends with the world. */
  openWebhooks(changes: Partial<WebhooksParts> = {}): Webhooks {
    const webhooks = openWebhooks({
      database: this.database,
      home: randomBytes(8).toString('hex'),
      masterKey: this.masterKey,
      allowPrivateUrls: true,
      planIds: [4],
      publicUrl: null,
      openKey: () => API_KEY,
      linkTo: (file, base) => `${base}/media/${file.messageId}`,
      clock: this.clock,
      random: { ...systemRandom, fraction: () => 0.5 },
      log: createLog('silent'),
      ...changes,
    });
    this.#stack.defer(() => webhooks.stop());
    return webhooks;
  }

  /** A test service whose webhook is a path of the sink, or another address. */
  async makeService(path = '/', format: EventFormat = 'documented'): Promise<ServiceId> {
    const id = await storeService(this.database);
    await this.database.query
      .updateTable('services')
      .set({ key_prefix: 'k3v9x2a' })
      .where('id', '=', id)
      .execute();
    await this.setUrl(id, path.startsWith('/') ? this.sink.url(path) : path, format);
    return id;
  }

  async setUrl(
    serviceId: ServiceId,
    url: string,
    format: EventFormat = 'documented',
  ): Promise<void> {
    await setWebhook(this.database, serviceId, {
      url,
      format,
      baseUrl: 'https://gateway.example',
      secretSealed: this.secrets.issue(serviceId),
    });
  }

  /** Events `1..count` of a message's life: `1`, `2` and `3` are its ticks. */
  async tell(
    serviceId: ServiceId,
    message: number,
    ticks = ['server', 'phone', 'read'],
  ): Promise<EventId[]> {
    const ids: EventId[] = [];
    for (const status of ticks) {
      const data = { messageId: String(message), status, atMs: 0, metadata: null };
      ids.push(await this.keepEvent(serviceId, 'message.status', `message:${message}`, data));
    }
    return ids;
  }

  async keepEvent(
    serviceId: ServiceId,
    type: 'message.status' | 'message.received' | 'session.connected',
    subject: string,
    data: unknown,
  ): Promise<EventId> {
    const { id } = await this.database.query
      .insertInto('events')
      .values({ listener_id: serviceId, type, subject, data: JSON.stringify(data) })
      .returning('id')
      .executeTakeFirstOrThrow();
    await this.database.query
      .insertInto('webhook_deliveries')
      .values({ event_id: id, listener_id: serviceId, subject })
      .execute();
    return id;
  }

  /** How the service's deliveries stand, oldest first. */
  async states(serviceId: ServiceId): Promise<{ state: string; attempts: number }[]> {
    const { rows } = await listDeliveries(this.database, serviceId, {
      page: 1,
      rowsPerPage: 1000,
      state: null,
      id: null,
    });
    return rows.toReversed().map(({ state, log }) => ({ state, attempts: log.length }));
  }

  async waitForStates(serviceId: ServiceId, expected: string[], timeoutMs?: number): Promise<void> {
    let last: string[] = [];
    await waitUntil(
      `deliveries to be ${expected.join(', ')}`,
      async () => {
        last = (await this.states(serviceId)).map(({ state }) => state);
        return last.join() === expected.join();
      },
      timeoutMs,
    ).catch((error: unknown) => {
      throw new Error(`they were ${last.join(', ')}`, { cause: error });
    });
  }

  async webhook(serviceId: ServiceId) {
    return await this.database.query
      .selectFrom('webhooks')
      .selectAll()
      .where('listener_id', '=', serviceId)
      .executeTakeFirstOrThrow();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
