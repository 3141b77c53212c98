import { join } from 'node:path';
import type { DocumentedRequest, FormField } from '../collection.ts';
import { replacePlace, type OwnPlace } from '../own-place.ts';
import type { ClientCall, Field } from './client.ts';

/** How a body may be written. */
export const BODY_KINDS = ['multipart', 'urlencoded', 'json'] as const;

type BodyKind = (typeof BODY_KINDS)[number];

/** A documented request in one of the forms a client can give it. */
export interface DocumentedCall {
  readonly request: DocumentedRequest;
  readonly kind: BodyKind | 'query';
  readonly call: ClientCall;
}

/**
 * A documented request in every form: one with parameters in its body in each kind of body.
 * @param filesFolder where the files of its forms lie
 */
export function callsOf(
  request: DocumentedRequest,
  place: OwnPlace,
  apiKey: string,
  filesFolder: string,
): DocumentedCall[] {
  const address = new URL(replacePlace(request.url, place, apiKey));
  const query = [...address.searchParams].map(([name, value]) => ({ name, value }));
  const { method, form, json } = request;
  const base = { method, url: address.origin + address.pathname, query };
  const fields = form === null ? fieldsOfJson(json) : fieldsOfForm(form, filesFolder);
  if (fields.length === 0) return [{ request, kind: 'query', call: { ...base, body: NOTHING } }];
  return BODY_KINDS.map((kind) => ({
    request,
    kind,
    call: { ...base, body: bodyOf(kind, fields) },
  }));
}

/** A body of these fields. Only multipart can carry files. */
export function bodyOf(kind: BodyKind, fields: readonly Field[]): ClientCall['body'] {
  if (kind === 'multipart') return { kind, fields };
  const texts = fields.filter((field) => 'value' in field);
  return kind === 'urlencoded' ? { kind, fields: texts } : { kind, text: jsonOf(texts) };
}

const NOTHING = { kind: 'none' } as const;

function fieldsOfForm(form: readonly FormField[], filesFolder: string): Field[] {
  return form
    .filter((field) => field.disabled !== true)
    .map(({ key, value, src }) =>
      src === undefined
        ? { name: key, value: value ?? '' }
        : { name: key, file: join(filesFolder, src) },
    );
}

function fieldsOfJson(json: string | null): Field[] {
  const body = JSON.parse(json ?? '{}') as Record<string, string | string[]>;
  return Object.entries(body).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((one) => ({ name: `${name}[]`, value: one }))
      : [{ name, value }],
  );
}

function jsonOf(fields: readonly { name: string; value: string }[]): string {
  const names = [...new Set(fields.map(({ name }) => name))];
  const entries = names.map((name) => {
    const values = fields.filter((field) => field.name === name).map(({ value }) => value);
    return name.endsWith('[]') ? [name.slice(0, -2), values] : [name, values[0]];
  });
  return JSON.stringify(Object.fromEntries(entries));
}
