"""The ledger as a service: compile, deploy, sign, submit, index. It knows nothing of receivables."""
