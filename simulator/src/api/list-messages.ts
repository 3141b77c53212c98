import { accountOf } from './context.ts';
import { PhonePath } from './phone-path.ts';
import type { Endpoint } from './context.ts';

/** `GET /simulator/phones/:phone/messages`: what the phone has shown its owner, in order. */
export const listMessages: Endpoint = (server, { world }) => {
  server.get<{ Params: PhonePath }>(
    '/simulator/phones/:phone/messages',
    { schema: { params: PhonePath } },
    (request) => world.screen.list(accountOf(world, request.params.phone).phone, world.media),
  );
};
