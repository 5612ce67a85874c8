"""Whether an account's statements follow on each other: each once, none missing, every balance carried over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.domain.calendar import iso
from gateway.services.reconciliation.books import (
    Books,
    Difference,
    Given,
    Key,
    Line,
    Place,
    money,
    opened_up,
)


@dataclass(frozen=True, slots=True)
class Timeline:
    """An account's statements in their order, each once, and what is wrong with them.

    `lines` are the entries of this run's statements, each once; `repeated` those that stood there again.
    """

    statements: tuple[Given, ...]
    doubled: tuple[Given, ...]
    lines: tuple[Line, ...]
    repeated: tuple[Line, ...]

    def covers(self, day: int) -> bool:
        """Whether a statement of this run tells of a day."""
        return any(
            each.lines is not None and each.first_day <= day <= each.last_day for each in self.statements
        )

    def reaches(self, day: int) -> bool:
        """Whether a statement of this run ends on a day or later."""
        return any(each.lines is not None and each.last_day >= day for each in self.statements)


def timelines(books: Books) -> dict[Place, Timeline]:
    """The statements of each account in scope that has any."""
    by_place: dict[Place, list[Given]] = defaultdict(list)
    for each in books.statements:
        if each.place in books.scope:
            by_place[each.place].append(each)
    known = {each.key for each in books.recorded}
    return {place: _timeline(books, found, known) for place, found in sorted(by_place.items())}


def _timeline(books: Books, found: Sequence[Given], known: set[Key]) -> Timeline:
    kept: list[Given] = []
    doubled: list[Given] = []
    for each in sorted(found, key=_order):
        same = next((other for other in kept if other.digest == each.digest), None)
        if same is not None and None in (same.lines, each.lines):
            # A statement that an earlier day end has seen, given again: nothing new.
            kept[kept.index(same)] = each if same.lines is None else same
        elif _doubles(kept, each):
            doubled.append(each)
        else:
            kept.append(each)
    lines: dict[object, Line] = {}
    repeated: list[Line] = []
    for given in (*kept, *doubled):
        for number, line in enumerate(
            part for whole in given.lines or () for part in opened_up(whole, known)
        ):
            key = line.entry or (given.statement_id, number)
            again = key in lines or books.stated.get(line.key, given.digest) != given.digest
            if not again:
                lines[key] = line
            elif given not in doubled:
                repeated.append(line)
    return Timeline(tuple(kept), tuple(doubled), tuple(lines.values()), tuple(repeated))


def _order(each: Given) -> tuple[int, int, int, str, bool]:
    return each.last_day, each.sequence or 0, each.first_day, each.statement_id, each.lines is not None


def _doubles(kept: Sequence[Given], each: Given) -> bool:
    """Whether a statement tells again what others told: its very id, or their days without carrying on from them."""
    if any(each.statement_id == other.statement_id for other in kept):
        return True
    over = [other for other in kept if other.last_day >= each.first_day]
    return bool(over) and all(other.closing != each.opening for other in over)


def statement_differences(books: Books, found: Mapping[Place, Timeline]) -> Iterator[Difference]:
    """STATEMENT-GAP, DUPLICATE-STATEMENT and DUPLICATE-ENTRY."""
    moved = _unstated(books, found)
    for place in sorted(books.scope):
        timeline = found.get(place)
        if timeline is not None:
            yield from _doubled(timeline)
            yield from _between(timeline.statements, moved[place])
        yield from _missing(books, place, timeline, moved[place])


def _unstated(books: Books, found: Mapping[Place, Timeline]) -> dict[Place, list[tuple[int, int]]]:
    """Day and amount of each movement up to the day that no statement tells of."""
    stated = {line.key for timeline in found.values() for line in timeline.lines} | set(books.stated)
    known: dict[Key, tuple[int, int]] = {line.key: (line.day, line.amount) for line in books.notified}
    known |= {each.key: (each.value_day, each.amount) for each in books.recorded if each.is_money}
    moved: dict[Place, list[tuple[int, int]]] = defaultdict(list)
    for key, (day, amount) in known.items():
        if key not in stated and day <= books.day:
            moved[key[0], key[1]].append((day, amount))
    return moved


def _doubled(timeline: Timeline) -> Iterator[Difference]:
    for each in timeline.doubled:
        told = f"{each.document} tells of days that another statement told of"
        yield _difference(
            "DUPLICATE-STATEMENT", each, f"{each.statement_id} {each.digest[:16]}", each.last_day, 0,
            "each day once", f"statement {each.statement_id} again", told,
        )  # fmt: skip
    times: dict[bytes, int] = defaultdict(int)
    for line in timeline.repeated:
        times[line.entry] += 1
        told = f"the entry {line.reference} stands in the statements more than once"
        yield Difference(
            "DUPLICATE-ENTRY", line.bic, line.account, f"0x{line.entry.hex()} again {times[line.entry]}", line.day,
            line.currency, line.amount, line.reference, "each entry once", f"again in {line.document}", told,
        )  # fmt: skip


def _between(statements: Sequence[Given], moved: Sequence[tuple[int, int]]) -> Iterator[Difference]:
    for before, after in pairwise(statements):
        reasons = []
        if after.opening != before.closing:
            opens = money(after.opening, after.currency)
            reasons.append(f"it opens with {opens}")
        skipped = _skipped(before, after)
        if skipped:
            reasons.append(f"{skipped} numbers are left out")
        hidden = [amount for day, amount in moved if before.last_day < day < after.first_day]
        if hidden:
            reasons.append(f"{len(hidden)} movements of the days between are known")
        if reasons:
            closed = money(before.closing, before.currency)
            yield _gap(
                after, before.last_day + 1, after.opening - before.closing,
                f"what follows {before.statement_id}, which closed with {closed}",
                f"{after.statement_id}: {', '.join(reasons)}",
            )  # fmt: skip


def _skipped(before: Given, after: Given) -> int:
    """Numbers left out; a bank that numbers by days leaves out one for each day without a statement."""
    if before.sequence is None or after.sequence is None:
        return 0
    numbers, days = after.sequence - before.sequence - 1, after.last_day - before.last_day - 1
    return 0 if numbers <= 0 or numbers == days else numbers


def _missing(
    books: Books, place: Place, timeline: Timeline | None, moved: Sequence[tuple[int, int]]
) -> Iterator[Difference]:
    """Movements that are known of days after an account's last statement."""
    last = -1 if timeline is None else timeline.statements[-1].last_day
    hidden = [(day, amount) for day, amount in moved if day > last]
    if not hidden:
        return
    account, first = books.accounts[place], min(day for day, _ in hidden)
    day = first if last < 0 else last + 1
    told = f"no statement tells of {iso(first)} and later days, of which {len(hidden)} movements are known"
    yield Difference(
        "STATEMENT-GAP", *place, f"from {iso(day)}", day, account.currency, sum(amount for _, amount in hidden),
        "", f"a statement up to {iso(books.day)}", "none", told,
    )  # fmt: skip


def _gap(after: Given, day: int, amount: int, expected: str, found: str) -> Difference:
    told = f"the statements do not follow on each other from {iso(day)} on"
    return _difference("STATEMENT-GAP", after, f"from {iso(day)}", day, abs(amount), expected, found, told)


def _difference(
    rule: str, given: Given, item: str, day: int, amount: int, expected: str, found: str, told: str
) -> Difference:
    return Difference(
        rule, given.bic, given.account, item, day, given.currency, amount, given.statement_id, expected, found, told
    )  # fmt: skip
