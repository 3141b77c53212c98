import { Type, type Static } from '@sinclair/typebox';
import {
  acceptMessages,
  groups,
  peopleOf,
  type SenderRules,
} from '../../domain/accept-messages.ts';
import type { MessageId } from '../../domain/ids.ts';
import type { AcceptedMessage, Content } from '../../domain/message.ts';
import type { Service } from '../../storage/services/service.ts';
import type { Edge } from '../edge.ts';
import {
  several,
  single,
  type ParameterValues,
  type Parameters,
} from '../parameters/parameters.ts';
import { countryCodeFor } from './country-code.ts';

const QUEUED = 'Added to the message queue';

const OneQueued = Type.Object({
  success: Type.Literal('true'),
  message: Type.Literal(QUEUED),
  messageId: Type.Integer(),
});

/** One entry a recipient under `"0"`, `"1"`, ... before the two fields; note `messages`. */
const severalQueued = (parameter: RecipientParameter) =>
  Type.Intersect([
    Type.Record(
      Type.String({ pattern: '^\\d+$' }),
      Type.Object({ [parameter]: Type.String(), messageId: Type.Integer() }),
    ),
    Type.Object({ success: Type.Literal('true'), messages: Type.Literal(QUEUED) }),
  ]);

/** What a sending endpoint answers: one recipient and several are told differently. */
export const queuedAnswer = (parameter: RecipientParameter) =>
  Type.Union([OneQueued, severalQueued(parameter)]);

type RecipientParameter = 'phonenumber' | 'groupId';

/** Whom one call is for: as the caller wrote them, and how to read them. */
export interface Recipients {
  readonly parameter: RecipientParameter;
  readonly written: ParameterValues;
  readonly readRecipient: SenderRules['readRecipient'];
}

/** The people in `phonenumber`. */
export async function peopleIn(
  parameters: Parameters,
  edge: Edge,
  service: Service,
): Promise<Recipients> {
  const written = several(parameters, 'phonenumber');
  const countryCode = await countryCodeFor(edge.database, service, written.values);
  return { parameter: 'phonenumber', written, readRecipient: peopleOf(countryCode) };
}

/** The groups in `groupId`. */
export function groupsIn(parameters: Parameters): Recipients {
  return {
    parameter: 'groupId',
    written: several(parameters, 'groupId'),
    readRecipient: groups,
  };
}

/**
 * Keeps one message a recipient, all or none, and answers after the commit.
 * @throws Problem for recipients and schedules that are refused; then nothing is kept
 */
export async function queueMessages(
  edge: Edge,
  service: Service,
  parameters: Parameters,
  { parameter, written, readRecipient }: Recipients,
  content: Content,
): Promise<Record<string, unknown>> {
  const messages = acceptMessages(
    { recipients: written.values, content, schedule: single(parameters, 'schedule') },
    { serviceId: service.id, parameter, readRecipient },
    edge.clock.now(),
    edge.newWhatsAppId,
  );
  const ids = await edge.intake.keep(messages);
  return written.isList ? answerSeveral(parameter, messages, ids) : answerOne(ids);
}

function answerOne(ids: readonly MessageId[]): Static<typeof OneQueued> {
  return { success: 'true', message: QUEUED, messageId: Number(ids[0]) };
}

function answerSeveral(
  parameter: RecipientParameter,
  messages: readonly AcceptedMessage[],
  ids: readonly MessageId[],
): Record<string, unknown> {
  const answer: Record<string, unknown> = {};
  for (const [index, message] of messages.entries()) {
    answer[index] = { [parameter]: message.writtenRecipient, messageId: ids[index] };
  }
  answer['success'] = 'true';
  answer['messages'] = QUEUED;
  return answer;
}
