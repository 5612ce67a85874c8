"""The gateway's database: tables, engine, migrations."""
