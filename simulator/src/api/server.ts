import { timingSafeEqual, createHash } from 'node:crypto';

import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';

import { addFault } from './add-fault.ts';
import { changeParticipants } from './change-participants.ts';
import { makeGroup } from './create-group.ts';
import { createPhone } from './create-phone.ts';
import { deleteWorld } from './empty-world.ts';
import { enterCode } from './enter-code.ts';
import { clearFaults } from './clear-faults.ts';
import { listFaults } from './list-faults.ts';
import { readBehaviour } from './read-behaviour.ts';
import { setBehaviour } from './set-behaviour.ts';
import { listMessages } from './list-messages.ts';
import { listPhones } from './list-phones.ts';
import { listWritten } from './list-written.ts';
import { answerError, errorBody } from './refusals.ts';
import { scanQr } from './scan-qr.ts';
import { stats } from './stats.ts';
import { unlink } from './unlink.ts';
import { writeMessage } from './write-message.ts';
import type { ApiContext, Endpoint } from './context.ts';

const ENDPOINTS: readonly Endpoint[] = [
  createPhone,
  listPhones,
  scanQr,
  enterCode,
  unlink,
  listMessages,
  listWritten,
  writeMessage,
  makeGroup,
  changeParticipants,
  setBehaviour,
  readBehaviour,
  addFault,
  listFaults,
  clearFaults,
  stats,
  deleteWorld,
];

const BODY_BYTES_MAX = 150 * 1024 * 1024; // a file of 100 MB in base64

/**
 * The HTTP API. With a token, all of it but the two open routes asks for
 * `Authorization: Bearer`. `describe` gives the answer to `GET /simulator`.
 */
export function buildApi(
  context: ApiContext,
  token: string | undefined,
  describe: () => Record<string, unknown>,
): FastifyInstance {
  const server = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
    // `null` means "never" in this API; coercion would make it 0.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  server.setErrorHandler(answerError);
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send(errorBody(`There is no ${request.method} here.`, 'not_found')),
  );
  server.get('/health/ready', () => ({ status: 'ready' }));
  server.get('/simulator', () => describe());
  void server.register((guarded, _options, done) => {
    if (token !== undefined) {
      guarded.addHook('onRequest', async (request, reply) => {
        if (isAuthorized(request.headers.authorization, token)) return;
        await reply.code(401).send(errorBody('A valid token is needed.', 'unauthorized'));
      });
    }
    for (const endpoint of ENDPOINTS) endpoint(guarded, context);
    done();
  });
  return server;
}

function isAuthorized(header: string | undefined, token: string): boolean {
  return timingSafeEqual(digestOf(header ?? ''), digestOf(`Bearer ${token}`));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
