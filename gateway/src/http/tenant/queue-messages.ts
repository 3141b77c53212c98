import { Type, type Static } from '@sinclair/typebox';
import type { FastifyReply } from 'fastify';
import {
  acceptMessages,
  groups,
  peopleOf,
  type SenderRules,
} from '../../domain/accept-messages.ts';
import type { MessageId } from '../../domain/ids.ts';
import type { Content } from '../../domain/message.ts';
import type { NamedCall, QueuedCall } from '../../domain/named-call.ts';
import type { Service } from '../../storage/services/service.ts';
import type { Edge } from '../edge.ts';
import { several, type ParameterValues, type Parameters } from '../parameters/parameters.ts';
import { countryCodeFor } from './country-code.ts';
import { readSendOptions } from './send-options.ts';

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
 * Keeps one message a recipient, all or none; resolves after the commit.
 * @param name under which the call is carried out once, if it has one
 * @throws Problem for recipients and times that are refused; then nothing is kept
 */
export async function queueMessages(
  edge: Edge,
  service: Service,
  parameters: Parameters,
  { parameter, written, readRecipient }: Recipients,
  content: Content,
  name: NamedCall | null,
): Promise<QueuedCall> {
  const messages = acceptMessages(
    { recipients: written.values, content, options: readSendOptions(parameters) },
    { serviceId: service.id, parameter, readRecipient },
    edge.clock.now(),
    edge.newWhatsAppId,
  );
  return await edge.intake.keep(
    { messages, recipients: written.isList ? written.values : null },
    name,
  );
}

/** The documented answer; a repeated call gets the one of the first time, and a header says so. */
export function answerQueued(
  reply: FastifyReply,
  parameter: RecipientParameter,
  { ids, recipients, isReplay }: QueuedCall,
): Record<string, unknown> {
  if (isReplay) void reply.header('idempotent-replayed', 'true');
  return recipients === null ? answerOne(ids) : answerSeveral(parameter, recipients, ids);
}

function answerOne(ids: readonly MessageId[]): Static<typeof OneQueued> {
  return { success: 'true', message: QUEUED, messageId: Number(ids[0]) };
}

function answerSeveral(
  parameter: RecipientParameter,
  recipients: readonly string[],
  ids: readonly MessageId[],
): Record<string, unknown> {
  const answer: Record<string, unknown> = {};
  for (const [index, recipient] of recipients.entries()) {
    answer[index] = { [parameter]: recipient, messageId: ids[index] };
  }
  answer['success'] = 'true';
  answer['messages'] = QUEUED;
  return answer;
}
