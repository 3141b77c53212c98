import { Problem } from '../../domain/errors.ts';
import { messageId, type MessageId } from '../../domain/ids.ts';
import type { Service } from '../../storage/services/service.ts';
import {
  findMessageDetails,
  type MessageDetails,
} from '../../storage/messages/find-message-details.ts';
import type { Edge } from '../edge.ts';

/** The place of one message: `/messages/APIKEY/565`. */
export interface MessageInPath {
  Params: { apiKey: string; messageId: string };
}

/** A message as a path names it: whether the service has it is not known yet. */
interface NamedMessage {
  readonly service: Service;
  readonly id: MessageId;
}

/**
 * The service of a path, and the id in it.
 * @throws Problem `message_not_found` for what is no id, or what `findUsable` throws
 */
export async function namedMessage(
  edge: Edge,
  { apiKey, messageId: written }: MessageInPath['Params'],
): Promise<NamedMessage> {
  const service = await edge.services.findUsable(apiKey);
  if (!/^\d{1,15}$/.test(written)) throw new Problem('message_not_found');
  return { service, id: messageId(Number(written)) };
}

/** @throws Problem `message_not_found`, also for another service's message */
export async function messageOf(
  edge: Edge,
  service: Service,
  id: MessageId,
): Promise<MessageDetails> {
  const found = await findMessageDetails(edge.database, service.id, id);
  if (found === null) throw new Problem('message_not_found');
  return found;
}

/** Why a message can not be changed any more, as an error. */
export function notWaiting({ state }: MessageDetails): Problem {
  switch (state) {
    case 'sending':
      return new Problem('message_not_waiting', 'The message is already being sent.');
    case 'server':
    case 'phone':
    case 'read':
      return new Problem('message_not_waiting', 'The message was sent.');
    case 'failed':
    case 'expired':
      return new Problem('message_not_waiting', 'The message has failed.');
    case 'cancelled':
      return new Problem('message_not_waiting', 'The message was cancelled.');
    case 'accepted':
    case 'fetching':
    case 'ready':
    case 'held':
      return new Problem('message_not_waiting', 'The message has no schedule.');
  }
}
