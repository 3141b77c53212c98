import type { Addressing } from '../accounts/address.ts';
import type { Clock } from '../clock/clock.ts';
import type { Query, WorldDatabase } from '../world/database.ts';

export interface Group {
  /** The whole address, `digits@g.us`. */
  readonly id: string;
  readonly name: string;
  /** Number of whoever made it. */
  readonly creator: string;
  readonly addressing: Addressing;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export type Role = 'superadmin' | 'admin' | 'member';

export interface Member {
  readonly phone: string;
  readonly role: Role;
}

interface GroupRow {
  id: string;
  name: string;
  creator: string;
  addressing: Addressing;
  created_at: number;
}

/** All groups and who is in them. */
export class Groups {
  readonly #clock: Clock;
  readonly #insert: Query<never>;
  readonly #find: Query<GroupRow>;
  readonly #ofPhone: Query<GroupRow>;
  readonly #count: Query<{ count: number }>;
  readonly #join: Query<never>;
  readonly #leave: Query<never>;
  readonly #members: Query<Member>;

  constructor(database: WorldDatabase, clock: Clock) {
    this.#clock = clock;
    this.#insert = database.prepare('INSERT INTO chat_group VALUES (?, ?, ?, ?, ?)');
    this.#find = database.prepare('SELECT * FROM chat_group WHERE id = ?');
    this.#ofPhone = database.prepare(
      `SELECT chat_group.* FROM chat_group JOIN group_member ON group_id = id
       WHERE phone = ? ORDER BY id`,
    );
    this.#count = database.prepare('SELECT count(*) AS count FROM chat_group');
    this.#join = database.prepare(
      'INSERT OR IGNORE INTO group_member (group_id, phone, role) VALUES (?, ?, ?)',
    );
    this.#leave = database.prepare('DELETE FROM group_member WHERE group_id = ? AND phone = ?');
    this.#members = database.prepare(
      'SELECT phone, role FROM group_member WHERE group_id = ? ORDER BY seq',
    );
  }

  /** Makes a group with nobody in it; `idOf` gives the digits of its address from its number. */
  create(
    name: string,
    creator: string,
    addressing: Addressing,
    idOf: (number: number) => string,
  ): Group {
    const number = (this.#count.get()?.count ?? 0) + 1;
    const id = `${idOf(number)}@g.us`;
    const createdAt = this.#clock.now();
    this.#insert.run(id, name, creator, addressing, createdAt);
    return { id, name, creator, addressing, createdAt };
  }

  find(id: string): Group | undefined {
    const row = this.#find.get(id);
    return row && groupOf(row);
  }

  listOf(phone: string): Group[] {
    return this.#ofPhone.all(phone).map(groupOf);
  }

  members(group: Group): Member[] {
    return this.#members.all(group.id);
  }

  /** False if that number is in the group already. */
  join(group: Group, phone: string, role: Role): boolean {
    return this.#join.run(group.id, phone, role).changes > 0;
  }

  /** False if that number was not in the group. */
  leave(group: Group, phone: string): boolean {
    return this.#leave.run(group.id, phone).changes > 0;
  }
}

function groupOf(row: GroupRow): Group {
  const { id, name, creator, addressing } = row;
  return { id, name, creator, addressing, createdAt: row.created_at };
}
