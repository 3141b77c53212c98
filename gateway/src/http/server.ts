import fastify, { type FastifyInstance } from 'fastify';
import { Problem } from '../domain/errors.ts';
import { refuseOtherMethods } from './addresses.ts';
import { discardRest } from './answers/unread-body.ts';
import { problemOf, rawErrorAnswer, sendProblem } from './answers/error-answer.ts';
import { createEdge } from './edge.ts';
import { addBodyParsers } from './parameters/body-parsers.ts';
import type { Silence } from '../storage/database-pulse.ts';
import type { HttpParts } from './parts.ts';
import { addRoutes } from './routes.ts';
import { isReread, readOnceMore } from './wire/second-reading.ts';

const BODY_BYTES_MAX = 1024 * 1024;
/** Longer than any key, so that an absurd key is answered as an unknown one. */
const PATH_PARAMETER_CHARACTERS_MAX = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
/** A text of 4,000 Persian letters in the query of a GET, escaped, and more than that. */
const HEADERS_BYTES_MAX = 32 * 1024;
const REQUEST_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const CONNECTIONS_MAX = 10_000;

/**
 * Builds the HTTP server: not listening yet. `close()` refuses new requests and waits for those in
 * flight; it closes none of the parts.
 */
export async function createHttpServer(parts: HttpParts): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, maxHeaderSize: HEADERS_BYTES_MAX },
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: PATH_PARAMETER_CHARACTERS_MAX,
    },
    frameworkErrors: (error, request, reply) => {
      void reply.headers(SAFE_HEADERS);
      sendProblem(request, reply, problemOf(error, request, parts.log));
    },
    clientErrorHandler(error, socket) {
      if (error.code === 'ECONNRESET' || !socket.writable) {
        socket.destroy();
        return;
      }
      const [status, code] = CLIENT_ERRORS[error.code] ?? ([400, 'malformed_request'] as const);
      const refuse = (): void => {
        socket.end(rawErrorAnswer(status, code));
      };
      if (!readOnceMore(app.server, error, socket, refuse)) refuse();
    },
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  // Answers are written as the endpoints build them: field order is part of the contract.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((error, request, reply) => {
    // Fastify would close the connection under a client that still sends.
    void reply.removeHeader('connection');
    discardRest(request.raw, parts.clock);
    sendProblem(request, reply, problemOf(error, request, parts.log));
  });
  app.setNotFoundHandler((request, reply) => {
    sendProblem(request, reply, new Problem('route_not_found'));
  });
  addRequestHooks(app, parts);
  refuseDuringSilence(app, parts.silence);
  await addBodyParsers(app);
  const methods = refuseOtherMethods(app);
  await addRoutes(app, createEdge(parts));
  methods.seal();
  return app;
}

const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** What Node's parser refuses, as status and code. */
const CLIENT_ERRORS: Partial<
  Record<string, readonly [status: number, code: 'malformed_request' | 'body_too_large']>
> = {
  HPE_HEADER_OVERFLOW: [431, 'body_too_large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'malformed_request'],
};

/**
 * A database that hangs would let callers hang with it. They are told to come again; what was asked
 * of it may still be done, as when a connection breaks before the answer.
 */
function refuseDuringSilence(app: FastifyInstance, silence: Silence): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.needsNoDatabase === true) {
      done();
      return;
    }
    if (silence.isSilent) {
      done(new Problem('not_ready'));
      return;
    }
    const end = silence.onSilence(() => {
      if (!reply.sent && !reply.raw.headersSent) void reply.send(new Problem('not_ready'));
    });
    reply.raw.once('close', end);
    done();
  });
}

function addRequestHooks(app: FastifyInstance, parts: HttpParts): void {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onRequest', (request, reply, done) => {
    void reply.headers(SAFE_HEADERS);
    if (isReread(request.raw.socket)) void reply.header('connection', 'close');
    const encoding = request.headers['content-encoding'];
    if (isClosing) done(new Problem('not_ready'));
    else if (encoding !== undefined && encoding !== 'identity') {
      done(new Problem('unsupported_content_type', 'Send the body without Content-Encoding.'));
    } else done();
  });
  // A client that goes on asking on one connection would keep the server from closing for ever.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) void reply.header('connection', 'close');
    done(null, payload);
  });
  if (parts.log.isLevelEnabled('debug')) {
    app.addHook('onResponse', (request, reply, done) => {
      parts.log.debug(
        {
          method: request.method,
          route: request.routeOptions.url ?? null,
          status: reply.statusCode,
          tookMs: Math.round(reply.elapsedTime),
        },
        'answered',
      );
      done();
    });
  }
}
