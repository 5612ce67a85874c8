"""What of the ledger service the gateway works with; nobody else in the gateway imports it."""

from __future__ import annotations

from chainsvc.api import BEGINNING, Chain, Cursor, Fact, Indexer, Progress
from chainsvc.backends.rpc import Refused, Request, Reverted, Rpc, Unreachable
from chainsvc.book import Book
from chainsvc.indexer import data_before, facts_about, facts_after
from chainsvc.indexer.reader import Reader
from chainsvc.tables import blocks

__all__ = [
    "BEGINNING",
    "Book",
    "Chain",
    "Cursor",
    "Fact",
    "Indexer",
    "Progress",
    "Reader",
    "Refused",
    "Request",
    "Reverted",
    "Rpc",
    "Unreachable",
    "blocks",
    "data_before",
    "facts_about",
    "facts_after",
]
