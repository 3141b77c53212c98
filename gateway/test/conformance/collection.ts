import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A field of a form in the collection. */
export interface FormField {
  readonly key: string;
  readonly value?: string;
  readonly type: string;
  /** Where the collection's author had the file. */
  readonly src?: string;
  readonly disabled?: boolean;
}

interface Body {
  readonly mode: string;
  readonly formdata?: readonly FormField[];
  readonly raw?: string;
}

/** A request of the documented API with its first example answer. */
export interface DocumentedRequest {
  /** As the collection's folders and names say: `API Reference / getStatus`. */
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly form: readonly FormField[] | null;
  readonly json: string | null;
  readonly example: {
    readonly status: number;
    readonly contentType: string;
    readonly body: unknown;
  };
}

/** A folder or a request, as the collection's file has it. */
export interface Item {
  readonly name: string;
  readonly item?: readonly Item[];
  readonly request?: {
    readonly method: string;
    readonly url: string | { readonly raw: string };
    readonly body?: Body;
  };
  readonly response?: readonly {
    readonly code: number;
    readonly header: readonly { readonly key: string; readonly value: string }[];
    readonly body: string;
  }[];
}

export interface Collection {
  readonly item: readonly Item[];
}

const FILE = join(import.meta.dirname, 'whatsiplus.postman_collection.json');

/** The collection as it is. */
export function loadCollection(): Collection {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Collection;
}

/** All requests of the collection, in its order. */
export function readCollection(): DocumentedRequest[] {
  return loadCollection().item.flatMap((item) => flatten(item, []));
}

function flatten(item: Item, folders: readonly string[]): DocumentedRequest[] {
  const path = [...folders, item.name.trim()];
  if (item.item !== undefined) return item.item.flatMap((inner) => flatten(inner, path));
  const [example] = item.response ?? [];
  if (item.request === undefined || example === undefined) {
    throw new Error(`"${item.name}" has no request or no example answer`);
  }
  const { method, url, body } = item.request;
  const contentType = example.header.find(({ key }) => key.toLowerCase() === 'content-type');
  return [
    {
      name: path.join(' / '),
      method,
      url: typeof url === 'string' ? url : url.raw,
      form: method === 'POST' ? (body?.formdata ?? null) : null,
      json: method === 'POST' && body?.mode === 'raw' ? (body.raw ?? null) : null,
      example: {
        status: example.code,
        contentType: contentType?.value ?? '',
        body: JSON.parse(example.body),
      },
    },
  ];
}

/** How the request carries its parameters, for the table. */
export function formOf({ method, form, json }: DocumentedRequest): string {
  if (json !== null) return `${method} JSON`;
  if (form === null) return method;
  const list = form.find(({ key }) => key.endsWith('[]'));
  return `${method} multipart${list === undefined ? '' : `, \`${list.key}\``}`;
}
