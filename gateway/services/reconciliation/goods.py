"""The day end of goods: what receipts stand for, what the ledger has in store, and what each keeper tells, lot by lot.

Goods are compared as they stood at the end of the day. What keepers do not agree on among their own tellings, or with
the receipts, becomes a difference like any other of the day end, and so does a word that has not come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.domain import stock
from gateway.domain.calendar import iso
from gateway.domain.matching_units import unit_of
from gateway.domain.stock_comparison import LotOnLedger, Told, doubts_of, told_of
from gateway.domain.stock_feeds import FeedTerms, Heartbeat
from gateway.domain.stock_lending import Counting, Lendable, lendable, not_counted, not_put_right
from gateway.domain.stock_rules import STOCK_RULES
from gateway.ports.receipts import Receipts
from gateway.services.reconciliation.books import Difference
from gateway.services.stock import Word

WORD_LATE, COUNT_LATE = "WORD-LATE", "COUNT-LATE"

GOODS_RULES: Mapping[str, str] = {
    **STOCK_RULES,
    WORD_LATE: "A keeper's word came by the day on which it was due (GI-55-feed).",
    COUNT_LATE: "A lot was counted by the day on which it was due (GI-55-count).",
}
"""Every name a difference of goods can have."""


@dataclass(frozen=True, slots=True)
class LotFigure:
    """One lot in each book. `told` is what its keeper tells in the lot's unit, None for nothing; `rules` are those of
    the differences about it; `count` says how its counts stand (GI-55-count)."""

    keeper: int
    lot: str
    receipts: LotOnLedger
    told: Told | None
    lendable: Lendable
    rules: tuple[str, ...]
    count: Heartbeat


@dataclass(frozen=True, slots=True)
class KeeperWord:
    """How a keeper's word stands; `lots` is how many lots there receipts stand for."""

    keeper: int
    beat: Heartbeat
    lots: int


@dataclass(frozen=True, slots=True)
class Goods:
    """What the day end found of goods."""

    lots: tuple[LotFigure, ...]
    words: tuple[KeeperWord, ...]
    differences: tuple[Difference, ...]


def reconcile_goods(word: Word, receipts: Receipts, terms: FeedTerms, counting: Counting) -> Goods:
    """Compare what keepers told, as of the end of the day of `counting`, with the receipts of then; `terms` are those
    of keepers' words."""
    day = counting.day
    lots = {keeper: receipts.lots(keeper) for keeper in sorted(receipts.keepers())}
    words = tuple(_words(word, lots))
    differences = [*(_named(each, day) for each in word.differences), *_late(words, day)]
    figures = tuple(
        figure for keeper in lots for figure in _figures(word, keeper, lots[keeper], terms, counting)
    )
    differences += [found for each in figures for found in _uncounted(each)]
    return Goods(figures, words, tuple(_once_each(differences)))


def _figures(
    word: Word, keeper: int, lots: Mapping[str, LotOnLedger], terms: FeedTerms, counting: Counting
) -> Iterator[LotFigure]:
    refused = list(not_put_right(word.refused.get(keeper, ()), counting.day, terms))
    told, beat = told_of(keeper, word.stock), word.heartbeats[keeper]
    rules: dict[str, set[str]] = defaultdict(set)
    for each in word.differences:
        if each.keeper == keeper:
            rules[each.lot].add(each.rule)
    for name, receipts in sorted(lots.items()):
        unit = unit_of(receipts.unit)
        here = told.get((name, unit))
        if not receipts.live and not rules[name] and (here is None or not here.quantity):
            continue  # all of it was handed over, and nobody says otherwise
        count = counting.of(keeper, receipts, here)
        if count.missed and receipts.live:
            rules[name].add(COUNT_LATE)
        can_be = lendable(receipts, here, beat, doubts_of(told, name, unit), (*not_counted(count), *refused))
        yield LotFigure(keeper, name, receipts, here, can_be, tuple(sorted(rules[name])), count)


def _words(word: Word, lots: Mapping[int, Mapping[str, LotOnLedger]]) -> Iterator[KeeperWord]:
    for keeper, beat in sorted(word.heartbeats.items()):
        yield KeeperWord(keeper, beat, sum(each.live > 0 for each in lots.get(keeper, {}).values()))


def _late(words: Iterable[KeeperWord], day: int) -> Iterator[Difference]:
    """Words that have not come, of keepers on whose goods anybody relies; each ages from the day it was due."""
    for each in words:
        if not each.beat.missed or not each.lots:
            continue
        due, last = each.beat.due_day, each.beat.last_day
        expected = "a word" if due is None else f"a word by {iso(due)}"
        found = "none" if last is None else f"the last of {iso(last)}"
        item = f"keeper {each.keeper}"
        yield Difference(
            WORD_LATE, "", "", item, day if due is None else due, "", 0, item, expected, found,
            f"{item}, whose receipts stand for {each.lots} lots, has not been heard of",
        )  # fmt: skip


def _uncounted(figure: LotFigure) -> Iterator[Difference]:
    """A count that has not come, of a lot on which anybody relies; it ages from the day it was due."""
    due, last = figure.count.due_day, figure.count.last_day
    if COUNT_LATE in figure.rules and due is not None and last is not None:
        item = f"keeper {figure.keeper}, lot {figure.lot}"
        yield Difference(
            COUNT_LATE, "", "", item, due, "", 0, figure.lot, f"a count by {iso(due)}", f"the last of {iso(last)}",
            f"{figure.lot} was to be counted by {iso(due)}, and nobody says that it was since {iso(last)}",
        )  # fmt: skip


def _named(each: stock.Difference, day: int) -> Difference:
    told = {"lot": each.lot, "place": each.place, "unit": each.unit, "of": each.subject}
    item = ", ".join([f"keeper {each.keeper}", *(f"{name} {value}" for name, value in told.items() if value)])
    return Difference(
        each.rule, "", "", item, day, "", 0, each.lot or each.subject, each.expected, each.found, each.message
    )


def _once_each(differences: Sequence[Difference]) -> Iterator[Difference]:
    """Differences by what they are known by; two sensors that raise an alarm in one event are one."""
    known: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for each in differences:
        known[each.rule, each.item].append(each)
    for found in known.values():
        expected, told, sentences = (
            "; ".join(sorted(set(parts)))
            for parts in zip(*((each.expected, each.found, each.sentence) for each in found), strict=True)
        )
        yield replace(found[0], expected=expected, found=told, sentence=sentences)
