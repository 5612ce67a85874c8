"""For each event: the act behind it, out of the transaction's own calldata, and whose signatures it bears."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chainsvc.codec import CodecError
from gateway.adapters.ledger import acts, deeds
from gateway.adapters.ledger.calldata import Item, NotOurs, items_of
from gateway.adapters.ledger.chain import Book, Request, Rpc
from gateway.adapters.ledger.logs import Filter, Log, LogReader
from gateway.adapters.ledger.matching import comes_from, functions_of
from gateway.adapters.ledger.offers import fault, receivable_of
from gateway.adapters.ledger.pledges import EVENTS_OF_LEASES, EVENTS_OF_LOTS, EVENTS_OF_TERMS, Pledges
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
    """An item that may be the one behind an event; where nobody signs it, without digest and needs."""

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
        self._sides: dict[int, Fields] = {}
        self._pledges = Pledges()

    def judge(self, events: Sequence[Event]) -> dict[Key, Event]:
        """The same events with time, act and problems, by `key_of`."""
        self._fetch(events)
        candidates = {key_of(event): self._candidates(event) for event in events}
        witnesses = self._witnesses([each for some in candidates.values() for each in some])
        return {key_of(event): self._judged(event, candidates[key_of(event)], witnesses) for event in events}

    # ── fetching ────────────────────────────────────────────────────────────────────────────────────────────

    def _fetch(self, events: Iterable[Event]) -> None:
        hashes = sorted({event.transaction for event in events if functions_of(event)})
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
        self._fetch_sides(events)
        self._fetch_pledges(events)

    def _fetch_sides(self, events: Iterable[Event]) -> None:
        """Lender and borrower of every facility that the events or the acts behind them name."""
        wanted: set[int] = set()
        for event in events:
            wanted |= {
                fields["lock"] for _, *standing in event.sides for fields in standing if fields is not None
            }
            wanted |= {item.message.get("facility", 0) for item in self._asking(event)}
        credit = self._book["Credit"]
        view = credit.interface.function("facilityOf")
        numbers = sorted(wanted - {0})
        calls = [{"to": credit.address, "data": "0x" + view.encode(number).hex()} for number in numbers]
        answers = self._rpc.results(
            [Request("eth_call", (call, hex(self._case.last_block))) for call in calls]
        )
        for number, answer in zip(numbers, answers, strict=True):
            word = view.decode_output(bytes.fromhex(answer[2:]))
            self._sides[number] = FACILITY.unpack(word)

    def _fetch_pledges(self, events: Iterable[Event]) -> None:
        """What was agreed of goods under the facilities that such acts name, and what their lots counted for."""
        named = [
            (item.message["facility"], event.after["root"])
            for event in events
            for item in self._asking(event)
            if event.after is not None and item.function in _ON_GOODS
        ]
        ended = sorted({event.title for event in events if event.title and self._ends(event)})
        found: list[list[Log]] = []
        first, last = self._case.first_block, self._case.last_block
        if ended:
            found += self._logs.fetch(Filter("Credit", EVENTS_OF_LEASES, first, last, (ended,)))
        if named:
            facilities, lots = (sorted(set(numbers)) for numbers in zip(*named, strict=True))
            found += self._logs.fetch(
                Filter("Credit", EVENTS_OF_TERMS, first, last, (facilities,)),
                Filter("Credit", EVENTS_OF_LOTS, first, last, (facilities, lots)),
            )
        self._pledges = Pledges.of([log for logs in found for log in logs])

    def _ends(self, event: Event) -> bool:
        """Whether a lease was ended by it, which takes the appraiser whom both of its sides had named."""
        return any(item.function == "endLease" for item in self._asking(event))

    def _asking(self, event: Event) -> list[Item]:
        items = self._items.get(event.transaction, ())
        return [] if isinstance(items, str) else [item for item in items if comes_from(event, item)]

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
        digests = sorted({each.digest for each in candidates if each.needs})
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
        return [
            _Candidate(item, self._digest(item), needs)
            for item in self._asking(event)
            for needs in ways(item, self._context(event, item))
        ]

    def _digest(self, item: Item) -> bytes:
        return acts.digest(self._case.domain, item.act, item.message) if item.act else b""

    def _context(self, event: Event, item: Item) -> Context:
        before: Fields = event.before or event.after or {}
        facility = item.message.get("facility") or before.get("lock", 0)
        place = (event.block, event.log_index)
        terms, sides = self._pledges.terms(facility, place), self._sides.get(facility, {})
        lease = self._pledges.lease(event.title or 0, place) if item.function == "endLease" else {}
        return Context(
            holder=before.get("holder", 0),
            quantity=before.get("quantity", self._case.quantity),
            debtor=self._case.debtor,
            clearing_bank=self._case.clearing_bank,
            lender=sides.get("lender", 0),
            borrower=sides.get("borrower", 0),
            control_agent=terms.get("control_agent", 0),
            appraiser=lease.get("appraiser", terms.get("appraiser", 0)),
            second_appraiser=terms.get("second_appraiser", 0),
            freed_value=self._pledges.lost_value(facility, before.get("root", 0), place),
            found_more=event.name == "Counted" and _found_more(event),
            of_goods=event.name == "GoodsConverted",
        )

    def _judged(self, event: Event, candidates: Sequence[_Candidate], witnesses: Witnesses) -> Event:
        event = replace(event, time=self._times.get(event.block, 0))
        # Money that came with an act of its own is judged as that act: its movement bears no other signature.
        if not functions_of(event) or event.details.get("kind") in (FACT_EARLY, FACT_LATE):
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
        if not item.act:
            return Act(item.function, item.message, "", (), deeds.fault(event, item))
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


_ON_GOODS = ("pledgeGoods", "releaseGoods", "sellGoods")
"""Acts that ask the signature of somebody who was agreed on, or a mandate for what goods count for."""


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
