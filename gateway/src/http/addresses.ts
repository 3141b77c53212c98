import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Problem } from '../domain/errors.ts';
import type { ErrorFamily } from './answers/error-answer.ts';

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'] as const;

interface Address {
  readonly methods: Set<string>;
  readonly errorFamily: ErrorFamily;
}

/**
 * Answers, for every address that exists, the methods it does not take: 405, or 204 to OPTIONS,
 * without acting and without reading a body. HEAD is one of them: a HEAD must never send a message.
 */
export function refuseOtherMethods(app: FastifyInstance): { seal(): void } {
  const addresses = new Map<string, Address>();
  app.addHook('onRoute', (route: RouteOptions) => {
    const address = addresses.get(route.url) ?? {
      methods: new Set<string>(),
      errorFamily: route.config?.errorFamily ?? 'success',
    };
    for (const method of [route.method].flat()) address.methods.add(method);
    addresses.set(route.url, address);
  });

  function refuse(url: string, { methods, errorFamily }: Address): void {
    const allowed = [...methods].toSorted().join(', ');
    const answer = (
      request: FastifyRequest,
      reply: FastifyReply,
      done: (error?: Error) => void,
    ): void => {
      void reply.header('allow', allowed);
      if (request.method === 'OPTIONS') void reply.code(204).send();
      else done(new Problem('method_not_allowed'));
    };
    app.route({
      url,
      method: METHODS.filter((method) => !methods.has(method)),
      config: { errorFamily },
      // Before any body is read.
      onRequest: answer,
      handler: () => undefined,
    });
  }

  return {
    /** To be called once, after the last real route. */
    seal() {
      for (const [url, address] of addresses) refuse(url, address);
    },
  };
}
