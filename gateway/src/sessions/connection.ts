import type { ConnectionEnd } from '../domain/connection-state.ts';
import type { GroupId } from '../domain/group-id.ts';
import type { WhatsAppId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { DownloadResult } from '../domain/media.ts';
import type { DueContent, DueMessage } from '../domain/message.ts';
import type { Tick } from '../domain/message-state.ts';
import type { NewChatCap } from '../domain/pace.ts';
import type { PhoneNumber } from '../domain/phone-number.ts';

/**
 * The port between a session and WhatsApp: sessions own it, `whatsapp/` implements it.
 * One connection is one socket; it never reconnects by itself.
 */
export interface Connection {
  /** Under which it was opened; whatever is written because of it is written under this lease. */
  readonly lease: Lease;
  /**
   * Does what may take long before a message can be handed over: uploads its file. Harmless when it
   * is done already.
   * @throws SendRefusal when it can not be done
   */
  prepare(content: DueContent): Promise<void>;
  /**
   * Hands a message to WhatsApp under its fixed id. Resolves when it is encrypted and in order behind
   * what was handed over before; WhatsApp's verdict comes later through `onAnswer`.
   * @throws SendRefusal when it can not be sent at all
   */
  send(message: DueMessage, how: SendingManner): Promise<HandedOver>;
  /** Asks for a pairing code for this number: 8 characters, `ABCD-1234`. */
  requestPairCode(phone: PhoneNumber): Promise<string>;
  /**
   * The number as WhatsApp knows it (some countries' numbers are written in two ways), or null when
   * it is not on WhatsApp.
   * @throws SendRefusal when there is no answer
   */
  lookUp(phone: PhoneNumber): Promise<PhoneNumber | null>;
  /**
   * The groups the account is a member of, as WhatsApp lists them.
   * @throws SendRefusal when there is no answer
   */
  listGroups(): Promise<Group[]>;
  /**
   * Asks the sender's phone to upload the file of a received message once more: WhatsApp keeps files
   * for some weeks only.
   * @param source as it came in `IncomingFile`
   * @returns the source with the new place
   * @throws SendRefusal when the phone has not got it any more, or does not answer
   */
  askForFile(source: Buffer): Promise<Buffer>;
  /** How alive it is. */
  liveness(): Liveness;
  /**
   * Until when WhatsApp lets the account begin no new chats, milliseconds since 1970; null when it
   * does not say.
   */
  findRestrictionEnd(): Promise<number | null>;
  /**
   * How many new chats WhatsApp allows the account in a cycle of its own; null when it has no cap.
   * @throws when there is no answer
   */
  findNewChatCap(): Promise<NewChatCap | null>;
  /** Removes this device from the account, then closes. */
  logOut(): Promise<void>;
  /** Closes; `onClosed` follows with the reason `asked`. */
  close(): Promise<void>;
}

/** How alive a connection is. */
export interface Liveness {
  /** How long ago anything came from WhatsApp. */
  readonly quietMs: number;
  /** A message or a question has waited too long for its answer. */
  readonly isSlow: boolean;
  /** How long WhatsApp took to accept the latest message, or null. */
  readonly answerMs: number | null;
}

/** How a message is handed over. */
export interface SendingManner {
  /** Ask for the recipient's devices anew instead of using those remembered. */
  readonly useFreshDevices: boolean;
}

/** A message that is on its way. */
export interface HandedOver {
  /**
   * Resolves when its frame has left, which waits until its encryption step is committed; never, if
   * the connection ends before.
   */
  readonly left: Promise<void>;
}

/** A group of the account. */
export interface Group {
  readonly groupId: GroupId;
  readonly name: string;
}

/** Why a message could not be handed over. */
export class SendRefusal extends Error {
  override readonly name = 'SendRefusal';
  /** The public reason, e.g. `not_on_whatsapp`. */
  readonly reason: string;
  /** Whether the same message may succeed later. */
  readonly isTemporary: boolean;

  /** @param detail what went wrong, for the log */
  constructor(reason: string, isTemporary: boolean, detail = '') {
    super(`the message could not be handed over: ${reason} ${detail}`.trimEnd());
    this.reason = reason;
    this.isTemporary = isTemporary;
  }
}

/** What WhatsApp says about a message of ours. */
export interface Answer {
  readonly whatsAppId: WhatsAppId;
  /** The tick it means, or the refusal's public reason. */
  readonly verdict: { readonly tick: Tick } | { readonly refusal: string };
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** A message somebody sent to the account. */
export interface IncomingMessage {
  readonly whatsAppId: WhatsAppId;
  /** Digits of the group's id, or null for a one-to-one chat. */
  readonly groupId: string | null;
  /** The sender's number where WhatsApp tells it. */
  readonly fromPhone: string | null;
  /** The sender's LID (hidden id), digits, where WhatsApp tells it. */
  readonly fromLid: string | null;
  /** `chat` for text, `file` for files, else the kind of message. */
  readonly type: string;
  /** The text; of a file its caption. */
  readonly text: string;
  readonly file: IncomingFile | null;
  readonly sentAtMs: number;
}

/** The file of an incoming message: how it is called, and where WhatsApp has it. */
export interface IncomingFile {
  /** What `Connector.download` needs; holds the file's key. */
  readonly source: Buffer;
  readonly mimetype: string;
  /** Empty where the sender gave none. */
  readonly fileName: string;
  /** As announced; may be wrong. */
  readonly bytes: number;
}

/** Who the linked account is. */
export interface Account {
  readonly phone: string;
  readonly lid: string | null;
  readonly name: string | null;
}

/**
 * What a connection tells its session. The functions that return a promise are durable when it
 * resolves, and only then is WhatsApp told that we have it.
 */
export interface ConnectionListener {
  onQr(qr: string): void;
  /** The phone accepted this device; the socket restarts once. */
  onLinked(): void;
  /** Logged in, and everything that had waited for us has been handed over. */
  onOpen(account: Account): void;
  onAnswer(answer: Answer): Promise<void>;
  onMessage(message: IncomingMessage): Promise<void>;
  /** What a message sent earlier says, for a phone that could not read it; null if unknown. */
  findSent(whatsAppId: WhatsAppId): Promise<DueContent | null>;
  /** The last call of a connection's life. */
  onClosed(end: ConnectionEnd): void;
}

/** Opens connections. */
export interface Connector {
  /** Whether this process serves services of this mode. */
  serves(mode: ServiceMode): boolean;
  /**
   * Opens a socket for a service with the credentials kept for it, or with new ones. What goes
   * wrong on the wire comes as `onClosed`.
   * @throws when the credentials can not be read, the mode is not served here, or it is not certain
   *   that the lease is ours
   */
  open(lease: Lease, mode: ServiceMode, listener: ConnectionListener): Promise<Connection>;
  /**
   * Downloads the file of a received message, decrypts it and checks that it is what was sent.
   * @param source as it came in `IncomingFile`
   * @param path where to write it; must not exist. Nothing is left there when it fails
   * @param bytesMax the longest file to take
   */
  download(
    mode: ServiceMode,
    source: Buffer,
    path: string,
    bytesMax: number,
  ): Promise<DownloadResult>;
  /**
   * Whether the service holds credentials of a linked device.
   * @throws LeaseLost
   */
  isLinked(lease: Lease): Promise<boolean>;
  /**
   * Deletes the service's credentials and keys.
   * @throws LeaseLost
   */
  forget(lease: Lease): Promise<void>;
  /** The lease is about to be given up: resolves when all that was to be kept under it is. */
  release(lease: Lease): Promise<void>;
  /** The lease is lost: whatever was not kept under it by now never is. */
  drop(lease: Lease): void;
}

/** `test` talks to the simulator only, `live` to WhatsApp only. */
export type ServiceMode = 'test' | 'live';
