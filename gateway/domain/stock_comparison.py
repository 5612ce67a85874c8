"""Stock as keepers tell it against what receipts stand for, lot by lot. Nothing is converted or rounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from gateway.domain.matching_units import unit_of
from gateway.domain.stock import Difference
from gateway.domain.stock_fold import Held, Stock
from gateway.domain.trade import plain


@dataclass(frozen=True, slots=True)
class LotOnLedger:
    """What receipts say of a lot, in integers of its declared unit and decimals: `live` is what receipts still stand
    for (nominal), `delivered` what was delivered against them, `lost` what was recorded as lost, `shortfall` what of
    `live` is known not to lie there. What came in is live + delivered + lost − shortfall."""

    live: int
    delivered: int
    lost: int
    unit: str
    decimals: int = 0
    shortfall: int = 0
    counted_day: int = 0
    """Day of the last count that stands on the ledger; 0: nobody counted there."""
    seen_day: int = 0
    """Day on which the ledger last heard that it is there: of its count, else of its first receipt; of a lot that lies
    in two places the earlier day."""

    @property
    def stored(self) -> int:
        """What of it the ledger has in store."""
        return self.live - self.shortfall

    def goods(self, integer: int) -> Fraction:
        """An integer of the lot as a quantity of its unit."""
        return Fraction(integer, 10**self.decimals)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a lot in one unit, over all places of its keeper; see `stock_fold.Held`. `last_count` is None
    where nobody counted, `counted_all` where some of it lies at a place where nobody did, else the earliest of the last
    counts of these places; `damaged` may be more than lies there."""

    quantity: Fraction
    sound: Fraction
    received: Fraction
    shipped: Fraction
    last_count: datetime | None
    damaged: Fraction = Fraction(0)
    contested: bool = False
    uncorrected: bool = False
    unnamed: Fraction = Fraction(0)
    counted_all: datetime | None = None

    @property
    def anything(self) -> bool:
        """Whether it says that goods lie there, are gone, or are not to be relied on."""
        return self.quantity != 0 or self.damaged > 0

    @property
    def owed(self) -> Fraction:
        """What left or spoilt beyond all that is told to have come: 0 or more."""
        spoilt = self.damaged if not self.received and self.last_count is None else Fraction(0)
        return max(Fraction(0), spoilt - self.quantity)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why what is told of a lot cannot be relied on as it comes out: the rule, what of the lot stays at most (in its
    unit, 0 where that is not known), and the reason."""

    rule: str
    most: Fraction
    reason: str


def doubts_of(told: Mapping[tuple[str, str], Told], lot: str, unit: str) -> Iterator[Doubt]:
    """What is doubtful about a lot whose receipts count in `unit` (as `unit_of` has it); `told` is all that its keeper
    tells. Also what is told of its GTIN, or of single things of that, without a lot may be about it."""
    nothing = Fraction(0)
    units = {each: found for (name, each), found in told.items() if name == lot}
    item, batch, _ = lot.partition("/10/")
    unnamed = [
        (each, found)
        for (name, each), found in told.items()
        if batch and (name == item or name.startswith(f"{item}/21/"))
    ]
    named = [*units.values(), *(found for _, found in unnamed)]
    if any(each.contested for each in named):
        yield Doubt(
            "EVENT-DIFFERS", nothing, "an event about the lot is told in two ways, and counts in neither"
        )
    if any(each.uncorrected for each in named):
        reason = "an event about the lot was taken back, and what is told in its place has not come"
        yield Doubt("CORRECTION-MISSING", nothing, reason)
    if others := sorted(each for each, found in units.items() if each != unit and found.anything):
        reason = (
            f"the keeper tells of the lot in {', '.join(others) or 'no unit'} as well, which is not converted"
        )
        yield Doubt("UNIT-DIFFERS", nothing, reason)
    if unit in units and units[unit].unnamed:
        yield Doubt(
            "LOT-UNTOLD", max(nothing, units[unit].sound - units[unit].unnamed), _passed_over(units[unit])
        )
    owed: dict[str, Fraction] = defaultdict(Fraction)
    for each, found in unnamed:
        owed[each] += found.owed
    for each, amount in sorted(owed.items()):
        if amount:
            left = units[unit].sound - amount if each == unit and unit in units else nothing
            reason = f"{plain(amount)} {each} of {item} left or spoilt, and it is not said of which lot"
            yield Doubt("STOCK-NEGATIVE", max(nothing, left), reason)


def told_of(keeper: int, stock: Stock) -> dict[tuple[str, str], Told]:
    """What one keeper tells, by the lot's full name and the unit it is told in."""
    places: dict[tuple[str, str], list[Held]] = defaultdict(list)
    for position, held in stock.positions.items():
        if position.keeper == keeper:
            places[position.lot, unit_of(position.unit)].append(held)
    return {name: _sum(held) for name, held in sorted(places.items())}


def compare(keeper: int, stock: Stock, lots: Mapping[str, LotOnLedger]) -> Iterator[Difference]:
    """Where one keeper's stock and its receipts do not agree; `lots` by the lot's full name, as tellings have it."""
    told = told_of(keeper, stock)
    names = {lot for lot, _ in told}
    for lot in sorted(names | lots.keys()):
        receipts = lots.get(lot)
        units = {unit: found for (name, unit), found in told.items() if name == lot}
        if receipts is None:
            yield from _unknown(keeper, lot, units)
        else:
            yield from _lot(keeper, lot, receipts, units)


def _sum(held: Sequence[Held]) -> Told:
    return Told(
        sum((each.quantity for each in held), Fraction(0)),
        sum((each.sound for each in held), Fraction(0)),
        sum((each.received for each in held), Fraction(0)),
        sum((each.shipped for each in held), Fraction(0)),
        max((each.last_count for each in held if each.last_count is not None), default=None),
        sum((max(Fraction(0), each.damaged) for each in held), Fraction(0)),
        any(each.contested for each in held),
        any(each.uncorrected for each in held),
        sum((each.unnamed for each in held), Fraction(0)),
        _counted_all(held),
    )


def _counted_all(held: Sequence[Held]) -> datetime | None:
    counts = [each.last_count for each in held if each.quantity > 0] or [each.last_count for each in held]
    known = [each for each in counts if each is not None]
    return min(known) if len(known) == len(counts) else None


def _passed_over(told: Told) -> str:
    return f"the last full report of its place does not name the lot, of which {plain(told.unnamed)} were told before"


def _unknown(keeper: int, lot: str, units: Mapping[str, Told]) -> Iterator[Difference]:
    for unit, found in units.items():
        if found.quantity != 0 or found.owed:
            name = lot or "goods without a lot"
            message = f"no receipt stands for {name}, of which {plain(found.quantity)} lie there"
            yield Difference("LOT-UNKNOWN", keeper, lot, unit=unit, expected="a receipt",
                             found=plain(found.quantity), message=message)  # fmt: skip


def _lot(keeper: int, lot: str, receipts: LotOnLedger, units: Mapping[str, Told]) -> Iterator[Difference]:
    unit = unit_of(receipts.unit)
    live, nominal = receipts.goods(receipts.stored), receipts.goods(receipts.live)
    if live < nominal:
        message = f"{lot}: {plain(live)} are in store by the ledger, and receipts stand for {plain(nominal)}"
        yield Difference("RECEIPTS-SHORT", keeper, lot, unit=unit, expected=plain(nominal), found=plain(live),
                         message=message)  # fmt: skip
    for other, found in units.items():
        if other != unit and found.anything:
            message = f"{lot} is told in {other or 'no unit'}, its receipts count in {unit}"
            yield Difference(
                "UNIT-DIFFERS", keeper, lot, unit=other, expected=unit, found=other, message=message
            )
    told = units.get(unit)
    if told is None:
        if live > 0:
            yield Difference("LOT-UNTOLD", keeper, lot, unit=unit, expected=plain(live), found="nothing",
                             message=f"receipts stand for {plain(live)}, and nothing is told of {lot}")  # fmt: skip
        return

    def differs(rule: str, expected: Fraction, found: Fraction, words: str) -> Difference:
        message = f"{lot}: {words}: {plain(found)}, receipts say {plain(expected)}"
        return Difference(
            rule, keeper, lot, unit=unit, expected=plain(expected), found=plain(found), message=message
        )

    if told.unnamed and live > 0:
        left = plain(told.quantity - told.unnamed)
        yield Difference("LOT-UNTOLD", keeper, lot, unit=unit, expected=plain(live), found=left,
                         message=f"{lot}: {_passed_over(told)}")  # fmt: skip
    if told.quantity < live:
        yield differs("STOCK-SHORT", live, told.quantity, "less lies there")
    elif told.quantity > live:
        yield differs("STOCK-OVER", live, told.quantity, "more lies there")
    if told.sound < min(live, told.quantity):
        yield differs("STOCK-DAMAGED", live, told.sound, "part of it is damaged, sound are")
    delivered = receipts.goods(receipts.delivered)
    came = live + delivered + receipts.goods(receipts.lost)
    # Who tells counts only says nothing of what came and left.
    if told.received and told.received != came:
        yield differs("RECEIVED-DIFFERS", came, told.received, "another amount has come")
    if (told.received or told.shipped) and told.shipped != delivered:
        yield differs("SHIPPED-DIFFERS", delivered, told.shipped, "another amount has left")
    if (told.quantity * 10**receipts.decimals).denominator != 1:
        digits = f"{receipts.decimals} decimals"
        yield Difference("QUANTITY-PRECISION", keeper, lot, unit=unit, expected=digits, found=plain(told.quantity),
                         message=f"{lot}: {plain(told.quantity)} is finer than its receipts count")  # fmt: skip
