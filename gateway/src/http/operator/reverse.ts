import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { formatAmount } from '../../domain/money.ts';
import { reverseTransaction } from '../../lifecycle/reverse-transaction.ts';
import { findCredit } from '../../storage/ledger/move-money.ts';
import type { Edge } from '../edge.ts';
import { required, single } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { existingAgent, type AgentInPath } from './agent-in-path.ts';

const NOTE_CHARACTERS_MAX = 200;

const Reversed = Type.Object({
  transactionId: Type.Integer({ description: 'The transaction that was taken back.' }),
  credit: Type.String({ examples: ['150.00'], description: 'What is in the wallet now.' }),
});

/**
 * `POST /admin/agents/:agentId/reversals`: takes a transaction back by a new one; asked again it
 * changes nothing and answers alike.
 */
export function addReverse(app: FastifyInstance, edge: Edge): void {
  app.route<AgentInPath>({
    method: 'POST',
    url: '/admin/agents/:agentId/reversals',
    schema: { response: { 200: Reversed } },
    async handler(request, reply) {
      edge.admin.check(request);
      const agentId = await existingAgent(edge, request);
      const parameters = await readParameters(request);
      const written = required(parameters, 'transactionId');
      if (!/^\d{1,15}$/.test(written)) throw new Problem('transaction_not_found');
      const note = (single(parameters, 'note') ?? '').slice(0, NOTE_CHARACTERS_MAX);
      const transactionId = Number(written);
      const order = { agentId, transactionId, note };
      const { outcome, serviceId } = await reverseTransaction(edge.database, order);
      if (outcome === 'repeated') reply.header('Idempotent-Replayed', 'true');
      if (serviceId !== null) await edge.sessions.standingChanged(serviceId);
      const credit = await findCredit(edge.database.query, agentId);
      if (credit === null) throw new Problem('agent_not_found');
      return { transactionId, credit: formatAmount(credit) };
    },
  });
}
