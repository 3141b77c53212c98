import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { parseAmount } from '../../domain/money.ts';
import { transfer } from '../../ledger/transfer.ts';
import { createAgent } from '../../storage/agents/agents.ts';
import type { Edge } from '../edge.ts';
import { required, single } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { switchIn } from '../parameters/switch.ts';
import { readMode } from './mode-parameter.ts';

const NAME_CHARACTERS_MAX = 200;

const NewAgent = Type.Object({ agentId: Type.Integer(), agentKey: Type.String() });

/** `POST /admin/agents`: a reseller with a wallet. Its key is shown this once. */
export function addAgents(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: 'POST',
    url: '/admin/agents',
    schema: { response: { 201: NewAgent } },
    async handler(request, reply) {
      edge.admin.check(request);
      const parameters = await readParameters(request);
      const name = required(parameters, 'name').trim();
      if (name.length > NAME_CHARACTERS_MAX) {
        throw new Problem(
          'invalid_parameter',
          `The name has at most ${NAME_CHARACTERS_MAX} characters.`,
        );
      }
      const credit = parseAmount(single(parameters, 'credit') ?? '0', 'credit');
      const mode = readMode(parameters, edge.simulatorUrl !== null);
      const needsSubscription =
        edge.catalogue.agentSubscription !== null &&
        (switchIn(parameters, 'needsSubscription') ?? true);
      const issued = edge.keyring.issue();
      const agentId = await edge.database.query.transaction().execute(async (transaction) => {
        const id = await createAgent(transaction, {
          name,
          mode,
          keyFingerprint: issued.fingerprint,
          keyPrefix: issued.prefix,
          subscriptionEndsAtMs: needsSubscription ? edge.clock.now() : null,
        });
        await transfer(transaction, {
          kind: 'top-up',
          idempotencyKey: null,
          fingerprint: `top-up ${credit}`,
          from: 'funding',
          to: { agentId: id },
          amount: credit,
        });
        return id;
      });
      return reply.code(201).send({ agentId, agentKey: issued.key });
    },
  });
}
