import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import { FAULT_KINDS } from '../faults/faults.ts';
import { strikeAll } from '../faults/strike.ts';
import { Refusal } from '../refusal.ts';
import { phoneNumber } from './context.ts';
import type { Endpoint } from './context.ts';

const Body = Type.Object(
  {
    kind: Type.Union(FAULT_KINDS.map((kind) => Type.Literal(kind))),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
    phone: Type.Optional(Type.String()),
    after: Type.Optional(Type.Literal('message')),
    lost: Type.Optional(Type.Boolean()),
    status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599 })),
    mode: Type.Optional(Type.Literal('silent')),
    error: Type.Optional(Type.Integer({ minimum: 400, maximum: 599 })),
    delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000 })),
    code: Type.Optional(Type.Integer({ minimum: 400, maximum: 599 })),
    conflict: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    banCode: Type.Optional(Type.Integer({ minimum: 0, maximum: 999 })),
    expire: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
    afterBytes: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 })),
    total: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    used: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    when: Type.Optional(Type.Union([Type.Literal('now'), Type.Literal('login')])),
  },
  { additionalProperties: false },
);

/** `POST /simulator/faults`: orders a fault or a run of them. */
export const addFault: Endpoint = (server, { world }) => {
  server.post<{ Body: Static<typeof Body> }>(
    '/simulator/faults',
    { schema: { body: Body } },
    (request, reply) => {
      const { kind, count = 1, phone, ...options } = request.body;
      if (kind === 'stream-error' && (options.code ?? options.conflict) === undefined) {
        throw incomplete('The fault "stream-error" needs a "code" or a "conflict".');
      }
      if (kind === 'login-failure' && options.code === undefined) {
        throw incomplete('The fault "login-failure" needs a "code".');
      }
      const number = phone === undefined ? undefined : phoneNumber(phone);
      const fault = world.faults.add(kind, number, count, options);
      strikeAll(world);
      return reply.code(201).send(fault);
    },
  );
};

function incomplete(message: string): Refusal {
  return new Refusal('invalid', 'incomplete', message);
}
