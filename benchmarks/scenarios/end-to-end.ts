// One account's texts from HTTP to the screens of the phones, beside a bare Baileys loop.

import { mkdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { withCpu } from '../measure/cpu.ts';
import { medianOf, medianRatio } from '../measure/median.ts';
import { waitUntil } from '../measure/wait-until.ts';
import { Child } from '../processes/child.ts';
import { Gateway } from '../processes/gateway.ts';
import { Simulator } from '../processes/simulator.ts';
import type { AccountPlace, Sends } from '../programs/bare-baileys.ts';
import type { BenchmarkResult } from '../report/result.ts';
import { profiled, type Scenario, type Surroundings } from './surroundings.ts';

const CONTACTS = Array.from({ length: 50 }, (_, index) => `4474000012${twoDigits(index)}`);
const HTTP_CONNECTIONS = 32;
const WARM_UP_TEXTS = 200;

const METHOD = `Texts from one linked account to 50 contacts that have answered before, until the simulated phones
have decrypted and shown all of them. The gateway is given them over HTTP at 32 connections; bare Baileys
(unmodified, in a process of its own, on the same simulator) sends them in a plain loop of
\`await sock.sendMessage\`, once with its keys in memory and once with \`useMultiFileAuthState\`. "Texts and
receipts" and the CPU time last until every receipt is acknowledged: a loop that sends as fast as it can
puts receipts off until it is through. Afterwards each phone's screen was compared with what was
sent: everything arrived, and once.`;

interface Round {
  /** Until the last text is shown. */
  readonly perSecond: number;
  /** Until the last receipt is acknowledged too: what can be kept up. */
  readonly settledPerSecond: number;
  readonly clientCpuMs: number;
  readonly postgresCpuMs: number;
  readonly simulatorCpuMs: number;
}

/** One way to send. */
interface Way {
  readonly name: string;
  readonly child: Child;
  send(texts: readonly string[]): Promise<void>;
  readonly rounds: Round[];
}

export const endToEnd: Scenario = {
  name: 'end-to-end',
  async run(surroundings) {
    await using stack = new AsyncDisposableStack();
    const simulator = stack.use(await Simulator.start(join(surroundings.folder, 'simulator')));
    const sent: string[] = [];
    const gateway = await throughGateway(surroundings, simulator, stack);
    const memory = await throughBaileys(simulator, stack, '447400001100', null);
    const keyFolder = join(surroundings.folder, 'keys');
    const files = await throughBaileys(simulator, stack, '447400001101', keyFolder);
    const ways = [gateway, memory, files];
    for (const way of ways) {
      await sendAll(simulator, way, textsOf(way, 'warm-up', WARM_UP_TEXTS, sent));
    }
    const textCount = surroundings.isQuick ? 200 : 1000;
    for (let roundNumber = 1; roundNumber <= (surroundings.isQuick ? 1 : 5); roundNumber += 1) {
      surroundings.say(`round ${roundNumber}`);
      for (const way of ways) {
        const texts = textsOf(way, `round ${roundNumber}`, textCount, sent);
        const name = `end-to-end-${way.name.replace(/\W+/g, '-')}`;
        const round = (): Promise<Round> => measure(surroundings, simulator, way, texts);
        way.rounds.push(
          await profiled(surroundings, way.child, name, () =>
            profiled(surroundings, simulator.child, `${name}-simulator`, round),
          ),
        );
      }
    }
    await checkScreens(simulator, sent);
    return report(gateway, memory, files);
  },
};

async function throughGateway(
  { postgres, folder }: Surroundings,
  simulator: Simulator,
  stack: AsyncDisposableStack,
): Promise<Way> {
  const dataDir = join(folder, 'gateway');
  mkdirSync(dataDir);
  const databaseUrl = await postgres.createDatabase('end_to_end');
  const simulatorUrl = simulator.webSocketUrl;
  const gateway = stack.use(await Gateway.start({ dataDir, databaseUrl, simulatorUrl }));
  const phone = '447400001102';
  const apiKey = await gateway.linkService(phone);
  const url = `${gateway.url}/sendMsg/${apiKey}`;
  const agent = new Agent({ keepAlive: true, maxSockets: HTTP_CONNECTIONS });
  stack.defer(() => agent.destroy());
  const way: Way = {
    name: 'gateway',
    child: gateway.child,
    rounds: [],
    send: (texts) => postAll(agent, url, texts),
  };
  await meetContacts(simulator, way, phone);
  return way;
}

async function throughBaileys(
  simulator: Simulator,
  stack: AsyncDisposableStack,
  phone: string,
  directory: string | null,
): Promise<Way> {
  const child = stack.use(await Child.start({ script: 'benchmarks/programs/bare-baileys.ts' }));
  const { webSocketUrl } = simulator;
  const place = { name: phone, directory, webSocketUrl, rootKey: await simulator.rootKey() };
  await simulator.addPhone(phone);
  const qr = await child.ask<string | null>('open', place satisfies AccountPlace);
  if (qr !== null) await simulator.scan(phone, qr);
  await child.ask('opened', { name: phone });
  const way: Way = {
    name: directory === null ? 'Baileys, keys in memory' : 'Baileys, keys in files',
    child,
    rounds: [],
    send: (texts) => child.ask('send', { name: phone, contacts: CONTACTS, texts } satisfies Sends),
  };
  await meetContacts(simulator, way, phone);
  return way;
}

/** A first text to each contact and one back: from then on both sides use an established session. */
async function meetContacts(simulator: Simulator, way: Way, phone: string): Promise<void> {
  const greetings = CONTACTS.map((contact) => `${way.name} greets ${contact}`);
  await sendAll(simulator, way, greetings);
  for (const contact of CONTACTS) await simulator.write(contact, phone, 'Hello back');
  await waitUntil('the replies', () => simulator.isSilent());
}

/** Texts as `send` spreads them over the contacts: each one its own, and known for the last check. */
function textsOf(way: Way, what: string, count: number, sent: string[]): string[] {
  const texts = Array.from({ length: count }, (_, index) => `${way.name}, ${what}, text ${index}`);
  sent.push(...texts);
  return texts;
}

/**
 * Sends texts and waits until all are shown.
 * @returns how long that took, and until the last receipt was acknowledged, milliseconds
 * @throws when a phone could not decrypt one
 */
async function sendAll(
  simulator: Simulator,
  way: Way,
  texts: readonly string[],
): Promise<{ shownMs: number; settledMs: number }> {
  const before = (await simulator.counts()).messagesByWireId.ids;
  const startedMs = performance.now();
  const sending = way.send(texts);
  await Promise.all([
    sending,
    waitUntil(`${texts.length} texts of ${way.name}`, async () => {
      const { messagesByWireId } = await simulator.counts();
      return messagesByWireId.ids - before >= texts.length;
    }),
  ]);
  const shownMs = performance.now() - startedMs;
  await waitUntil(`the receipts of ${way.name}`, () => simulator.isSilent());
  const settledMs = performance.now() - startedMs;
  const { undecryptable } = await simulator.counts();
  if (undecryptable > 0) {
    throw new Error(
      `${undecryptable} texts of ${way.name} could not be decrypted (${texts[0]} ...)`,
    );
  }
  return { shownMs, settledMs };
}

async function measure(
  { postgres }: Surroundings,
  simulator: Simulator,
  way: Way,
  texts: readonly string[],
): Promise<Round> {
  const sources = { client: way.child, postgres, simulator: simulator.child };
  const { result, cpuMs } = await withCpu(sources, () => sendAll(simulator, way, texts));
  return {
    perSecond: (texts.length / result.shownMs) * 1000,
    settledPerSecond: (texts.length / result.settledMs) * 1000,
    clientCpuMs: cpuMs.client / texts.length,
    postgresCpuMs: cpuMs.postgres / texts.length,
    simulatorCpuMs: cpuMs.simulator / texts.length,
  };
}

/** @throws when a text is missing or is shown twice */
async function checkScreens(simulator: Simulator, sent: readonly string[]): Promise<void> {
  const shown = new Map<string, number>();
  for (const contact of CONTACTS) {
    for (const text of await simulator.textsShown(contact)) {
      shown.set(text, (shown.get(text) ?? 0) + 1);
    }
  }
  const wrong = sent.filter((text) => shown.get(text) !== 1);
  if (wrong.length > 0) throw new Error(`${wrong.length} texts not shown once: ${wrong[0]}`);
}

/** Posts each text, as many at a time as the agent has connections. */
async function postAll(agent: Agent, url: string, texts: readonly string[]): Promise<void> {
  const waiting = [...texts.entries()];
  waiting.reverse();
  const poster = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [index, message] = next;
      const phonenumber = CONTACTS[index % CONTACTS.length] ?? '';
      await post(agent, url, new URLSearchParams({ phonenumber, message }).toString());
    }
  };
  await Promise.all(Array.from({ length: HTTP_CONNECTIONS }, poster));
}

function post(agent: Agent, url: string, form: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(form),
    };
    const posted = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`a send was answered ${answer.statusCode}`));
      });
    });
    posted.on('error', reject);
    posted.end(form);
  });
}

function report(gateway: Way, memory: Way, files: Way): BenchmarkResult {
  const toMemory = rateRatio(gateway, memory);
  const toFiles = rateRatio(gateway, files);
  return {
    name: 'end-to-end',
    title: 'One account, from HTTP to the phones',
    method: METHOD,
    columns: [
      'way',
      'texts/s',
      'to keys in memory',
      'texts and receipts/s',
      'CPU ms/text',
      'PostgreSQL ms/text',
      'simulator ms/text',
    ],
    rows: [gateway, memory, files].map((way) => [
      way.name,
      medianOf(way.rounds, (round) => round.perSecond),
      rateRatio(way, memory).toFixed(2),
      medianOf(way.rounds, (round) => round.settledPerSecond),
      medianOf(way.rounds, (round) => round.clientCpuMs),
      medianOf(way.rounds, (round) => round.postgresCpuMs),
      medianOf(way.rounds, (round) => round.simulatorCpuMs),
    ]),
    targets: [
      {
        what: 'rate to bare Baileys with keys in memory',
        measured: toMemory,
        bound: 'at-least',
        limit: 0.75,
      },
      {
        what: 'rate to bare Baileys with keys in files',
        measured: toFiles,
        bound: 'at-least',
        limit: 2,
      },
    ],
    rounds: { gateway: gateway.rounds, memory: memory.rounds, files: files.rounds },
  };
}

function rateRatio(way: Way, limit: Way): number {
  return medianRatio(way.rounds, limit.rounds, (round) => round.perSecond);
}

function twoDigits(index: number): string {
  return String(index).padStart(2, '0');
}
