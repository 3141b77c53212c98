import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP line to somewhere on this machine that can be cut and mended. */
export class CuttableLine implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;
  readonly #valve: Valve;

  private constructor(server: Server, sockets: Set<Socket>, valve: Valve) {
    this.#server = server;
    this.#sockets = sockets;
    this.#valve = valve;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @param farPort where the line leads, on 127.0.0.1; may be told after the first connection */
  static async open(farPort: () => number): Promise<CuttableLine> {
    const sockets = new Set<Socket>();
    const valve = new Valve();
    const keep = (socket: Socket): Socket => {
      sockets.add(socket);
      return socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    };
    const server = createServer((near) => {
      const far = keep(connect(farPort(), '127.0.0.1'));
      valve.join(keep(near), far);
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new CuttableLine(server, sockets, valve);
  }

  /** Breaks every connection; new ones are refused. */
  async cut(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Passes nothing on any more, without a word to either end; new connections work. */
  freeze(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Passes nothing on, as a machine that was stopped: new connections are taken, and hang too. */
  hang(): void {
    this.#valve.close();
  }

  /** Whatever came meanwhile goes on its way. */
  goOn(): void {
    this.#valve.open();
  }

  /** Takes connections again, at the same port. */
  async mend(): Promise<void> {
    await once(this.#server.listen(this.port, '127.0.0.1'), 'listening');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.cut();
  }
}

/** What lies between the ends of all connections of a line. */
class Valve {
  readonly #pairs = new Set<readonly [near: Socket, far: Socket]>();
  #isOpen = true;

  join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    near.on('close', () => this.#pairs.delete(pair));
    if (this.#isOpen) near.pipe(far).pipe(near);
  }

  close(): void {
    this.#isOpen = false;
    for (const socket of [...this.#pairs].flat()) socket.unpipe().pause();
  }

  open(): void {
    this.#isOpen = true;
    for (const [near, far] of this.#pairs) near.pipe(far).pipe(near);
  }
}
