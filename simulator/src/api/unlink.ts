import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import { unlinkDevice } from '../linking/unlink-device.ts';
import { Refusal } from '../refusal.ts';
import { accountOf } from './context.ts';
import { PhonePath } from './phone-path.ts';
import type { Endpoint } from './context.ts';

const Body = Type.Optional(
  Type.Union([
    Type.Null(),
    Type.Object(
      { device: Type.Optional(Type.Integer({ minimum: 1 })) },
      { additionalProperties: false },
    ),
  ]),
);

/** `POST /simulator/phones/:phone/unlink`: the owner removes one linked device, or all. */
export const unlink: Endpoint = (server, { world }) => {
  server.post<{ Params: PhonePath; Body: Static<typeof Body> }>(
    '/simulator/phones/:phone/unlink',
    { schema: { params: PhonePath, body: Body } },
    (request) => {
      const account = accountOf(world, request.params.phone);
      const wanted = request.body?.device;
      const devices = world.devices
        .of(account.phone)
        .filter(({ device }) => wanted === undefined || device === wanted);
      if (devices.length === 0) {
        throw new Refusal('unknown', 'not_linked', `${account.phone} has no such linked device.`);
      }
      for (const device of devices) unlinkDevice(world, device);
      return { unlinked: devices.length };
    },
  );
};
