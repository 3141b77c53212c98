import type { Endpoint } from './context.ts';

/** `GET /simulator/faults`: the faults that have yet to strike. */
export const listFaults: Endpoint = (server, { world }) => {
  server.get('/simulator/faults', () => world.faults.list());
};
