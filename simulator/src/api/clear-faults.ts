import type { Endpoint } from './context.ts';

/** `DELETE /simulator/faults`: forgets the faults that have yet to strike. */
export const clearFaults: Endpoint = (server, { world }) => {
  server.delete('/simulator/faults', (_request, reply) => {
    world.faults.clear();
    return reply.code(204).send();
  });
};
