import { parse } from 'node:querystring';
import { withoutByteOrderMark } from './parameter-collector.ts';

/**
 * Parses JSON; an empty body is what some clients send along with everything in the query.
 * @throws SyntaxError
 */
export function parseJson(body: string): unknown {
  const text = withoutByteOrderMark(body);
  return text.trim() === '' ? {} : JSON.parse(text);
}

/** The JSON object in a body of another name, or null when it is none. */
export function parseJsonObject(body: string): Record<string, unknown> | null {
  if (!looksLikeJson(body)) return null;
  try {
    return JSON.parse(withoutByteOrderMark(body)) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Parses a form, or the JSON object that came under its name. */
export function parseForm(body: string): Record<string, unknown> {
  return parseJsonObject(body) ?? parse(body, '&', '=', { maxKeys: 0 });
}

/** True when a body begins as a JSON object does. */
export function looksLikeJson(body: string): boolean {
  return withoutByteOrderMark(body).trimStart().startsWith('{');
}
