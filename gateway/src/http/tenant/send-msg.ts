import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import type { MessageId } from '../../domain/ids.ts';
import { acceptMessages, acceptText, peopleOf } from '../../domain/accept-messages.ts';
import type { AcceptedMessage } from '../../domain/message.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { refuseMediaParameters } from '../parameters/file-parts.ts';
import { several, single } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { countryCodeFor } from './country-code.ts';
import type { KeyInPath } from './key-in-path.ts';

const QUEUED = 'Added to the message queue';

const OneQueued = Type.Object({
  success: Type.Literal('true'),
  message: Type.Literal(QUEUED),
  messageId: Type.Integer(),
});

/** One entry a recipient under `"0"`, `"1"`, ... before the two fields; note `messages`. */
const SeveralQueued = Type.Intersect([
  Type.Record(
    Type.String({ pattern: '^\\d+$' }),
    Type.Object({ phonenumber: Type.String(), messageId: Type.Integer() }),
  ),
  Type.Object({ success: Type.Literal('true'), messages: Type.Literal(QUEUED) }),
]);

/** `sendMsg`: keeps messages for one or several numbers. Answered after the commit. */
export function addSendMsg(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/sendMsg/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: Type.Union([OneQueued, SeveralQueued]) } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      const parameters = await readParameters(request);
      refuseMediaParameters(parameters);
      const recipients = several(parameters, 'phonenumber');
      const messages = acceptMessages(
        {
          recipients: recipients.values,
          content: acceptText(single(parameters, 'message')),
          schedule: single(parameters, 'schedule'),
        },
        {
          serviceId: service.id,
          parameter: 'phonenumber',
          readRecipient: peopleOf(await countryCodeFor(edge.database, service, recipients.values)),
        },
        edge.clock.now(),
        edge.newWhatsAppId,
      );
      const ids = await edge.intake.keep(messages);
      return recipients.isList ? answerSeveral(messages, ids) : answerOne(ids);
    },
  });
}

function answerOne(ids: readonly MessageId[]): Static<typeof OneQueued> {
  return { success: 'true', message: QUEUED, messageId: Number(ids[0]) };
}

function answerSeveral(
  messages: readonly AcceptedMessage[],
  ids: readonly MessageId[],
): Record<string, unknown> {
  const answer: Record<string, unknown> = {};
  for (const [index, message] of messages.entries()) {
    answer[index] = { phonenumber: message.writtenRecipient, messageId: ids[index] };
  }
  answer['success'] = 'true';
  answer['messages'] = QUEUED;
  return answer;
}
