import type { FastifyInstance } from 'fastify';
import { acceptCaption } from '../../domain/accept-messages.ts';
import { Problem } from '../../domain/errors.ts';
import { readExpiry } from '../../domain/expiry.ts';
import { parseSchedule } from '../../domain/schedule.ts';
import {
  changeScheduledMessage,
  type ScheduledChange,
} from '../../storage/messages/change-scheduled.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import { MessageStanding, messageStanding } from '../answers/message-details.ts';
import type { Edge } from '../edge.ts';
import { single, type Parameters } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { messageOf, namedMessage, notWaiting, type MessageInPath } from './message-in-path.ts';
import { readSendOptions } from './send-options.ts';

/** `schedules/...`: shows a scheduled message, after changing what is given. */
export function addChangeSchedule(app: FastifyInstance, edge: Edge): void {
  app.route<MessageInPath>({
    method: ['GET', 'POST'],
    url: '/schedules/:apiKey/:messageId',
    config: { errorFamily: 'success' },
    schema: { response: { 200: MessageStanding } },
    async handler(request) {
      const { service, id } = await namedMessage(edge, request.params);
      const change = readChange(await readParameters(request), edge.clock.now());
      if (Object.values(change).every((value) => value === null)) {
        return messageStanding(await messageOf(edge, service, id));
      }
      refuseAutomaticRequest(request.headers);
      const outcome = await changeScheduledMessage(edge.database.pool, service.id, id, change);
      if (outcome === 'changed') edge.queueChanged(service.id);
      const message = await messageOf(edge, service, id);
      if (outcome === 'not_waiting') throw notWaiting(message);
      if (outcome === 'over_before_due') {
        throw new Problem('invalid_expiry', 'The message would expire before its schedule.');
      }
      return messageStanding(message);
    },
  });
}

/** What the caller wants to be different. A schedule in the past means now, as in sending. */
function readChange(parameters: Parameters, nowMs: number): ScheduledChange {
  const { schedule, expiry } = readSendOptions(parameters);
  const text = single(parameters, 'message') ?? '';
  const isScheduleGiven = (schedule ?? '').trim() !== '';
  return {
    dueAtMs: isScheduleGiven ? (parseSchedule(schedule, nowMs) ?? nowMs) : null,
    ...readExpiry(expiry),
    text: text.trim() === '' ? null : acceptCaption(text),
  };
}
