import { Problem } from './errors.ts';

/** A group as WhatsApp numbers it, without the part behind the `@`. */
export type GroupId = string & { readonly brand: 'GroupId' };

/** Old groups are named after their founder and the time: `447400000001-1600000000`. */
const GROUP_ID_FORM = /^\d{5,32}(?:-\d{5,32})?$/;

/**
 * Reads a group id as callers write it, with or without `@g.us`.
 * @throws Problem `invalid_group_id`
 */
export function parseGroupId(written: string): GroupId {
  const id = written.trim().replace(/@g\.us$/i, '');
  if (!GROUP_ID_FORM.test(id)) {
    throw new Problem('invalid_group_id', 'A groupId looks like "120363292564959780".');
  }
  return id as GroupId;
}
