"""Each entry of a statement against what the ledger recorded of it and what the bank notified before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.domain.calendar import iso
from gateway.domain.settlement import FactKind
from gateway.services.reconciliation.books import (
    Books,
    Difference,
    Key,
    Line,
    Ordered,
    Place,
    Recorded,
    entry_item,
    money,
)
from gateway.services.reconciliation.statements import Timeline

_Values = dict[str, int | None]


@dataclass(slots=True)
class Paired:
    """What came of it. `agreed`: entries on which all books that tell of them agree, with the reason to say so."""

    differences: list[Difference] = field(default_factory=list)
    agreed: dict[Key, str] = field(default_factory=dict)


def pair(books: Books, found: Mapping[Place, Timeline]) -> Paired:
    """Compare entry by entry, on every account in scope."""
    paired = Paired()
    recorded = {each.key: each for each in books.recorded if each.is_money}
    notified = {line.key: line for line in books.notified}
    orders = {each.end_to_end: each for each in books.orders}
    lines = [line for place in sorted(books.scope) for line in _lines(books, found, place)]
    undone = _undone(lines, notified, recorded)
    reporting = {line.place for line in books.notified}
    for line in lines:
        fact, notice = recorded.get(line.key), notified.get(line.key)
        if id(line) in undone:
            paired.agreed[line.key] = "its bank took it back"
            continue
        order = None if line.credit else orders.get(line.end_to_end)
        wrong = list(_values(line, fact, notice, order))
        if line.credit and fact is None:
            wrong.append(_not_on_ledger(line))
        if fact is not None and notice is None and line.place in reporting:
            wrong.append(_not_kept(line, fact))
        paired.differences += wrong
        if not wrong and line.entry:
            paired.agreed[line.key] = "the books agree on it"
    stated = {line.key for line in lines} | set(books.stated)
    paired.differences += _unstated(found, recorded, notified, stated)
    paired.differences += _reversed(books, lines, recorded)
    return paired


def _lines(books: Books, found: Mapping[Place, Timeline], place: Place) -> Iterator[Line]:
    """Entries of this run's statements, then what earlier ones left open."""
    stated = found[place].lines if place in found else ()
    keys = {line.key for line in stated}
    yield from stated
    yield from (line for line in books.carried if line.place == place and line.key not in keys)


def _undone(
    lines: Sequence[Line], notified: Mapping[Key, Line], recorded: Mapping[Key, Recorded]
) -> set[int]:
    """Entries that the bank took back before the ledger knew of them, and the entries that took them back."""
    here = {line.key for line in lines}
    before = [line for key, line in notified.items() if key not in here]
    open_: dict[tuple[Place, str, int, bool], list[Line]] = defaultdict(list)
    for line in (*lines, *before):
        if not line.taken_back and line.end_to_end and line.key not in recorded:
            open_[line.place, line.end_to_end, line.amount, line.credit].append(line)
    undone: set[int] = set()
    for line in lines:
        waiting = open_.get((line.place, line.end_to_end, line.amount, not line.credit))
        if line.taken_back and line.key not in recorded and waiting:
            undone |= {id(waiting.pop(0)), id(line)}
    return undone


# ── what stands in a statement ──────────────────────────────────────────────────────────────────────────────


def _values(
    line: Line, fact: Recorded | None, notice: Line | None, order: Ordered | None
) -> Iterator[Difference]:
    """AMOUNT-DIFFERS, VALUE-DAY-DIFFERS, SIDE-DIFFERS against the ledger or the order, or else the notification;
    KEPT-ENTRY-DIFFERS where only what the gateway keeps is otherwise."""
    stated: _Values = {"amount": line.amount, "value day": line.value_day, "side": line.credit}
    other: _Values = {}
    source = "the ledger"
    if fact is not None:
        other = {"amount": fact.amount, "value day": fact.value_day, "side": fact.credit}
    elif order is not None and not line.taken_back:
        other, source = {"amount": order.amount}, "the order"
    kept: _Values = {}
    if notice is not None:
        kept = {"amount": notice.amount, "value day": notice.value_day, "side": notice.credit}
    for name, right in stated.items():
        if right is None:
            continue
        mine = other.get(name)
        if mine is not None and mine != right:
            yield _value_differs(line, name, mine, right, source)
        elif kept.get(name) not in (None, right):
            if mine is None:
                yield _value_differs(line, name, kept[name], right, "the notification")
            else:
                yield _kept_differs(line, name, kept[name], right)


def _text(line: Line, name: str, value: int | None) -> str:
    if name == "amount":
        return money(value or 0, line.currency)
    if name == "side":
        return "credit" if value else "debit"
    return iso(value or 0)


def _value_differs(line: Line, name: str, expected: int | None, right: int, source: str) -> Difference:
    rule = f"{name.upper().replace(' ', '-')}-DIFFERS"
    amount = abs(line.amount - (expected or 0)) if name == "amount" else line.amount
    before, now = _text(line, name, expected), _text(line, name, right)
    told = f"the {name} of entry {line.reference} is {now} in the statement and {before} by {source}"
    return _about(rule, line, amount, f"{before} by {source}", now, told)


def _kept_differs(line: Line, name: str, kept: int | None, right: int) -> Difference:
    told = f"the gateway keeps another {name} of entry {line.reference} than ledger and bank have"
    found = f"{name} {_text(line, name, kept)} in own_bank_entries"
    return _about("KEPT-ENTRY-DIFFERS", line, line.amount, f"{name} {_text(line, name, right)}", found, told)


def _not_on_ledger(line: Line) -> Difference:
    about = f"reference {line.end_to_end!r}" if line.end_to_end else "without a reference of the payer's"
    told = f"the bank booked a credit {about} that the ledger has not recorded"
    return _about(
        "ENTRY-NOT-ON-LEDGER", line, line.amount, "a fact on the ledger", f"entry {line.reference or line.item}", told
    )  # fmt: skip


def _not_kept(line: Line, fact: Recorded) -> Difference:
    told = "ledger and bank have the entry, and the gateway keeps no row of it"
    return _about(
        "ENTRY-NOT-KEPT", line, line.amount, f"entry {line.reference} of movement {fact.movement}", "none", told
    )  # fmt: skip


def _about(rule: str, line: Line, amount: int, expected: str, found: str, told: str) -> Difference:
    return Difference(
        rule, line.bic, line.account, entry_item(line), line.day, line.currency, amount, line.reference or line.item,
        expected, found, told, line,
    )  # fmt: skip


# ── what does not stand there ───────────────────────────────────────────────────────────────────────────────


def _unstated(
    found: Mapping[Place, Timeline], recorded: Mapping[Key, Recorded], notified: Mapping[Key, Line], stated: set[Key]
) -> Iterator[Difference]:  # fmt: skip
    """FACT-NOT-ON-STATEMENT and NOTIFIED-NOT-ON-STATEMENT, of days that this run's statements cover."""
    for key, fact in recorded.items():
        place = key[0], key[1]
        if key not in stated and place in found and found[place].covers(fact.value_day):
            notice = notified.get(key)
            reference = "" if notice is None else notice.reference
            told = (
                f"the ledger recorded a {fact.kind_name} that the bank's statement of the day does not have"
            )
            yield Difference(
                "FACT-NOT-ON-STATEMENT", *place, "0x" + fact.entry.hex(), fact.value_day, fact.currency, fact.amount,
                reference, f"an entry for movement {fact.movement}", "none", told,
            )  # fmt: skip
    for key, line in notified.items():
        place = line.place
        if key in stated or key in recorded or place not in found or not found[place].covers(line.day):
            continue
        told = f"the bank notified entry {line.reference}, and its statement of the day does not have it"
        yield _about(
            "NOTIFIED-NOT-ON-STATEMENT", line, line.amount, f"the entry of {line.document}", "none", told
        )  # fmt: skip


def _reversed(books: Books, lines: Sequence[Line], recorded: Mapping[Key, Recorded]) -> Iterator[Difference]:
    """REVERSED-AFTER-RECORDED: the ledger counts money that its bank has taken back again."""
    returned = {(each.subject, each.amount) for each in recorded.values() if each.kind == FactKind.RETURNED}
    counted: dict[tuple[Place, str, int], Recorded] = {}
    for line in (*books.notified, *lines):
        fact = recorded.get(line.key)
        if fact is not None and not line.taken_back and line.end_to_end:
            counted[line.place, line.end_to_end, line.amount] = fact
    for line in lines:
        fact = counted.get((line.place, line.end_to_end, line.amount))
        if (
            line.credit
            or not line.taken_back
            or line.key in recorded
            or fact is None
            or (fact.subject, fact.amount) in returned
        ):
            continue
        told = f"the bank took back what the ledger recorded as {fact.kind_name}: it is a claim on the payer (D9)"
        yield _about(
            "REVERSED-AFTER-RECORDED", line, line.amount, f"movement {fact.movement} stands", "taken back", told
        )  # fmt: skip
