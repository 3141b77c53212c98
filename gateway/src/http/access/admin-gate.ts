import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../domain/errors.ts';

/** Lets the operator in. */
export interface AdminGate {
  /** Whether the request carries `Authorization: Bearer <admin token>`. */
  isOperator(request: FastifyRequest): boolean;
  /** @throws Problem `invalid_admin_token` */
  check(request: FastifyRequest): void;
}

const BEARER = /^Bearer +(\S+)$/i;

export function createAdminGate(adminToken: string): AdminGate {
  const expected = digest(adminToken);
  const isOperator = (request: FastifyRequest): boolean => {
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1] ?? '';
    // Digests have one length, so the comparison takes the same time whatever was sent.
    return timingSafeEqual(digest(token), expected);
  };
  return {
    isOperator,
    check(request) {
      if (!isOperator(request)) throw new Problem('invalid_admin_token');
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
