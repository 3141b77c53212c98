import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { cents, formatAmount } from '../../domain/money.ts';
import { findCredit } from '../../storage/ledger/move-money.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { agentOf } from './partner-keys.ts';

const Balance = Type.Object({
  status: Type.Literal('true'),
  credit: Type.String({ examples: ['145.00'] }),
});

/** `module/getWalletBalance`: what an agent can still spend. */
export function addGetWalletBalance(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/module/getWalletBalance',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Balance } },
    async handler(request): Promise<Static<typeof Balance>> {
      const agent = await agentOf(edge, await readParameters(request));
      const credit = await findCredit(edge.database.query, agent.id);
      return { status: 'true', credit: formatAmount(credit ?? cents(0)) };
    },
  });
}
