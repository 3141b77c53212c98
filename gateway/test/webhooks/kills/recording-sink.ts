import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Dice } from '../../crash/dice.ts';

/** A request as it came, in the order of arrival. */
export interface Arrival {
  readonly webhookId: string;
  /** The message and its tick, as the documented body says them. */
  readonly message: string;
  readonly tick: number;
  /** Whether it was answered with 200; false also while nobody has it yet. */
  isTaken: boolean;
}

const ANSWER_MS_MAX = 20;
const REFUSED_PERCENT = 2;

/** The endpoint of a campaign: remembers all that comes, takes its time, and refuses now and then. */
export class RecordingSink implements AsyncDisposable {
  readonly arrivals: Arrival[] = [];
  readonly #server: Server;
  readonly #dice: Dice;
  readonly #refused = new Set<string>();

  private constructor(server: Server, dice: Dice) {
    this.#server = server;
    this.#dice = dice;
    server.on('request', (request, response) => void this.#take(request, response));
  }

  static async open(dice: Dice): Promise<RecordingSink> {
    const sink = new RecordingSink(createServer(), dice);
    await once(sink.#server.listen(0, '127.0.0.1'), 'listening');
    return sink;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      // Killed in the middle of a request: nobody has it.
      return;
    }
    const { ID, Delivery } = JSON.parse(Buffer.concat(chunks).toString()) as {
      ID: string;
      Delivery: number;
    };
    const webhookId = String(request.headers['webhook-id']);
    const arrival = { webhookId, message: ID, tick: Delivery, isTaken: false };
    this.arrivals.push(arrival);
    await delay(this.#dice.between(0, ANSWER_MS_MAX));
    response.on('error', () => undefined);
    // Once each, since a second refusal is tried again only after minutes.
    if (this.#dice.chance(REFUSED_PERCENT) && !this.#refused.has(webhookId)) {
      this.#refused.add(webhookId);
      response.writeHead(500).end();
      return;
    }
    arrival.isTaken = true;
    response.end();
  }
}
