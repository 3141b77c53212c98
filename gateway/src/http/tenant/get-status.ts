import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { messageId } from '../../domain/ids.ts';
import { wordState } from '../../domain/message-state.ts';
import { findMessage, type KeptMessage } from '../../storage/messages/find-message.ts';
import { statusDate } from '../answers/dates.ts';
import { NOT_EXECUTED } from '../answers/message-row.ts';
import type { Edge } from '../edge.ts';
import { required } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import type { KeyInPath } from './key-in-path.ts';

const MessageStatus = Type.Object({
  status: Type.Union([Type.String(), Type.Null()]),
  statusInfo: Type.Union([Type.String(), Type.Null()]),
  id: Type.String(),
  phonenumber: Type.String(),
  text: Type.String(),
  created: Type.String({ examples: ['2024-04-30 11:48:35'] }),
  execute: Type.String({ examples: ['2024-04-30 11:54:51', NOT_EXECUTED] }),
  delivery: Type.String({ enum: ['', 'server', 'phone', 'read'] }),
});

/** `getStatus`: how one message stands. */
export function addGetStatus(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/getStatus/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: MessageStatus } },
    async handler(request) {
      const service = await edge.services.findUsable(request.params.apiKey);
      const written = required(await readParameters(request), 'id').trim();
      if (!/^\d{1,15}$/.test(written)) {
        throw new Problem(
          'invalid_parameter',
          'The parameter "id" must be a message id: digits only.',
        );
      }
      const message = await findMessage(edge.database, service.id, messageId(Number(written)));
      if (message === null) throw new Problem('message_not_found');
      return describe(message);
    },
  });
}

function describe(message: KeptMessage): Static<typeof MessageStatus> {
  const { status, statusInfo, delivery } = wordState(message);
  return {
    status,
    statusInfo,
    id: String(message.id),
    phonenumber: message.chat,
    text: message.text,
    created: statusDate(message.acceptedAt),
    execute: message.executedAt === null ? NOT_EXECUTED : statusDate(message.executedAt),
    delivery,
  };
}
