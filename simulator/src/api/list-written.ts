import { accountOf } from './context.ts';
import { PhonePath } from './phone-path.ts';
import type { Endpoint } from './context.ts';

/** `GET /simulator/phones/:phone/written`: what the phone has written, with the ticks it shows. */
export const listWritten: Endpoint = (server, { world }) => {
  server.get<{ Params: PhonePath }>(
    '/simulator/phones/:phone/written',
    { schema: { params: PhonePath } },
    (request) => world.written.list(accountOf(world, request.params.phone).phone),
  );
};
