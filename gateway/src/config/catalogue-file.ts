import { readFileSync } from 'node:fs';
import { DEFAULT_CATALOGUE, readCatalogue, type Catalogue } from '../domain/catalogue.ts';
import { toError } from '../domain/errors.ts';

/**
 * What `TICKWIRE_CATALOGUE` decides: the documented catalogue, or what a file says.
 * @param path of a JSON file, or undefined
 * @throws Error whose message names the file and the first thing that is wrong in it
 */
export function decideCatalogue(path: string | undefined): Catalogue {
  if (path === undefined) return DEFAULT_CATALOGUE;
  try {
    return readCatalogue(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`TICKWIRE_CATALOGUE, ${path}: ${toError(error).message}`, { cause: error });
  }
}
