import type { MessageId, WhatsAppId } from '../domain/ids.ts';
import { chatOf, type DueMessage, type MessageInDoubt } from '../domain/message.ts';
import type { Places } from '../storage/messages/claim-due-messages.ts';

/** A claimed message on its way to WhatsApp. */
export interface Outgoing {
  readonly message: DueMessage;
  /** It may have been handed over before: it never goes back into the queue by itself. */
  readonly isInDoubt: boolean;
  /** An earlier process did not survive its hand-over. */
  readonly isSuspect: boolean;
  /** WhatsApp refused it because of devices we remembered: they are asked for again. */
  readonly useFreshDevices: boolean;
}

/** A message that was handed over and not answered. */
interface Unanswered {
  readonly outgoing: Outgoing;
  /** When its frame left, monotonic milliseconds; null while it waits for a commit. */
  readonly leftAtMs: number | null;
  /** Whether this connection has been given it twice. */
  readonly isSecondTry: boolean;
}

/** Messages that are handed over one after the other. */
export interface Lane {
  /** Claimed and not begun, in order. */
  readonly waiting: readonly Outgoing[];
  /** Being handed over, by which connection; that may be gone by now. */
  readonly current: { readonly outgoing: Outgoing; readonly connection: number } | null;
}

export const EMPTY_LANE: Lane = { waiting: [], current: null };

/** What one account's sender knows; see `sender-machine.ts`. */
export interface SenderState {
  /** The number of the open connection, or null. */
  readonly connection: number | null;
  /** The newest there was. */
  readonly lastConnection: number | null;
  readonly isStopping: boolean;
  /** The database failed a moment ago: nothing is asked of it until a reminder. */
  readonly isBlocked: boolean;
  /** By which connection a question to the database (a claim, or a look ahead) was asked; or null. */
  readonly askedBy: number | null;
  /** Writes under way; nothing is claimed before they are done. */
  readonly writes: number;
  readonly mayHaveDoubts: boolean;
  /** Everything claimed is known: see `giveBack`. */
  readonly mayGiveBack: boolean;
  readonly mayHaveDue: boolean;
  /** Messages may wait for a time to come. */
  readonly mayHaveScheduled: boolean;
  /** That time is to be looked up. */
  readonly mustLookAhead: boolean;
  /** How often in a row something was due and could not be claimed. */
  readonly vainLooks: number;
  /** What is handed over in single file. */
  readonly file: Lane;
  /** By chat: what is handed over beside it. */
  readonly lanes: ReadonlyMap<string, Lane>;
  /** In the order they were begun. */
  readonly unanswered: ReadonlyMap<WhatsAppId, Unanswered>;
  /** What this connection did not answer the first time. */
  readonly secondTries: ReadonlySet<WhatsAppId>;
  /** A message whose hand-over an earlier process did not survive: the others wait for it. */
  readonly suspect: WhatsAppId | null;
  /**
   * Of prime suspects one at a time goes in the whole process: whether that turn was asked for, is
   * ours, or was used.
   */
  readonly suspectTurn: 'none' | 'requested' | 'granted' | 'used';
  readonly isAnswerCheckSet: boolean;
  /** How many were claimed, for the division between urgent and other messages. */
  readonly turn: number;
}

export const NEW_SENDER: SenderState = {
  connection: null,
  lastConnection: null,
  isStopping: false,
  isBlocked: false,
  askedBy: null,
  writes: 0,
  mayHaveDoubts: true,
  mayGiveBack: false,
  mayHaveDue: false,
  mayHaveScheduled: true,
  mustLookAhead: false,
  vainLooks: 0,
  file: EMPTY_LANE,
  lanes: new Map(),
  unanswered: new Map(),
  secondTries: new Set(),
  suspect: null,
  suspectTurn: 'none',
  isAnswerCheckSet: false,
  turn: 0,
};

/** What the machine wants to be reminded of. */
export type Reminder = 'due' | 'answers' | 'doubts' | 'suspect' | 'prime-suspects' | 'database';

/** How a hand-over ended. */
export type HandOverOutcome =
  | { readonly type: 'handed-over' }
  /** Its connection is gone; `isCertain`: the message has certainly not left. */
  | { readonly type: 'gone'; readonly isCertain: boolean }
  /** The database failed before it was begun. */
  | { readonly type: 'interrupted' }
  /** It could not be handed over; WhatsApp has not seen it. */
  | { readonly type: 'refused'; readonly reason: string; readonly isFinal: boolean };

export type SenderEvent =
  | { readonly type: 'woken' }
  | { readonly type: 'scheduled'; readonly delayMs: number }
  | { readonly type: 'connected'; readonly connection: number }
  | { readonly type: 'disconnected' }
  | {
      readonly type: 'doubts-claimed';
      readonly messages: readonly MessageInDoubt[];
      readonly hasMore: boolean;
    }
  | { readonly type: 'suspect-turn' }
  | { readonly type: 'suspect-claimed'; readonly message: MessageInDoubt | null }
  | {
      readonly type: 'due-claimed';
      readonly messages: readonly DueMessage[];
      readonly isAll: boolean;
      /** When to ask again although more may be due; null: as soon as there is room. */
      readonly againInMs: number | null;
    }
  | { readonly type: 'looked-ahead'; readonly waitMs: number | null }
  | { readonly type: 'question-failed' }
  | { readonly type: 'begun'; readonly whatsAppId: WhatsAppId; readonly connection: number }
  | { readonly type: 'left'; readonly whatsAppId: WhatsAppId; readonly connection: number }
  | {
      readonly type: 'hand-over-ended';
      readonly whatsAppId: WhatsAppId;
      readonly connection: number;
      readonly outcome: HandOverOutcome;
    }
  | { readonly type: 'answered'; readonly whatsAppId: WhatsAppId }
  | { readonly type: 'refused'; readonly whatsAppId: WhatsAppId; readonly reason: string }
  | { readonly type: 'written' }
  | { readonly type: 'write-failed' }
  | { readonly type: 'reminded'; readonly of: Reminder }
  | { readonly type: 'stopped' };

/** Each of these is answered by `written` or `write-failed`; doing it twice does no harm. */
export type SenderWrite =
  | { readonly type: 'return'; readonly ids: readonly MessageId[] }
  | { readonly type: 'postpone'; readonly id: MessageId; readonly delayMs: number }
  | { readonly type: 'fail'; readonly id: MessageId; readonly reason: string }
  /** A suspect has left, and we live. */
  | { readonly type: 'clear'; readonly id: MessageId }
  | { readonly type: 'refuse'; readonly whatsAppId: WhatsAppId; readonly reason: string }
  /** WhatsApp says that the account sends too fast. */
  | { readonly type: 'slow-down' }
  /** WhatsApp lets the account begin no new chats for a while. */
  | { readonly type: 'pause-new-chats' };

export type SenderEffect =
  /** Answered by `doubts-claimed` or `question-failed`. */
  | { readonly type: 'claim-doubts'; readonly except: readonly WhatsAppId[] }
  /** Answered by `suspect-turn`, when it is this account's turn in this process. */
  | { readonly type: 'request-suspect-turn' }
  /** The turn is over, or not wanted any more. */
  | { readonly type: 'end-suspect-turn' }
  /** Answered by `suspect-claimed` or `question-failed`. */
  | { readonly type: 'claim-suspect'; readonly except: readonly WhatsAppId[] }
  /** Answered by `due-claimed` or `question-failed`. */
  | { readonly type: 'claim-due'; readonly places: Places }
  /** Answered by `looked-ahead` or `question-failed`. */
  | { readonly type: 'look-ahead' }
  /** Answered by `begun`, `left` (unless it comes to nothing), and always `hand-over-ended`. */
  | { readonly type: 'hand-over'; readonly outgoing: Outgoing; readonly connection: number }
  | SenderWrite
  | { readonly type: 'reconnect'; readonly why: string }
  | { readonly type: 'show-queue' }
  /** Answered by `reminded`, once, at the earliest of the times asked for. */
  | { readonly type: 'remind'; readonly of: Reminder; readonly delayMs: number };

/**
 * Everything claimed and not answered, or on its way to be. What an earlier connection had begun is
 * not: it is in doubt.
 */
export function underWay({ unanswered, file, lanes, connection }: SenderState): Set<WhatsAppId> {
  const ids = new Set(unanswered.keys());
  for (const { current, waiting } of [file, ...lanes.values()]) {
    for (const { message } of waiting) ids.add(message.whatsAppId);
    if (current?.connection === connection) ids.add(current.outgoing.message.whatsAppId);
  }
  return ids;
}

/** Whether everything that was begun is answered and written. */
export function isIdle(state: SenderState): boolean {
  const { file, lanes, unanswered, writes, askedBy } = state;
  const isFree = file.current === null && file.waiting.length === 0 && lanes.size === 0;
  return isFree && unanswered.size === 0 && writes === 0 && askedBy === null;
}

export const chatOfOutgoing = ({ message }: Outgoing): string => chatOf(message.recipient);
