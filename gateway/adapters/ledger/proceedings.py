"""For each event: the act behind it, out of the transaction's own calldata, and whose signatures it bears."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chainsvc.codec import CodecError
from gateway.adapters.ledger import acts, deeds
from gateway.adapters.ledger.calldata import Item, NotOurs, items_of
from gateway.adapters.ledger.chain import Book, Request, Rpc
from gateway.adapters.ledger.logs import Filter, LogReader
from gateway.adapters.ledger.matching import FUNCTIONS, comes_from
from gateway.adapters.ledger.offers import fault, receivable_of
from gateway.adapters.ledger.signatures import Context, Need, recover, wallet_of, ways
from gateway.adapters.ledger.witnesses import Moment, Witnesses
from gateway.adapters.ledger.words import FACILITY, FACT_EARLY, FACT_LATE
from gateway.ports.verification import Act, Event, Fields

Key = tuple[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Case:
    """A root's fixed sides, which every act on it is judged by."""

    domain: acts.Domain
    debtor: int
    clearing_bank: int
    quantity: int
    first_block: int
    last_block: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An item that may be the one behind an event."""

    item: Item
    digest: bytes
    needs: Sequence[Need]


def key_of(event: Event) -> Key:
    """What tells an event from all others."""
    return (event.name, event.position)


class Proceedings:
    """Judges the events of one case; asks the node in a bounded number of exchanges."""

    def __init__(self, rpc: Rpc, book: Book, logs: LogReader, case: Case) -> None:
        self._rpc = rpc
        self._book = book
        self._logs = logs
        self._case = case
        self._items: dict[str, list[Item] | str] = {}
        self._times: dict[int, int] = {}
        self._lenders: dict[int, int] = {}

    def judge(self, events: Sequence[Event]) -> dict[Key, Event]:
        """The same events with time, act and problems, by `key_of`."""
        self._fetch(events)
        candidates = {key_of(event): self._candidates(event) for event in events}
        witnesses = self._witnesses([each for some in candidates.values() for each in some])
        return {key_of(event): self._judged(event, candidates[key_of(event)], witnesses) for event in events}

    # ── fetching ────────────────────────────────────────────────────────────────────────────────────────────

    def _fetch(self, events: Iterable[Event]) -> None:
        hashes = sorted({event.transaction for event in events if event.name in FUNCTIONS})
        blocks = sorted({event.block for event in events})
        requests = [Request("eth_getTransactionByHash", (each,)) for each in hashes]
        requests += [Request("eth_getBlockByNumber", (hex(each), False)) for each in blocks]
        answers = iter(self._rpc.results(requests))
        numbers: dict[str, set[bytes]] = {}
        for event in events:
            numbers.setdefault(event.transaction, set()).update(_numbers(event))
        for each in hashes:
            self._items[each] = self._read(next(answers), numbers[each])
        for block in blocks:
            header = next(answers)
            self._times[block] = int(header["timestamp"], 16) if header else 0
        self._fetch_lenders(events)

    def _fetch_lenders(self, events: Iterable[Event]) -> None:
        """Of every facility that the events or the acts behind them name."""
        wanted: set[int] = set()
        for event in events:
            items = self._items.get(event.transaction, ())
            wanted |= {
                fields["lock"] for _, *standing in event.sides for fields in standing if fields is not None
            }
            if not isinstance(items, str):
                wanted |= {item.message.get("facility", 0) for item in items if comes_from(event, item)}
        credit = self._book["Credit"]
        view = credit.interface.function("facilityOf")
        numbers = sorted(wanted - {0})
        calls = [{"to": credit.address, "data": "0x" + view.encode(number).hex()} for number in numbers]
        answers = self._rpc.results(
            [Request("eth_call", (call, hex(self._case.last_block))) for call in calls]
        )
        for number, answer in zip(numbers, answers, strict=True):
            word = view.decode_output(bytes.fromhex(answer[2:]))
            self._lenders[number] = FACILITY.unpack(word)["lender"]

    def _read(self, transaction: Mapping[str, Any] | None, numbers: Collection[bytes]) -> list[Item] | str:
        if transaction is None:
            return "the node does not have the transaction"
        try:
            return items_of(self._book, transaction, numbers)
        except (NotOurs, CodecError) as error:
            return str(error)

    def _witnesses(self, candidates: Sequence[_Candidate]) -> Witnesses:
        keys = {
            wallet_of(need.signature) or recover(each.digest, need.signature)
            for each in candidates
            for need in each.needs
        } - {None}
        digests = sorted({each.digest for each in candidates})
        first, last = self._case.first_block, self._case.last_block
        known = sorted(str(key) for key in keys)
        signers, agreed = self._logs.fetch(
            Filter("Ledger", ("SignerSet",), first, last, (known,)),
            Filter("Ledger", ("CoSigned", "Approved"), first, last, (digests,)),
        )
        seconds = sorted({log.args["key"] for log in agreed if log.event == "CoSigned"} - set(known))
        (more,) = self._logs.fetch(Filter("Ledger", ("SignerSet",), first, last, (seconds,)))
        return Witnesses.of([*signers, *agreed, *more])

    # ── judging ─────────────────────────────────────────────────────────────────────────────────────────────

    def _candidates(self, event: Event) -> list[_Candidate]:
        items = self._items.get(event.transaction, ())
        if isinstance(items, str):
            return []
        return [
            _Candidate(item, acts.digest(self._case.domain, item.act, item.message), needs)
            for item in items
            if comes_from(event, item)
            for needs in ways(item, self._context(event, item))
        ]

    def _context(self, event: Event, item: Item) -> Context:
        before: Fields = event.before or event.after or {}
        facility = item.message.get("facility") or before.get("lock", 0)
        return Context(
            holder=before.get("holder", 0),
            quantity=before.get("quantity", self._case.quantity),
            debtor=self._case.debtor,
            clearing_bank=self._case.clearing_bank,
            lender=self._lenders.get(facility, 0),
            found_more=event.name == "Counted" and _found_more(event),
        )

    def _judged(self, event: Event, candidates: Sequence[_Candidate], witnesses: Witnesses) -> Event:
        event = replace(event, time=self._times.get(event.block, 0))
        # Money that came with an act of its own is judged as that act: its movement bears no other signature.
        if event.name not in FUNCTIONS or event.details.get("kind") in (FACT_EARLY, FACT_LATE):
            return event
        found = self._items.get(event.transaction, ())
        if isinstance(found, str):
            return replace(event, problem=found)
        if not candidates:
            return replace(event, problem="no act in the transaction's calldata asks for this")
        # A batch may hold the act twice, once refused, and an act more signatures than it needs; what is good was done.
        judged = [self._act(event, each, witnesses) for each in candidates]
        best = next((place for place, act in enumerate(judged) if not act.problem), 0)
        event = _with_receivable(event, candidates[best].item)
        return replace(event, act=judged[best], problem=judged[best].problem)

    def _act(self, event: Event, candidate: _Candidate, witnesses: Witnesses) -> Act:
        item = candidate.item
        moment = Moment((event.block, event.log_index), self._times.get(event.block, 0))
        signatures = witnesses.signatures(candidate.digest, candidate.needs, moment)
        problems = [f"{each.part}: {each.problem}" for each in signatures if each.problem]
        if not signatures:
            problems.append("the act bears no signature that could be checked")
        if item.message["expiresAt"] < moment.time:
            problems.append("the act had expired")
        if event.name in ("Issued", "RootAccepted"):
            problems.append(fault(event, item))
        problems.append(deeds.fault(event, item))
        return Act(
            function=item.function,
            message=item.message,
            digest="0x" + candidate.digest.hex(),
            signatures=signatures,
            problem="; ".join(each for each in problems if each),
        )


def _found_more(event: Event) -> bool:
    """Whether a count found back what had been lost."""
    before = event.details["sums_before"]
    return before is not None and bool(event.details["sums"]["lost"] < before["lost"])


def _numbers(event: Event) -> Iterator[bytes]:
    """What an act behind the event must name, as it stands in calldata: see `matching`."""
    found: list[int | None] = [number for number, _, _ in event.sides]
    found += [event.details.get(name) for name in ("title", "root", "lot", "list", "subject")]
    if event.name == "Delivered":
        found.append(event.details["loan"])
    yield from (number.to_bytes(8, "big") for number in found if number is not None)
    if "nullifier" in event.details:
        yield event.details["nullifier"]


def _with_receivable(event: Event, item: Item) -> Event:
    """What was promised, as the signed act says it."""
    if event.name != "Issued":
        return event
    return replace(event, details={**event.details, "receivable": receivable_of(item, event.details["root"])})
