"""Valuations against the ledger and what lenders registered: which are taken, and which a lot's lending rate is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.words import SETTLED, SPENT
from gateway.db import links, margin_tables
from gateway.db import tables as ledger
from gateway.db.goods_tables import lots
from gateway.db.own_valuations import valuations
from gateway.db.valuations import ValuationBook, kept_of
from gateway.domain.calendar import day_of_iso
from gateway.domain.goods_units import unit_code
from gateway.domain.valuation import (
    Circumstances,
    Model,
    Objection,
    Valuation,
    ValuationTerms,
    objections,
    registered,
)
from gateway.problems import Problem
from gateway.risk import parameters
from gateway.risk.book import Declarations
from gateway.risk.facts import groups
from gateway.schemas.valuations import ValuationDocument
from gateway.services.doctor import Discrepancy
from gateway.services.valuations import KEEPS, Kept, describe, evidence_of, rate, refuse, valuation_of

MODEL = "valuation model"
"""The kind of declaration by which lenders register versions."""

Stand = tuple[Kept, Sequence[Objection]]
"""A valuation with the rules that it breaks on a day."""


class Appraisals:
    """Valuations of lots as they stand on a day, with the ledger of now and with what lenders registered."""

    def __init__(self, connection: Connection, day: int) -> None:
        self._connection = connection
        self._day = day
        self._book = ValuationBook(connection)
        self._groups = groups(connection)
        self._models = [
            Model(each.party, each.fields["model"], each.fields["version"], *_days_of(each.fields))
            for each in Declarations(connection).of(MODEL)
        ]
        self._numbers = model_numbers(connection)
        self._terms_on = cache(partial(parameters.valuation, connection))
        self._interested_in = cache(self._interested)
        self._standing = cache(self._standing_of)

    def take(self, document: ValuationDocument, now: int) -> dict[str, Any]:
        """Keep a valuation that breaks no rule; the same document again changes nothing. `now`: seconds since 1970.

        Raises Problem: the rule that is broken, the document's field at fault, and under `errors` all of them.
        """
        self._book.wait_for_turn()
        kept = self._book.find(evidence_of(document).removeprefix("0x"))
        if kept is None:
            lot = self._lot_of(document)
            before = self._book.of_lot(lot.lot)
            kept = rate(document, lot.decimals, before, self._terms(valuation_of(document)))
            refuse(self._objections(kept.valuation, lot.decimals, before))
            self._book.add(kept, now)
        return self.shown(kept)

    def shown(self, kept: Kept) -> dict[str, Any]:
        """A valuation as it stands."""
        models = self.models(kept)
        rows = valued_under(self._connection, kept.valuation.lot)
        facilities = [row.facility for row in rows if stands_on(row, kept, self.number_for(kept, row.lender))]
        return describe(kept, list(models.items()), self.broken(kept), facilities, counts=self.counts(kept))

    def models(self, kept: Kept) -> Mapping[int, int]:
        """The lenders that registered the model by which goods were valued, with its number on the ledger."""
        return {
            lender: self._numbers[lender, kept.valuation.model, kept.valuation.version]
            for lender in registered(kept.valuation, self._models)
        }

    def number_for(self, kept: Kept, lender: int) -> int | None:
        """What the ledger calls the model for a lender, registered still or not; None where it never was."""
        return self._numbers.get((lender, kept.valuation.model, kept.valuation.version))

    def broken(self, kept: Kept) -> Sequence[Objection]:
        """The rules that a valuation breaks on the day."""
        return self._standing(kept.valuation.lot)[kept.valuation.sha256][1]

    def counts(self, kept: Kept) -> bool:
        """Whether a lot's lending rate is of this valuation."""
        return kept.valuation == _newest(self._standing(kept.valuation.lot).values())

    def counting(self, lot: int) -> Kept | None:
        """The valuation of which a lot's lending rate is; None where none holds."""
        return next((kept for kept, _ in self._standing(lot).values() if self.counts(kept)), None)

    def _standing_of(self, lot: int) -> Mapping[str, Stand]:
        """Every valuation of a lot by its hash, with the rules that it breaks."""
        row = self._connection.execute(select(lots).where(lots.c.lot == lot)).one()
        return {
            each.valuation.sha256: (each, self._objections(each.valuation, row.decimals))
            for each in self._book.of_lot(lot)
        }

    def _lot_of(self, document: ValuationDocument) -> Row[Any]:
        found = valuation_of(document)
        lot = self._connection.execute(select(lots).where(lots.c.lot == found.lot)).one_or_none()
        if lot is None:
            raise Problem("UNKNOWN_ROOT", "no such lot", field="lot", lot=document.lot)
        unit = unit_code(lot.unit)
        if document.price.unit != unit:
            raise Problem(
                "VALUATION-UNIT", "the price is for another unit than the lot counts: nothing is converted",
                field="price.unit", found=document.price.unit, expected=unit, keeps=KEEPS,
            )  # fmt: skip
        if document.appraiser not in self._groups:
            raise Problem("PARTY-UNKNOWN", "the appraiser is not admitted", field="appraiser")
        return lot

    def _objections(
        self, found: Valuation, decimals: int, before: Sequence[Kept] = ()
    ) -> Sequence[Objection]:
        mine = [each.valuation.day for each in before if each.valuation.appraiser == found.appraiser]
        seen = Circumstances(
            today=self._day,
            decimals=decimals,
            models=self._models,
            before=max(mine, default=None),
            currency=before[0].valuation.currency if before else "",
            group=self._groups[found.appraiser],
            interested=self._interested_in(found.lot),
        )
        return objections(found, seen, self._terms(found))

    def _terms(self, found: Valuation) -> ValuationTerms:
        """The rule as it bound on the day of the valuation: a later version changes nothing about it (DEC-15)."""
        return self._terms_on(found.day)

    def _interested(self, lot: int) -> frozenset[int]:
        """Groups of those who hold receipts of a lot, and of lenders and borrowers that these are locked for."""
        title, facility = ledger.titles.c, ledger.facilities.c
        query = (
            select(title.holder, facility.lender, facility.borrower)
            .outerjoin(ledger.facilities, facility.facility == title.lock)
            .where(title.root == lot, title.flags.op("&")(SPENT | SETTLED) == 0)
        )
        parties = {party for row in self._connection.execute(query) for party in row if party is not None}
        return frozenset(self._groups[party] for party in parties)


def _newest(found: Iterable[Stand]) -> Valuation | None:
    """The valuation that a lot's lending rate is of: of those that break no rule the last of the latest day."""
    sound = [each.valuation for each, broken in found if not broken]
    return max(reversed(sound), key=lambda each: each.day, default=None)


def model_numbers(connection: Connection) -> Mapping[tuple[int, str, str], int]:
    """What the ledger calls a version of a model, by lender, model and version: the place of its first registration in
    the book of declarations. It stays whatever is registered or withdrawn later.
    """
    declared = Declarations(connection).of(MODEL, withdrawn=True)
    return {
        (each.party, each.fields["model"], each.fields["version"]): each.place
        for each in sorted(declared, key=lambda each: each.place, reverse=True)
    }


def valued_under(connection: Connection, lot: int) -> Sequence[Row[Any]]:
    """How the ledger has a lot under each facility for which it was valued, with the facility's lender."""
    table, facility = margin_tables.pledged_lots, ledger.facilities.c
    query = select(table, facility.lender).join(ledger.facilities, facility.facility == table.c.facility)
    mine = (table.c.lot == lot) & (table.c.valued_day > 0)
    return connection.execute(query.where(mine).order_by(table.c.facility)).all()


def stands_on(row: Any, kept: Kept, number: int | None) -> bool:
    """Whether what the ledger has of a lot under a facility is this valuation; `number` is that of its model there."""
    told = (row.rate, row.valued_day, row.model)
    return number is not None and told == (kept.lending_rate, kept.valuation.day, number)


def _days_of(fields: Mapping[str, str]) -> tuple[int, int]:
    return day_of_iso(fields["first"]), day_of_iso(fields["last"])


def valuation_discrepancies(connection: Connection) -> Iterator[Discrepancy]:
    """Where the book of valuations was altered, for the doctor to name: rows that do not hang together, and rates that
    do not follow from the documents."""
    rows = list(connection.execute(select(valuations).order_by(valuations.c.place)))
    for each in links.broken(connection, links.VALUATIONS, [dict(row._mapping) for row in rows]):
        name = "book valuations" if each.row is None else f"valuation 0x{each.row['sha256']}"
        yield Discrepancy(name, each.column, each.found, each.right, "by the valuations before it")
    decimals = {row.lot: row.decimals for row in connection.execute(select(lots.c.lot, lots.c.decimals))}
    before: dict[int, list[Kept]] = {}
    for row in rows:
        kept = kept_of(row)
        earlier = before.setdefault(row.lot, [])
        terms = parameters.valuation(connection, kept.valuation.day)
        right = rate(kept.document, decimals[row.lot], earlier, terms)
        told = {
            "sha256": (row.sha256, right.valuation.sha256), "lot": (row.lot, right.valuation.lot),
            "day": (row.day, right.valuation.day), "rate": (row.rate, right.rate),
            "lending_rate": (row.lending_rate, right.lending_rate),
        }  # fmt: skip
        for column, (found, expected) in told.items():
            if found != expected:
                name = f"valuation 0x{row.sha256}"
                yield Discrepancy(name, column, str(found), str(expected), "follows from its document")
        earlier.append(replace(kept, rate=right.rate, lending_rate=right.lending_rate))
