import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `ALTER TABLE services
     ADD COLUMN is_suspended_by_hand boolean NOT NULL DEFAULT false,
     ADD COLUMN suspended_at timestamptz,
     ADD COLUMN removed_at timestamptz,
     ADD COLUMN purge_at timestamptz,
     ADD COLUMN purged_at timestamptz,
     ADD COLUMN billing_day smallint NOT NULL DEFAULT extract(day FROM now() AT TIME ZONE 'UTC')`,
  `CREATE INDEX services_expiring ON services (expires_at) WHERE state = 'active'`,
  `CREATE INDEX services_to_remove ON services (greatest(suspended_at, expires_at))
     WHERE state = 'suspended'`,
  `CREATE INDEX services_to_purge ON services (purge_at) WHERE purged_at IS NULL`,

  // Until then whoever can connects a removed service's account once more, to unlink it from its phone.
  `ALTER TABLE sessions ADD COLUMN unlink_until timestamptz`,

  // What a service's listeners were told beforehand, each once; another end is told of anew.
  `CREATE TABLE service_notices (
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     type text NOT NULL,
     ends_at timestamptz NOT NULL,
     days_left smallint NOT NULL,
     PRIMARY KEY (service_id, type, ends_at, days_left))`,

  `ALTER TABLE agents ADD COLUMN subscription_ends_at timestamptz`,

  // A key that was replaced works until its time is over.
  `CREATE TABLE replaced_keys (
     fingerprint bytea PRIMARY KEY,
     service_id bigint REFERENCES services ON DELETE CASCADE,
     agent_id bigint REFERENCES agents ON DELETE CASCADE,
     until timestamptz NOT NULL,
     CHECK ((service_id IS NULL) <> (agent_id IS NULL)))`,

  `ALTER TABLE ledger_transactions
     ADD COLUMN service_id bigint REFERENCES services,
     ADD COLUMN months smallint,
     ADD COLUMN note text NOT NULL DEFAULT '',
     ADD COLUMN reverses bigint UNIQUE REFERENCES ledger_transactions`,
  `CREATE INDEX ledger_transactions_of_service ON ledger_transactions (service_id, id)
     WHERE service_id IS NOT NULL`,
  `CREATE UNIQUE INDEX ledger_accounts_of_the_house ON ledger_accounts (kind)
     WHERE kind <> 'agent'`,
  `CREATE INDEX ledger_entries_by_account ON ledger_entries (account_id, transaction_id)`,

  // Only wallets keep a balance: one of sales would be a row that every charge waits for. It moves
  // with the entries and not otherwise, so that no program can let the two drift apart. An entry
  // keeps its place among its wallet's and the balance after it: numbers of transactions are drawn
  // before the wallet is waited for, so they do not tell the order.
  `ALTER TABLE ledger_entries ADD COLUMN position bigint, ADD COLUMN balance_cents bigint`,
  `CREATE UNIQUE INDEX ledger_entries_in_order ON ledger_entries (account_id, position)`,
  `ALTER TABLE ledger_accounts ADD COLUMN entries_count bigint NOT NULL DEFAULT 0`,
  `UPDATE ledger_accounts SET balance_cents = 0 WHERE kind <> 'agent'`,
  `ALTER TABLE ledger_accounts ADD CONSTRAINT only_wallets_have_balances
     CHECK (kind = 'agent' OR balance_cents = 0)`,
  `CREATE FUNCTION ledger_moves_balance() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     UPDATE ledger_accounts
       SET balance_cents = balance_cents + NEW.amount_cents, entries_count = entries_count + 1
       WHERE id = NEW.account_id AND kind = 'agent'
       RETURNING balance_cents, entries_count INTO NEW.balance_cents, NEW.position;
     RETURN NEW;
   END $$`,
  `CREATE TRIGGER ledger_moves_balance BEFORE INSERT ON ledger_entries
     FOR EACH ROW EXECUTE FUNCTION ledger_moves_balance()`,
  `CREATE FUNCTION ledger_balance_follows_entries() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF pg_trigger_depth() < 2 THEN
       RAISE EXCEPTION 'a balance moves with ledger entries only';
     END IF;
     RETURN NEW;
   END $$`,
  `CREATE TRIGGER ledger_balance_follows_entries BEFORE UPDATE OF balance_cents ON ledger_accounts
     FOR EACH ROW EXECUTE FUNCTION ledger_balance_follows_entries()`,
  `CREATE TRIGGER ledger_transactions_append_only BEFORE UPDATE OR DELETE ON ledger_transactions
     FOR EACH ROW EXECUTE FUNCTION ledger_is_append_only()`,
  `CREATE TRIGGER ledger_entries_not_truncated BEFORE TRUNCATE ON ledger_entries
     EXECUTE FUNCTION ledger_is_append_only()`,
  `CREATE TRIGGER ledger_transactions_not_truncated BEFORE TRUNCATE ON ledger_transactions
     EXECUTE FUNCTION ledger_is_append_only()`,
];

/** What services live through, what agents pay, and a ledger that guards itself. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
