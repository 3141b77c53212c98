import type { WhatsAppId } from '../domain/ids.ts';
import type { DueMessage, MessageInDoubt } from '../domain/message.ts';
import { ATTEMPTS_MAX, isHopeless, isPoison } from '../domain/message-life.ts';
import { decideRefusal } from './refusal.ts';
import {
  type HandOverOutcome,
  type Lane,
  type Outgoing,
  type Reminder,
  type SenderEffect,
  type SenderState,
  type SenderWrite,
} from './sender-state.ts';

// What each event means to a sender. What follows from it is decided in `sender-machine.ts`.

/** WhatsApp answers within a second. Counted from when the frame left, not from its commit. */
const ANSWER_MS_MAX = 20_000;
const POSTPONE_MS = 5000;
const DATABASE_RETRY_MS = 1000;
/** The others do not wait longer for a suspect: it may be a long film. */
const SUSPECT_MS_MAX = 5000;
const VAIN_LOOK_MS = 1000;
/** A process that dies sooner, again and again, dies of something else. */
export const PRIME_SUSPECT_REST_MS = 5000;
const NEXT_SUSPECT_MS = 500;

/** The state on its way from one event to the next, and what is to be done about it. */
export class Turn {
  state: SenderState;
  readonly effects: SenderEffect[] = [];
  readonly nowMs: number;
  readonly fraction: number;

  constructor(state: SenderState, nowMs: number, fraction: number) {
    this.state = state;
    this.nowMs = nowMs;
    this.fraction = fraction;
  }

  set(change: Partial<SenderState>): void {
    this.state = { ...this.state, ...change };
  }

  order(effect: SenderEffect): void {
    this.effects.push(effect);
  }

  write(effect: SenderWrite): void {
    this.order(effect);
    this.set({ writes: this.state.writes + 1 });
  }

  remind(of: Reminder, delayMs: number): void {
    this.order({ type: 'remind', of, delayMs });
  }
}

/** Whatever was begun and not answered is in doubt now; the next connection asks for it. */
export function loseConnection(turn: Turn): void {
  turn.set({
    connection: null,
    unanswered: new Map(),
    secondTries: new Set(),
    suspect: null,
    mayHaveDoubts: true,
    mayHaveDue: true,
  });
}

/** What the database did is not known, so what it may have claimed is in doubt. */
export function block(turn: Turn): void {
  turn.set({ isBlocked: true, mayHaveDoubts: true, mayHaveDue: true, mayGiveBack: false });
  turn.remind('database', DATABASE_RETRY_MS);
  turn.remind('prime-suspects', PRIME_SUSPECT_REST_MS);
}

export function beReminded(turn: Turn, of: Reminder): void {
  switch (of) {
    case 'due':
      turn.set({ mayHaveDue: true });
      break;
    case 'doubts':
      turn.set({ mayHaveDoubts: true });
      break;
    case 'database':
      turn.set({ isBlocked: false });
      break;
    case 'suspect':
      turn.set({ suspect: null });
      break;
    case 'prime-suspects':
      requestSuspectTurn(turn);
      break;
    case 'answers':
      checkAnswers(turn);
      break;
  }
}

function requestSuspectTurn(turn: Turn): void {
  const { connection, suspectTurn } = turn.state;
  if (connection === null) return;
  if (suspectTurn !== 'none') {
    turn.remind('prime-suspects', NEXT_SUSPECT_MS);
    return;
  }
  turn.set({ suspectTurn: 'requested' });
  turn.order({ type: 'request-suspect-turn' });
}

/** Ends the turn when its suspect has left, or is another's matter by now. */
export function endSuspectTurn(turn: Turn): void {
  const { suspectTurn, connection, isStopping, askedBy, suspect } = turn.state;
  const isUsed = suspectTurn === 'used' && askedBy === null && suspect === null;
  const isVain = suspectTurn !== 'none' && (connection === null || isStopping);
  if (!isUsed && !isVain) return;
  turn.set({ suspectTurn: 'none' });
  turn.order({ type: 'end-suspect-turn' });
}

/** If there was one there may be another, which needs a turn of its own. */
export function takeSuspect(turn: Turn, message: MessageInDoubt | null): void {
  takeDoubts(turn, message === null ? [] : [message], false);
  if (message !== null) turn.remind('prime-suspects', NEXT_SUSPECT_MS);
}

export function takeDoubts(
  turn: Turn,
  messages: readonly MessageInDoubt[],
  hasMore: boolean,
): void {
  const { connection, askedBy, mayHaveDoubts } = turn.state;
  const isLate = askedBy !== connection;
  turn.set({ askedBy: null, mayHaveDoubts: mayHaveDoubts || hasMore || isLate });
  if (isLate) return;
  turn.set({ mayGiveBack: !turn.state.mayHaveDoubts });
  const doubts: Outgoing[] = [];
  for (const message of messages) {
    const { id, whatsAppId, crashes, attempts, inDoubtMs } = message;
    if (isPoison(crashes)) turn.write({ type: 'fail', id, reason: 'poison' });
    else if (isHopeless(attempts, inDoubtMs)) {
      turn.write({ type: 'fail', id, reason: 'unknown_outcome' });
    } else {
      const isSuspect = crashes > 0;
      doubts.push({ message, isInDoubt: true, isSuspect, useFreshDevices: false });
      if (!isSuspect) continue;
      turn.set({ suspect: whatsAppId });
      turn.remind('suspect', SUSPECT_MS_MAX);
    }
  }
  enqueue(turn, doubts);
}

export function takeDue(
  turn: Turn,
  messages: readonly DueMessage[],
  isAll: boolean,
  againInMs: number | null,
): void {
  const { connection, askedBy, mayHaveDue, mayHaveScheduled, vainLooks } = turn.state;
  const taken = messages.map((message) => ({
    message,
    isInDoubt: false,
    isSuspect: false,
    useFreshDevices: false,
  }));
  turn.set({
    askedBy: null,
    turn: turn.state.turn + messages.length,
    vainLooks: messages.length > 0 ? 0 : vainLooks,
    mayHaveDue: mayHaveDue || (againInMs === null && !isAll),
    mustLookAhead: againInMs === null && isAll && mayHaveScheduled,
  });
  if (againInMs !== null) turn.remind('due', againInMs);
  // Asked for by an earlier connection: what that one left in doubt goes first.
  if (askedBy === connection) enqueue(turn, taken);
  else giveBack(turn, taken);
}

/** Due and not claimed: it became due just now, or it may not be claimed for another reason. */
export function lookAhead(turn: Turn, waitMs: number | null): void {
  turn.set({ askedBy: null });
  if (waitMs === null) turn.set({ mayHaveScheduled: false });
  else if (waitMs > 0) turn.remind('due', waitMs);
  else if (turn.state.vainLooks === 0) turn.set({ mayHaveDue: true, vainLooks: 1 });
  else turn.remind('due', VAIN_LOOK_MS);
}

function enqueue(turn: Turn, outgoings: readonly Outgoing[]): void {
  const { file } = turn.state;
  turn.set({ file: { ...file, waiting: [...file.waiting, ...outgoings] } });
}

export function begin(turn: Turn, whatsAppId: WhatsAppId, connection: number): void {
  const { unanswered, secondTries } = turn.state;
  const place = findPlace(turn.state, whatsAppId, connection);
  if (place === null || connection !== turn.state.connection) return;
  const { outgoing } = place;
  const entry = { outgoing, leftAtMs: null, isSecondTry: secondTries.has(whatsAppId) };
  turn.set({ unanswered: new Map(unanswered).set(whatsAppId, entry) });
}

export function noteLeft(turn: Turn, whatsAppId: WhatsAppId, connection: number): void {
  const { unanswered, isAnswerCheckSet } = turn.state;
  const entry = unanswered.get(whatsAppId);
  if (entry === undefined || connection !== turn.state.connection) return;
  const left = { ...entry, leftAtMs: turn.nowMs };
  turn.set({ unanswered: new Map(unanswered).set(whatsAppId, left), isAnswerCheckSet: true });
  if (!isAnswerCheckSet) turn.remind('answers', ANSWER_MS_MAX);
  const { isSuspect, message } = entry.outgoing;
  if (isSuspect) turn.write({ type: 'clear', id: message.id });
  if (turn.state.suspect === whatsAppId) turn.set({ suspect: null });
}

export function endHandOver(
  turn: Turn,
  whatsAppId: WhatsAppId,
  connection: number,
  outcome: HandOverOutcome,
): void {
  const place = findPlace(turn.state, whatsAppId, connection);
  if (place === null) return;
  setLane(turn, place.chat, { ...place.lane, current: null });
  if (outcome.type === 'handed-over') return;
  if (connection === turn.state.connection) forget(turn, whatsAppId);
  const isOfLast = connection === turn.state.lastConnection;
  switch (outcome.type) {
    case 'gone':
      // Had there been another connection since, it would be a doubt of that one.
      if (turn.state.connection === null && isOfLast && outcome.isCertain) {
        const waiting = [place.outgoing, ...place.lane.waiting];
        setLane(turn, place.chat, { waiting, current: null });
      }
      turn.set({ mayHaveDoubts: true });
      break;
    case 'interrupted':
      // What was claimed with it must not pass it: all of it goes again, in order.
      leaveInDoubt(turn);
      block(turn);
      break;
    case 'refused':
      if (connection === turn.state.connection) tryLater(turn, place.outgoing, outcome);
      break;
  }
}

/** WhatsApp has not seen it, this time. */
function tryLater(
  turn: Turn,
  { message, isInDoubt }: Outgoing,
  { reason, isFinal }: { readonly reason: string; readonly isFinal: boolean },
): void {
  const { id, attempts } = message;
  if (isFinal || attempts >= ATTEMPTS_MAX) turn.write({ type: 'fail', id, reason });
  else if (isInDoubt) turn.remind('doubts', POSTPONE_MS);
  else postpone(turn, message, POSTPONE_MS * attempts);
}

function postpone(turn: Turn, { id }: DueMessage, delayMs: number): void {
  turn.write({ type: 'postpone', id, delayMs });
  turn.set({ mayHaveScheduled: true });
  turn.remind('due', delayMs);
}

/** WhatsApp has answered: it need not be handed over again, if it still waits for that. */
export function settle(turn: Turn, whatsAppId: WhatsAppId): void {
  const { unanswered, file, lanes } = turn.state;
  if (unanswered.has(whatsAppId)) {
    forget(turn, whatsAppId);
    return;
  }
  const places: [string | null, Lane][] = [[null, file], ...lanes];
  for (const [chat, { current, waiting }] of places) {
    const others = waiting.filter(({ message }) => message.whatsAppId !== whatsAppId);
    if (others.length < waiting.length) setLane(turn, chat, { current, waiting: others });
  }
}

/** Nothing more is expected of this hand-over. */
function forget(turn: Turn, whatsAppId: WhatsAppId): void {
  const unanswered = new Map(turn.state.unanswered);
  if (unanswered.delete(whatsAppId)) turn.set({ unanswered });
  if (turn.state.suspect === whatsAppId) turn.set({ suspect: null });
}

/** A refusal of what is not known here came late: unless it is final, the message is in doubt. */
export function refuse(turn: Turn, whatsAppId: WhatsAppId, reason: string): void {
  const outgoing = turn.state.unanswered.get(whatsAppId)?.outgoing ?? null;
  const decision = decideRefusal(
    reason,
    {
      attempts: outgoing?.message.attempts ?? 1,
      hadFreshDevices: outgoing?.useFreshDevices ?? false,
    },
    turn.fraction,
  );
  forget(turn, whatsAppId);
  if (decision.pausesNewChats) turn.write({ type: 'pause-new-chats' });
  if (decision.slowsDown) turn.write({ type: 'slow-down' });
  const { next } = decision;
  if (next.type === 'fail') turn.write({ type: 'refuse', whatsAppId, reason });
  if (outgoing === null) return;
  if (next.type === 'postpone') postpone(turn, outgoing.message, next.delayMs);
  if (next.type === 'fresh-devices') {
    const { file } = turn.state;
    const again = { ...outgoing, isInDoubt: true, useFreshDevices: true };
    turn.set({ file: { ...file, waiting: [again, ...file.waiting] } });
  }
}

/** Hands over again what was not answered in time; the second time the connection is to blame. */
function checkAnswers(turn: Turn): void {
  const unanswered = new Map(turn.state.unanswered);
  const secondTries = new Set(turn.state.secondTries);
  let nextInMs = Infinity;
  for (const [whatsAppId, { leftAtMs, isSecondTry }] of turn.state.unanswered) {
    if (leftAtMs === null) continue;
    const remainingMs = leftAtMs + ANSWER_MS_MAX - turn.nowMs;
    if (remainingMs > 0) nextInMs = Math.min(nextInMs, remainingMs);
    else if (isSecondTry) {
      turn.set({ isAnswerCheckSet: false });
      turn.order({ type: 'reconnect', why: 'a message was not answered' });
      return;
    } else {
      unanswered.delete(whatsAppId);
      secondTries.add(whatsAppId);
      turn.set({ mayHaveDoubts: true });
    }
  }
  turn.set({ unanswered, secondTries, isAnswerCheckSet: nextInMs < Infinity });
  if (nextInMs < Infinity) turn.remind('answers', nextInMs);
}

interface Place {
  /** Null: the single file. */
  readonly chat: string | null;
  readonly lane: Lane;
  readonly outgoing: Outgoing;
}

/** Where a message is being handed over by this connection. */
function findPlace(
  { file, lanes }: SenderState,
  whatsAppId: WhatsAppId,
  connection: number,
): Place | null {
  const places: [string | null, Lane][] = [[null, file], ...lanes];
  for (const [chat, lane] of places) {
    const { current } = lane;
    if (current?.connection !== connection) continue;
    const { outgoing } = current;
    if (outgoing.message.whatsAppId === whatsAppId) return { chat, lane, outgoing };
  }
  return null;
}

export function setLane(turn: Turn, chat: string | null, lane: Lane): void {
  if (chat === null) {
    turn.set({ file: lane });
    return;
  }
  const lanes = new Map(turn.state.lanes);
  if (lane.current === null && lane.waiting.length === 0) lanes.delete(chat);
  else lanes.set(chat, lane);
  turn.set({ lanes });
}

/**
 * What was not begun goes back into the queue, unless WhatsApp may have had it before.
 *
 * Nor does it when something that was claimed later may have been left in doubt: what is in doubt
 * goes first, and would pass it.
 */
function giveBack(turn: Turn, outgoings: readonly Outgoing[]): void {
  if (outgoings.length === 0) return;
  turn.set({ mayHaveDoubts: true, mayHaveDue: true });
  const ids = outgoings.filter(({ isInDoubt }) => !isInDoubt).map(({ message }) => message.id);
  if (ids.length > 0 && turn.state.mayGiveBack) turn.write({ type: 'return', ids });
}

/** Gives back whatever is claimed and not begun; while a claim is under way, when it is answered. */
export function giveBackWaiting(turn: Turn): void {
  if (turn.state.askedBy === null) giveBack(turn, takeWaiting(turn));
}

/** Leaves whatever is claimed and not begun in doubt. */
export function leaveInDoubt(turn: Turn): void {
  takeWaiting(turn);
  turn.set({ mayHaveDoubts: true, mayGiveBack: false });
}

function takeWaiting(turn: Turn): Outgoing[] {
  const lanes = [...turn.state.lanes];
  const waiting = [turn.state.file, ...lanes.map(([, lane]) => lane)].flatMap((l) => l.waiting);
  setLane(turn, null, { ...turn.state.file, waiting: [] });
  for (const [chat, lane] of lanes) setLane(turn, chat, { ...lane, waiting: [] });
  return waiting;
}
