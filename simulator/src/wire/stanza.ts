import type { BinaryNode } from 'baileys';

/** One element of WhatsApp's binary XML. */
export type Stanza = BinaryNode;
type Content = BinaryNode['content'];

/**
 * The server's own address. Clients compare `from` with this literal, an empty user at
 * `s.whatsapp.net`; the bare token `s.whatsapp.net` is silently ignored.
 */
export const SERVER = '@s.whatsapp.net';

/** Builds an element; attributes that are `undefined` are left out. */
export function stanza(
  tag: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  content?: Content,
): Stanza {
  const attrs: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) attrs[name] = value;
  }
  return content === undefined ? { tag, attrs } : { tag, attrs, content };
}

export function attribute(node: Stanza | undefined, name: string): string | undefined {
  return node?.attrs[name];
}

/** All child elements, or those with this tag. */
export function children(node: Stanza | undefined, tag?: string): Stanza[] {
  if (!Array.isArray(node?.content)) return [];
  return tag === undefined ? node.content : node.content.filter((child) => child.tag === tag);
}

export function child(node: Stanza | undefined, tag: string): Stanza | undefined {
  if (!Array.isArray(node?.content)) return undefined;
  return node.content.find((candidate) => candidate.tag === tag);
}

/** The element's own content as bytes. */
export function bytesOf(node: Stanza | undefined): Buffer | undefined {
  const content = node?.content;
  if (content === undefined || Array.isArray(content)) return undefined;
  return Buffer.from(content);
}

/** The element's own content as text. */
export function textOf(node: Stanza | undefined): string | undefined {
  const content = node?.content;
  return typeof content === 'string' ? content : bytesOf(node)?.toString('utf8');
}

/** A big-endian unsigned number of up to six bytes. */
export function numberOf(node: Stanza | undefined): number | undefined {
  const bytes = bytesOf(node);
  if (!bytes || bytes.length === 0 || bytes.length > 6) return undefined;
  return bytes.readUIntBE(0, bytes.length);
}

/** `value` in `length` big-endian bytes. */
export function bigEndian(value: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}
