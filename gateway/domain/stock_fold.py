"""From tellings to stock: what a keeper's events come to, per place, lot and unit.

The result depends on the set of events only: not on their order, not on how often or in which files they came. They
are taken in the order of their own times, so a keeper who was offline tells later, and the stock is as if it had told
at once. An event that was taken back never was; one that is told in two ways counts in neither until a person decides.

A count does not overwrite the books: they go on side by side, and what is told to lie there is the count with what
came and went since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from gateway.domain.stock import CONTAINERS, PIECE, Difference, Event, Kind, Telling, shown_time, site_of
from gateway.domain.stock_settled import Settled, settle
from gateway.domain.trade import plain

_NONE = Fraction(0)
_FULL_REPORT = "InventoryReport"
"""The step of events that tell all that lies at the places they name."""
_ARRIVES = frozenset({Kind.RECEIVED, Kind.MADE})
_LEAVES = frozenset({Kind.SHIPPED, Kind.SPENT})
_USED_ONCE = "00/"
"""What the numbers of logistic units begin with: they are not given again to other contents."""
_ORDER = {Kind.PACKED: 0, Kind.UNPACKED: 2, Kind.COUNTED: 3, Kind.DAMAGED: 4}
"""Of events of one moment: goods are packed before and unpacked after they move, counts see what moved by then."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where goods lie: a keeper's place, a lot by its full name, and the unit it is told in."""

    keeper: int
    place: str
    lot: str
    unit: str


@dataclass(frozen=True, slots=True)
class Held:
    """What is told of a position. `book` is what movements and adjustments come to; `counted` the last count with what
    moved since, None where nobody counted. `contested`: an event about the lot is told in two ways. `uncorrected`: one
    was taken back, and what is told in its place has not come. `unnamed`: what lay there before the last full report of
    the place, which does not name the lot; at most what is told to lie there."""

    book: Fraction
    counted: Fraction | None
    received: Fraction
    shipped: Fraction
    damaged: Fraction
    last_event: datetime
    last_count: datetime | None
    contested: bool
    uncorrected: bool
    unnamed: Fraction

    @property
    def quantity(self) -> Fraction:
        """What is told to lie there."""
        return self.book if self.counted is None else self.counted

    @property
    def sound(self) -> Fraction:
        """What of it may be relied on, never below 0."""
        return max(_NONE, self.quantity - max(_NONE, self.damaged))


@dataclass(frozen=True, slots=True)
class Stock:
    """What events come to, and what is wrong with the events themselves."""

    positions: Mapping[Position, Held]
    differences: tuple[Difference, ...]


def fold(events: Iterable[Event], until: datetime | None = None) -> Stock:
    """Stock of all keepers told of; as it stood before a moment, where one is asked about."""
    by_keeper: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        by_keeper[event.keeper].append(event)
    positions: dict[Position, Held] = {}
    differences: set[Difference] = set()
    for keeper, mine in by_keeper.items():
        settled = settle(mine)
        books = _Books(keeper, settled)
        for event in sorted(settled.events, key=_moment):
            if until is None or event.at < until:
                books.take(event)
        positions |= books.held()
        differences |= {*settled.differences, *books.differences}
    return Stock(dict(sorted(positions.items())), tuple(sorted(differences)))


def _moment(event: Event) -> tuple[datetime, int, str]:
    rank = max((_ORDER.get(part.kind, 1) for part in event.tellings), default=1)
    return event.at.astimezone(UTC), rank, event.name


@dataclass(slots=True)
class _Account:
    """What is known of a position so far."""

    book: Fraction = _NONE
    counted: Fraction | None = None
    received: Fraction = _NONE
    shipped: Fraction = _NONE
    damaged: Fraction = _NONE
    last_event: datetime | None = None
    last_count: datetime | None = None
    opened: bool = False
    unnamed: Fraction = _NONE

    @property
    def quantity(self) -> Fraction:
        """What is told to lie there so far."""
        return self.book if self.counted is None else self.counted

    def move(self, amount: Fraction) -> None:
        """Goods came (or went, below 0)."""
        self.book += amount
        self.opened = True
        if self.counted is not None:
            self.counted += amount


@dataclass(slots=True)
class _Contents:
    """What is in a logistic unit: single things, and amounts by (lot, unit)."""

    things: set[str] = field(default_factory=set)
    amounts: dict[tuple[str, str], Fraction] = field(default_factory=lambda: defaultdict(Fraction))


class _Books:
    """One keeper's books while its events are taken in the order of their times."""

    def __init__(self, keeper: int, settled: Settled) -> None:
        self._keeper = keeper
        self._accounts: dict[Position, _Account] = defaultdict(_Account)
        self._located: dict[str, Position | None] = {}
        self._contents: dict[str, _Contents] = defaultdict(_Contents)
        self._within: dict[str, str] = {}
        self._packed: dict[str, set[str]] = defaultdict(set)
        self._at: dict[str, set[Position]] = defaultdict(set)
        self._away: set[str] = set()
        self._damaged: set[str] = set()
        self.differences: set[Difference] = set()
        self._lots = self._lots_of(settled.events)
        self._settled = settled

    def _lots_of(self, events: Iterable[Event]) -> dict[str, str]:
        """The lot of each single thing, whichever event tells it."""
        found: dict[str, set[str]] = defaultdict(set)
        for event in events:
            for part in event.tellings:
                if part.thing:
                    found[part.thing] |= {part.goods} if part.lot else set()
        for thing, lots in found.items():
            if len(lots) > 1:
                named = ", ".join(sorted(lots))
                self.differences.add(
                    Difference("LOT-CONTRADICTS", self._keeper, subject=thing, expected="one lot", found=named,
                               message=f"{thing} is told to be of several lots: {named}")
                )  # fmt: skip
        return {thing: min(lots) if len(lots) == 1 else thing for thing, lots in found.items()}

    def held(self) -> dict[Position, Held]:
        """What the books say."""
        found = {}
        contested = self._behind(self._settled.contested)
        uncorrected = self._behind(self._settled.uncorrected)
        for position, account in self._accounts.items():
            assert account.last_event is not None
            found[position] = Held(
                account.book, account.counted, account.received, account.shipped, account.damaged,
                account.last_event, account.last_count, position.lot in contested,
                position.lot in uncorrected, max(_NONE, min(account.unnamed, account.quantity)),
            )  # fmt: skip
        return found

    def _behind(self, names: Iterable[str]) -> set[str]:
        """The lots behind what events tell of: of a logistic unit all that was ever told to be packed in it."""
        left, seen = list(names), set()
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left += self._packed.get(name, ())
        return {self._lots.get(name, name) for name in seen}

    def take(self, event: Event) -> None:
        """Take the next event."""
        counted: dict[Position, Fraction] = defaultdict(Fraction)
        damaged: dict[Position, Fraction] = defaultdict(Fraction)
        for part in event.in_order:
            if part.kind in (Kind.PACKED, Kind.UNPACKED):
                self._pack(event, part)
                continue
            if part.sensor is not None:
                self._sense(event, part)
                continue
            for each in self._single(part):
                if each.kind is Kind.COUNTED:
                    position = self._position(each, each.place)
                    counted[position] += each.quantity or _NONE
                    self._seen(position, event)
                elif each.kind is Kind.DAMAGED:
                    self._damage(event, each, damaged)
                else:
                    self._carry(event, each)
        for position, amount in damaged.items():
            account = self._accounts[position]
            # A count tells all that is damaged there; found otherwise, it is more than was known.
            account.damaged = amount if position in counted else account.damaged + amount
        for position, amount in counted.items():
            self._count(event, position, amount)
        if event.step == _FULL_REPORT:
            self._pass_over(event, {position.place for position in counted})

    def _pass_over(self, event: Event, places: Iterable[str]) -> None:
        """What lies at the places of a full report and is not counted in it, or in another of its moment."""
        for place in places:
            for position in self._at[place]:
                account = self._accounts[position]
                if account.last_count is None or account.last_count < event.at:
                    account.unnamed = account.quantity

    def _sense(self, event: Event, part: Telling) -> None:
        sensor = part.sensor
        if sensor is not None and sensor.exception:
            told = f"{sensor.type} {plain(sensor.value)} {sensor.unit}".strip()
            self.differences.add(
                Difference("SENSOR-ALARM", self._keeper, part.goods, site_of(part.place), subject=event.name,
                           expected="no alarm", found=sensor.exception,
                           message=f"{sensor.exception} at {shown_time(event.at)}: {told}")
            )  # fmt: skip

    def _single(self, part: Telling) -> Iterator[Telling]:
        """A telling, or one for each of what is in the logistic unit that it is about."""
        if not part.thing.startswith(CONTAINERS):
            yield part
            return
        if part.kind in _ARRIVES and part.thing in self._away and not part.thing.startswith(_USED_ONCE):
            self._empty(part.thing)  # it comes back, with what is not known
        inside = list(self._inside(part.thing))
        if part.kind in _LEAVES:
            self._away.update(self._units(part.thing))
        elif part.kind in _ARRIVES or part.kind is Kind.UNSHIPPED:
            self._away.difference_update(self._units(part.thing))
        if not inside and part.kind not in (Kind.STORED, Kind.INSPECTED):
            message = f"{part.kind}: what is in {part.thing} was not told before"
            self.differences.add(
                Difference("CONTENTS-UNKNOWN", self._keeper, place=site_of(part.place), subject=part.thing,
                           expected="its contents", found="nothing", message=message)
            )  # fmt: skip
        for thing, lot, unit, amount in inside:
            yield Telling(part.kind, part.place, thing="" if lot else thing, lot=lot, quantity=amount, unit=unit,
                          origin=part.origin)  # fmt: skip

    def _inside(self, container: str) -> Iterator[tuple[str, str, str, Fraction]]:
        """Each thing or amount in a logistic unit and in those that are in it: (thing, lot, unit, amount)."""
        for name in self._units(container):
            contents = self._contents.get(name, _Contents())
            for thing in sorted(contents.things):
                if not thing.startswith(CONTAINERS):
                    yield thing, "", PIECE, Fraction(1)
            for (lot, unit), amount in sorted(contents.amounts.items()):
                if amount > 0:
                    yield "", lot, unit, amount

    def _units(self, container: str) -> Sequence[str]:
        """A logistic unit and those that are in it, each once, however they are told to be in one another."""
        found = {container: None}
        open_ = [container]
        while open_:
            inside = self._contents.get(open_.pop(), _Contents()).things
            more = [thing for thing in sorted(inside) if thing.startswith(CONTAINERS) and thing not in found]
            found |= dict.fromkeys(more)
            open_ += more
        return list(found)

    def _pack(self, event: Event, part: Telling) -> None:
        if part.kind is Kind.PACKED and part.container in self._away:
            # It left full and is packed again: what was in it then is not in it now.
            self._empty(part.container)
            self._away.discard(part.container)
        contents = self._contents[part.container]
        if part.kind is Kind.PACKED:
            self._packed[part.container].add(part.goods)
        if part.kind is Kind.UNPACKED and not part.goods:
            self._empty(part.container)
        elif part.thing and part.kind is Kind.PACKED:
            self._leave(event, part)
            contents.things.add(part.thing)
            self._within[part.thing] = part.container
        elif part.thing in contents.things:
            contents.things.discard(part.thing)
            del self._within[part.thing]
        elif not part.thing:
            amount = part.quantity or _NONE
            contents.amounts[part.goods, part.unit] += amount if part.kind is Kind.PACKED else -amount

    def _leave(self, event: Event, part: Telling) -> None:
        """A single thing that is packed is in no other logistic unit any more; told where nobody unpacked it."""
        before = self._within.get(part.thing, part.container)
        if before == part.container:
            return
        self._contents[before].things.discard(part.thing)
        if before not in self._away:
            message = f"packed at {shown_time(event.at)}, and was not told to be out of {before} before"
            self.differences.add(
                Difference("PACKED-TWICE", self._keeper, self._lots.get(part.thing, ""), subject=part.thing,
                           expected=before, found=part.container, message=message)
            )  # fmt: skip

    def _empty(self, container: str) -> None:
        """Nothing is known to be in a logistic unit."""
        for thing in self._contents.pop(container, _Contents()).things:
            del self._within[thing]

    def _position(self, part: Telling, place: str) -> Position:
        lot = self._lots.get(part.thing, part.goods) if part.thing else part.goods
        return Position(self._keeper, site_of(place), lot, PIECE if part.thing else part.unit)

    def _seen(self, position: Position, event: Event) -> _Account:
        account = self._accounts[position]
        self._at[position.place].add(position)
        if account.last_event is None or event.at >= account.last_event:
            account.last_event = event.at
        return account

    def _carry(self, event: Event, part: Telling) -> None:
        here = self._position(part, part.place)
        if part.thing:
            self._carry_thing(event, part, here)
            return
        amount = part.quantity or _NONE
        if part.kind in (Kind.STORED, Kind.INSPECTED):
            self._look(event, here, amount if part.kind is Kind.STORED else _NONE)
            return
        account = self._seen(here, event)
        if part.kind in _ARRIVES:
            account.move(amount)
            account.received += amount
        elif part.kind in _LEAVES:
            account.move(-amount)
            account.shipped += amount
        elif part.kind is Kind.UNSHIPPED:
            account.move(amount)
            account.shipped -= amount
        elif part.kind is Kind.MOVED:
            self._seen(self._position(part, part.origin), event).move(-amount)
            account.move(amount)
        elif part.kind is Kind.ADJUSTED:
            account.book += amount
            account.opened = True

    def _look(self, event: Event, here: Position, stored: Fraction) -> None:
        """Goods were seen where they are. What is stored without a word from where moves nothing."""
        account = self._accounts.get(here)
        known = _NONE if account is None else account.book if account.counted is None else account.counted
        if stored > known:
            message = f"stored at {shown_time(event.at)}: {plain(stored)}, where {plain(known)} are told to have come"
            self.differences.add(
                Difference("STORED-OVER", self._keeper, here.lot, here.place, here.unit, event.name,
                           f"at most {plain(known)}", plain(stored), message)
            )  # fmt: skip
        if account is not None:
            self._seen(here, event)

    def _carry_thing(self, event: Event, part: Telling, here: Position) -> None:
        """A single thing is where it was told last; what is told twice of it moves it once."""
        before = self._located.get(part.thing)
        unknown = part.thing not in self._located
        if part.kind is Kind.MOVED and unknown:
            before = self._position(part, part.origin)
            self._accounts[before].book += 1  # it was there before anything was told of it
            self._seen(before, event)
        if part.kind in _ARRIVES or (part.kind in (Kind.STORED, Kind.MOVED) and before is not None):
            account = self._seen(here, event)
            account.received += 1 if before is None else 0
            self._shift(event, part.thing, before, here)
        elif part.kind in _LEAVES and (before is not None or unknown):
            self._seen(before or here, event).shipped += 1
            self._shift(event, part.thing, before or here, None)
        elif part.kind is Kind.UNSHIPPED and before is None:
            self._seen(here, event).shipped -= 1
            self._shift(event, part.thing, None, here)
        elif before is not None:
            self._seen(before, event)

    def _shift(self, event: Event, thing: str, before: Position | None, after: Position | None) -> None:
        """A thing goes from one place to another, None being elsewhere; its damage goes with it."""
        self._located[thing] = after
        if before == after:
            return
        for position, amount in ((before, -1), (after, 1)):
            if position is not None:
                account = self._seen(position, event)
                account.move(Fraction(amount))
                account.damaged += amount if thing in self._damaged else 0

    def _damage(self, event: Event, part: Telling, damaged: dict[Position, Fraction]) -> None:
        position = self._position(part, part.place)
        if not part.thing:
            self._seen(position, event)
            damaged[position] += part.quantity or _NONE
        elif part.thing not in self._damaged:
            self._damaged.add(part.thing)
            self._seen(self._located.get(part.thing) or position, event).damaged += 1

    def _count(self, event: Event, position: Position, amount: Fraction) -> None:
        account = self._accounts[position]
        if account.last_count is not None and account.last_count == event.at and account.counted != amount:
            assert account.counted is not None
            low, high = sorted((account.counted, amount))
            message = f"counts of {shown_time(event.at)} come to {plain(low)} and {plain(high)}"
            self.differences.add(
                Difference("COUNT-CONTRADICTS", self._keeper, position.lot, position.place, position.unit,
                           expected=plain(low), found=plain(high), message=message)
            )  # fmt: skip
            amount = low
        if not account.opened:
            account.book = amount
        account.counted, account.last_count, account.unnamed = amount, event.at, _NONE


def differences_of(stock: Stock) -> Iterator[Difference]:
    """What a keeper's own tellings do not agree on: events, books against counts, and what left without coming."""
    yield from stock.differences
    for position, held in stock.positions.items():
        here = (position.keeper, position.lot, position.place, position.unit)
        if held.counted is not None and held.counted != held.book:
            message = (
                f"counted, with what moved since, {plain(held.counted)}; movements come to {plain(held.book)}"
            )
            yield Difference("COUNT-DIFFERS", *here, expected=plain(held.book), found=plain(held.counted),
                             message=message)  # fmt: skip
        if held.quantity < 0:
            message = "more has left than came in"
            yield Difference("STOCK-NEGATIVE", *here, expected="0 or more", found=plain(held.quantity),
                             message=message)  # fmt: skip
