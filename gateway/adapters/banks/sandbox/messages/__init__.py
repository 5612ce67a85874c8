"""The bank's side of ISO 20022: pain.001 read; pain.002, camt.053 and camt.054 written."""
