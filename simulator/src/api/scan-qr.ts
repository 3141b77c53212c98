import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import { accountOf } from './context.ts';
import { PhonePath } from './phone-path.ts';
import type { Endpoint } from './context.ts';

const Body = Type.Object({ qr: Type.String() }, { additionalProperties: false });

/** `POST /simulator/phones/:phone/scan`: the phone scans a QR code; answers when linked. */
export const scanQr: Endpoint = (server, { world, linking }) => {
  server.post<{ Params: PhonePath; Body: Static<typeof Body> }>(
    '/simulator/phones/:phone/scan',
    { schema: { params: PhonePath, body: Body } },
    (request) => {
      const account = accountOf(world, request.params.phone);
      return linking.scan(account, request.body.qr);
    },
  );
};
