"""What the chain says, read exactly once and in order, into the caller's database."""

from chainsvc.indexer.facts import Cursor, Fact, data_before, facts_about, facts_after
from chainsvc.indexer.indexer import Indexer, Progress

__all__ = ["Cursor", "Fact", "Indexer", "Progress", "data_before", "facts_about", "facts_after"]
