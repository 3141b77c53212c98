import { toError } from '../domain/errors.ts';
import { Failure } from './failure.ts';

/** Fields of an answer, by name; what an address answers is in the reference. */
export type Answer = Readonly<Record<string, unknown>>;

const ANSWER_WITHIN_MS = 120_000;

/** A gateway's HTTP API, called as its operator. */
export class AdminApi {
  readonly #url: string;
  readonly #token: string | null;

  /** @param url where the gateway is, such as `http://127.0.0.1:3000` */
  constructor(url: string, token: string | null) {
    this.#url = url.replace(/\/+$/, '');
    this.#token = token;
  }

  /** @throws Failure with the gateway's own sentence, or one about the way to it */
  async get(path: string): Promise<unknown> {
    return await this.#json('GET', path);
  }

  /** @throws Failure as `get` does */
  async post(path: string, body: Answer = {}): Promise<Answer> {
    return (await this.#json('POST', path, body)) as Answer;
  }

  /** An answer that is no JSON. @throws Failure as `get` does */
  async text(path: string): Promise<string> {
    const { response, text } = await this.#send('GET', path);
    if (!response.ok) throw refusalOf(response.status, text, this.#url);
    return text;
  }

  async #json(method: string, path: string, body?: Answer): Promise<unknown> {
    const { response, text } = await this.#send(method, path, body);
    const answer = parse(text);
    if (!response.ok || answer === null) throw refusalOf(response.status, text, this.#url);
    return answer;
  }

  async #send(method: string, path: string, body?: Answer) {
    if (this.#token === null) {
      throw new Failure(
        'noGateway',
        'There is no admin token: set TICKWIRE_ADMIN_TOKEN, or TICKWIRE_DATA_DIR to the data directory of the gateway.',
      );
    }
    if (!/^https?:$/.test(URL.parse(this.#url)?.protocol ?? '')) {
      throw new Failure(
        'misused',
        `"${this.#url}" is no address; write one such as http://127.0.0.1:3000.`,
      );
    }
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      return { response, text: await response.text() };
    } catch (error) {
      const { message, cause } = toError(error);
      const why = cause instanceof Error && cause.message !== '' ? cause.message : message;
      throw new Failure(
        'noGateway',
        `There is no gateway at ${this.#url} (${why}). Start it, or say where it is with --url.`,
      );
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refusalOf(status: number, text: string, url: string): Failure {
  const answer = parse(text);
  if (typeof answer !== 'object' || answer === null || !('code' in answer)) {
    return new Failure(
      'noGateway',
      `What answers at ${url} is not a Tickwire gateway, or it has trouble (HTTP ${status}).`,
    );
  }
  const { message, code, lines } = answer as Answer;
  const kind = code === 'invalid_admin_token' ? 'noGateway' : 'refused';
  const named = Array.isArray(lines) ? lines.map(lineOf) : [];
  return new Failure(kind, [String(message), ...named].join('\n'));
}

function lineOf({ line, message }: { line: number; message: string }): string {
  return `  line ${line}: ${message}`;
}
