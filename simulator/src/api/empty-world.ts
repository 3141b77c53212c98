import { stanza } from '../wire/stanza.ts';
import { emptyWorld } from '../world/world.ts';
import type { Endpoint } from './context.ts';

/** `DELETE /simulator`: an empty world. Every linked device is told that it was removed. */
export const deleteWorld: Endpoint = (server, { world }) => {
  server.delete('/simulator', (_request, reply) => {
    const removed = stanza('conflict', { type: 'device_removed' });
    for (const line of world.lines.list()) {
      line.end(stanza('stream:error', { code: '401' }, [removed]));
    }
    emptyWorld(world);
    return reply.code(204).send();
  });
};
