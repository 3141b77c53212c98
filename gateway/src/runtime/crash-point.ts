/**
 * Places where the crash campaign may make this process kill itself, so that a crash hits the moment
 * between two steps that matter and not only wherever chance takes it. In the order of a message's
 * way out, then of what comes in.
 */
export const CRASH_POINTS = [
  /** Accepted messages are committed, the caller is not answered. */
  'inserted',
  /** Due messages are claimed, none is handed over. */
  'claimed',
  /** A frame is encrypted, the keys it used are not committed. */
  'encrypted',
  /** They are committed, the frame has not left. */
  'keys-committed',
  /** The frame has left. */
  'frame-written',
  /** WhatsApp has taken a message, which is not written yet; and then it is. */
  'ack-before-commit',
  'ack-after-commit',
  /** The same for phones that have got or shown it. */
  'receipt-before-commit',
  'receipt-after-commit',
  /** A message that came in is known, and not written yet; and then it is. */
  'incoming-before-commit',
  'incoming-after-commit',
] as const;

/** The same on the way of an event to its webhook. */
export const WEBHOOK_CRASH_POINTS = [
  /** The endpoint has answered, which is not written yet; and then it is. */
  'webhook-posted',
  'webhook-recorded',
] as const;

const ALL_POINTS = [...CRASH_POINTS, ...WEBHOOK_CRASH_POINTS];

/** The name of such a place. */
export type CrashPoint = (typeof ALL_POINTS)[number];

let armedPoint: CrashPoint | null = null;
let passesLeft = 0;
/** Kills the process whenever it is handed over. */
let poisonousText: string | null = null;

const POISON = 'message=';

/**
 * Makes the process kill itself when a place is passed for the n-th time, or whenever it hands over a
 * message with a certain text.
 * @param written `claimed`, or with a number `claimed:3`; or `message=TEXT`
 * @throws when there is no such place
 */
export function armCrashPoint(written: string): void {
  if (written.startsWith(POISON)) {
    poisonousText = written.slice(POISON.length);
    return;
  }
  const [name, count = '1'] = written.split(':');
  const point = ALL_POINTS.find((known) => known === name);
  if (point === undefined || !/^[1-9]\d{0,5}$/.test(count)) {
    throw new Error(`TICKWIRE_CRASH_AT must be one of ${ALL_POINTS.join(', ')}, or NAME:COUNT.`);
  }
  armedPoint = point;
  passesLeft = Number(count);
}

/** The process is at this place. Does nothing unless the place is armed. */
export function passCrashPoint(point: CrashPoint): void {
  if (armedPoint !== point) return;
  passesLeft -= 1;
  if (passesLeft === 0) process.kill(process.pid, 'SIGKILL');
}

/** A message with this text is being handed over. Does nothing unless the text is the armed one. */
export function passText(text: string): void {
  if (poisonousText === text) process.kill(process.pid, 'SIGKILL');
}
