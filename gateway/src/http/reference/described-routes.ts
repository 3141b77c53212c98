import type { TSchema } from '@sinclair/typebox';
import type { FastifyInstance, RouteOptions } from 'fastify';
import type { ErrorFamily } from '../answers/error-answer.ts';
import { AGENT_WEBHOOK } from './endpoints/agent-webhook.ts';
import { HEALTH } from './endpoints/health.ts';
import { MANAGING } from './endpoints/managing.ts';
import { OPERATED } from './endpoints/operated.ts';
import { OPERATOR } from './endpoints/operator.ts';
import { PACING } from './endpoints/pacing.ts';
import { PARTNER } from './endpoints/partner.ts';
import { READING } from './endpoints/reading.ts';
import { SENDING } from './endpoints/sending.ts';
import { SETTINGS } from './endpoints/settings.ts';
import { EVENTS } from './endpoints/events.ts';
import { WEBHOOKS } from './endpoints/webhooks.ts';
import type { Reference, References } from './reference.ts';

const REFERENCES: References = {
  ...SENDING,
  ...READING,
  ...MANAGING,
  ...SETTINGS,
  ...WEBHOOKS,
  ...EVENTS,
  ...PARTNER,
  ...AGENT_WEBHOOK,
  ...OPERATOR,
  ...OPERATED,
  ...PACING,
  ...HEALTH,
};

/** Addresses that the reference leaves out: itself, the simulator's, and keys in another place. */
const LEFT_OUT = /^(\/|\/docs|\/openapi\.json|\/simulator(\/.*)?|\/module\/\w+\/:apiKey)$/;

/** A route as it was registered. */
export interface RegisteredRoute {
  readonly url: string;
  readonly methods: readonly string[];
  readonly errorFamily: ErrorFamily;
  /** Its answers' schemas by status. */
  readonly answers: Readonly<Record<string, TSchema>>;
}

/** A route with one of its methods and what the reference says about it. */
export interface DescribedRoute extends RegisteredRoute {
  readonly method: string;
  readonly reference: Reference;
}

/** Notes every route that is registered from now on, until `stop` is called. */
export function noteRoutes(app: FastifyInstance): { stop(): RegisteredRoute[] } {
  const noted: RegisteredRoute[] = [];
  let isNoting = true;
  app.addHook('onRoute', (route: RouteOptions) => {
    if (!isNoting) return;
    noted.push({
      url: route.url,
      methods: [route.method].flat(),
      errorFamily: route.config?.errorFamily ?? 'success',
      answers: (route.schema?.response ?? {}) as Record<string, TSchema>,
    });
  });
  return {
    stop() {
      isNoting = false;
      return noted;
    },
  };
}

/**
 * Joins routes with what the reference says, in the reference's order.
 * @throws when a route is not described, or a description has no route: neither may be forgotten
 */
export function describeRoutes(routes: readonly RegisteredRoute[]): DescribedRoute[] {
  const described = routes
    .filter(({ url }) => !LEFT_OUT.test(url))
    .flatMap((route) => route.methods.map((method) => ({ ...route, method })));
  const keyOf = ({ method, url }: { method: string; url: string }): string =>
    `${method} ${url}` in REFERENCES ? `${method} ${url}` : url;
  const known = new Set(described.map(keyOf));
  const lost = Object.keys(REFERENCES).filter((key) => !known.has(key));
  if (lost.length > 0) throw new Error(`There is no route for the reference of ${lost.join(', ')}`);
  const order = Object.keys(REFERENCES);
  return described
    .map((route) => {
      const reference = REFERENCES[keyOf(route)];
      if (reference === undefined) throw new Error(`${route.url} has no reference`);
      return { ...route, reference };
    })
    .toSorted((one, other) => order.indexOf(keyOf(one)) - order.indexOf(keyOf(other)));
}
