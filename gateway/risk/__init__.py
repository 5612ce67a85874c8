"""What goes wrong with money, seen before it does: the ledger's tables and what persons declared, under the rules."""
