"""Text of a document into exact values; everything that cannot be read becomes a finding, never a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cache

from iso4217 import Currency

from gateway.domain.trade import (
    FIRST_DATE,
    LAST_DATE,
    MAX_AMOUNT_MINOR,
    DocumentKind,
    Source,
    TradeDocument,
    plain,
)
from gateway.domain.trade_checks import check_document
from gateway.domain.trade_rules import Effect, Finding

_DECIMAL = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)
# Control characters, and what XML cannot carry: banks' messages could not name such a party.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNREAD_AMOUNTS = frozenset(
    {"NUMBER-FORMAT", "AMOUNT-MISSING", "AMOUNT-PRECISION", "AMOUNT-RANGE", "CURRENCY-MIXED"}
)
"""With an amount that could not be read, nothing adds up: only the first cause is told."""
MAX_NAME = 200
"""Longest number, name or reference, in characters."""


@cache
def minor_exponent(code: str) -> int | None:
    """ISO 4217 exponent of an active currency; None for unknown codes and for those without a minor unit."""
    try:
        exponent = Currency(code).exponent
    except ValueError:
        return None
    return None if exponent is None else int(exponent)


def shown(text: str) -> str:
    """A stranger's text as a finding shows it: printable, and not longer than a line."""
    clean = _UNPRINTABLE.sub("", text)
    return clean if len(clean) <= MAX_NAME else f"{clean[:MAX_NAME]}…"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One document read: `used`, or `refused` as far as it could be read, or neither; and its findings."""

    used: TradeDocument | None
    refused: TradeDocument | None
    findings: list[Finding]


class Checks:
    """Something being read: in which file, under which number, and what was found wrong so far."""

    def __init__(self, source: Source, number: str) -> None:
        self.source = source
        self.number = _UNPRINTABLE.sub("", number)[:MAX_NAME]
        self.findings: list[Finding] = []

    def note(
        self, rule: str, field: str, message: str, expected: str = "", found: str = "", line: str = ""
    ) -> None:
        """Record that a rule is broken."""
        self.findings.append(
            Finding(self.source.file, self.number, line, rule, field, message, shown(expected), shown(found))
        )

    @property
    def refused(self) -> bool:
        """Whether anything found so far keeps it from being used."""
        return any(finding.effect is Effect.REFUSE for finding in self.findings)

    def required(self, text: str, field: str, line: str = "", rule: str = "FIELD-MISSING") -> str:
        """`text`, noting that the field is missing when it is empty."""
        if not text:
            self.note(rule, field, f"{field} is missing", "a value", "nothing", line)
        return text

    def name(self, text: str, field: str, line: str = "") -> str:
        """A number, name or reference as it may be stored and sent on; noted when it may not."""
        clean = _UNPRINTABLE.sub("", text)
        if clean != text:
            message = f"{field} holds control characters"
            self.note("TEXT-FORM", field, message, "printable characters", repr(text[:40]), line)
        if len(clean) > MAX_NAME:
            message, found = f"{field} is too long", f"{len(text)} characters"
            self.note("TEXT-FORM", field, message, f"at most {MAX_NAME} characters", found, line)
        return clean[:MAX_NAME]

    def decimal(self, text: str, field: str, line: str = "") -> Fraction | None:
        """An exact number; None when empty or not a plain decimal."""
        if not text:
            return None
        if not _DECIMAL.fullmatch(text):
            message = f"{field} is not a plain decimal number"
            self.note("NUMBER-FORMAT", field, message, "digits with an optional point", text[:60], line)
            return None
        return Fraction(text)

    def date(self, text: str, field: str, line: str = "") -> date | None:
        """A calendar day; a time zone after it is not used. None when empty or not a real day."""
        if not text:
            return None
        match = _DATE.fullmatch(text)
        try:
            day = date.fromisoformat(match[1]) if match else None
        except ValueError:
            day = None
        if day is None:
            self.note("DATE-FORMAT", field, f"{field} is not a calendar day", "YYYY-MM-DD", text[:40], line)
        elif not FIRST_DATE <= day <= LAST_DATE:
            expected = f"{FIRST_DATE.isoformat()} to {LAST_DATE.isoformat()}"
            self.note("DATE-RANGE", field, f"{field} is no day of today's trade", expected, text[:40], line)
            day = None
        return day


class Reading(Checks):
    """One document being read: what currency it is in beside."""

    def __init__(self, source: Source, kind: DocumentKind, number: str, number_field: str = "number") -> None:
        super().__init__(source, number)
        self.kind = kind
        self.currency = ""
        self.exponent = 0
        self.name(number, number_field)

    def scaled(self, text: str, field: str, line: str = "") -> Fraction | None:
        """A unit price, in minor units of the document's currency; it may be finer than a minor unit."""
        value = self.decimal(text, field, line)
        return None if value is None else value * 10**self.exponent

    def amount(self, text: str, field: str, line: str = "", currency: str = "") -> int | None:
        """An amount in minor units of the document's currency; None when empty or refused."""
        value = self.decimal(text, field, line)
        if value is None:
            return None
        if currency and self.currency and currency != self.currency:
            message = f"{field} is not in the document's currency"
            self.note("CURRENCY-MIXED", field, message, self.currency, currency, line)
            return None
        minor = value * 10**self.exponent
        if minor.denominator != 1:
            message = f"{field} is finer than the minor unit of {self.currency}"
            self.note("AMOUNT-PRECISION", field, message, f"{self.exponent} decimals", text, line)
            return None
        if abs(minor) > MAX_AMOUNT_MINOR:
            limit = plain(Fraction(MAX_AMOUNT_MINOR, 10**self.exponent))
            self.note("AMOUNT-RANGE", field, f"{field} is too large", f"at most {limit}", text, line)
            return None
        return int(minor)

    def set_currency(self, stated: str, field: str, used: set[str], *, needed: bool) -> None:
        """Settle the document's currency: as stated or, when it states none, the one all amounts carry."""
        code = stated
        if not code and len(used) == 1:
            code = next(iter(used))
        if not code:
            if needed:
                found = ", ".join(sorted(used)) or "nothing"
                self.note(
                    "CURRENCY-MISSING", field, "the document states no currency", "ISO 4217 code", found
                )
            return
        exponent = minor_exponent(code)
        if exponent is None:
            message = f"{code[:20]} is not an active ISO 4217 currency with a minor unit"
            self.note("CURRENCY-UNKNOWN", field, message, "ISO 4217 code", code[:20])
            return
        self.currency, self.exponent = code, exponent

    def finish(self, document: TradeDocument | None, fields: Mapping[str, str]) -> Outcome:
        """Check the document's arithmetic; it is used only if nothing refuses it."""
        if document is None:
            return Outcome(None, None, self.findings)
        document = replace(document, currency=self.currency, exponent=self.exponent)
        if not any(finding.rule in _UNREAD_AMOUNTS for finding in self.findings):
            self.findings.extend(check_document(document, fields))
        if self.refused:
            return Outcome(None, document, self.findings)
        return Outcome(document, None, self.findings)
