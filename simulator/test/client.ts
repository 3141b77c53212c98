import './strict.ts';

import { Agent } from 'node:https';

import { WA_CERT_DETAILS, initAuthCreds, makeWASocket } from 'baileys';
import type { AuthenticationState, ConnectionState, WAMessage, WASocket, proto } from 'baileys';

import { waitUntil } from './wait-until.ts';
import type { BinaryNode } from 'baileys';

const noLogger = {
  level: 'silent',
  child: () => noLogger,
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** An auth state in memory: all that survives of a client when its socket is gone. */
export function memoryAuth(): AuthenticationState {
  const data = new Map<string, unknown>();
  return {
    creds: initAuthCreds(),
    keys: {
      async get(type, ids) {
        const found = ids.map((id) => [id, data.get(`${type}/${id}`)] as const);
        return Object.fromEntries(found.filter(([, value]) => value !== undefined)) as never;
      },
      async set(update) {
        for (const [type, entries] of Object.entries(update)) {
          for (const [id, value] of Object.entries(entries ?? {})) {
            if (value === null) data.delete(`${type}/${id}`);
            else data.set(`${type}/${id}`, value);
          }
        }
      },
    },
  };
}

/** One Baileys socket and everything it has told. */
export class Client {
  readonly auth: AuthenticationState;
  readonly socket: WASocket;
  readonly qrs: string[] = [];
  readonly messages: Array<{ message: WAMessage; type: string }> = [];
  readonly statuses: Array<{ id: string; status: number }> = [];
  readonly acks: BinaryNode[] = [];
  readonly receipts: BinaryNode[] = [];
  /** Messages as they came over the wire. */
  readonly incoming: BinaryNode[] = [];
  isOpen = false;
  isNewLogin = false;
  closeCode: number | undefined;
  readonly startedAt = performance.now();
  openAfterMs: number | undefined;

  constructor(url: string, rootKey: Buffer, auth: AuthenticationState, mediaCertificate?: string) {
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey);
    this.auth = auth;
    this.socket = makeWASocket({
      auth,
      ...(mediaCertificate ? { fetchAgent: new Agent({ ca: mediaCertificate }) } : {}),
      waWebSocketUrl: url,
      logger: noLogger,
      connectTimeoutMs: 4000,
      defaultQueryTimeoutMs: 6000,
      getMessage: () => Promise.resolve(undefined),
    });
    this.#listen();
  }

  get phone(): string {
    return this.auth.creds.me?.id.split(/[:@]/)[0] ?? '';
  }

  /** Waits until the connection is open. */
  async opened(): Promise<this> {
    await waitUntil('open', () => {
      if (this.closeCode !== undefined) throw new Error(`closed with ${this.closeCode}`);
      return this.isOpen;
    });
    return this;
  }

  async closed(timeoutMs?: number): Promise<number> {
    return waitUntil('close', () => this.closeCode, timeoutMs);
  }

  qr(): Promise<string> {
    return waitUntil('a QR code', () => this.qrs.at(-1));
  }

  async sendText(to: string, text: string, messageId?: string): Promise<string> {
    const jid = to.includes('@') ? to : `${to}@s.whatsapp.net`;
    const sent = await this.socket.sendMessage(jid, { text }, messageId ? { messageId } : {});
    return sent?.key.id ?? '';
  }

  /** The texts received from others so far. */
  get texts(): string[] {
    return this.messages.flatMap(({ message }) => {
      const text = textOf(message.message);
      return text === undefined || message.key.fromMe ? [] : [text];
    });
  }

  statusesOf(id: string): number[] {
    return this.statuses.filter((update) => update.id === id).map(({ status }) => status);
  }

  ackOf(id: string): Promise<BinaryNode> {
    return waitUntil(`the ack of ${id}`, () => this.acks.find((ack) => ack.attrs['id'] === id));
  }

  async end(): Promise<void> {
    await this.socket.end(undefined);
  }

  #listen(): void {
    const { ev, ws } = this.socket;
    ev.on('creds.update', (update) => Object.assign(this.auth.creds, update));
    ev.on('connection.update', (update) => this.#onConnection(update));
    ev.on('messages.upsert', ({ messages, type }) => {
      for (const message of messages) this.messages.push({ message, type });
    });
    ev.on('messages.update', (updates) => {
      for (const { key, update } of updates) {
        if (update.status !== undefined && update.status !== null) {
          this.statuses.push({ id: key.id ?? '', status: update.status });
        }
      }
    });
    ws.on('CB:ack,class:message', (ack: BinaryNode) => this.acks.push(ack));
    ws.on('CB:message', (message: BinaryNode) => this.incoming.push(message));
    ws.on('CB:receipt', (receipt: BinaryNode) => this.receipts.push(receipt));
  }

  #onConnection(update: Partial<ConnectionState>): void {
    if (update.qr) this.qrs.push(update.qr);
    if (update.isNewLogin) this.isNewLogin = true;
    if (update.connection === 'open') {
      this.isOpen = true;
      this.openAfterMs = performance.now() - this.startedAt;
    }
    if (update.connection === 'close') {
      const error = update.lastDisconnect?.error as
        | { output?: { statusCode?: number } }
        | undefined;
      this.closeCode = error?.output?.statusCode ?? 0;
    }
  }
}

function textOf(message: proto.IMessage | null | undefined): string | undefined {
  return message?.conversation || message?.extendedTextMessage?.text || undefined;
}
