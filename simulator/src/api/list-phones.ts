import type { Endpoint } from './context.ts';

/** `GET /simulator/phones`: all accounts that were ever spoken of, with their linked devices. */
export const listPhones: Endpoint = (server, { world }) => {
  server.get('/simulator/phones', () =>
    world.accounts.list().map((account) => ({
      ...account,
      devices: world.devices.of(account.phone).map(({ device }) => ({
        device,
        connected: world.lines.of(account.phone, device) !== undefined,
      })),
    })),
  );
};
