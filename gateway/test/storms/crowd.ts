import { join } from 'node:path';
import { waitUntil } from '../harness/wait-until.ts';
import { quantile, type Findings } from './findings.ts';
import { StormWorld } from './storm-world.ts';

const CROWD = 100_000;
const RECIPIENTS_A_CALL = 1000;
const SAMPLES = 100;
/** As much as two runs of the same differ on a busy machine. */
const RATIO_MAX = 1.2;

/** One service has 100,000 messages waiting; another one sends now and then. */
export async function storm(folder: string, findings: Findings): Promise<void> {
  findings.begin(`a crowd of ${CROWD.toLocaleString('en')}`);
  await using world = await StormWorld.start({ folder: join(folder, 'crowd') });
  // So that what waits goes on waiting.
  await world.askAsOperator(`/admin/services/${world.apiKeys[0]}/pacing`, { pacing: 'safe' });
  await sampleNeighbour(world, 'warming up');
  const without = await sampleNeighbour(world, 'without');
  for (let call = 0; call < CROWD / RECIPIENTS_A_CALL; call += 1) await acceptMany(world, call);
  const waiting = (await world.ask(`/pending/${world.apiKeys[0]}`)).text;
  findings.note('waiting, as told', waiting.slice(0, 120));
  const beside = await sampleNeighbour(world, 'beside');
  await world.askAsOperator(`/admin/services/${world.apiKeys[0]}/pacing`, { pacing: 'off' });
  const during = await sampleNeighbour(world, 'during');
  findings.note('HTTP to phone without the crowd, ms (median, p95)', both(without));
  findings.note('the same beside the crowd', both(beside));
  const ratio = quantile(beside, 0.5) / quantile(without, 0.5);
  findings.check('ratio of the medians', ratio < RATIO_MAX, ratio.toFixed(2));
  findings.note('the same while the crowd is sent at full speed', both(during));
}

const both = (values: number[]): string =>
  `${quantile(values, 0.5).toFixed(0)}, ${quantile(values, 0.95).toFixed(0)}`;

/** @returns milliseconds from the request to the phone, one message after the other */
async function sampleNeighbour(world: StormWorld, name: string): Promise<number[]> {
  const taken: number[] = [];
  for (let number = 0; number < SAMPLES; number += 1) {
    const text = `${name} ${number}`;
    // A phone of its own each ten, so that reading what it has shown stays cheap.
    const contact = taken.length % 10;
    const sentMs = Date.now();
    await world.accept(1, contact, text);
    const shownAt = async (): Promise<number | undefined> =>
      (await world.shown(contact)).findLast((one) => one.text === text)?.at;
    taken.push((await waitUntil(`"${text}"`, shownAt, 30_000)) - sentMs);
  }
  return taken;
}

async function acceptMany(world: StormWorld, call: number): Promise<void> {
  const phones = Array.from(
    { length: RECIPIENTS_A_CALL },
    (_, index) => `447501${String(call * RECIPIENTS_A_CALL + index).padStart(6, '0')}`,
  );
  const body = new URLSearchParams({ message: 'one of a crowd' });
  for (const phone of phones) body.append('phonenumber', phone);
  const path = `/sendMsg/${world.apiKeys[0]}`;
  const { status, text } = await world.ask(path, body, { withinMs: 60_000 });
  if (status !== 200) throw new Error(text);
}
