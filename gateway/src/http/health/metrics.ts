import { BlockList, isIPv6 } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import type { Edge } from '../edge.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** `/metrics`: Prometheus text, for the operator or for this machine alone. */
export function addMetrics(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { needsNoDatabase: true },
    async handler(request, reply) {
      if (!isOfThisMachine(request) && !edge.admin.isOperator(request)) {
        throw new Problem('invalid_admin_token');
      }
      const text = await edge.metrics.metrics();
      return reply.type(edge.metrics.contentType).send(text);
    },
  });
}

/** A proxy on this machine speaks for others: what it forwards is not of this machine. */
function isOfThisMachine({ headers, socket }: FastifyRequest): boolean {
  if ('x-forwarded-for' in headers || 'forwarded' in headers) return false;
  const address = socket.remoteAddress ?? '';
  return LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
