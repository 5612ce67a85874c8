"""Reads a range of blocks off a node so that it is certain to be of one and the same chain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chainsvc.backends.rpc import Refused, Request, Rpc
from chainsvc.book import Book
from chainsvc.indexer.facts import Fact, FactDecoder

MAX_SPAN = 2_000

_TOO_MUCH = re.compile(r"limit|too (many|large|big)|more than|range|exceed|response size", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Header:
    """A block as far as the index cares; `time` in seconds since 1970."""

    number: int
    hash: bytes
    parent_hash: bytes
    time: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive blocks up to `last`: headers of those that hold facts and of the last, rows and facts."""

    headers: list[Header]
    rows: list[dict[str, Any]]
    facts: list[Fact]


class Reader:
    """Reads our contracts' logs in spans that the node is willing to answer."""

    def __init__(self, rpc: Rpc, book: Book, max_span: int = MAX_SPAN) -> None:
        self._rpc = rpc
        self._decoder = FactDecoder(book)
        self._addresses = [contract.address for contract in book]
        self._max_span = self._span = max_span

    def head(self) -> int:
        """Number of the node's last block."""
        return int(self._rpc.call("eth_blockNumber"), 16)

    def headers(self, numbers: list[int]) -> list[Header | None]:
        """Headers by number; None where the node has no such block."""
        requests = [Request("eth_getBlockByNumber", (hex(number), False)) for number in numbers]
        return [_header(found) for found in self._rpc.results(requests)]

    def read(self, first: int, last: int) -> Stretch | None:
        """As much of first..last as one span holds; None when the chain changed while it was read.

        The hash of the last block fixes all before it: the same hash before and after means the logs
        in between are that chain's.
        """
        last = min(last, first + self._span - 1)
        (before,) = self.headers([last])
        if before is None:
            return None
        try:
            logs = self._rpc.call("eth_getLogs", self._criteria(first, last))
        except Refused as error:
            if last == first or not _TOO_MUCH.search(error.message):
                raise
            self._span = max(1, (last - first + 1) // 2)
            return self.read(first, last)
        self._span = min(self._max_span, self._span * 2)
        numbers = sorted({int(log["blockNumber"], 16) for log in logs} | {last})
        headers = [found for found in self.headers(numbers) if found is not None]
        by_hash = {"0x" + header.hash.hex(): header for header in headers}
        if not headers or headers[-1] != before or any(log["blockHash"] not in by_hash for log in logs):
            return None
        logs.sort(key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16)))
        rows: list[dict[str, Any]] = []
        facts: list[Fact] = []
        for log in logs:
            row = _row(log)
            rows.append(row)
            facts.append(self._fact(log, row, by_hash[log["blockHash"]]))
        return Stretch(headers, rows, facts)

    def _criteria(self, first: int, last: int) -> dict[str, Any]:
        return {"address": self._addresses, "fromBlock": hex(first), "toBlock": hex(last)}

    def _fact(self, log: Mapping[str, Any], row: Mapping[str, Any], header: Header) -> Fact:
        contract, event, args = self._decoder.decode(row["address"], row["topics"], row["data"])
        return Fact(
            block_number=header.number,
            block_hash=log["blockHash"],
            block_time=header.time,
            transaction_hash=log["transactionHash"],
            transaction_index=row["transaction_index"],
            log_index=row["log_index"],
            contract=contract,
            event=event,
            args=args,
        )


def _header(block: Mapping[str, Any] | None) -> Header | None:
    if block is None:
        return None
    return Header(
        number=int(block["number"], 16),
        hash=bytes.fromhex(block["hash"][2:]),
        parent_hash=bytes.fromhex(block["parentHash"][2:]),
        time=int(block["timestamp"], 16),
    )


def _row(log: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "block_number": int(log["blockNumber"], 16),
        "log_index": int(log["logIndex"], 16),
        "transaction_hash": bytes.fromhex(log["transactionHash"][2:]),
        "transaction_index": int(log["transactionIndex"], 16),
        "address": bytes.fromhex(log["address"][2:]),
        "topics": b"".join(bytes.fromhex(topic[2:]) for topic in log["topics"]),
        "data": bytes.fromhex(log["data"][2:]),
    }
