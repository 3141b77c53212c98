import { Child } from './child.ts';

/** What the simulator has counted. */
export interface SimulatorCounts {
  readonly undecryptable: number;
  readonly stanzasWaiting: { readonly scheduled: number; readonly unacknowledged: number };
  readonly messagesByWireId: { readonly ids: number; readonly copies: number };
}

/** A simulated WhatsApp in a process of its own. */
export class Simulator implements AsyncDisposable {
  readonly child: Child;
  readonly httpUrl: string;
  readonly webSocketUrl: string;

  private constructor(child: Child, httpUrl: string) {
    this.child = child;
    this.httpUrl = httpUrl;
    this.webSocketUrl = httpUrl.replace(/^http/, 'ws');
  }

  static async start(dataDir: string): Promise<Simulator> {
    const child = await Child.start({
      script: 'simulator/src/main.ts',
      environment: { SIMULATOR_PORT: '0', SIMULATOR_DATA_DIR: dataDir, SIMULATOR_SEED: 'bench' },
      readyWhenSaid: /(http:\S+)\/simulator[^]*Seed/,
    });
    return new Simulator(child, child.ready?.[1] ?? '');
  }

  /** The root of its certificates, hexadecimal. */
  async rootKey(): Promise<string> {
    return (await this.#ask<{ rootKey: string }>('')).rootKey;
  }

  counts(): Promise<SimulatorCounts> {
    return this.#ask<SimulatorCounts>('/stats');
  }

  /** Whether every receipt and message for linked devices has gone out and was acknowledged. */
  async isSilent(): Promise<boolean> {
    const { scheduled, unacknowledged } = (await this.counts()).stanzasWaiting;
    return scheduled + unacknowledged === 0;
  }

  async addPhone(phone: string): Promise<void> {
    await this.#ask('/phones', { phone });
  }

  /** The owner of a phone scans a QR code. */
  async scan(phone: string, qr: string): Promise<void> {
    await this.#ask(`/phones/${phone}/scan`, { qr });
  }

  /** A phone writes to another. */
  async write(phone: string, to: string, text: string): Promise<void> {
    await this.#ask(`/phones/${phone}/messages`, { to, text });
  }

  /** The texts a phone has shown its owner. */
  async textsShown(phone: string): Promise<string[]> {
    const shown = await this.#ask<{ text?: string }[]>(`/phones/${phone}/messages`);
    return shown.map(({ text }) => text ?? '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }

  async #ask<Answer>(path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(`${this.httpUrl}/simulator${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    });
    if (!answer.ok) throw new Error(`the simulator refused ${path}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }
}
