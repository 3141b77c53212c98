import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import { accountOf } from './context.ts';
import { PhonePath } from './phone-path.ts';
import type { Endpoint } from './context.ts';

const Body = Type.Object({ pairCode: Type.String() }, { additionalProperties: false });

/** `POST /simulator/phones/:phone/enter-code`: the owner types a code; answers when linked. */
export const enterCode: Endpoint = (server, { world, linking }) => {
  server.post<{ Params: PhonePath; Body: Static<typeof Body> }>(
    '/simulator/phones/:phone/enter-code',
    { schema: { params: PhonePath, body: Body } },
    (request) => {
      const account = accountOf(world, request.params.phone);
      return linking.enterCode(account, request.body.pairCode);
    },
  );
};
