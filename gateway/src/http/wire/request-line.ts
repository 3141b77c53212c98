/** Longer addresses are refused anyway. */
const LINE_BYTES_MAX = 32 * 1024;

const METHOD = /^(?:GET|POST) +/;
const VERSION = / HTTP\/1\.[01]\r\n/;
/** What an address may not hold as it is: controls, space, delete, and all beyond ASCII. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const UNESCAPED = /[\0-\x20\x7f-\xff]/;
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const NEVER_IN_TEXT = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** What can be said about the beginning of a request that Node's parser refused. */
export type Reading =
  | { readonly kind: 'repaired'; readonly bytes: Buffer }
  /** The request line goes on in bytes that have not come yet. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'hopeless' };

/**
 * Escapes the address of a request whose client put text into its query as it was: spaces, line
 * breaks, UTF-8. PHP's streams, old versions of curl and scripts of all kinds do.
 * @param bytes what came, from the request's first byte on
 * @returns the bytes with an address that HTTP allows; everything behind it is untouched
 */
export function repairRequestLine(bytes: Buffer): Reading {
  const text = bytes.toString('latin1', 0, LINE_BYTES_MAX);
  const method = METHOD.exec(text)?.[0];
  if (method === undefined) return { kind: 'hopeless' };
  const end = VERSION.exec(text)?.index;
  if (end === undefined) {
    return { kind: text.length < LINE_BYTES_MAX ? 'incomplete' : 'hopeless' };
  }
  const address = text.slice(method.length, end);
  if (!isRepairable(address)) return { kind: 'hopeless' };
  const repaired = Buffer.from(method + escapeAll(address), 'latin1');
  return { kind: 'repaired', bytes: Buffer.concat([repaired, bytes.subarray(end)]) };
}

/** Only a query holds text: a path with such characters is none of ours. */
function isRepairable(address: string): boolean {
  const question = address.indexOf('?');
  if (question === -1 || UNESCAPED.test(address.slice(0, question))) return false;
  return UNESCAPED.test(address) && !NEVER_IN_TEXT.test(address);
}

function escapeAll(address: string): string {
  return address.replaceAll(new RegExp(UNESCAPED, 'g'), (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
