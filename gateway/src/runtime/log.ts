import { pino, type Logger } from 'pino';

export type Log = Logger;

/** Names of fields whose values never reach a log line, wherever they turn up. */
const SECRET_FIELDS = [
  'apiKey',
  'agentKey',
  'token',
  'authorization',
  'qr',
  'pairCode',
  'phone',
  'phonenumber',
  'privKey',
];

/**
 * The process's logger: JSON lines on stdout.
 * @param level a pino level, or `silent`
 */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[hidden]' },
  });
}

/** A sentence of somebody else's without the numbers and addresses it may quote. */
export function withoutNumbers(text: string): string {
  return text.replace(/\d{5,}/g, '...');
}
