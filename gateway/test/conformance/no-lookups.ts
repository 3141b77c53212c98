// Loaded into the gateway before its own code: the collection's links lead to example.com, and tests
// never leave this machine.

import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';

dns.lookup = (hostname: string): Promise<never> =>
  Promise.reject(
    Object.assign(new Error(`tests do not look up ${hostname}`), { code: 'ENOTFOUND' }),
  );
syncBuiltinESMExports();
