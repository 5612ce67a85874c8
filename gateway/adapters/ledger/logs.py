"""Events straight off the node, many filters in one exchange, in spans the node is willing to answer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chainsvc.indexer.facts import FactDecoder
from gateway.adapters.ledger.chain import Book, Refused, Request, Rpc

MAX_EXCHANGES = 16
"""Times a range is halved before a node's limit is taken for a refusal."""

_TOO_MUCH = re.compile(r"limit|too (many|large|big)|more than|range|exceed|response size", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Log:
    """One event; `position` is block and number of the log in it."""

    contract: str
    event: str
    args: Mapping[str, Any]
    position: tuple[int, int]
    transaction: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events of one contract, with which indexed values, from which block to which.

    `holding` keeps logs whose data holds at least one of these byte strings: rows of batches are not indexed.
    """

    contract: str
    events: tuple[str, ...]
    first: int
    last: int
    indexed: tuple[Sequence[int | str | bytes] | None, ...] = ()
    holding: tuple[bytes, ...] | None = None


class LogReader:
    """Asks one node for events of one deployment."""

    def __init__(self, rpc: Rpc, book: Book) -> None:
        self._rpc = rpc
        self._book = book
        self._decoder = FactDecoder(book)

    def fetch(self, *filters: Filter) -> list[list[Log]]:
        """The logs of each filter, in the chain's order. Raises Refused, Unreachable, CodecError."""
        found: list[list[Log]] = [[] for _ in filters]
        open_: list[tuple[int, Filter]] = [(place, each) for place, each in enumerate(filters) if _asks(each)]
        for _ in range(MAX_EXCHANGES):
            if not open_:
                break
            answers = self._rpc.batch(self._request(each) for _, each in open_)
            again: list[tuple[int, Filter]] = []
            for (place, each), answer in zip(open_, answers, strict=True):
                if not isinstance(answer, Refused):
                    found[place].extend(self._log(log) for log in answer if _holds(log, each))
                elif each.first == each.last or not _TOO_MUCH.search(answer.message):
                    raise answer
                else:
                    middle = (each.first + each.last) // 2
                    again.append((place, replace(each, last=middle)))
                    again.append((place, replace(each, first=middle + 1)))
            open_ = again
        for logs in found:
            logs.sort(key=lambda log: log.position)
        return found

    def _request(self, wanted: Filter) -> Request:
        contract = self._book[wanted.contract]
        topics: list[Any] = [["0x" + contract.interface.event(name).topic.hex() for name in wanted.events]]
        topics += [
            None if values is None else [_topic(value) for value in values] for values in wanted.indexed
        ]
        criteria = {"address": contract.address, "topics": topics}
        return Request(
            "eth_getLogs", ({**criteria, "fromBlock": hex(wanted.first), "toBlock": hex(wanted.last)},)
        )

    def _log(self, log: Mapping[str, Any]) -> Log:
        topics = b"".join(bytes.fromhex(topic[2:]) for topic in log["topics"])
        contract, event, args = self._decoder.decode(
            bytes.fromhex(log["address"][2:]), topics, bytes.fromhex(log["data"][2:])
        )
        position = (int(log["blockNumber"], 16), int(log["logIndex"], 16))
        return Log(contract, event, args, position, log["transactionHash"])


def _asks(wanted: Filter) -> bool:
    """An empty list of indexed values, or of bytes to hold, matches nothing and is not asked."""
    if wanted.holding == () or wanted.first > wanted.last:
        return False
    return all(values is None or len(values) for values in wanted.indexed)


def _holds(log: Mapping[str, Any], wanted: Filter) -> bool:
    return wanted.holding is None or any(part.hex() in log["data"] for part in wanted.holding)


def _topic(value: int | str | bytes) -> str:
    if isinstance(value, int):
        return "0x" + value.to_bytes(32, "big").hex()
    raw = value if isinstance(value, bytes) else bytes.fromhex(value[2:])
    return "0x" + raw.rjust(32, b"\0").hex()
