"""What persons declare beside the ledger: the kinds of declaration, their fields, and who signs each.

A declaration is signed like an act (EIP-712, every field readable), under a domain of its own: it moves nothing and
can never be taken for an act. Every field is text; `read` brings it into one form and refuses what has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from gateway.domain.calendar import day_of_iso
from gateway.domain.closed_loop import Flow
from gateway.domain.exposure import Dimension
from gateway.domain.finance import Bearer, Form
from gateway.domain.goods_units import unit_number
from gateway.domain.ladder import Step
from gateway.domain.priority import INSTRUMENTS, Thing
from gateway.domain.records import Role
from gateway.domain.stopping import Source
from gateway.ids import parse_id
from gateway.money import exponent, number_of
from gateway.problems import Problem

_HEX = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _Wrong(ValueError):
    """What is wrong with a field's text."""


Reader = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, how its text is read, and whether it may be empty."""

    name: str
    read: Reader
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of declaration. `party` is the field that says who declares; `roles` has one entry for each person who
    signs, any bit of which will do; `subject` is the field it is looked up by, `day` the one it takes effect on, and
    `amount` the one that the last signer's mandate must reach.
    """

    name: str
    struct: str
    party: str
    roles: tuple[Role, ...]
    subject: str
    fields: tuple[Field, ...]
    day: str = ""
    amount: str = ""

    @property
    def types(self) -> list[dict[str, str]]:
        """The EIP-712 type: all text."""
        return [{"name": field.name, "type": "string"} for field in self.fields]


# ── Reading fields ──────────────────────────────────────────────────────────────────────────────────────────────────


def _whole(least: int, most: int) -> Reader:
    def read(text: str) -> str:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise _Wrong(f"a whole number from {least} to {most} is expected")
        return str(int(text))

    return read


def _id(text: str) -> str:
    try:
        return str(parse_id(text))
    except Problem as problem:
        raise _Wrong(problem.sentence) from None


def _text(most: int) -> Reader:
    def read(text: str) -> str:
        if len(text) > most or _CONTROL.search(text):
            raise _Wrong(f"one line of at most {most} characters is expected")
        return text

    return read


def _hash(text: str) -> str:
    if not _HEX.fullmatch(text):
        raise _Wrong("32 bytes in hexadecimal are expected")
    return "0x" + text.removeprefix("0x").lower()


def _day(text: str) -> str:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            day_of_iso(text)
            return text
    except ValueError:
        pass
    raise _Wrong("a calendar day is expected, written YYYY-MM-DD")


def _instant(text: str) -> str:
    try:
        found = datetime.fromisoformat(text.upper())
        if found.tzinfo is not None:
            return found.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        pass
    raise _Wrong("an instant with its offset is expected (RFC 3339)")


def _currency(text: str) -> str:
    try:
        number_of(text)
    except (ValueError, KeyError):
        raise _Wrong("a currency of ISO 4217 is expected") from None
    return text


def _amount(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,4})?", text):
        raise _Wrong("an amount is expected, decimal text")
    return text


def _quantity(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,6})?", text):
        raise _Wrong("a quantity of goods is expected, decimal text")
    return text


def _unit(text: str) -> str:
    try:
        unit_number(text)
    except ValueError as error:
        raise _Wrong(str(error)) from None
    return text


def _choice(values: Sequence[str]) -> Reader:
    def read(text: str) -> str:
        if text not in values:
            raise _Wrong(f"one of {', '.join(values)} is expected")
        return text

    return read


PARTY = _whole(1, (1 << 32) - 1)
FACILITY = _whole(1, (1 << 32) - 1)
BPS = _whole(0, 10_000)
DOCUMENT = Field("document", _hash)
NOTE = Field("note", _text(300), optional=True)

_ANYONE = Role(sum(Role))
_LENDER = (Role.CREDIT_MAKER, Role.CREDIT_CHECKER)
_STEPS = [step.name.lower().replace("_", " ") for step in Step]


def _kind(
    name: str, struct: str, party: str, roles: tuple[Role, ...], subject: str, *fields: Field, **more: str
) -> Kind:
    return Kind(name, struct, party, roles, subject, (*fields, DOCUMENT, NOTE), **more)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        _kind(
            "claim", "OutsideClaim", "recorder", (_ANYONE,), "title",
            Field("title", _id), Field("recorder", PARTY),
            Field("instrument", _choice([str(each) for each in INSTRUMENTS[Thing.RECEIVABLE]])),
            Field("claimant", _text(200)), Field("currency", _currency), Field("amount", _amount),
            Field("registration", _text(60), True), Field("registeredAt", _instant, True),
            Field("notifiedAt", _instant, True), Field("facility", FACILITY, True),
        ),
        _kind(
            "withdrawal", "Withdrawal", "recorder", (_ANYONE,), "declaration",
            Field("declaration", _hash), Field("recorder", PARTY),
        ),
        _kind(
            "outside default", "OutsideDefault", "recorder", (_ANYONE,), "debtor",
            Field("debtor", PARTY), Field("recorder", PARTY),
            Field("instrument", _choice([str(Source.BOND), str(Source.BILL)])), Field("reference", _text(60)),
            Field("currency", _currency), Field("amount", _amount), Field("due", _day), Field("paid", _day, True),
        ),
        _kind(
            "exposure limit", "ExposureLimit", "lender", _LENDER, "lender",
            Field("lender", PARTY), Field("dimension", _choice([str(each) for each in Dimension])),
            Field("subject", PARTY), Field("currency", _currency), Field("amount", _amount),
            Field("warnBps", BPS), Field("effective", _day), day="effective", amount="amount",
        ),
        _kind(
            "lender figures", "LenderFigures", "lender", _LENDER, "lender",
            Field("lender", PARTY), Field("currency", _currency), Field("riskAssetsElsewhere", _amount),
            Field("netAssets", _amount), Field("reserve", _amount), Field("effective", _day), day="effective",
        ),
        _kind(
            "ladder step", "LadderStep", "lender", _LENDER, "facility",
            Field("facility", FACILITY), Field("lender", PARTY), Field("step", _choice(_STEPS)),
            Field("rules", _text(200)), Field("effective", _day), day="effective",
        ),
        _kind(
            "programme", "Programme", "core", (Role.ISSUE_MAKER, Role.ISSUE_CHECKER), "programme",
            Field("programme", _id), Field("core", PARTY), Field("name", _text(100)), Field("currency", _currency),
            Field("limit", _amount), Field("first", _day), Field("last", _day), day="first", amount="limit",
        ),
        _kind(
            "programme limit", "ProgrammeLimit", "lender", _LENDER, "programme",
            Field("programme", _id), Field("lender", PARTY), Field("currency", _currency), Field("limit", _amount),
            Field("first", _day), Field("last", _day), day="first", amount="limit",
        ),
        _kind(
            "offer of finance", "OfferOfFinance", "lender", _LENDER, "lender",
            Field("lender", PARTY), Field("programme", _id, True), Field("product", _text(10)),
            Field("form", _choice([str(each) for each in Form])), Field("currency", _currency),
            Field("ratePpm", _whole(0, (1 << 24) - 1)), Field("basis", _choice(["360", "365"])),
            Field("minimumDays", _whole(0, 255)), Field("penaltyBps", BPS), Field("advanceBps", _whole(1, 10_000)),
            Field("fee", _amount), Field("feeBps", BPS),
            Field("interestBorneBy", _choice([str(each) for each in Bearer])),
            Field("least", _amount), Field("most", _amount), Field("first", _day), Field("last", _day),
            day="first", amount="most",
        ),
        _kind(
            "choice of lender", "ChoiceOfLender", "holder", (Role.BORROW,), "title",
            Field("title", _id), Field("holder", PARTY), Field("offer", _hash), Field("currency", _currency),
            Field("amount", _amount), Field("comparison", _hash), amount="amount",
        ),
        _kind(
            "product of facility", "ProductOfFacility", "lender", _LENDER, "facility",
            Field("facility", FACILITY), Field("lender", PARTY), Field("product", _text(10)),
            Field("effective", _day), day="effective",
        ),
        _kind(
            "valuation model", "ValuationModel", "lender", _LENDER, "lender",
            Field("lender", PARTY), Field("model", _text(300)), Field("version", _text(300)), Field("first", _day),
            Field("last", _day), day="first",
        ),
        _kind(
            "drawdown", "Drawdown", "borrower", (Role.BORROW,), "loan",
            Field("loan", _id), Field("borrower", PARTY), Field("facility", FACILITY), Field("repaidBy", _id),
        ),
        _kind(
            "flow", "AttestedFlow", "attestor", (_ANYONE,), "receivable",
            Field("receivable", _id), Field("attestor", PARTY), Field("flow", _choice([str(each) for each in Flow])),
            Field("reference", _text(100)),
        ),
        _kind(
            "storage request", "StorageRequest", "depositor", (Role.TITLE,), "keeper",
            Field("depositor", PARTY), Field("keeper", PARTY), Field("place", _text(100)), Field("goods", _text(200)),
            Field("unit", _unit), Field("quantity", _quantity), Field("reference", _text(60)), Field("last", _day),
        ),
        _kind(
            "weighing", "Weighing", "keeper", (Role.KEEP,), "request",
            Field("request", _hash), Field("keeper", PARTY), Field("gross", _quantity, True),
            Field("tare", _quantity, True), Field("quantity", _quantity),
        ),
        _kind(
            "inspection", "Inspection", "inspector", (Role.ATTEST,), "request",
            Field("request", _hash), Field("inspector", PARTY), Field("quality", _text(200)),
            Field("quantity", _quantity),
        ),
        _kind(
            "storage refusal", "StorageRefusal", "keeper", (Role.KEEP,), "request",
            Field("request", _hash), Field("keeper", PARTY), Field("reason", _text(300)),
        ),
        _kind(
            "certificate custody", "CertificateCustody", "custodian", (Role.KEEP,), "certificate",
            Field("certificate", _hash), Field("custodian", PARTY), Field("facility", FACILITY),
            Field("receivedFrom", PARTY),
        ),
        _kind(
            "certificate return", "CertificateReturn", "custodian", (Role.KEEP,), "certificate",
            Field("certificate", _hash), Field("custodian", PARTY), Field("receivedBy", PARTY),
        ),
        _kind(
            "endorsement refusal", "EndorsementRefusal", "keeper", (Role.KEEP,), "endorsement",
            Field("endorsement", _hash), Field("keeper", PARTY), Field("reason", _text(300)),
        ),
    )
}  # fmt: skip
"""Every kind, by its name."""


def kind_of(name: str) -> Kind:
    """Raises Problem(DECLARATION-KIND)."""
    found = KINDS.get(name)
    if found is None:
        raise Problem(
            "DECLARATION-KIND",
            f"there is no such kind; known are {', '.join(KINDS)}",
            field="kind",
            found=name,
        )
    return found


def read(kind: Kind, given: Mapping[str, str]) -> dict[str, str]:
    """Every field of a declaration in its one form, empty where it may be and nothing was told.

    Raises Problem(DECLARATION-FIELD), naming the field.
    """
    unknown = sorted(set(given) - {field.name for field in kind.fields})
    if unknown:
        raise _refused(unknown[0], f"a declaration of kind {kind.name!r} has no such field")
    found = {field.name: _read(field, given.get(field.name)) for field in kind.fields}
    if "currency" in found:
        for field in kind.fields:
            if field.read is _amount:
                found[field.name] = _in_currency(field.name, found[field.name], found["currency"])
    return found


def _read(field: Field, text: str | None) -> str:
    told = (text or "").strip()
    if not told and field.optional:
        return ""
    if text is None:
        raise _refused(field.name, "the field is missing")
    try:
        found = field.read(told)
    except _Wrong as wrong:
        raise _refused(
            field.name, str(wrong) if told else f"the field is empty: {wrong}", found=text
        ) from None
    if not told:
        raise _refused(field.name, "the field is empty")
    return found


def _in_currency(name: str, text: str, currency: str) -> str:
    """The amount with just as many digits as its currency has."""
    digits = exponent(currency)
    try:
        exact = Decimal(text).quantize(Decimal(1).scaleb(-digits))
    except InvalidOperation:
        exact = Decimal(-1)
    if exact != Decimal(text):
        raise _refused(name, f"an amount of {currency} has {digits} digits", found=text)
    return f"{exact:.{digits}f}"


def _refused(name: str, sentence: str, **evidence: Any) -> Problem:
    return Problem("DECLARATION-FIELD", sentence, field=f"fields.{name}", **evidence)


def minor(fields: Mapping[str, str], name: str) -> int:
    """A declared amount in minor units of the declaration's currency."""
    return int(Decimal(fields[name]).scaleb(exponent(fields["currency"])))


def seconds(text: str) -> int | None:
    """A declared instant as Unix time; None where none was declared."""
    return int(datetime.fromisoformat(text).timestamp()) if text else None
