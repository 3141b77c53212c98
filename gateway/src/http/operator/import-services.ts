import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { importServices, type BadLine } from '../../lifecycle/import/import-services.ts';
import { readFile } from '../../lifecycle/import/read-file.ts';
import { listAgents } from '../../storage/agents/list-agents.ts';
import { createWebhookSecrets } from '../../storage/webhooks/webhook-secrets.ts';
import type { Edge } from '../edge.ts';
import { required } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { switchIn } from '../parameters/switch.ts';
import { readMode } from './mode-parameter.ts';

/** Some 100,000 services. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;

const Imported = Type.Object({
  dryRun: Type.Boolean(),
  created: Type.Integer({ description: 'Services that are new; with dryRun, that would be.' }),
  unchanged: Type.Array(Type.Integer(), {
    description: 'The lines whose services were here already and stay as they are.',
  }),
});

/** `POST /admin/import`: services from elsewhere, with their keys, from a CSV file. */
export function addImportServices(app: FastifyInstance, edge: Edge): void {
  const secrets = createWebhookSecrets(edge.secrets.masterKey, edge.random);
  app.route({
    method: 'POST',
    url: '/admin/import',
    bodyLimit: FILE_BYTES_MAX,
    schema: { response: { 200: Imported } },
    async handler(request, reply) {
      edge.admin.check(request);
      const parameters = await readParameters(request);
      const isDryRun = switchIn(parameters, 'dryRun') ?? false;
      const outcome = await importServices(edge.database, {
        lines: readFile(required(parameters, 'csv')),
        mode: readMode(parameters, edge.simulatorUrl !== null),
        isDryRun,
        baseUrl: `${request.protocol}://${request.host}`,
        agents: await listAgents(edge.database),
        plans: edge.catalogue.plans,
        nowMs: edge.clock.now(),
        readWebhook: (written) => void edge.webhooks.readUrl(written),
        adopt: (apiKey) => edge.keyring.adopt(apiKey),
        issueSecret: (serviceId) => secrets.issue(serviceId),
      });
      if ('bad' in outcome) return refuse(reply, outcome.bad);
      return { dryRun: isDryRun, created: outcome.created, unchanged: outcome.unchanged };
    },
  });
}

function refuse(reply: FastifyReply, lines: readonly BadLine[]): FastifyReply {
  const count = new Set(lines.map(({ line }) => line)).size;
  const { code, status } = new Problem('invalid_parameter');
  const message = `Nothing was imported: ${count} ${count === 1 ? 'line' : 'lines'} can not be taken over; see "lines".`;
  // A text, so that the schema of success is not asked about it.
  const body = JSON.stringify({ success: 'false', message, code, lines });
  return reply.code(status).type('application/json; charset=utf-8').send(body);
}
