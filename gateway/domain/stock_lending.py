"""How much of a lot may be lent against on a day: what its receipts stand for, less what nobody can rely on.

Cuts, each of what the one before left: what the ledger knows to be missing, what the keeper's own feed does not tell to
lie there sound, what is doubtful of what it tells, and what a feed or a count that stays away no longer vouches for
(GI-55-feed, GI-55-count). A cut lowers what may be drawn from then on; it takes nothing back of what was drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor

from gateway.domain.calendar import day_of, iso
from gateway.domain.matching_units import unit_of
from gateway.domain.stock_comparison import Doubt, LotOnLedger, Told
from gateway.domain.stock_feeds import FeedTerms, Heartbeat, RefusedFeed, drawable, heartbeat, unanswered
from gateway.domain.trade import plain


@dataclass(frozen=True, slots=True)
class Cut:
    """One reason why less may be lent against: the rule, by how much (integers of the lot, above 0), and why."""

    rule: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Lendable:
    """A lot as security. `live` is what its receipts stand for, in integers of the lot."""

    live: int
    cuts: tuple[Cut, ...]

    @property
    def quantity(self) -> int:
        """What of the lot may be lent against."""
        return self.live - sum(each.quantity for each in self.cuts)

    def of(self, quantity: int) -> int:
        """What may be lent against of a receipt for `quantity` of the lot: every receipt bears the same part of each
        cut, as it would of a shortage; rounded down."""
        return quantity * self.quantity // self.live if self.live else 0


@dataclass(frozen=True, slots=True)
class Lapse:
    """What was due and has not come: the rule, how it stands on the day, and the reason."""

    rule: str
    beat: Heartbeat
    reason: str


def not_put_right(feeds: Sequence[RefusedFeed], day: int, terms: FeedTerms) -> Iterator[Lapse]:
    """What a keeper's files that were not used whole do to all that it keeps, until they are put right."""
    beat = unanswered(feeds, day, terms)
    if beat is not None:
        yield Lapse("FEED-EXCEPTION", beat, f"{feeds[0].reason}: {beat.percent} percent may be drawn on")


@dataclass(frozen=True, slots=True)
class Counting:
    """In what rhythm lots are to be counted by a day (GI-55-count); `rhythms` are the days from one count to the next
    of keepers with whom another than the rule's was agreed."""

    day: int
    terms: FeedTerms
    rhythms: Mapping[int, int]

    def of(self, keeper: int, lot: LotOnLedger, told: Told | None) -> Heartbeat:
        """How the counts of a lot stand: by the last that its keeper tells of all that lies there, or that stands on
        the ledger; a lot that nobody counted counts from the day on which it was stored."""
        count = None if told is None else told.counted_all
        last = lot.seen_day if count is None else max(lot.seen_day, day_of(int(count.timestamp())))
        return heartbeat(last, self.day, self.terms, self.rhythms.get(keeper))


def not_counted(beat: Heartbeat) -> Iterator[Lapse]:
    """What a count that was due and has not come does to its lot."""
    if beat.missed and beat.last_day is not None:
        late = "1 day" if beat.late_days == 1 else f"{beat.late_days} days"
        reason = f"nobody says to have counted the lot since {iso(beat.last_day)}, which is {late} late"
        yield Lapse("GI-55-count", beat, f"{reason}: {beat.percent} percent may be drawn on")


def lendable(
    lot: LotOnLedger,
    told: Told | None,
    beat: Heartbeat,
    doubts: Iterable[Doubt] = (),
    lapses: Iterable[Lapse] = (),
) -> Lendable:
    """What of a lot may be lent against. `told` is what its keeper tells of it in the lot's own unit, None for nothing;
    `beat` how that keeper's word stands on the day; `doubts` what may not be so as it is told; `lapses` what else that
    was due has not come. Of words that are late the latest counts: percents are not taken of one another."""
    cuts: list[Cut] = []
    left = lot.live
    doubtful = ((each.rule, floor(each.most * 10**lot.decimals), each.reason) for each in doubts)
    for rule, most, reason in (*_bounds(lot, told), *doubtful):
        if most < left:
            cuts.append(Cut(rule, left - most, reason))
            left = most
    vouched = left
    for lapse in (Lapse("GI-55-feed", beat, silence(beat)), *lapses):
        relied_on = drawable(vouched, lapse.beat)
        if relied_on < left:
            cuts.append(Cut(lapse.rule, left - relied_on, lapse.reason))
            left = relied_on
    return Lendable(lot.live, tuple(cuts))


def without(lot: Lendable, rule: str, reason: str) -> Lendable:
    """The lot when nothing of what is left of it may be lent against."""
    return Lendable(lot.live, (*lot.cuts, Cut(rule, lot.quantity, reason))) if lot.quantity else lot


def _bounds(lot: LotOnLedger, told: Told | None) -> Iterator[tuple[str, int, str]]:
    """Rule, what at most may be relied on by it (integers of the lot, rounded down), and why."""
    unit = unit_of(lot.unit)
    live, stored = plain(lot.goods(lot.live)), plain(lot.goods(lot.stored))
    yield "RECEIPTS-SHORT", lot.stored, f"receipts stand for {live} {unit}, and {stored} are in store"
    if told is None:
        yield "LOT-UNTOLD", 0, "the keeper tells nothing of the lot in its unit"
        return
    whole = 10**lot.decimals
    here = f"the keeper tells of {plain(told.quantity)} {unit}"
    yield "STOCK-SHORT", max(0, floor(told.quantity * whole)), here
    yield "STOCK-DAMAGED", floor(told.sound * whole), f"{here}, of which {plain(told.sound)} are sound"


def silence(beat: Heartbeat) -> str:
    """How a word that was due stays away."""
    if beat.last_day is None:
        return "the keeper never sent a word"
    late = "1 day" if beat.late_days == 1 else f"{beat.late_days} days"
    return f"the keeper's word is {late} late: {beat.percent} percent may be drawn on"
