import type { proto } from '../baileys.ts';
import type { ContentReader } from './received-content.ts';

/** Contacts, one a line: `Ann: +44 7400 000001, +44 7400 000002`. */
export const readContact: ContentReader = ({ contactMessage, contactsArrayMessage }) => {
  const contacts = contactMessage ? [contactMessage] : contactsArrayMessage?.contacts;
  if (!contacts) return null;
  return { type: 'contact', text: contacts.map(describe).join('\n') };
};

function describe({ displayName, vcard }: proto.Message.IContactMessage): string {
  const card = readCard(vcard ?? '');
  const name = displayName || card.name;
  const phones = card.phones.join(', ');
  return name === '' || phones === '' ? name + phones : `${name}: ${phones}`;
}

/**
 * Name and numbers of a vCard (RFC 6350): `[group.]PROPERTY[;parameters]:value`; a line that begins
 * with white space continues the one before.
 */
function readCard(vcard: string): { name: string; phones: string[] } {
  let name = '';
  const phones: string[] = [];
  for (const line of vcard.replaceAll(/\r?\n[ \t]/g, '').split(/\r?\n/)) {
    const [, property, value] = /^(?:[\w-]+\.)?(\w+)(?:;[^:]*)?:(.*)$/.exec(line) ?? [];
    if (property === undefined || value === undefined) continue;
    if (property.toUpperCase() === 'FN') name = unescapeText(value);
    if (property.toUpperCase() === 'TEL') phones.push(unescapeText(value).replace(/^tel:/i, ''));
  }
  return { name, phones };
}

function unescapeText(value: string): string {
  return value.replaceAll(/\\([\\,;])/g, '$1').trim();
}
