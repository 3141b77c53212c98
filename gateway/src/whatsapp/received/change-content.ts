import { proto } from '../baileys.ts';
import type { ReceivedContent } from './received-content.ts';

const { REVOKE, MESSAGE_EDIT } = proto.Message.ProtocolMessage.Type;

/**
 * What somebody does to an earlier message: reacts to it (an empty text takes the reaction back),
 * changes it (the text is the new one), takes it back.
 * @param readText tells the text of any message
 */
export function readChange(
  content: proto.IMessage,
  readText: (content: proto.IMessage) => string,
): ReceivedContent | null {
  const { reactionMessage, encReactionMessage, protocolMessage } = content;
  if (reactionMessage) return { type: 'reaction', text: reactionMessage.text ?? '' };
  if (encReactionMessage) return { type: 'reaction', text: '' };
  if (protocolMessage?.type === MESSAGE_EDIT) {
    const { editedMessage } = protocolMessage;
    return { type: 'edit', text: editedMessage ? readText(editedMessage) : '' };
  }
  // REVOKE is 0, which is also what an absent type reads as; only a revocation names a message.
  if (protocolMessage?.key && (protocolMessage.type ?? REVOKE) === REVOKE) {
    return { type: 'revoked', text: '' };
  }
  return null;
}
