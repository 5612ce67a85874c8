"""From an appraiser's document to a lending rate, and a valuation as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any

import rfc8785

from gateway.domain.calendar import day_of_date
from gateway.domain.valuation import (
    Objection,
    Rated,
    Valuation,
    ValuationTerms,
    lending_rate,
)
from gateway.ids import format_id, parse_id
from gateway.money import exponent
from gateway.problems import Problem
from gateway.schemas.valuations import ValuationDocument

KEEPS = "CC-433/436"
"""The law that the rules of valuations keep."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A valuation that was taken: its document, the rate that follows from it, and the one that counts."""

    document: ValuationDocument
    valuation: Valuation
    rate: int
    lending_rate: int

    @property
    def rated(self) -> Rated:
        """What later rates of the lot rise from."""
        return Rated(self.lending_rate, self.valuation.day)


def canonical(document: ValuationDocument) -> bytes:
    """The bytes that are hashed, whoever writes them (RFC 8785)."""
    return rfc8785.dumps(document.model_dump(mode="json"))


def evidence_of(document: ValuationDocument) -> str:
    """What the ledger bears of the document: SHA-256 in hexadecimal."""
    return "0x" + sha256(canonical(document)).hexdigest()


def valuation_of(document: ValuationDocument) -> Valuation:
    """What a document says. Raises Problem(ID-FORM, VALUATION-DAY)."""
    try:
        first, last = day_of_date(document.valued), day_of_date(document.valid_until)
    except ValueError as error:
        raise Problem("VALUATION-DAY", str(error), field="valued", keeps=KEEPS) from None
    return Valuation(
        lot=parse_id(document.lot),
        appraiser=document.appraiser,
        currency=document.price.currency,
        price=Fraction(document.price.amount) * 10 ** exponent(document.price.currency),
        haircut_bps=document.haircut_bps,
        model=document.model.name,
        version=document.model.version,
        day=first,
        last_day=last,
        sha256=evidence_of(document).removeprefix("0x"),
    )


def rate(document: ValuationDocument, decimals: int, before: Iterable[Kept], terms: ValuationTerms) -> Kept:
    """A valuation with its rates; `before` are those of the lot that were taken earlier, in the order in which they
    came, and `decimals` those of the lot's unit."""
    found = valuation_of(document)
    earlier = sorted(
        (each.rated for each in before if each.valuation.day <= found.day), key=lambda each: each.day
    )
    own = found.rate(decimals)
    return Kept(document, found, own, lending_rate(own, found.day, earlier[-1] if earlier else None, terms))


def refuse(broken: Sequence[Objection]) -> None:
    """Raise Problem for a valuation that breaks a rule, with every rule that it breaks."""
    if broken:
        first = broken[0]
        errors = [describe_objection(each) for each in broken]
        raise Problem(str(first.fault), first.sentence, field=first.field, keeps=KEEPS, errors=errors)


def describe_objection(broken: Objection) -> dict[str, str]:
    """A rule that is broken, as people read it."""
    return {"rule": str(broken.fault), "field": broken.field, "message": broken.sentence}


def describe(
    kept: Kept, models: Sequence[tuple[int, int]], broken: Sequence[Objection], facilities: Sequence[int], *,
    counts: bool,
) -> dict[str, Any]:  # fmt: skip
    """A valuation and how it stands. `models`: by whom its model is registered, and under which number; `facilities`:
    under which the ledger counts the lot by it.
    """
    document = kept.document
    return {
        "evidence": evidence_of(document), "lot": format_id(kept.valuation.lot), "appraiser": document.appraiser,
        "price": document.price.amount, "currency": document.price.currency, "unit": document.price.unit,
        "haircut_bps": document.haircut_bps, "model": document.model.name, "version": document.model.version,
        "valued": document.valued.isoformat(), "valid_until": document.valid_until.isoformat(),
        "source": document.source, "rate": str(kept.rate), "lending_rate": str(kept.lending_rate),
        "models": [{"lender": lender, "number": number} for lender, number in models],
        "facilities": list(facilities), "counts": counts, "objections": [describe_objection(each) for each in broken],
    }  # fmt: skip
