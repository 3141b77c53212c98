import type { GroupId } from '../../domain/group-id.ts';
import { SendRefusal, type Group } from '../../sessions/connection.ts';
import { jidDecode, type GroupMetadata, type WASocket } from '../baileys.ts';
import { parseJid } from '../jid.ts';

/** What WhatsApp answers about a group the account is not in, or that does not exist (any more). */
const NOT_A_MEMBER_CODES = new Set<unknown>([401, 403, 404, 410]);

/** What the directory asks of the socket. */
export type GroupQueries = Pick<WASocket, 'groupMetadata' | 'groupFetchAllParticipating'>;

/**
 * One account's groups and their members, as far as they were needed. The library would ask WhatsApp
 * for them at every message. Whatever WhatsApp notifies about a group makes the directory forget it;
 * the next message asks anew.
 */
export class GroupDirectory {
  readonly #queries: GroupQueries;
  readonly #known = new Map<string, Promise<GroupMetadata>>();

  constructor(queries: GroupQueries) {
    this.#queries = queries;
  }

  /** The group as it is known, or undefined. */
  async find(jid: string): Promise<GroupMetadata | undefined> {
    return await this.#known.get(jid)?.catch(() => undefined);
  }

  /**
   * The group, asked for where it is not known.
   * @param ownUsers the account's number and hidden id, digits
   * @throws SendRefusal `not_in_group`, or `group_unanswered` (temporary)
   */
  async require(jid: string, ownUsers: ReadonlySet<string>): Promise<GroupMetadata> {
    const group = await (this.#known.get(jid) ?? this.#ask(jid));
    const isMember = group.participants.some(({ id }) => ownUsers.has(jidDecode(id)?.user ?? ''));
    if (!isMember) throw new SendRefusal('not_in_group', false);
    return group;
  }

  /** @throws SendRefusal `groups_unanswered` (temporary) */
  async list(): Promise<Group[]> {
    try {
      const groups = Object.values(await this.#queries.groupFetchAllParticipating());
      for (const group of groups) this.#known.set(group.id, Promise.resolve(group));
      return groups.flatMap(({ id, subject }) => {
        const jid = parseJid(id);
        return jid.kind === 'group' ? [{ groupId: jid.digits as GroupId, name: subject }] : [];
      });
    } catch {
      throw new SendRefusal('groups_unanswered', true);
    }
  }

  /** Something about the group has changed. */
  forget(jid: string): void {
    this.#known.delete(jid);
  }

  #ask(jid: string): Promise<GroupMetadata> {
    const asking = this.#queries.groupMetadata(jid).catch((error: unknown) => {
      throw refusalOf(error);
    });
    this.#known.set(jid, asking);
    asking.catch(() => {
      if (this.#known.get(jid) === asking) this.#known.delete(jid);
    });
    return asking;
  }
}

/** The library puts WhatsApp's code into `data`. */
function refusalOf(error: unknown): SendRefusal {
  const code = error instanceof Error && 'data' in error ? error.data : undefined;
  return NOT_A_MEMBER_CODES.has(code)
    ? new SendRefusal('not_in_group', false)
    : new SendRefusal('group_unanswered', true);
}
