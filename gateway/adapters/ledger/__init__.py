"""The only door from the business to the chain service."""
