import type { WASocket } from './baileys.ts';
import type { PhoneNumber } from '../domain/phone-number.ts';
import type { Clock } from '../runtime/clock.ts';

const KNOWN_MS_MAX = 5000;

/**
 * Asks for a pairing code and waits until WhatsApp knows it, so that whoever is quick to enter it is
 * not refused: the library gives the code when its request is on the way. WhatsApp answers with a
 * `link_code_companion_reg` (whatsmeow, `pair-code.go`, reads its reference from there); without
 * one in five seconds the code is given all the same.
 * @returns `ABCD-EFGH`
 */
export async function requestPairCode(
  socket: Pick<WASocket, 'requestPairingCode' | 'ws'>,
  phone: PhoneNumber,
  clock: Clock,
): Promise<string> {
  const { promise: known, resolve } = Promise.withResolvers<void>();
  socket.ws.once('CB:iq,,link_code_companion_reg', resolve);
  const code = await socket.requestPairingCode(phone);
  const cancel = clock.after(KNOWN_MS_MAX, resolve);
  await known;
  cancel();
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}
