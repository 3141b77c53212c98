/** Types that a browser shows without ever running anything in them. */
const SHOWN_TYPES = /^(?:image\/(?:jpeg|png|gif|webp|avif|heic)|(?:audio|video)\/[\w.+-]+)$/;
const TYPE_FORM = /^[\w.+-]+\/[\w.+-]+(?:; ?[\w-]+="?[\w.,+ -]*"?)*$/;

/**
 * The headers under which a file of a stranger can be served: its type is the sender's word, so no
 * browser may guess another one, and what it could render as a page or script is only downloaded.
 * @param fileName one path segment
 */
export function fileHeaders(mimetype: string, fileName: string): Record<string, string> {
  const type = TYPE_FORM.test(mimetype) ? mimetype : 'application/octet-stream';
  const isShown = SHOWN_TYPES.test(type.split(';')[0]?.trim().toLowerCase() ?? '');
  return {
    'content-type': type,
    'content-disposition': `${isShown ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeName(fileName)}`,
    'content-security-policy': "sandbox; default-src 'none'",
    'cross-origin-resource-policy': 'cross-origin',
    'accept-ranges': 'bytes',
  };
}

/** RFC 8187 allows fewer characters than `encodeURIComponent` leaves. */
function encodeName(fileName: string): string {
  return encodeURIComponent(fileName).replaceAll(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A part of a file: both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a Range header (RFC 9110, 14.2) with one range.
 * @returns null for the whole file (several ranges and other units are ignored, as they may be);
 *   `outside` when the file has no such part
 */
export function readRange(header: string | undefined, bytes: number): ByteRange | 'outside' | null {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  if (first === '') {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? 'outside' : { start: bytes - length, end: bytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= bytes ? 'outside' : { start, end };
}
