import type { SendOptions } from '../../domain/accept-messages.ts';
import { single, type Parameters } from '../parameters/parameters.ts';
import { switchIn } from '../parameters/switch.ts';

/**
 * How the messages of a call are to be sent.
 * @throws Problem `invalid_parameter`; times are judged when the messages are accepted
 */
export function readSendOptions(parameters: Parameters): SendOptions {
  return {
    schedule: single(parameters, 'schedule'),
    isUrgent: switchIn(parameters, 'urgent') ?? false,
    expiry: {
      expiresAt: single(parameters, 'expiresAt'),
      validity: single(parameters, 'validity'),
    },
    metadata: single(parameters, 'metadata'),
  };
}
