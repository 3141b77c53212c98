import type { Places } from '../storage/messages/claim-due-messages.ts';

/** Every so many places one is for what is not urgent, while such messages wait. */
const PLACES_PER_ROUND = 5;

/**
 * Divides the places of a claim between urgent and other messages: four of five go to urgent ones
 * first, so that these pass the others without starving them. A place that its kind does not need
 * goes to the other.
 * @param count how many messages may be claimed
 * @param turn how many were claimed before; keeps the rounds going over claims of one message each
 */
export function dividePlaces(count: number, turn: number): Places {
  const others = roundsUpTo(turn + count) - roundsUpTo(turn);
  return { count, urgentFirst: count - others };
}

function roundsUpTo(place: number): number {
  return Math.floor(place / PLACES_PER_ROUND);
}
