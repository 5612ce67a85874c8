CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS accounts (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('customer', 'internal')),
  owner_name TEXT NOT NULL,
  owner_reference TEXT NOT NULL,
  currency TEXT NOT NULL,
  opening_minor INTEGER NOT NULL CHECK (opening_minor >= 0),
  salt TEXT NOT NULL,
  commitment TEXT NOT NULL UNIQUE,
  opened_day TEXT NOT NULL,
  UNIQUE (owner_reference, currency)
) STRICT;

-- One row a leg. The legs of one journal share its number and sum to zero; nothing is ever changed or removed.
CREATE TABLE IF NOT EXISTS postings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  journal INTEGER NOT NULL,
  account TEXT NOT NULL REFERENCES accounts (id),
  side TEXT NOT NULL CHECK (side IN ('D', 'C')),
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  booking_day TEXT NOT NULL,
  value_day TEXT NOT NULL,
  entry_reference TEXT NOT NULL UNIQUE,
  entry_hash TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('opening', 'transfer', 'return', 'reversal', 'settlement')),
  end_to_end TEXT NOT NULL,
  instruction_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  payment_id INTEGER,
  transfer_id TEXT,
  other_name TEXT NOT NULL,
  other_account TEXT NOT NULL,
  other_bic TEXT NOT NULL,
  remittance TEXT NOT NULL,
  instructed_minor INTEGER NOT NULL,
  reason TEXT NOT NULL,
  undoes TEXT REFERENCES postings (entry_reference)
) STRICT;
CREATE INDEX IF NOT EXISTS postings_by_account_day ON postings (account, booking_day);
CREATE INDEX IF NOT EXISTS postings_by_end_to_end ON postings (end_to_end);
CREATE INDEX IF NOT EXISTS postings_by_transfer ON postings (transfer_id);
CREATE INDEX IF NOT EXISTS postings_by_undone ON postings (undoes);
CREATE TRIGGER IF NOT EXISTS postings_never_change BEFORE UPDATE ON postings
BEGIN SELECT RAISE (ABORT, 'a booked posting never changes'); END;
CREATE TRIGGER IF NOT EXISTS postings_never_vanish BEFORE DELETE ON postings
BEGIN SELECT RAISE (ABORT, 'a booked posting is never removed'); END;

CREATE TABLE IF NOT EXISTS messages (
  message_id TEXT PRIMARY KEY,
  digest TEXT NOT NULL,
  transactions TEXT NOT NULL,
  group_reason TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS message_lines (
  message_id TEXT NOT NULL REFERENCES messages (message_id),
  position INTEGER NOT NULL,
  payment_information_id TEXT NOT NULL,
  instruction_id TEXT NOT NULL,
  end_to_end TEXT NOT NULL,
  payment_id INTEGER REFERENCES payments (id),
  reason TEXT NOT NULL,
  PRIMARY KEY (message_id, position)
) STRICT;

CREATE TABLE IF NOT EXISTS payments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  message_id TEXT NOT NULL,
  instruction_id TEXT NOT NULL,
  end_to_end TEXT NOT NULL,
  debtor_account TEXT NOT NULL,
  debtor_name TEXT NOT NULL,
  creditor_name TEXT NOT NULL,
  creditor_account TEXT NOT NULL,
  creditor_bic TEXT NOT NULL,
  currency TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  remittance TEXT NOT NULL,
  digest TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('PDNG', 'ACCP', 'ACSC', 'RJCT')),
  reason TEXT NOT NULL,
  due_day TEXT,
  booked_minor INTEGER NOT NULL CHECK (booked_minor > 0),
  times INTEGER NOT NULL CHECK (times > 0),
  silent INTEGER NOT NULL CHECK (silent IN (0, 1)),
  received_day TEXT NOT NULL,
  undo_kind TEXT,
  undo_reason TEXT NOT NULL,
  undo_day TEXT,
  UNIQUE (debtor_account, end_to_end)
) STRICT;
CREATE INDEX IF NOT EXISTS payments_by_end_to_end ON payments (end_to_end);

CREATE TABLE IF NOT EXISTS interbank_out (
  id TEXT PRIMARY KEY,
  serial INTEGER NOT NULL UNIQUE,
  peer TEXT NOT NULL,
  body TEXT NOT NULL,
  entry_reference TEXT,
  payment_id INTEGER,
  state TEXT NOT NULL CHECK (state IN ('queued', 'accepted', 'refused')),
  trouble TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS interbank_queued ON interbank_out (serial) WHERE state = 'queued';
CREATE INDEX IF NOT EXISTS interbank_by_payment ON interbank_out (payment_id);

CREATE TABLE IF NOT EXISTS interbank_in (
  sender TEXT NOT NULL,
  id TEXT NOT NULL,
  digest TEXT NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (sender, id)
) STRICT;

CREATE TABLE IF NOT EXISTS undo_plans (
  entry_reference TEXT PRIMARY KEY,
  end_to_end TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('return', 'reversal')),
  reason TEXT NOT NULL,
  due_day TEXT,
  done INTEGER NOT NULL CHECK (done IN (0, 1))
) STRICT;

CREATE TABLE IF NOT EXISTS behaviours (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  action TEXT NOT NULL,
  direction TEXT NOT NULL,
  pattern TEXT NOT NULL,
  remaining INTEGER,
  reason TEXT NOT NULL,
  until_day TEXT,
  after_days INTEGER,
  amount INTEGER,
  outcome TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS notifications (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  message_id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  day TEXT NOT NULL,
  body BLOB NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'delivered', 'refused')),
  attempts INTEGER NOT NULL,
  not_before REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS notifications_queued ON notifications (not_before) WHERE state = 'queued';

CREATE TABLE IF NOT EXISTS statements (
  account TEXT NOT NULL REFERENCES accounts (id),
  day TEXT NOT NULL,
  message_id TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (account, day)
) STRICT;

CREATE TABLE IF NOT EXISTS fact_uses (
  entry_reference TEXT PRIMARY KEY REFERENCES postings (entry_reference),
  kind INTEGER NOT NULL,
  subject TEXT NOT NULL,
  loan TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS sign_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  digest TEXT NOT NULL,
  person TEXT NOT NULL,
  role TEXT NOT NULL,
  address TEXT NOT NULL,
  primary_type TEXT NOT NULL,
  typed_data TEXT NOT NULL,
  signature TEXT NOT NULL,
  signed_at TEXT NOT NULL,
  UNIQUE (digest, address)
) STRICT;
