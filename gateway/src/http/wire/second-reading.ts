import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { repairRequestLine } from './request-line.ts';

/**
 * A connection whose first request is read once more, from repaired bytes: for the server it is a
 * connection like any other, below it lies the client's socket.
 */
class RereadConnection extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket, firstBytes: Buffer) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.push(firstBytes);
    socket.on('data', (bytes: Buffer) => {
      if (!this.push(bytes)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  get remoteAddress(): string | undefined {
    return this.#socket.remoteAddress;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(
    chunk: Buffer,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    this.#socket.write(chunk, encoding, done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

/** True for a connection that was read once more: it carries that one request only. */
export function isReread(socket: unknown): boolean {
  return socket instanceof RereadConnection;
}

/** What Node tells about a request it could not parse. */
interface ParseError {
  readonly code: string;
  /** What it was given last: a Buffer, which Fastify's type does not say. */
  readonly rawPacket?: unknown;
}

/**
 * Sockets taken from Node's parser, and whether the rest of the request line is still awaited. The
 * parser does not let go of them entirely: it reports a time-out of the request it never finished.
 */
const taken = new WeakMap<Socket, 'waiting' | 'read'>();

/**
 * Reads a refused request once more, if only its address needs escaping.
 * @param giveUp answers the client when the rest of the request line shows that nothing can be done
 * @returns false when it can not be read, and the client is to be told so
 */
export function readOnceMore(
  server: Server,
  error: ParseError,
  socket: Socket,
  giveUp: () => void,
): boolean {
  const progress = taken.get(socket);
  if (progress !== undefined) return progress === 'read';
  if (isReread(socket) || !error.code.startsWith('HPE_') || !Buffer.isBuffer(error.rawPacket)) {
    return false;
  }
  let bytes = Buffer.from(error.rawPacket);
  if (repairRequestLine(bytes).kind === 'hopeless') return false;
  taken.set(socket, 'waiting');
  takeFromParser(socket);
  const look = (): void => {
    const reading = repairRequestLine(bytes);
    if (reading.kind === 'incomplete') return;
    socket.removeListener('data', collect);
    if (reading.kind === 'repaired') {
      taken.set(socket, 'read');
      server.emit('connection', new RereadConnection(socket, reading.bytes));
    } else giveUp();
  };
  const collect = (more: Buffer): void => {
    bytes = Buffer.concat([bytes, more]);
    look();
  };
  socket.on('data', collect);
  look();
  return true;
}

/** Its listeners would give the parser what comes next, and end the socket with the client's half. */
function takeFromParser(socket: Socket): void {
  for (const event of ['data', 'end', 'drain', 'timeout']) socket.removeAllListeners(event);
  socket.on('error', () => socket.destroy());
}
