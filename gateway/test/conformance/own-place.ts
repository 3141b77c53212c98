import type { Collection, Item } from './collection.ts';

/** What makes a gateway look up no name, so that the collection's links lead nowhere. */
export const WITHOUT_LOOKUPS = {
  NODE_OPTIONS: `--import=${import.meta.resolve('./no-lookups.ts')}`,
};

const DOCUMENTED_HOST = 'https://api.whatsiplus.com';
/** In the order in which they are tried: the longer ones contain the shorter. */
const KEY_WORDS = /AGENTKEY|(?:Se?rvice)?(?:APIKEY|ApiKey)/g;

/** What replaces the host and the keys of a documented request. */
export interface OwnPlace {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly agentKey: string;
  /** The key for a request, by its name; null leaves the request out. */
  apiKeyFor(name: string): string | null;
}

/**
 * The collection with another host and other keys, and nothing else changed, for a program that
 * runs collections.
 */
export function withOwnPlace(collection: Collection, place: OwnPlace): Collection {
  return { ...collection, item: collection.item.flatMap((item) => moved(item, [], place)) };
}

function moved(item: Item, folders: readonly string[], place: OwnPlace): Item[] {
  const path = [...folders, item.name.trim()];
  if (item.item !== undefined) {
    const inner = item.item.flatMap((one) => moved(one, path, place));
    return inner.length === 0 ? [] : [{ ...item, item: inner }];
  }
  const apiKey = place.apiKeyFor(path.join(' / '));
  if (apiKey === null) return [];
  const { request, ...rest } = item;
  if (request === undefined) return [item];
  const text = replacePlace(JSON.stringify(request), place, apiKey);
  const own = JSON.parse(text) as NonNullable<Item['request']>;
  return [{ ...rest, request: own }];
}

/** Replaces the documented host and the words that stand for keys. */
export function replacePlace(text: string, place: OwnPlace, apiKey: string): string {
  return text
    .replaceAll(DOCUMENTED_HOST, place.url)
    .replaceAll(KEY_WORDS, (word) => (word === 'AGENTKEY' ? place.agentKey : apiKey));
}
