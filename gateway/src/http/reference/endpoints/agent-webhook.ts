import { Type } from '@sinclair/typebox';
import type { Reference, References } from '../reference.ts';
import { agentKey } from './parameters.ts';
import { WEBHOOKS } from './webhooks.ts';

const URL_EXAMPLE = 'https://example.com/reseller';

/** What is said of an agent's webhook otherwise than of a service's. */
interface Difference extends Pick<Reference, 'summary' | 'text'> {
  readonly isRead?: boolean;
  readonly answer?: unknown;
}

const CALLS: Readonly<Record<string, Difference>> = {
  set: {
    summary: 'Sets where an agent is told what becomes of its services.',
    text: 'An addition to the documented API, in every plan. The events are `service.expiring` and `service.removing` (seven, three and one days before), `service.suspended`, `service.activated` and `service.removed` of each of the agent’s services, and `subscription.ending` of the agent itself, in the versioned format of `webhook/set`; `service` says how the key of the service begins. They are signed, repeated and logged as those of services are, with a secret of the agent’s own.',
    answer: { status: 'true', url: URL_EXAMPLE, message: 'Webhook has been set successfully' },
  },
  deliveries: {
    summary: 'How the agent’s webhook stands, and what became of its events of the last 30 days.',
    isRead: true,
  },
  replay: { summary: 'Sends events to the agent once more, under their old `webhook-id`.' },
  test: { summary: 'Posts an event that says it is a test, once, and tells how that went.' },
  secret: {
    summary:
      'Shows the secret that the agent’s deliveries are signed with; a new one with `rotate`.',
    text: 'After a change the old secret signs, too, for 24 hours.',
  },
  remove: {
    summary: 'Removes the agent’s webhook; what still waits for it is dropped.',
    answer: { status: 'true', message: 'Webhook successfully removed' },
  },
};

const ERRORS_OF_SERVICES = /^(invalid_api_key|service_suspended|not_in_plan)$/;

/** For the agent and for the operator, by what the same calls of a service say. */
export const AGENT_WEBHOOK: References = Object.fromEntries(
  Object.entries(CALLS).flatMap(([name, { isRead, answer, ...said }]) => {
    const alike = WEBHOOKS[`/webhook/${name}/:apiKey`];
    if (alike === undefined) throw new Error(`webhook/${name} of services is not described`);
    const errors = (alike.errors ?? []).filter((code) => !ERRORS_OF_SERVICES.test(code));
    const { url } = alike.parameters?.properties ?? {};
    const parameters = url === undefined ? (alike.parameters?.properties ?? {}) : { url };
    const given = url === undefined ? (alike.example.parameters ?? {}) : { url: URL_EXAMPLE };
    const answered = answer ?? alike.example.answer;
    const agents: Reference = {
      ...said,
      section: 'Partner',
      title: `module/webhook/${name}`,
      access: 'agentKey',
      parameters: Type.Object({ agentKey, ...parameters }),
      errors: ['invalid_agent_key', ...errors],
      example: {
        method: 'GET',
        parameters: { agentKey: 'AGENTKEY', ...given },
        answer: answered,
      },
    };
    const operators: Reference = {
      section: 'Operator',
      title: `admin/agents/…/webhook/${name}`,
      summary: `\`module/webhook/${name}\` for the operator.`,
      access: 'adminToken',
      parameters: Type.Object(parameters),
      errors: [
        'invalid_admin_token',
        'agent_not_found',
        ...errors.filter((code) => code !== 'refused_by_policy'),
      ],
      example: { method: isRead === true ? 'GET' : 'POST', parameters: given, answer: answered },
    };
    return [
      [`/module/webhook/${name}`, agents],
      [`/admin/agents/:agentId/webhook/${name}`, operators],
    ];
  }),
);
