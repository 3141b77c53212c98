/** Something whose CPU time so far can be asked, milliseconds. */
export interface CpuSource {
  cpuMs(): number | Promise<number>;
}

/**
 * Runs `work` and tells what CPU time each source spent meanwhile.
 * @returns milliseconds by the names of the sources
 */
export async function withCpu<Name extends string, Result>(
  sources: Readonly<Record<Name, CpuSource>>,
  work: () => Promise<Result>,
): Promise<{ result: Result; cpuMs: Record<Name, number> }> {
  const before = await readAll(sources);
  const result = await work();
  const after = await readAll(sources);
  const names = Object.keys(sources) as Name[];
  const spent = names.map((name) => [name, after[name] - before[name]]);
  return { result, cpuMs: Object.fromEntries(spent) as Record<Name, number> };
}

async function readAll<Name extends string>(
  sources: Readonly<Record<Name, CpuSource>>,
): Promise<Record<Name, number>> {
  const times: Partial<Record<Name, number>> = {};
  for (const [name, source] of Object.entries<CpuSource>(sources)) {
    times[name as Name] = await source.cpuMs();
  }
  return times as Record<Name, number>;
}
