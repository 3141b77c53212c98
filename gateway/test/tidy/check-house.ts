import { checkContents } from './contents.ts';
import { checkLayers, findCycles } from './layers.ts';
import type { Source } from './source.ts';

/**
 * Everything that is untidy in these sources, a sentence each.
 * @throws when there is nothing to look at: a checker that sees no files would praise anything
 */
export function checkHouse(sources: readonly Source[]): string[] {
  if (sources.length === 0) throw new Error('There are no files to check.');
  return [
    ...sources.flatMap((source) => checkLayers(source)),
    ...sources.flatMap((source) => checkContents(source)),
    ...findCycles(sources),
  ];
}
