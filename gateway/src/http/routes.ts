import type { FastifyInstance } from 'fastify';
import type { Edge } from './edge.ts';
import { addGetStatus } from './tenant/get-status.ts';
import { addSendMsg } from './tenant/send-msg.ts';

/** Every address the gateway answers, door by door. */
export async function addRoutes(app: FastifyInstance, edge: Edge): Promise<void> {
  addSendMsg(app, edge);
  addGetStatus(app, edge);
}
