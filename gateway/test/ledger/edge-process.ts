// One HTTP edge in a process of its own, to be killed: DATABASE_URL, MASTER_KEY (hexadecimal) and
// ADMIN_TOKEN come by the environment; its address goes to standard output. No WhatsApp is behind it.

import { startEdge } from '../harness/edge.ts';

const read = (name: string): string => process.env[name] ?? '';

const { url } = await startEdge(
  {
    databaseUrl: read('DATABASE_URL'),
    masterKey: Buffer.from(read('MASTER_KEY'), 'hex'),
    adminToken: read('ADMIN_TOKEN'),
    changes: {},
  },
  new AsyncDisposableStack(),
);
console.log(url);
// Nobody is left to serve when the campaign is gone.
process.stdin.on('end', () => process.exit(0)).resume();
