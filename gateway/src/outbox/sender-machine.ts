import {
  begin,
  beReminded,
  block,
  endHandOver,
  endSuspectTurn,
  giveBackWaiting,
  leaveInDoubt,
  lookAhead,
  loseConnection,
  noteLeft,
  PRIME_SUSPECT_REST_MS,
  refuse,
  setLane,
  settle,
  takeDoubts,
  takeDue,
  takeSuspect,
  Turn,
} from './sender-turn.ts';
import {
  chatOfOutgoing,
  EMPTY_LANE,
  underWay,
  type SenderEffect,
  type SenderEvent,
  type SenderState,
} from './sender-state.ts';
import { dividePlaces } from './urgent-places.ts';

/** The most messages handed over and not yet answered, an account. */
const UNANSWERED_MAX = 64;
/** More are claimed when no more than this many are left: one commit for many messages. */
const CLAIM_BELOW = UNANSWERED_MAX / 2;

export interface SenderStep {
  readonly state: SenderState;
  readonly effects: readonly SenderEffect[];
}

/**
 * One account's sender, as a pure function: it hands the account's messages to WhatsApp, one at a
 * time, in order.
 *
 * It does something only when something happens: a message was accepted, an answer makes room, a
 * time has come, a connection opened. Then, if it is connected, it does the first of these that there
 * is to do, and goes on when that is done:
 * 1. It hands over what it has claimed: the **line**, in single file. A message with a file has to be
 *    uploaded first, which may take minutes: it, and what follows it in the same chat, takes a
 *    **lane** of its own, so that other chats do not wait.
 * 2. It claims what an earlier connection left without an answer: the **doubts**. They go first, in
 *    order, under their old WhatsApp ids, so that what arrived the first time is not shown again.
 *    One that has been in doubt for an hour and five attempts is given up as `unknown_outcome`. One
 *    that an earlier process did not survive is a **suspect**, claimed alone: the others wait until
 *    it has left, so that the next crash tells who did it. After two crashes in a row it is a prime
 *    suspect: it goes when the connection has lasted a while, and in the whole process no other one
 *    with it; meanwhile the others go on without it. After three it is set aside as `poison`.
 * 3. It claims due messages when no more than half of those that may be unanswered are.
 * 4. It looks when the next message is due, and wants to be reminded then.
 *
 * Without a connection it gives back what it has claimed and not begun, and shows what waits as
 * queued. What was begun stays in doubt; so does everything after a failure of the database that
 * leaves open what it did.
 *
 * A message that is not answered within 20 seconds after its frame left is handed over once more on
 * the same connection. If that is not answered either, the connection is dropped.
 *
 * While it stops it begins nothing new; it is done when it is idle.
 * @param nowMs monotonic milliseconds
 * @param fraction a random number from 0 up to 1, for the jitter
 */
export function stepSender(
  state: SenderState,
  event: SenderEvent,
  nowMs: number,
  fraction: number,
): SenderStep {
  const turn = new Turn(state, nowMs, fraction);
  react(turn, event);
  goOn(turn);
  return { state: turn.state, effects: turn.effects };
}

function react(turn: Turn, event: SenderEvent): void {
  switch (event.type) {
    case 'woken':
      turn.set({ mayHaveDue: true });
      break;
    case 'scheduled':
      turn.set({ mayHaveScheduled: true });
      turn.remind('due', event.delayMs);
      break;
    case 'connected':
      loseConnection(turn);
      leaveInDoubt(turn);
      turn.set({ connection: event.connection, lastConnection: event.connection });
      turn.set({ mayHaveScheduled: true, isBlocked: false });
      turn.remind('prime-suspects', PRIME_SUSPECT_REST_MS);
      break;
    case 'disconnected':
      loseConnection(turn);
      break;
    case 'doubts-claimed':
      takeDoubts(turn, event.messages, event.hasMore);
      break;
    case 'suspect-turn':
      if (turn.state.suspectTurn === 'requested') turn.set({ suspectTurn: 'granted' });
      break;
    case 'suspect-claimed':
      takeSuspect(turn, event.message);
      break;
    case 'due-claimed':
      takeDue(turn, event.messages, event.isAll, event.againInMs);
      break;
    case 'looked-ahead':
      lookAhead(turn, event.waitMs);
      break;
    case 'question-failed':
      if (turn.state.connection === null || turn.state.isStopping) leaveInDoubt(turn);
      turn.set({ askedBy: null });
      block(turn);
      break;
    case 'begun':
      begin(turn, event.whatsAppId, event.connection);
      break;
    case 'left':
      noteLeft(turn, event.whatsAppId, event.connection);
      break;
    case 'hand-over-ended':
      endHandOver(turn, event.whatsAppId, event.connection, event.outcome);
      break;
    case 'answered':
      settle(turn, event.whatsAppId);
      break;
    case 'refused':
      refuse(turn, event.whatsAppId, event.reason);
      break;
    case 'written':
      turn.set({ writes: turn.state.writes - 1 });
      break;
    case 'write-failed':
      turn.set({ writes: turn.state.writes - 1 });
      block(turn);
      break;
    case 'reminded':
      beReminded(turn, event.of);
      break;
    case 'stopped':
      turn.set({ isStopping: true });
      break;
  }
}

/** Does the first thing there is to do, as the prose above says. */
function goOn(turn: Turn): void {
  endSuspectTurn(turn);
  if (turn.state.connection === null || turn.state.isStopping) giveBackWaiting(turn);
  const { connection, isStopping } = turn.state;
  if (connection === null) {
    if (turn.state.mayHaveDue && !isStopping) turn.order({ type: 'show-queue' });
    turn.set({ mayHaveDue: false });
    return;
  }
  if (!isStopping) handOver(turn, connection);
  const { file, suspect, isBlocked, askedBy, writes } = turn.state;
  const isBusy = file.current !== null || suspect !== null || askedBy !== null || writes > 0;
  if (!isBusy && !isBlocked && !isStopping) ask(turn, connection);
}

/** Begins whatever may begin: one in single file, one in every lane. */
function handOver(turn: Turn, connection: number): void {
  while (turn.state.file.current === null) {
    const [next, ...waiting] = turn.state.file.waiting;
    if (next === undefined) break;
    const chat = chatOfOutgoing(next);
    const lane = turn.state.lanes.get(chat);
    const takesLane = lane !== undefined || next.message.content.kind === 'media';
    turn.set({ file: { waiting, current: takesLane ? null : { outgoing: next, connection } } });
    if (takesLane) {
      const { current, waiting: before } = lane ?? EMPTY_LANE;
      setLane(turn, chat, { current, waiting: [...before, next] });
    } else turn.order({ type: 'hand-over', outgoing: next, connection });
  }
  for (const [chat, lane] of turn.state.lanes) {
    const [next, ...waiting] = lane.waiting;
    if (lane.current !== null || next === undefined) continue;
    setLane(turn, chat, { waiting, current: { outgoing: next, connection } });
    turn.order({ type: 'hand-over', outgoing: next, connection });
  }
}

/** Asks the database for more to do. */
function ask(turn: Turn, connection: number): void {
  const { mayHaveDoubts, mayHaveDue, mustLookAhead, suspectTurn } = turn.state;
  const isSuspectsTurn = suspectTurn === 'granted';
  if (!mayHaveDoubts && !mayHaveDue && !mustLookAhead && !isSuspectsTurn) return;
  const begun = underWay(turn.state);
  if (mayHaveDoubts) {
    turn.set({ askedBy: connection, mayHaveDoubts: false });
    turn.order({ type: 'claim-doubts', except: [...begun] });
  } else if (isSuspectsTurn) {
    turn.set({ askedBy: connection, suspectTurn: 'used' });
    turn.order({ type: 'claim-suspect', except: [...begun] });
  } else if (begun.size > CLAIM_BELOW) {
    return;
  } else if (mayHaveDue) {
    turn.set({ askedBy: connection, mayHaveDue: false });
    const places = dividePlaces(UNANSWERED_MAX - begun.size, turn.state.turn);
    turn.order({ type: 'claim-due', places });
  } else if (mustLookAhead) {
    turn.set({ askedBy: connection, mustLookAhead: false });
    turn.order({ type: 'look-ahead' });
  }
}
