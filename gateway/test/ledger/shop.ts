import { Agent, request } from 'undici';
import { toError } from '../../src/domain/errors.ts';

/** What came of one call: an answer, or nobody knows whether it was carried out. */
export type CallOutcome =
  | {
      readonly status: number;
      readonly isReplay: boolean;
      readonly body: Readonly<Record<string, unknown>>;
    }
  | { readonly unknown: string };

/** The documented calls of a reseller and its operator, over HTTP, at whichever edge lives. */
export class Shop implements AsyncDisposable {
  readonly #urls: () => readonly string[];
  readonly #adminToken: string;
  readonly #connections = new Agent({ connections: 64, headersTimeout: 40_000 });
  #turn = 0;

  /** @param urls the edges that live now */
  constructor(urls: () => readonly string[], adminToken: string) {
    this.#urls = urls;
    this.#adminToken = adminToken;
  }

  /** A partner's call. */
  partner(method: string, parameters: Readonly<Record<string, string>>): Promise<CallOutcome> {
    return this.#call('GET', `/module/${method}?${new URLSearchParams(parameters).toString()}`);
  }

  /** The operator's call. */
  operator(path: string, body: Readonly<Record<string, unknown>>): Promise<CallOutcome> {
    return this.#call('POST', path, JSON.stringify(body));
  }

  async #call(method: 'GET' | 'POST', path: string, body?: string): Promise<CallOutcome> {
    const urls = this.#urls();
    const url = urls[(this.#turn += 1) % Math.max(1, urls.length)];
    if (url === undefined) return { unknown: 'nobody there' };
    try {
      const answer = await request(`${url}${path}`, {
        method,
        dispatcher: this.#connections,
        headers: {
          authorization: `Bearer ${this.#adminToken}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
      });
      const json = (await answer.body.json()) as Record<string, unknown>;
      if (answer.statusCode >= 500) return { unknown: String(json['code']) };
      const isReplay = answer.headers['idempotent-replayed'] === 'true';
      return { status: answer.statusCode, isReplay, body: json };
    } catch (error) {
      return { unknown: toError(error).message };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections.destroy();
  }
}
