import type { ConnectionEnd } from '../domain/connection-state.ts';
import { whatsAppId as whatsAppIdOf, type WhatsAppId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { DueContent, DueMessage, Recipient } from '../domain/message.ts';
import type { NewChatCap } from '../domain/pace.ts';
import type { PhoneNumber } from '../domain/phone-number.ts';
import type { Clock } from '../runtime/clock.ts';
import { passText } from '../runtime/crash-point.ts';
import {
  SendRefusal,
  type Answer,
  type Connection,
  type ConnectionListener,
  type Group,
  type HandedOver,
  type IncomingMessage,
  type Liveness,
  type SendingManner,
} from '../sessions/connection.ts';
import { Arrivals } from './arrivals.ts';
import type { BinaryNode, proto, WAMessage } from './baileys.ts';
import { connectionEndOf, rawReasonOf } from './close-reason.ts';
import { decodeAck, decodeReceipt } from './decode-answer.ts';
import { decodeMessage } from './decode-message.ts';
import { DurabilityGate } from './durability-gate.ts';
import { addCaption } from './encode-media.ts';
import { encodeContent } from './encode-message.ts';
import { askForFile } from './files/ask-for-file.ts';
import { createEndingVault, type EndingVault } from './ending-vault.ts';
import { OutgoingFiles } from './files/outgoing-files.ts';
import { uploadFile } from './files/upload-file.ts';
import { GroupSender } from './groups/group-sender.ts';
import { makeJid, parseJid } from './jid.ts';
import { stageCredentials } from './key-store.ts';
import { handleInOrder } from './handle-in-order.ts';
import { readNewChatCap } from './new-chat-cap.ts';
import { PollVotes } from './received/poll-votes.ts';
import { countOwnKeys } from './probe.ts';
import { requestPairCode } from './request-pair-code.ts';
import { openSocket, type SocketParts } from './socket.ts';
import { pingOf, startKeepAlive } from './keep-alive.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

type Socket = ReturnType<typeof openSocket>;

/** The WebSocket under a Baileys socket, as far as it is used here. */
interface RawWebSocket {
  send(frame: Uint8Array, onWritten?: (error?: Error) => void): void;
  ping(): void;
  terminate(): void;
}

/** What the phone's owner would do by hand in the list of linked devices. */
const removeDevice = (jid: string): BinaryNode => ({
  tag: 'iq',
  attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'md' },
  content: [{ tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }],
});

/**
 * One socket to WhatsApp, from its opening to its end.
 *
 * Baileys hides three hangs (an upgrade that is refused, a login that is never answered, a close
 * handshake with a dead peer) and raises no event for WhatsApp's acceptance of a message. So this
 * class reads acks and receipts from the stanzas, has a watchdog of its own, and ends a connection
 * by itself: `#finish` runs once, cuts the wire and only then reports.
 */
export class BaileysConnection implements Connection {
  readonly #vault: EndingVault;
  readonly #parts: SocketParts;
  readonly #listener: ConnectionListener;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #rawSocket: RawWebSocket;
  readonly #gate: DurabilityGate;
  readonly #watchdog: Watchdog;
  readonly #stopKeepAlive: () => void;
  readonly #groups: GroupSender;
  readonly #files: OutgoingFiles;
  readonly #polls: PollVotes;
  readonly #arrivals: Arrivals;
  readonly #qrShown = Promise.withResolvers<void>();
  #lastCompleted: Promise<unknown> = Promise.resolve();
  /** As a device, or as one that waits to be linked. */
  #isLoggedIn = false;
  #isOpen = false;
  #hasCaughtUp = false;
  #isFinished = false;
  #endReason: ConnectionEnd['reason'] | null = null;
  #wasWebSocketOpen = false;

  constructor(order: SocketParts, listener: ConnectionListener, clock: Clock) {
    this.#vault = createEndingVault(order.vault);
    const parts = { ...order, vault: this.#vault };
    this.#parts = parts;
    this.#listener = listener;
    this.#clock = clock;
    this.#arrivals = new Arrivals(parts.vault, parts.lease, clock, parts.log);
    const questions = {
      findSent: ({ id }: WAMessage['key']) => this.#findSent(id),
      findGroup: (jid: string) => this.#groups.directory.find(jid),
    };
    this.#socket = openSocket(parts, questions, this.#arrivals);
    this.#groups = new GroupSender(this.#socket, parts.log);
    this.#polls = new PollVotes(parts.vault, parts.lease);
    this.#files = new OutgoingFiles({
      ...parts,
      clock,
      upload: (path, kind) => uploadFile(this.#socket.waUploadToServer, path, kind),
    });
    this.#rawSocket = (this.#socket.ws as unknown as { socket: RawWebSocket }).socket;
    this.#gate = this.#installGate();
    this.#watchdog = startWatchdog(clock, {
      isHolding: () => this.#gate.isHolding,
      probe: () => countOwnKeys(this.#socket),
      onHang: (detail) => {
        this.#finish({ reason: this.#wasWebSocketOpen ? 'lost' : 'unreachable', detail });
      },
    });
    this.#stopKeepAlive = this.#keepAlive();
    this.#qrShown.promise.catch(() => undefined);
    handleInOrder(this.#socket.ws, 'CB:message');
    this.#listenToWire();
    this.#listenToEvents();
  }

  get lease(): Lease {
    return this.#parts.lease;
  }

  async prepare(content: DueContent): Promise<void> {
    this.#requireOpen();
    if (content.kind === 'media') await this.#files.messageOf(content.file);
  }

  async send(message: DueMessage, { useFreshDevices }: SendingManner): Promise<HandedOver> {
    this.#requireOpen();
    const { recipient, content, whatsAppId } = message;
    if ('text' in content) passText(content.text);
    const encoded = await this.#encode(content);
    this.#watchdog.acks.sent(whatsAppId);
    try {
      await this.#relay(recipient, encoded, whatsAppId, !useFreshDevices);
    } catch (error) {
      this.#watchdog.acks.gaveUp(whatsAppId);
      throw error;
    }
    return { left: this.#gate.allLeft().catch(() => new Promise(() => undefined)) };
  }

  async requestPairCode(phone: PhoneNumber): Promise<string> {
    await this.#qrShown.promise;
    return await requestPairCode(this.#socket, phone, this.#clock);
  }

  async lookUp(phone: PhoneNumber): Promise<PhoneNumber | null> {
    this.#requireOpen();
    const answer = await this.#socket.onWhatsApp(phone);
    if (answer === undefined) throw new SendRefusal('lookup_unanswered', true);
    const known = parseJid(answer.find((entry) => entry.exists)?.jid);
    return known.kind === 'phone' ? (known.digits as PhoneNumber) : null;
  }

  listGroups(): Promise<Group[]> {
    this.#requireOpen();
    return this.#groups.list();
  }

  async askForFile(source: Buffer): Promise<Buffer> {
    this.#requireOpen();
    return await askForFile(this.#socket, source, this.#clock);
  }

  async findRestrictionEnd(): Promise<number | null> {
    this.#requireOpen();
    const { isActive, timeEnforcementEnds } = await this.#socket.fetchAccountReachoutTimelock();
    return isActive === true ? (timeEnforcementEnds?.getTime() ?? null) : null;
  }

  async findNewChatCap(): Promise<NewChatCap | null> {
    this.#requireOpen();
    return readNewChatCap(await this.#socket.fetchNewChatMessageCap());
  }

  async logOut(): Promise<void> {
    this.#requireOpen();
    try {
      // Baileys' own `logout` closes at once, and the question may never leave.
      await this.#socket.query(removeDevice(this.#socket.user?.id ?? ''));
    } catch (error) {
      // WhatsApp may end the connection of the device that is gone instead of answering.
      if (this.#endReason !== 'logged_out') throw error;
    }
    await this.close();
  }

  close(): Promise<void> {
    this.#finish({ reason: 'asked', detail: '' });
    return Promise.resolve();
  }

  async #encode(content: DueContent): Promise<proto.IMessage> {
    if (content.kind !== 'media') return encodeContent(content);
    return addCaption(await this.#files.messageOf(content.file), content.text);
  }

  /** What a message sent earlier says, for a phone that could not read it. */
  async #findSent(id: string | null | undefined): Promise<proto.IMessage | undefined> {
    if (!id) return undefined;
    const content = await this.#listener.findSent(whatsAppIdOf(id));
    if (content === null) return undefined;
    return await this.#encode(content).catch((error: unknown) => {
      this.#parts.log.warn({ err: error }, 'a message could not be sent once more');
      return undefined;
    });
  }

  async #relay(
    recipient: Recipient,
    encoded: proto.IMessage,
    whatsAppId: WhatsAppId,
    useUserDevicesCache: boolean,
  ): Promise<void> {
    if (recipient.kind === 'group') {
      await this.#groups.send(recipient.groupId, encoded, whatsAppId, useUserDevicesCache);
      return;
    }
    await this.#requireDevices(recipient.phone, useUserDevicesCache);
    await this.#socket.relayMessage(makeJid(recipient), encoded, {
      messageId: whatsAppId,
      useUserDevicesCache,
    });
  }

  /** Without the recipient's devices Baileys reports success and sends to nobody. */
  async #requireDevices(phone: PhoneNumber, useCache: boolean): Promise<void> {
    const jid = makeJid({ kind: 'person', phone });
    const devices = await this.#socket.getUSyncDevices([jid], useCache, false);
    if (!devices.some((device) => device.user === phone)) {
      throw new SendRefusal('recipient_devices_unknown', true);
    }
  }

  liveness(): Liveness {
    return this.#watchdog.liveness();
  }

  #requireOpen(): void {
    if (!this.#isOpen || this.#isFinished) throw new SendRefusal('not_connected', true);
  }

  /** Puts the gate between Baileys and the wire; Baileys goes on as if its frames were written. */
  #installGate(): DurabilityGate {
    const raw = this.#rawSocket;
    const write = raw.send.bind(raw);
    const gate = new DurabilityGate(
      (frame) => {
        // A frame that can not be written is lost with its connection, which ends by itself.
        if (this.#isFinished) return;
        const { lease, mayUse } = this.#parts;
        if (mayUse(lease)) write(frame, () => undefined);
        else this.#finish({ reason: 'lost', detail: 'the account may have another owner' });
      },
      () => this.#parts.vault.durable(this.#parts.lease),
      (error) => {
        this.#finish({ reason: 'lost', detail: `a change could not be kept: ${String(error)}` });
      },
    );
    raw.send = (frame, onWritten) => {
      gate.pass(frame);
      if (onWritten !== undefined) queueMicrotask(onWritten);
    };
    return gate;
  }

  #keepAlive(): () => void {
    return startKeepAlive(this.#clock, {
      isHolding: () => this.#gate.isHolding,
      ping: () => {
        if (!this.#isLoggedIn) return;
        const ping = pingOf(this.#socket.generateMessageTag());
        void this.#socket.sendNode(ping).catch(() => undefined);
      },
      pingWire: () => {
        this.#rawSocket.ping();
      },
    });
  }

  #listenToWire(): void {
    const wire = this.#socket.ws;
    wire.on('open', () => {
      this.#wasWebSocketOpen = true;
    });
    wire.on('frame', (frame: BinaryNode | Uint8Array) => {
      // Answers to questions come as `iq` too; only the watchdog's own prove anything.
      this.#watchdog.sawFrame(!('tag' in frame) || frame.tag === 'iq');
    });
    // Baileys attaches a listener to this event, which stops `ws` from raising an error for it.
    wire.on('unexpected-response', (_request: unknown, response: { statusCode?: number }) => {
      const detail = `the server refused the connection: ${response.statusCode}`;
      this.#finish({ reason: 'unreachable', detail });
    });
    wire.prependListener('CB:ack,class:message', (node: BinaryNode) => {
      const answer = decodeAck(node, this.#clock.now());
      this.#watchdog.acks.answered(node.attrs['id'] ?? '');
      if (answer !== null) this.#record([answer]);
    });
    wire.prependListener('CB:message', (node: BinaryNode) => {
      this.#arrivals.expect(node);
    });
    wire.prependListener('CB:receipt', (node: BinaryNode) => {
      const answers = decodeReceipt(node, this.#clock.now());
      for (const { whatsAppId } of answers) this.#watchdog.acks.answered(whatsAppId);
      this.#record(answers);
    });
  }

  #listenToEvents(): void {
    const { ev } = this.#socket;
    ev.on('creds.update', () => {
      stageCredentials(this.#parts.vault, this.#parts.lease, this.#socket.authState.creds);
    });
    ev.on('connection.update', (update) => {
      if (update.qr !== undefined) {
        this.#isLoggedIn = true;
        this.#watchdog.expectNothing();
        this.#qrShown.resolve();
        this.#listener.onQr(update.qr);
      }
      if (update.isNewLogin === true) this.#listener.onLinked();
      if (update.connection === 'open') {
        this.#isOpen = true;
        this.#isLoggedIn = true;
        void this.#arrivals.replay((node) => this.#socket.ws.emit('CB:message', node));
      }
      if (update.receivedPendingNotifications === true) this.#hasCaughtUp = true;
      if (update.connection === 'close') {
        const error = update.lastDisconnect?.error;
        const end = connectionEndOf(error, this.#wasWebSocketOpen);
        if (end.reason === 'unexplained') {
          this.#parts.log.warn({ raw: rawReasonOf(error), end }, 'an end without an explanation');
        }
        this.#finish(end);
      } else {
        this.#reportOpenOnce();
      }
    });
    ev.on('messages.upsert', ({ messages }) => {
      for (const message of messages) this.#receive(message);
    });
  }

  #reportOpenOnce(): void {
    if (!this.#isOpen || !this.#hasCaughtUp || this.#isFinished) return;
    const { me } = this.#socket.authState.creds;
    const account = parseJid(me?.id);
    if (account.kind !== 'phone') return;
    const lid = parseJid(me?.lid);
    this.#hasCaughtUp = false;
    this.#watchdog.expectFrames();
    this.#listener.onOpen({
      phone: account.digits,
      lid: lid.kind === 'lid' ? lid.digits : null,
      name: me?.name ?? null,
    });
  }

  /** The stanza is acked to WhatsApp by Baileys, but the ack waits for our commit. */
  #record(answers: Answer[]): void {
    for (const answer of answers) this.#gate.hold(this.#listener.onAnswer(answer));
  }

  /** Who wrote is looked up where the stanza does not tell; the messages keep their order. */
  #receive(message: WAMessage): void {
    const { me } = this.#socket.authState.creds;
    this.#polls.note(message, [me?.id, me?.lid]);
    const incoming = decodeMessage(message, this.#clock.now());
    if (incoming === null) return;
    const completed = this.#lastCompleted.then(() => this.#complete(incoming, message));
    this.#lastCompleted = completed;
    const kept = completed.then((known) => this.#listener.onMessage(known));
    this.#gate.hold(
      kept.then(() => {
        this.#arrivals.becameRow(incoming.whatsAppId);
      }),
    );
  }

  async #complete(incoming: IncomingMessage, message: WAMessage): Promise<IncomingMessage> {
    const named = await this.#nameSender(incoming);
    if (named.type !== 'poll_vote') return named;
    return { ...named, text: (await this.#polls.read(message)) ?? '' };
  }

  async #nameSender(incoming: IncomingMessage): Promise<IncomingMessage> {
    const { fromPhone, fromLid } = incoming;
    if (fromPhone !== null || fromLid === null) return incoming;
    const { lidMapping } = this.#socket.signalRepository;
    const known = await lidMapping.getPNForLID(`${fromLid}@lid`).catch(() => null);
    const jid = parseJid(known);
    return jid.kind === 'phone' ? { ...incoming, fromPhone: jid.digits } : incoming;
  }

  #finish(end: ConnectionEnd): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    this.#endReason = end.reason;
    this.#isOpen = false;
    if (end.reason === 'logged_out') this.#vault.end();
    this.#watchdog.stop();
    this.#stopKeepAlive();
    this.#arrivals.close();
    this.#qrShown.reject(new SendRefusal('not_connected', true));
    // `end` waits for the peer to close; the peer may be dead, so the wire is cut as well.
    void this.#socket.end(undefined).catch(() => undefined);
    this.#rawSocket.terminate();
    this.#listener.onClosed(end);
  }
}
