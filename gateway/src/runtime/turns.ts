/** Has work wait until fewer than so many others are under way; first come, first served. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>;

/** @param atOnceMax how many may be under way together */
export function createTurns(atOnceMax: number): InTurn {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  return async (work) => {
    if (underWay < atOnceMax) underWay += 1;
    // Whoever ends hands its place on, so that nobody who comes meanwhile takes it.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay -= 1;
      else next();
    }
  };
}
