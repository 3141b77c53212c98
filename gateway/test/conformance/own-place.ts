import type { Collection, FormField, Item } from './collection.ts';

/**
 * Files and links are not served yet: their fields are left out of the requests, and the table says
 * so. True sends every request exactly as it is documented.
 */
export const IS_MEDIA_SERVED = false;

const DOCUMENTED_HOST = 'https://api.whatsiplus.com';
/** In the order in which they are tried: the longer ones contain the shorter. */
const KEY_WORDS = /AGENTKEY|(?:Se?rvice)?(?:APIKEY|ApiKey)/g;
const MEDIA_FIELDS = new Set(['link', 'url', 'file', 'base64_file']);

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
  return [{ ...rest, request: IS_MEDIA_SERVED ? own : withoutMedia(own) }];
}

/** Replaces the documented host and the words that stand for keys. */
export function replacePlace(text: string, place: OwnPlace, apiKey: string): string {
  return text
    .replaceAll(DOCUMENTED_HOST, place.url)
    .replaceAll(KEY_WORDS, (word) => (word === 'AGENTKEY' ? place.agentKey : apiKey));
}

/** True for what a request says about files, while they are not served. */
export function isLeftOut(field: Pick<FormField, 'key'>): boolean {
  return !IS_MEDIA_SERVED && MEDIA_FIELDS.has(field.key);
}

/** The query of a URL without what is left out. */
export function withoutLeftOut(url: string): string {
  return IS_MEDIA_SERVED ? url : url.replaceAll(/&(?:link|url)=[^&]*/g, '');
}

function withoutMedia(request: NonNullable<Item['request']>): NonNullable<Item['request']> {
  const url = withoutLeftOut(typeof request.url === 'string' ? request.url : request.url.raw);
  const { body } = request;
  if (body === undefined) return { ...request, url };
  const formdata = body.formdata?.filter((field) => !isLeftOut(field));
  const raw = body.raw?.replace(/,\s*"link":\s*"[^"]*"/, '');
  return {
    ...request,
    url,
    body: {
      ...body,
      ...(formdata === undefined ? {} : { formdata }),
      ...(raw === undefined ? {} : { raw }),
    },
  };
}
