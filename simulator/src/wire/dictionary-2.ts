import { readFileSync } from 'node:fs';

/** Where a token stands: in the single-byte table, or in one of the double-byte ones. */
interface TokenPlace {
  readonly dict?: number;
  readonly index: number;
}

/**
 * The token dictionary of clients that open with `57 41 06 02`, such as Baileys 6.7. Read from
 * `dictionary-2.txt`, which says where it comes from.
 */
export function readDictionary2() {
  const text = readFileSync(new URL('dictionary-2.txt', import.meta.url), 'utf8');
  const blocks = text.split('\n\n').filter((block) => !block.startsWith('#'));
  const [single = [], ...double] = blocks.map((block) =>
    block
      .trim()
      .split(/\s+/)
      .map((token) => (token === '-' ? '' : token)),
  );
  const places: Record<string, TokenPlace> = {};
  for (const [index, token] of single.entries()) places[token] = { index };
  for (const [dict, tokens] of double.entries()) {
    for (const [index, token] of tokens.entries()) places[token] = { dict, index };
  }
  return { SINGLE_BYTE_TOKENS: single, DOUBLE_BYTE_TOKENS: double, TOKEN_MAP: places };
}
