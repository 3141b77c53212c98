import { relative } from 'node:path';
import type { Config } from './config/config.ts';
import type { Gateway } from './gateway.ts';

const OWN_PHONE = '447400000001';
const OTHER_PHONE = '447400000002';

/**
 * Prints where to go, and, with test mode on, a request that sends a message from an account that
 * is linked already. Everything here goes through the public API, as any customer would.
 */
export async function welcome(gateway: Gateway, config: Config): Promise<void> {
  const what = config.role === 'all' ? 'Tickwire' : `Tickwire (${config.role})`;
  const lines = [
    '',
    `  ${what} is ready at ${gateway.url} (${(performance.now() / 1000).toFixed(1)} s)`,
    '',
  ];
  if (config.role !== 'worker') {
    lines.push(`  Reference     ${gateway.url}/docs`);
    lines.push(`  Admin token   ${shownToken(gateway, config)}`);
  }
  if (gateway.hasSimulator && config.role === 'all')
    lines.push(...(await testAccountLines(gateway)));
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

function shownToken({ secrets }: Gateway, config: Config): string {
  if (config.adminToken !== null) return 'as given in TICKWIRE_ADMIN_TOKEN';
  return `${secrets.adminToken}   (kept in ${relative('.', config.dataDir)}/admin.token)`;
}

async function testAccountLines(gateway: Gateway): Promise<string[]> {
  const apiKey = await testAccountKey(gateway);
  const bearer = `'Authorization: Bearer ${gateway.secrets.adminToken}'`;
  return [
    `  Test account  ${apiKey}   (linked to the simulated phone ${OWN_PHONE})`,
    '',
    '  Send a message:',
    '',
    `    curl ${gateway.url}/sendMsg/${apiKey} \\`,
    `      -d phonenumber=${OTHER_PHONE} -d 'message=Hello from Tickwire'`,
    '',
    '  See its ticks (put in the messageId that came back), and the screen of the other phone:',
    '',
    `    curl '${gateway.url}/getStatus/${apiKey}?id=1'`,
    `    curl -H ${bearer} \\`,
    `      ${gateway.url}/simulator/phones/${OTHER_PHONE}/messages`,
  ];
}

interface ServiceEntry {
  readonly apiKey: string;
  readonly mode: string;
  readonly number: string;
}

/** The key of the test account made at the first start; made now if there is none. */
async function testAccountKey(gateway: Gateway): Promise<string> {
  const services = await admin<ServiceEntry[]>(gateway, 'GET');
  const existing = services.find((entry) => entry.mode === 'test' && entry.number === OWN_PHONE);
  if (existing !== undefined) return existing.apiKey;
  const order = { planId: 4, cycle: 12, mode: 'test', link: OWN_PHONE };
  return (await admin<{ apiKey: string }>(gateway, 'POST', order)).apiKey;
}

async function admin<Answer>(gateway: Gateway, method: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`${gateway.url}/admin/services`, {
    method,
    headers: {
      authorization: `Bearer ${gateway.secrets.adminToken}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`the test account could not be made: ${await answer.text()}`);
  return (await answer.json()) as Answer;
}
