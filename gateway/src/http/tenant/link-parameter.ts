import { single, type Parameters } from '../parameters/parameters.ts';

/** The link of a file: `link`, once called `url`; null when neither is given. */
export function linkIn(parameters: Parameters): string | null {
  for (const name of ['link', 'url']) {
    const written = single(parameters, name)?.trim() ?? '';
    if (written !== '') return written;
  }
  return null;
}
