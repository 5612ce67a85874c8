"""A root's titles, replayed from the Ledger's own events, and the part of it that led to one title."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.adapters.ledger.logs import Log
from gateway.adapters.ledger.words import GOODS_SALE, HELD, LINE, LOT, PAIR, ROOT, SETTLED, SPLIT, TITLE
from gateway.ports.verification import BIRTHS, PARTINGS, Event, Fields

ROW_EVENTS = ("Assigned", "OfferWithdrawn", "Locked")
PAIR_EVENTS = ("Split", "Carved", "Merged")
WORD_EVENTS = (
    "Delivered",
    "Frozen",
    "Lifted",
    "SettledEarly",
    "TitleWrittenOff",
    "GoodsHeld",
    "GoodsConverted",
    "StorageCharged",
)
LINE_EVENTS = ("PaidOut", "LatePaid")
LOT_EVENTS = ("Stored", "Counted")
RECEIPT_EVENTS = ("ReceiptSplit", "HandedOver", "MediumChanged", "Replaced")

_CHANGES: Mapping[str, frozenset[str]] = {
    "RootAccepted": frozenset(),
    "Assigned": frozenset({"holder", "sequence"}),
    "OfferWithdrawn": frozenset({"sequence"}),
    "Locked": frozenset({"lock", "sequence"}),
    "Unlocked": frozenset({"lock"}),
    "Split": frozenset({"quantity", "sequence"}),
    "Carved": frozenset({"quantity", "sequence"}),
    "Merged": frozenset({"quantity", "flags", "sequence"}),
    "Delivered": frozenset({"holder", "lock", "flags", "sequence"}),
    "GoodsHeld": frozenset({"flags"}),
    "GoodsConverted": frozenset({"holder", "lock", "sequence"}),
    "StorageCharged": frozenset({"flags"}),
    "Frozen": frozenset({"flags"}),
    "Lifted": frozenset({"flags"}),
    "PaidOut": frozenset({"paid", "flags"}),
    "LatePaid": frozenset(),
    "SettledEarly": frozenset({"paid", "flags", "sequence"}),
    "TitleWrittenOff": frozenset({"flags", "sequence"}),
    "Stored": frozenset(),
    "Counted": frozenset(),
    "ReceiptSplit": frozenset({"lock", "quantity", "flags", "sequence"}),
    "HandedOver": frozenset({"quantity", "flags", "sequence"}),
    "MediumChanged": frozenset({"flags", "sequence"}),
    "Replaced": frozenset({"quantity", "flags", "sequence"}),
}
"""What of a title each event may change, by kind."""

_ADDS: Mapping[str, frozenset[str]] = {
    "Stored": frozenset({"deposited"}),
    "HandedOver": frozenset({"redeemed", "delivered"}),
    "Counted": frozenset({"lost", "counted_day", "counts"}),
}
"""Which of a lot's sums each event may change, by kind."""


@dataclass(slots=True)
class History:
    """Everything that happened to the titles of one root, in order, and how each title stands at the end.

    Of a lot also its sums, `first`, the quantity of its first receipt, and the events whose sums do not follow from
    those before: something between them is missing. `sales` are the last sales in enforcement, by receipt.
    """

    root: int
    events: list[Event] = field(default_factory=list)
    titles: dict[int, Fields] = field(default_factory=dict)
    sums: Fields | None = None
    first: int = 0
    sales: dict[int, Fields] = field(default_factory=dict)
    unexplained: list[Event] = field(default_factory=list)

    def family(self, title: int) -> list[Event]:
        """What led from the root to this title: its own events, and those of each title it came out of until then.

        Empty when the events do not know the title.
        """
        found: dict[tuple[int, int, int], Event] = {}
        waiting = [(title, (1 << 62, 0, 0))]
        while waiting:
            number, until = waiting.pop()
            for event in self.events:
                if event.position > until or number not in [touched for touched, _, _ in event.sides]:
                    continue
                found[event.position] = event
                if event.title == number and event.name == "Merged" and event.other is not None:
                    waiting.append((event.other, _before(event)))
                elif number != event.title and event.name in PARTINGS and event.title is not None:
                    waiting.append((event.title, _before(event)))
        return [found[key] for key in sorted(found)]


def replay(root: int, logs: Iterable[Log]) -> History:
    """Fold logs of the Ledger, in any order, into the history of a root's titles; others are passed over."""
    history = History(root)
    for log in sorted(logs, key=lambda log: log.position):
        read = _READERS.get(log.event)
        if read is None:
            continue
        for row, event in enumerate(read(history, log)):
            placed = replace(event, row=row)
            history.events.append(placed)
            if event.name in _ADDS:
                history.sums = placed.details["sums"]
                if not _follows(placed):
                    history.unexplained.append(placed)
            for number, _, after in placed.sides:
                if after is not None:
                    history.titles[number] = after
    return history


def has_gap(history: History, words: Mapping[int, Fields], line: Collection[int]) -> bool:
    """Whether something is missing from the history of a root's titles, whose words on the chain are `words`.

    The titles of `line` must stand as their events say, each event changing only what its kind changes, one sequence
    after the other; all others must have the quantity that they are counted with.
    """
    if any(words.get(number) != history.titles.get(number) for number in line):
        return True
    if any(words[number]["quantity"] != fields["quantity"] for number, fields in history.titles.items()):
        return True
    return any(_jumps(event, line) for event in history.events)


def _jumps(event: Event, line: Container[int]) -> bool:
    """Whether the fields before the event, as replayed, cannot be those it happened to."""
    changing = _CHANGES[event.name]
    born = {event.title} if event.name in BIRTHS else set()
    if event.name in PARTINGS:
        born = {event.other, event.rest}
    for number, before, after in event.sides:
        if number not in line or after is None:
            continue
        if (before is None) != (number in born):
            return True
        if before is None:
            continue
        if any(before[name] != after[name] for name in before if name not in changing):
            return True
        if after["sequence"] - before["sequence"] not in (0, 1):
            return True
    # A lock is put on what was free.
    return (
        event.name == "Locked"
        and event.before is not None
        and event.title in line
        and event.before["lock"] != 0
    )


def _follows(event: Event) -> bool:
    """Whether the lot's sums after an event are those before it, but for what such an event changes."""
    before, now = event.details["sums_before"], event.details["sums"]
    if before is None:
        return event.name == "Stored" and not any(now.values())
    return all(before[name] == now[name] for name in now if name not in _ADDS[event.name])


def _before(event: Event) -> tuple[int, int, int]:
    return (event.block, event.log_index, event.row - 1)


def _event(history: History, log: Log, title: int, after: Fields, **more: Any) -> Event:
    return Event(
        name=log.event,
        block=log.position[0],
        log_index=log.position[1],
        row=0,
        transaction=log.transaction,
        title=title,
        before=history.titles.get(title),
        after=after,
        **more,
    )


def _accepted(history: History, log: Log) -> Iterator[Event]:
    if log.args["root"] == history.root:
        yield _event(history, log, history.root, TITLE.unpack(log.args["word"]))


def _rows(history: History, log: Log) -> Iterator[Event]:
    for title, word, evidence in log.args["rows"]:
        after = TITLE.unpack(word)
        if after["root"] == history.root:
            yield _event(history, log, title, after, details={"evidence": evidence})


def _pairs(history: History, log: Log) -> Iterator[Event]:
    for ids, word, other_word, evidence in log.args["rows"]:
        after, other_after = TITLE.unpack(word), TITLE.unpack(other_word)
        if after["root"] != history.root:
            continue
        pair = PAIR.unpack(ids)
        yield _event(
            history,
            log,
            pair["parent"],
            after,
            other=pair["child"],
            other_before=history.titles.get(pair["child"]),
            other_after=other_after,
            details={"evidence": evidence},
        )


def _unlocked(history: History, log: Log) -> Iterator[Event]:
    known = [title for title in log.args["titles"] if title in history.titles]
    quantity = sum(history.titles[title]["quantity"] for title in known)
    details = {"facility": log.args["facility"], "quantity": quantity}
    for title in known:
        yield _event(history, log, title, {**history.titles[title], "lock": 0}, details=details)


def _word(history: History, log: Log) -> Iterator[Event]:
    after = TITLE.unpack(log.args["word"])
    if after["root"] == history.root:
        details = {name: log.args[name] for name in _SAID if name in log.args}
        yield _event(history, log, log.args["title"], after, details=details)


_SAID = ("order", "currency", "amount", "loan", "evidence", "on")


def _of_sale(history: History, log: Log) -> Iterator[Event]:
    """What was agreed when a receipt was sold stands with what became of it."""
    for event in _word(history, log):
        sale = history.sales.get(log.args["title"])
        yield replace(event, details={**event.details, "sale": sale})


def _sale(history: History, log: Log) -> Iterator[Event]:
    history.sales[log.args["title"]] = GOODS_SALE.unpack(log.args["sale"])
    yield from ()


def _lines(history: History, log: Log) -> Iterator[Event]:
    for packed in log.args["lines"]:
        line = LINE.unpack(packed)
        title = history.titles.get(line["title"])
        if log.args["root"] != history.root or title is None:
            continue
        after = dict(title)
        if log.event == "PaidOut":
            after["paid"] += line["amount"]
            after["flags"] |= SETTLED if after["paid"] == after["quantity"] else 0
            after["flags"] |= HELD if line["held"] else 0
        yield _event(history, log, line["title"], after, details=line)


def _stored(history: History, log: Log) -> Iterator[Event]:
    if log.args["lot"] == history.root:
        root = ROOT.unpack(log.args["root"])
        history.first = root["quantity"]
        said = {name: log.args[name] for name in ("lot", "number", "evidence")}
        details = {**said, "root_word": root, **_sums(history, log)}
        yield _event(history, log, log.args["receipt"], TITLE.unpack(log.args["word"]), details=details)


def _counted(history: History, log: Log) -> Iterator[Event]:
    if log.args["lot"] == history.root:
        details = {"lot": log.args["lot"], "evidence": log.args["evidence"], **_sums(history, log)}
        yield Event(
            name=log.event,
            block=log.position[0],
            log_index=log.position[1],
            row=0,
            transaction=log.transaction,
            details=details,
        )


def _handed_over(history: History, log: Log) -> Iterator[Event]:
    for event in _word(history, log):
        yield replace(event, details={**event.details, **_sums(history, log)})


def _sums(history: History, log: Log) -> dict[str, Any]:
    """The lot's sums after an event that bears them, and before it."""
    return {"sums": LOT.unpack(log.args["lotWord"]), "sums_before": history.sums, "first": history.first}


def _receipt_split(history: History, log: Log) -> Iterator[Event]:
    for ids, word, part_word, rest_word, evidence in log.args["rows"]:
        after, numbers = TITLE.unpack(word), SPLIT.unpack(ids)
        if after["root"] != history.root:
            continue
        yield _event(
            history,
            log,
            numbers["title"],
            after,
            other=numbers["part"],
            other_after=TITLE.unpack(part_word),
            rest=numbers["rest"],
            rest_after=TITLE.unpack(rest_word),
            details={"evidence": evidence},
        )


def _replaced(history: History, log: Log) -> Iterator[Event]:
    for event in _word(history, log):
        fresh = TITLE.unpack(log.args["replacementWord"])
        yield replace(event, other=log.args["replacement"], other_after=fresh)


_READERS: Mapping[str, Callable[[History, Log], Iterator[Event]]] = {
    "RootAccepted": _accepted,
    **dict.fromkeys(ROW_EVENTS, _rows),
    **dict.fromkeys(PAIR_EVENTS, _pairs),
    "Unlocked": _unlocked,
    **dict.fromkeys(WORD_EVENTS, _word),
    **dict.fromkeys(LINE_EVENTS, _lines),
    **dict.fromkeys(("Delivered", "GoodsHeld"), _of_sale),
    "GoodsSaleChanged": _sale,
    "Stored": _stored,
    "Counted": _counted,
    "ReceiptSplit": _receipt_split,
    "HandedOver": _handed_over,
    "MediumChanged": _word,
    "Replaced": _replaced,
}
