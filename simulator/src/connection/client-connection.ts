import type { WebSocket } from 'ws';

import { FrameStream, frameOf } from '../wire/frame-stream.ts';
import { NoiseResponder } from '../wire/noise-responder.ts';
import { codecFor } from '../wire/codec.ts';
import { LineQuality } from './line-quality.ts';
import type { Clock } from '../clock/clock.ts';
import type { ServerCredentials } from '../wire/certificates.ts';
import type { HandshakeResult, NoiseTransport } from '../wire/noise-responder.ts';
import type { StanzaCodec } from '../wire/codec.ts';
import type { Stanza } from '../wire/stanza.ts';
import type { Stats } from '../world/stats.ts';
import type { Impairment } from './device-line.ts';

/** Whoever answers a client once the handshake is over. */
export interface StanzaHandler {
  /** Called strictly in order: the next stanza waits until this one is done. */
  handle(node: Stanza): Promise<void>;
  /** The connection is gone. */
  closed(): void;
}

/** Decides who answers a client; undefined if it was turned away. */
export type Admission = (
  connection: ClientConnection,
  result: HandshakeResult,
) => StanzaHandler | undefined;

const CLOSE_PATIENCE_MS = 500;

/**
 * One websocket of one client.
 *
 * *Handshake*: the first two frames are the Noise messages. *Open*: every frame is one stanza for
 * the handler the admission chose; frames are handled one after the other, whatever they wait
 * for. *Closed*: by either side; nothing is sent or handled any more.
 */
export class ClientConnection {
  readonly #socket: WebSocket;
  readonly #credentials: ServerCredentials;
  readonly #admission: Admission;
  readonly #clock: Clock;
  readonly #stats: Stats;
  readonly #quality: LineQuality;
  readonly #stream = new FrameStream();
  readonly #frames: Buffer[] = [];
  #working: Promise<void> | undefined;
  #isClosed = false;
  #responder: NoiseResponder | undefined;
  #transport: NoiseTransport | undefined;
  #codec: StanzaCodec = codecFor(3);
  #handler: StanzaHandler | undefined;

  constructor(
    socket: WebSocket,
    parts: { credentials: ServerCredentials; admission: Admission; clock: Clock; stats: Stats },
  ) {
    this.#socket = socket;
    this.#credentials = parts.credentials;
    this.#admission = parts.admission;
    this.#clock = parts.clock;
    this.#stats = parts.stats;
    this.#quality = new LineQuality(parts.clock);
    socket.on('message', (data) => {
      this.#quality.receive(() => this.#receive(data as Buffer));
    });
    socket.on('close', () => this.#onClose());
    socket.on('error', () => this.drop());
  }

  send(node: Stanza): void {
    this.#write(this.#codec.encode(node));
  }

  /** Sends what `encodeStanza` gave, translated if this client speaks another dictionary. */
  sendEncoded(bytes: Buffer): void {
    this.#write(this.#codec.translate(bytes));
  }

  /** Sends a last stanza and closes; a client that does not answer the closing is cut off. */
  end(lastWord: Stanza): void {
    this.send(lastWord);
    this.#isClosed = true;
    this.#socket.close();
    const cancel = this.#clock.after(CLOSE_PATIENCE_MS, () => this.#socket.terminate());
    this.#socket.once('close', cancel);
  }

  /** Makes the line bad for the rest of its life. */
  impair(impairment: Exclude<Impairment, { kind: 'mute' }>): void {
    this.#quality.impair(impairment);
  }

  /** Cuts the connection as a broken network would. */
  drop(): void {
    this.#isClosed = true;
    this.#socket.terminate();
  }

  /** Cuts the connection and waits until what was being handled is done. */
  async stop(): Promise<void> {
    this.drop();
    await this.#working;
  }

  #write(plain: Buffer): void {
    if (this.#isClosed || !this.#transport) return;
    this.#stats.add('stanzasOut');
    const frame = frameOf(this.#transport.encrypt(plain));
    this.#quality.send(frame, {
      write: (bytes) => this.#socket.send(bytes),
      // What was written must have left before the cut.
      cutAfter: (bytes) => this.#socket.send(bytes, () => this.drop()),
    });
  }

  #receive(data: Buffer): void {
    if (this.#isClosed) return;
    try {
      this.#frames.push(...this.#stream.push(data));
    } catch {
      this.drop(); // not a WhatsApp client
      return;
    }
    this.#working ??= this.#handleFrames().finally(() => {
      this.#working = undefined;
    });
  }

  async #handleFrames(): Promise<void> {
    for (let frame = this.#frames.shift(); frame; frame = this.#frames.shift()) {
      if (this.#isClosed) break;
      try {
        await this.#handleFrame(frame);
      } catch (error) {
        this.#stats.noteError(error);
        this.drop();
      }
    }
  }

  async #handleFrame(frame: Buffer): Promise<void> {
    if (this.#transport) {
      this.#stats.add('stanzasIn');
      await this.#handler?.handle(this.#codec.decode(this.#transport.decrypt(frame)));
    } else if (this.#responder) {
      const result = this.#responder.finish(frame);
      this.#transport = result.transport;
      this.#handler = this.#admission(this, result);
    } else {
      this.#greet(frame);
    }
  }

  #greet(frame: Buffer): void {
    const { opening } = this.#stream;
    if (!opening) return;
    this.#codec = codecFor(opening.dictionary);
    this.#responder = new NoiseResponder(this.#credentials, opening.header);
    this.#socket.send(frameOf(this.#responder.hello(frame)));
  }

  #onClose(): void {
    this.#isClosed = true;
    this.#handler?.closed();
    this.#handler = undefined;
  }
}
