import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { agentId } from '../../domain/ids.ts';
import { formatAmount, parseAmount } from '../../domain/money.ts';
import { transfer } from '../../ledger/transfer.ts';
import { findCredit } from '../../storage/ledger/move-money.ts';
import type { Edge } from '../edge.ts';
import { readIdempotencyKey } from '../parameters/idempotency-key.ts';
import { required } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';

const Credit = Type.Object({ credit: Type.String({ examples: ['150.00'] }) });

/** `POST /admin/agents/:agentId/credit`: money from outside into an agent's wallet. */
export function addCredit(app: FastifyInstance, edge: Edge): void {
  app.route<{ Params: { agentId: string } }>({
    method: 'POST',
    url: '/admin/agents/:agentId/credit',
    schema: { response: { 200: Credit } },
    async handler(request) {
      edge.admin.check(request);
      const { agentId: written } = request.params;
      if (!/^\d{1,15}$/.test(written)) throw new Problem('agent_not_found');
      const id = agentId(Number(written));
      const parameters = await readParameters(request);
      const amount = parseAmount(required(parameters, 'amount'), 'amount');
      const key = readIdempotencyKey(request, parameters);
      const credit = await edge.database.query.transaction().execute(async (transaction) => {
        if ((await findCredit(transaction, id)) === null) throw new Problem('agent_not_found');
        await transfer(transaction, {
          kind: 'top-up',
          idempotencyKey: key === null ? null : `top-up:${id}:${key}`,
          fingerprint: `top-up ${amount}`,
          from: 'funding',
          to: { agentId: id },
          amount,
        });
        return await findCredit(transaction, id);
      });
      if (credit === null) throw new Problem('agent_not_found');
      return { credit: formatAmount(credit) };
    },
  });
}
