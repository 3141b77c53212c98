import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { formatAmount, parseAmount } from '../../domain/money.ts';
import { transfer } from '../../ledger/transfer.ts';
import { findBalanceAfter } from '../../storage/ledger/find-balance-after.ts';
import { findCredit } from '../../storage/ledger/move-money.ts';
import type { Edge } from '../edge.ts';
import { readIdempotencyKey } from '../parameters/idempotency-key.ts';
import { required } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { agentInPath, type AgentInPath } from './agent-in-path.ts';

const Credit = Type.Object({ credit: Type.String({ examples: ['150.00'] }) });

/**
 * `POST /admin/agents/:agentId/credit`: money from outside into an agent's wallet. Repeated under its
 * key it answers the credit that it answered the first time.
 */
export function addCredit(app: FastifyInstance, edge: Edge): void {
  app.route<AgentInPath>({
    method: 'POST',
    url: '/admin/agents/:agentId/credit',
    schema: { response: { 200: Credit } },
    async handler(request, reply) {
      edge.admin.check(request);
      const id = agentInPath(request);
      const parameters = await readParameters(request);
      const amount = parseAmount(required(parameters, 'amount'), 'amount');
      const key = readIdempotencyKey(request, parameters);
      const name = key === null ? null : `top-up:${id}:${key}`;
      const credit = await edge.database.query.transaction().execute(async (transaction) => {
        if ((await findCredit(transaction, id)) === null) throw new Problem('agent_not_found');
        const outcome = await transfer(transaction, {
          kind: 'top-up',
          idempotencyKey: name,
          fingerprint: `top-up ${amount}`,
          from: 'funding',
          to: { agentId: id },
          amount,
        });
        if (outcome === 'moved' || name === null) return await findCredit(transaction, id);
        reply.header('Idempotent-Replayed', 'true');
        const then = await findBalanceAfter(transaction, id, name);
        return then ?? (await findCredit(transaction, id));
      });
      if (credit === null) throw new Problem('agent_not_found');
      return { credit: formatAmount(credit) };
    },
  });
}
