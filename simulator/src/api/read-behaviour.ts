import type { Endpoint } from './context.ts';

/** `GET /simulator/behaviour`: how the world reacts now, defaults filled in. */
export const readBehaviour: Endpoint = (server, { world }) => {
  server.get('/simulator/behaviour', () => world.behaviour.read());
};
