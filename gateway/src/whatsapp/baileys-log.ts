import { withoutNumbers, type Log } from '../runtime/log.ts';
import type { SocketConfig } from './baileys.ts';

type BaileysLog = SocketConfig['logger'];

const quiet = (): void => undefined;

/**
 * What Baileys logs, without what it logs about: its objects hold keys, numbers and texts, so only
 * the sentence of a warning or an error passes, as a debug line.
 */
export function createBaileysLog(log: Log): BaileysLog {
  const passSentence = (fields: unknown, sentence?: string): void => {
    const text = sentence ?? (typeof fields === 'string' ? fields : undefined);
    if (text !== undefined) log.debug({ source: 'baileys' }, withoutNumbers(text));
  };
  const baileysLog: BaileysLog = {
    level: 'warn',
    child: () => baileysLog,
    trace: quiet,
    debug: quiet,
    info: quiet,
    warn: passSentence,
    error: passSentence,
  };
  return baileysLog;
}
