// What one more linked, idle account costs in resident memory, beside one more bare Baileys socket.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { medianOf, median } from '../measure/median.ts';
import { waitUntil } from '../measure/wait-until.ts';
import { Child } from '../processes/child.ts';
import { Gateway, type GatewayPlace } from '../processes/gateway.ts';
import { Simulator } from '../processes/simulator.ts';
import type { AccountPlace } from '../programs/bare-baileys.ts';
import type { BenchmarkResult } from '../report/result.ts';
import type { Scenario, Surroundings } from './surroundings.ts';

/** After the last account is connected: what connecting needed is garbage by then. */
const SETTLE_MS = 2000;
const MIB = 2 ** 20;

const METHOD = `Resident set of a process whose accounts were linked earlier and have logged in again after its start
(so that what linking leaves behind does not count), two seconds after the last one is connected and after
full garbage collections (\`--expose-gc\`) on both sides. Bare Baileys is one process with as many
unmodified sockets, each with \`useMultiFileAuthState\`, because keys in memory would count as its memory.
An account costs (many - one) / (accounts - 1).`;

interface Pair {
  /** Bytes with one account, and with all. */
  readonly one: number;
  readonly all: number;
}

/** One way to hold accounts. */
interface Way {
  readonly name: string;
  /** Resident bytes of a fresh process with this many of the accounts connected. */
  measure(accounts: number): Promise<number>;
  /** Links accounts until there are this many. */
  link(accounts: number): Promise<void>;
}

export const idleMemory: Scenario = {
  name: 'idle-memory',
  async run(surroundings) {
    await using stack = new AsyncDisposableStack();
    const simulator = stack.use(await Simulator.start(join(surroundings.folder, 'simulator')));
    const accounts = surroundings.isQuick ? 8 : 30;
    const rounds = surroundings.isQuick ? 1 : 3;
    const ways = [
      await gatewayWay(surroundings, simulator),
      await bareWay(surroundings, simulator),
    ];
    const one: number[][] = ways.map(() => []);
    const all: number[][] = ways.map(() => []);
    for (const [figures, count] of [
      [one, 1],
      [all, accounts],
    ] as const) {
      surroundings.say(`linking ${count} ${count === 1 ? 'account' : 'accounts'} in each`);
      for (const way of ways) await way.link(count);
      for (let round = 0; round < rounds; round += 1) {
        for (const [index, way] of ways.entries()) figures[index]?.push(await way.measure(count));
      }
    }
    return report(
      ways,
      accounts,
      ways.map((_, index) => pairs(one[index] ?? [], all[index] ?? [])),
    );
  },
};

function pairs(one: readonly number[], all: readonly number[]): Pair[] {
  return one.map((bytes, index) => ({ one: bytes, all: all[index] ?? Number.NaN }));
}

async function gatewayWay({ postgres, folder }: Surroundings, simulator: Simulator): Promise<Way> {
  const dataDir = join(folder, 'gateway');
  mkdirSync(dataDir);
  const databaseUrl = await postgres.createDatabase('idle_memory');
  const place: GatewayPlace = { dataDir, databaseUrl, simulatorUrl: simulator.webSocketUrl };
  // The first start links the gateway's own test account.
  let linked = 1;
  return {
    name: 'gateway',
    async link(accounts) {
      await using gateway = await Gateway.start(place);
      for (; linked < accounts; linked += 1)
        await gateway.linkService(`447400002${String(linked).padStart(3, '0')}`);
    },
    async measure(accounts) {
      await using gateway = await Gateway.start(place);
      const areAll = async (): Promise<boolean> => (await gateway.countConnected()) === accounts;
      await waitUntil('the accounts', areAll, { everyMs: 100 });
      await delay(SETTLE_MS);
      return await gateway.child.residentBytes();
    },
  };
}

function startBare(): Promise<Child> {
  return Child.start({ script: 'benchmarks/programs/bare-baileys.ts' });
}

function phoneOf(index: number): string {
  return `447400003${String(index).padStart(3, '0')}`;
}

async function bareWay({ folder }: Surroundings, simulator: Simulator): Promise<Way> {
  const { webSocketUrl } = simulator;
  const rootKey = await simulator.rootKey();
  const keyFolder = join(folder, 'keys');
  let linked = 0;
  const placeOf = (index: number): AccountPlace => {
    const name = phoneOf(index);
    return { name, directory: join(keyFolder, name), webSocketUrl, rootKey };
  };
  return {
    name: 'bare Baileys',
    async link(accounts) {
      await using child = await startBare();
      for (; linked < accounts; linked += 1) {
        const phone = phoneOf(linked);
        await simulator.addPhone(phone);
        const qr = await child.ask<string | null>('open', placeOf(linked));
        if (qr !== null) await simulator.scan(phone, qr);
        await child.ask('opened', { name: phone });
      }
      // Its last keys are on their way to the files.
      await delay(SETTLE_MS);
    },
    async measure(accounts) {
      await using child = await startBare();
      for (let index = 0; index < accounts; index += 1) {
        const qr = await child.ask<string | null>('open', placeOf(index));
        if (qr !== null) throw new Error(`${phoneOf(index)} is not linked`);
      }
      await delay(SETTLE_MS);
      return await child.residentBytes();
    },
  };
}

function report(
  ways: readonly Way[],
  accounts: number,
  measured: readonly (readonly Pair[])[],
): BenchmarkResult {
  const perAccount = measured.map((rounds) =>
    median(rounds.map(({ one, all }) => (all - one) / (accounts - 1))),
  );
  const [gateway = Number.NaN, bare = Number.NaN] = perAccount;
  return {
    name: 'idle-memory',
    title: 'Resident memory of a linked idle account',
    method: METHOD,
    columns: ['process', 'MiB with 1', `MiB with ${accounts}`, 'MiB an account', 'to bare Baileys'],
    rows: ways.map((way, index) => [
      way.name,
      medianOf(measured[index] ?? [], ({ one }) => one / MIB),
      medianOf(measured[index] ?? [], ({ all }) => all / MIB),
      (perAccount[index] ?? Number.NaN) / MIB,
      ((perAccount[index] ?? Number.NaN) / bare).toFixed(2),
    ]),
    targets: [
      {
        what: 'memory an account to a bare Baileys socket',
        measured: gateway / bare,
        bound: 'at-most',
        limit: 1.3,
      },
    ],
    rounds: Object.fromEntries(ways.map((way, index) => [way.name, measured[index]])),
  };
}
