import { randomBytes } from 'node:crypto';
import { serviceId, type ServiceId } from '../../src/domain/ids.ts';
import type { HttpParts } from '../../src/http/parts.ts';
import type { Database } from '../../src/storage/database.ts';
import { createTestDatabase } from './database.ts';
import { startEdge, type RunningEdge } from './edge.ts';
import type { HeldSessions } from './held-sessions.ts';

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

  private constructor(edge: RunningEdge, adminToken: string, stack: AsyncDisposableStack) {
    this.url = edge.url;
    this.dataDir = edge.dataDir;
    this.database = edge.database;
    this.sessions = edge.sessions;
    this.adminToken = adminToken;
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
    const adminToken = `tw_admin_${randomBytes(8).toString('hex')}`;
    const databaseUrl = through(made.url);
    const masterKey = randomBytes(32);
    const edge = await startEdge({ databaseUrl, masterKey, adminToken, changes }, stack);
    return new HttpOnly(edge, adminToken, stack);
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
