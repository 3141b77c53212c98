import mime from 'mime';
import type { MediaKind } from './media.ts';

/** What is known about a file before it is sent. */
export interface MediaClues {
  /** The type its first bytes show, or null when they show none. */
  readonly sniffedType: string | null;
  /** The first bytes. */
  readonly head: Uint8Array;
  /** The Content-Type it came with, or null. */
  readonly declaredType: string | null;
  /** Empty when it has none. */
  readonly fileName: string;
}

/** How WhatsApp is to show a file. */
export interface MediaLook {
  readonly kind: MediaKind;
  readonly mimetype: string;
}

const UNKNOWN_TYPE = 'application/octet-stream';
export const VOICE_TYPE = 'audio/ogg; codecs=opus';

/** Types that WhatsApp's own apps show or play; all else is a document. */
const SHOWN: Record<string, MediaKind> = {
  'image/jpeg': 'image',
  'image/png': 'image',
  'image/webp': 'sticker',
  'video/mp4': 'video',
  'video/3gpp': 'video',
  'video/3gpp2': 'video',
  'video/quicktime': 'video',
  'video/x-m4v': 'video',
  [VOICE_TYPE]: 'voice',
};

/** Other names of the same thing. */
const RENAMED: Record<string, string> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/apng': 'image/png',
  'audio/mp3': 'audio/mpeg',
  'audio/x-m4a': 'audio/mp4',
  'audio/opus': VOICE_TYPE,
};

/** Boxes that many formats are packed in: what is inside is known from outside only. */
const CONTAINERS = new Set(['application/zip', 'application/x-cfb', 'application/xml']);

/**
 * Decides how a file is shown: by its content; where that says nothing by its Content-Type; else by
 * the extension of its name. Content that is a page or a drawing (HTML, SVG) is a document, whatever
 * it is called.
 */
export function decideLook(clues: MediaClues): MediaLook {
  const mimetype = decideType(clues);
  return { kind: kindOf(mimetype), mimetype };
}

function decideType({ sniffedType, head, declaredType, fileName }: MediaClues): string {
  const sniffed = sniffedType === null ? null : readType(sniffedType);
  const outside = specificType(declaredType) ?? specificType(mime.getType(fileName));
  const markup = markupType(head);
  if (markup !== null) return markup;
  if (sniffed === null) return outside === 'audio/ogg' ? VOICE_TYPE : (outside ?? UNKNOWN_TYPE);
  // An MP4 without pictures begins like one with them.
  if (sniffed === 'video/mp4' && outside === 'audio/mp4') return outside;
  const isBoxed = CONTAINERS.has(sniffed) && outside !== null && kindOf(outside) === 'document';
  return isBoxed ? outside : sniffed;
}

function kindOf(mimetype: string): MediaKind {
  return SHOWN[mimetype] ?? (mimetype.startsWith('audio/') ? 'audio' : 'document');
}

function specificType(written: string | null): string | null {
  const type = written === null ? null : readType(written);
  return type === UNKNOWN_TYPE ? null : type;
}

/** A media type in lower case without parameters, save the one that makes a voice note. */
function readType(written: string): string | null {
  const [name = '', ...parameters] = written.toLowerCase().split(';');
  const type = name.trim();
  if (!/^[\w.+-]{1,60}\/[\w.+-]{1,100}$/.test(type)) return null;
  const isOpus = parameters.some((parameter) => /codecs\s*=\s*"?opus/.test(parameter));
  if (type === 'audio/ogg' && isOpus) return VOICE_TYPE;
  return RENAMED[type] ?? type;
}

const MARKUP =
  /^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->)[^])*-->\s*)*<(?:!doctype\s+)?(html|svg|head|body|script)\b/i;

/** Browsers render what looks like this whatever it is called, and it has no magic number. */
function markupType(head: Uint8Array): string | null {
  const name = MARKUP.exec(Buffer.from(head.subarray(0, 1024)).toString('utf8'))?.[1];
  if (name === undefined) return null;
  return name.toLowerCase() === 'svg' ? 'image/svg+xml' : 'text/html';
}
