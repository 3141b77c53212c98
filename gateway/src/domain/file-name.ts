import mime from 'mime';
import { VOICE_TYPE, type MediaLook } from './media-kind.ts';

const CHARACTERS_MAX = 200;
/** Where the usual extension is not the one people know. */
const EXTENSIONS: Record<string, string> = {
  'audio/mpeg': 'mp3',
  'audio/aac': 'aac',
  'audio/ogg': 'ogg',
  [VOICE_TYPE]: 'ogg',
  'video/quicktime': 'mov',
};
const EXTENSION = /\.[A-Za-z0-9]{1,10}$/;

/**
 * The name a recipient sees: the one given; else the last part of the link; else made from what the
 * file is. Never a path, never a character that hides or turns others.
 * @param given as the caller wrote it, may be empty
 * @param link where the file is fetched from, or empty
 */
export function decideFileName(given: string, link: string, look: MediaLook): string {
  const givenName = cleanFileName(given);
  if (givenName !== '') return givenName;
  const linkName = cleanFileName(lastPart(link));
  const extension = EXTENSIONS[look.mimetype] ?? mime.getExtension(look.mimetype) ?? 'bin';
  if (linkName === '') return `${look.kind}.${extension}`;
  return EXTENSION.test(linkName) ? linkName : `${linkName}.${extension}`;
}

/** A name without path, control characters and direction marks, of at most 200 characters. */
export function cleanFileName(written: string): string {
  const name = written
    .toWellFormed()
    .normalize('NFC')
    // Format characters turn text around; the joiners among them are part of Persian and of emoji.
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200C\u200D])\p{Cf}/gu, '')
    .replace(/^.*[/\\]/u, '')
    .replace(/^[.\s]+/u, '')
    .trimEnd();
  const characters = Array.from(name);
  if (characters.length <= CHARACTERS_MAX) return name;
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  return characters.slice(0, CHARACTERS_MAX - extension.length).join('') + extension;
}

function lastPart(link: string): string {
  const path = URL.parse(link)?.pathname ?? '';
  const part = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
