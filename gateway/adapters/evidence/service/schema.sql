CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS identifiers (
  scheme TEXT NOT NULL,
  value TEXT NOT NULL,
  party INTEGER NOT NULL,
  PRIMARY KEY (scheme, value)
) STRICT;
CREATE INDEX IF NOT EXISTS identifiers_by_value ON identifiers (value);

CREATE TABLE IF NOT EXISTS invoices (
  nullifier TEXT PRIMARY KEY,
  seller_id TEXT NOT NULL,
  document_type TEXT NOT NULL,
  number TEXT NOT NULL,
  issue_year INTEGER NOT NULL,
  buyer_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  invoiced_minor INTEGER NOT NULL CHECK (invoiced_minor > 0),
  cap_minor INTEGER NOT NULL CHECK (cap_minor BETWEEN 0 AND invoiced_minor),
  document_hash TEXT NOT NULL,
  registered_at TEXT NOT NULL,
  UNIQUE (seller_id, document_type, number, issue_year)
) STRICT;

CREATE TABLE IF NOT EXISTS credit_notes (
  nullifier TEXT NOT NULL REFERENCES invoices (nullifier),
  position INTEGER NOT NULL,
  number TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  cap_before INTEGER NOT NULL,
  cap_after INTEGER NOT NULL CHECK (cap_after = cap_before - amount_minor AND cap_after >= 0),
  document_hash TEXT NOT NULL,
  registered_at TEXT NOT NULL,
  PRIMARY KEY (nullifier, position),
  UNIQUE (nullifier, number)
) STRICT;

CREATE TABLE IF NOT EXISTS sign_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  digest TEXT NOT NULL UNIQUE,
  person TEXT NOT NULL,
  address TEXT NOT NULL,
  primary_type TEXT NOT NULL,
  typed_data TEXT NOT NULL,
  signature TEXT NOT NULL,
  signed_at TEXT NOT NULL
) STRICT;
