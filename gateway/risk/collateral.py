"""Goods that secure a facility, as they stand: what they count for on the ledger, and what of that can be relied on.

The ledger counts a lot by what was valued and found there. It does not hear of keepers' daily words: what these do not
bear out, or a word or count that stays away, is cut here from what may be drawn, and from nothing else (GI-55-feed,
GI-55-count).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gateway.db.goods_tables import lots
from gateway.db.receipts import LedgerReceipts
from gateway.db.standing import facility_with_goods
from gateway.db.stock import StockBook
from gateway.db.vehicles import Vehicle, VehicleBook
from gateway.domain import coverage, quotes
from gateway.domain.coverage import Cover, Thresholds
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_records import UNITS, GoodsTerms, MarginState, Mark, PledgedLot
from gateway.domain.margin_values import worth
from gateway.domain.matching_units import unit_of
from gateway.domain.reasons import explain
from gateway.domain.records import Facility
from gateway.domain.stock_comparison import LotOnLedger, doubts_of, told_of
from gateway.domain.stock_feeds import Heartbeat, Rhythms
from gateway.domain.stock_lending import (
    Counting,
    Lendable,
    lendable,
    not_counted,
    not_put_right,
    silence,
    without,
)
from gateway.domain.valuation import value_of
from gateway.ids import format_id
from gateway.risk import parameters
from gateway.risk.book import Head
from gateway.risk.custody import RULE as CUSTODY
from gateway.risk.custody import Custody, custody_of
from gateway.services.stock import word_of

FEED = "GI-55-feed"
"""The rule of keepers' words that stay away."""


@dataclass(frozen=True, slots=True)
class Halt:
    """Why nothing is drawn under a facility, whatever the amount."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LotBehind:
    """A lot that was valued for a facility, whether or not any of it is pledged there; `beat` is how its keeper's word
    stands.
    """

    number: int
    keeper: int
    pledged: PledgedLot
    on_ledger: LotOnLedger
    lendable: Lendable
    beat: Heartbeat
    vehicle: Vehicle | None = None
    custody: Custody | None = None

    @property
    def relied_on(self) -> int:
        """What of the quantity pledged may be lent against, in the lot's smallest units."""
        return self.lendable.of(self.pledged.quantity)

    @property
    def cut(self) -> int:
        """By how much less it may be lent on than it counts for on the ledger, in minor units."""
        return max(0, self.pledged.value - value_of(self.relied_on, self.pledged.rate))

    @property
    def why_cut(self) -> Halt:
        """Why it is: a word that stays away, else what the word, or the ledger, does not bear out."""
        lot = format_id(self.number)
        if self.beat.missed:
            return Halt(FEED, f"keeper {self.keeper} of lot {lot} missed its heartbeat: {silence(self.beat)}")
        first = self.lendable.cuts[0]
        return Halt(first.rule, f"keeper {self.keeper} of lot {lot}: {first.reason}")


@dataclass(frozen=True, slots=True)
class GoodsBehind:
    """A facility and the goods behind it on a day; `state` has the ledger's records of both."""

    number: int
    day: int
    state: LedgerState
    lots: tuple[LotBehind, ...]

    @property
    def facility(self) -> Facility:
        """The facility itself."""
        return self.state.facilities[self.number]

    @property
    def terms(self) -> GoodsTerms | None:
        """What was agreed of goods; None where nothing was."""
        return self.state.goods_terms.get(self.number)

    @property
    def mark(self) -> Mark:
        """How what is pledged stands on the ledger."""
        return self.state.mark_of(self.number)

    @property
    def cut(self) -> int:
        """What of the face value nobody can rely on today, in minor units."""
        return sum(each.cut for each in self.lots)

    @property
    def room(self) -> quotes.Room:
        """What may be drawn today: by the ledger, less what nobody can rely on."""
        return quotes.room(self.state, self.number, self.day, self.cut)

    @property
    def why_cut(self) -> Halt | None:
        """Why nobody can rely on all of it, by a missed heartbeat where there is one; None where all of it counts."""
        found = [each.why_cut for each in self.lots if each.cut]
        return min(found, key=lambda each: each.rule != FEED, default=None)

    @property
    def halt(self) -> Halt | None:
        """Why nothing is drawn today, whatever the amount: by the ledger, or because keepers' words bear out no more
        than is used.
        """
        room = self.room
        if room.blocked:
            explained = explain(room.blocked)
            return Halt(explained.rule_id, explained.sentence)
        if room.drawable:
            return None
        return self.why_cut if room.worth > room.used else None

    @property
    def cover(self) -> Cover:
        """Collateral as the ledger counts it, and what is owed; it decides by this whether a call is met."""
        return Cover(self.facility.face, self.facility.used)

    def thresholds(self, terms: GoodsTerms) -> Thresholds:
        """Coverage below which one warns, calls, and from which a call is met."""
        return coverage.of_facility(self.facility.advance_bps, terms.maintenance_bps)

    def stands(self, terms: GoodsTerms) -> coverage.State:
        """How the debt stands on its collateral; nothing is known of that once a valuation is old."""
        mark, cover = self.mark, self.cover
        known = cover if mark.fresh(self.day) else Cover(None, cover.owed)
        called = mark.day if mark.state is MarginState.CALLED else None
        return coverage.state(known, self.thresholds(terms), self.day, called)

    def top_up(self, terms: GoodsTerms, lot: LotBehind) -> int | None:
        """The least quantity of a lot that restores coverage when it is pledged as well, in its smallest units; None
        where no quantity does: nobody valued it for today, or none of it is in store.
        """
        if not lot.pledged.valued_day or lot.pledged.valid_until < self.day:
            return None
        # A lot that is short counts for what is in store of it, and more of its receipts would as well.
        probe = PledgedLot(quantity=UNITS, rate=lot.pledged.rate, valid_until=self.day)
        return coverage.top_up(
            self.cover, self.thresholds(terms), worth(self.state, lot.number, probe, self.day)
        )


def goods_behind(
    ledger: Connection, own: Connection, number: int, head: Head, rhythms: Rhythms
) -> GoodsBehind | None:
    """A facility and the goods behind it on the day of a block; None for an unknown facility.

    `ledger` has the ledger's tables as of the block `head`, `own` the gateway's own; of keepers' words those count that
    came by then. `rhythms` are those agreed with keepers.
    """
    state = facility_with_goods(ledger, number)
    if state is None:
        return None
    # Keepers go on sending words while a quiet chain seals no blocks: the latest block sees all that came. What is
    # dated after that has not happened yet.
    until = max(head.time, StockBook(own).last_received() if ledger is own else 0) + 1
    found = _lots(ledger, own, state, number, head, rhythms, until) if state.pledged_lots else ()
    return GoodsBehind(number, head.day, state, tuple(sorted(found, key=lambda each: each.number)))


def _lots(
    ledger: Connection, own: Connection, state: LedgerState, facility: int, head: Head, rhythms: Rhythms,
    until: int,
) -> Iterator[LotBehind]:  # fmt: skip
    valued = {lot: pledged for (_, lot), pledged in state.pledged_lots.items()}
    keepers = sorted({state.roots[lot].debtor for lot in valued})
    rows = [dict(row) for row in ledger.execute(select(lots).where(lots.c.keeper.in_(keepers))).mappings()]
    receipts, terms = LedgerReceipts(own, rows), parameters.feed(own, head.day)
    numbers = {row["lot"]: row["number_hash"].hex() for row in rows if row["lot"] in valued}
    vehicles = VehicleBook(own).of_numbers(numbers.values())
    counting = Counting(head.day, parameters.count(own, head.day), rhythms.counts)
    for keeper in keepers:
        word = word_of(StockBook(own), head.day, terms, rhythms.words, receipts, keeper, until=until)
        refused = list(not_put_right(word.refused.get(keeper, ()), head.day, terms))
        told, names, there = told_of(keeper, word.stock), receipts.names(keeper), receipts.lots(keeper)
        for lot in valued.keys() & names.keys():
            on_ledger = there[names[lot]]
            said = told.get((names[lot], unit_of(on_ledger.unit)))
            beat = word.heartbeats[keeper]
            doubts = doubts_of(told, names[lot], unit_of(on_ledger.unit))
            lapses = (*not_counted(counting.of(keeper, on_ledger, said)), *refused)
            can_be = lendable(on_ledger, said, beat, doubts, lapses)
            vehicle = vehicles.get(numbers[lot])
            custody = None if vehicle is None else custody_of(own, vehicle.hash, until=head.number)
            if vehicle is not None and (custody is None or custody.facility != facility):
                can_be = without(can_be, CUSTODY, "the control agent does not hold its certificate")
            yield LotBehind(lot, keeper, valued[lot], on_ledger, can_be, beat, vehicle, custody)
