import type { Clock } from '../../runtime/clock.ts';
import { SendRefusal } from '../../sessions/connection.ts';
import { proto, type WASocket } from '../baileys.ts';

const ANSWER_MS_MAX = 30_000;

/**
 * Asks the phone that sent a file to upload it again.
 * @param source an encoded WebMessageInfo: key and file
 * @returns the same with the new place
 * @throws SendRefusal `file_not_sent_again`
 */
export async function askForFile(
  socket: Pick<WASocket, 'updateMediaMessage'>,
  source: Buffer,
  clock: Clock,
): Promise<Buffer> {
  const { key, message } = proto.WebMessageInfo.decode(source);
  if (key == null || message == null) throw refusal();
  // The library waits for an answer without end.
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(ANSWER_MS_MAX, () => {
    late.reject(refusal());
  });
  try {
    const asking = socket.updateMediaMessage({ key, message });
    asking.catch(() => undefined);
    const { message: renewed } = await Promise.race([asking, late.promise]);
    return Buffer.from(proto.WebMessageInfo.encode({ key, message: renewed ?? message }).finish());
  } catch {
    throw refusal();
  } finally {
    cancel();
  }
}

function refusal(): SendRefusal {
  return new SendRefusal('file_not_sent_again', true);
}
