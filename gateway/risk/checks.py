"""What a declaration says, against the ledger and the book: what names nothing, or belongs to another, is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.words import SETTLED, SPENT
from gateway.db import tables as ledger
from gateway.domain.calendar import day_of_iso
from gateway.domain.endorsements import forbids
from gateway.domain.records import Kind as PartyKind
from gateway.domain.storage_requests import Step
from gateway.ids import format_id
from gateway.money import currency_codes, number_of
from gateway.problems import Problem
from gateway.risk.book import Declarations, Head, head_of
from gateway.risk.custody import RETURNED, TAKEN, check_returned, check_taken
from gateway.risk.endorsements import Endorsements
from gateway.risk.exposures import book_of
from gateway.risk.facts import facility_of, groups, root_of, title_of
from gateway.risk.ladders import ladder_of, step_name, step_of
from gateway.risk.storage_requests import REQUEST, Requested, check_step, requested
from gateway.services.declaration_kinds import Kind, minor, seconds

Fields = Mapping[str, str]


def check(connection: Connection, kind: Kind, fields: Fields) -> None:
    """Raise Problem(DECLARATION-FIELD) for the first field that does not hold."""
    looked = _CHECKS.get(kind.name)
    if looked is not None:
        looked(connection, fields, head_of(connection))


def _wrong(name: str, sentence: str, **evidence: object) -> NoReturn:
    raise Problem("DECLARATION-FIELD", sentence, status=422, field=f"fields.{name}", **evidence)


def _claim(connection: Connection, fields: Fields, head: Head) -> None:
    title = title_of(connection, int(fields["title"]))
    if title is None:
        _wrong("title", "no such certificate")
    if title.currency != number_of(fields["currency"]):
        _wrong(
            "currency", "the certificate is in another currency", expected=currency_codes()[title.currency]
        )
    if bool(fields["registration"]) != bool(fields["registeredAt"]):
        _wrong(
            "registration", "a registration has a number and a time: tell both or neither", keeps="CN77-13"
        )
    for name in ("registeredAt", "notifiedAt"):
        if (seconds(fields[name]) or 0) > head.time:
            _wrong(name, "that is later than the last block of the ledger that was read")
    if fields["facility"]:
        facility = facility_of(connection, int(fields["facility"]))
        if facility is None or title.lock != facility.facility:
            _wrong("facility", "the certificate is not pledged to this facility")
        if facility.lender != int(fields["recorder"]):
            _wrong("recorder", "only its lender registers the ledger's own pledge", keeps="CN77-13")


_TAKEN_BACK = ("claim", "outside default", "offer of finance", "flow", "drawdown", "valuation model")
"""Kinds of which a declaration may be withdrawn at any time."""


def _withdrawal(connection: Connection, fields: Fields, _: Head) -> None:
    declared = Declarations(connection).find(fields["declaration"])
    if declared is None:
        _wrong("declaration", "no such declaration is kept")
    if declared.party != int(fields["recorder"]):
        _wrong("recorder", "only the party that declared it takes it back", keeps="DEC-5")
    if declared.kind == REQUEST:
        check_step(connection, _requested(connection, "declaration", declared.declaration), Step.WITHDRAWAL)
    elif declared.kind not in _TAKEN_BACK:
        _wrong(
            "declaration",
            f"a declaration of kind {declared.kind!r} is not taken back, only followed by another",
        )


def _limit(connection: Connection, fields: Fields, head: Head) -> None:
    _lender(connection, fields)
    _not_past(fields, head)
    if fields["dimension"] == "lender" and fields["subject"] != fields["lender"]:
        _wrong("subject", "a lender limits its own total")


def _figures(connection: Connection, fields: Fields, head: Head) -> None:
    _lender(connection, fields)
    _not_past(fields, head)


def _step(connection: Connection, fields: Fields, head: Head) -> None:
    facility = _facility_of_lender(connection, fields)
    if day_of_iso(fields["effective"]) != head.day:
        _wrong("effective", "a step is recorded on the day on which the facts call for it")
    code = currency_codes()[facility.currency]
    book = book_of(connection, connection, facility.lender, code, head.day, head.number)
    found = ladder_of(connection, connection, book, facility, head.day, head.number)
    if step_of(fields["step"]) is not found.move.after or found.move.after is found.move.before:
        _wrong(
            "step", "the facts do not call for this step", keeps="S25", stands=step_name(found.move.before),
            called_for=step_name(found.move.after), rules=sorted({rung.rule for rung in found.move.reasons}),
        )  # fmt: skip
    rules = ",".join(sorted({rung.rule for rung in found.move.reasons})) or "none"
    if fields["rules"] != rules:
        _wrong("rules", "these are not the rules that call for it", expected=rules)


def _programme(_: Connection, fields: Fields, __: Head) -> None:
    if int(fields["programme"]) >> 32 != int(fields["core"]):
        _wrong("programme", "a programme's number begins with that of its core enterprise", keeps="DEC-3")
    _period(fields)


def _programme_limit(connection: Connection, fields: Fields, _: Head) -> None:
    _lender(connection, fields)
    _period(fields)
    declared = Declarations(connection).of("programme", fields["programme"])
    if not declared:
        _wrong("programme", "no such programme is declared")
    if declared[-1].fields["currency"] != fields["currency"]:
        _wrong("currency", "the programme is in another currency", expected=declared[-1].fields["currency"])


def _offer(connection: Connection, fields: Fields, _: Head) -> None:
    _lender(connection, fields)
    _period(fields)
    if minor(fields, "least") > minor(fields, "most"):
        _wrong("least", "the least amount is more than the most")
    if fields["programme"] and not Declarations(connection).of("programme", fields["programme"]):
        _wrong("programme", "no such programme is declared")


def _model(connection: Connection, fields: Fields, head: Head) -> None:
    _lender(connection, fields)
    _period(fields)
    _not_past(fields, head, "first")


def _drawdown(connection: Connection, fields: Fields, _: Head) -> None:
    facility = facility_of(connection, int(fields["facility"]))
    if facility is None:
        _wrong("facility", "no such facility")
    if facility.borrower != int(fields["borrower"]):
        _wrong("borrower", "the facility is another borrower's")
    if int(fields["loan"]) >> 32 != facility.borrower:
        _wrong("loan", "a loan's number begins with that of its borrower", keeps="DEC-3")
    if root_of(connection, int(fields["repaidBy"])) is None:
        _wrong("repaidBy", "no such receivable", keeps="S26")
    title, live = ledger.titles.c, ledger.titles.c.flags.op("&")(SPENT | SETTLED) == 0
    behind = select(title.title).where(
        title.root == int(fields["repaidBy"]), title.lock == facility.facility, live
    )
    if connection.execute(behind.limit(1)).first() is None:
        _wrong("repaidBy", "no part of this receivable is pledged to the facility", keeps="S26")


def _flow(connection: Connection, fields: Fields, _: Head) -> None:
    if root_of(connection, int(fields["receivable"])) is None:
        _wrong("receivable", f"no such receivable: {format_id(int(fields['receivable']))}")


def _product(connection: Connection, fields: Fields, _: Head) -> None:
    _facility_of_lender(connection, fields)


def _storage_request(connection: Connection, fields: Fields, head: Head) -> None:
    _kind_of(connection, fields, "keeper", PartyKind.KEEPER, "the party is no admitted keeper")
    if fields["depositor"] == fields["keeper"]:
        _wrong("depositor", "nobody stores goods with itself", keeps="CC-909")
    _more_than_none(fields)
    if day_of_iso(fields["last"]) < head.day:
        _wrong("last", "the day on which the request ends has passed")


def _weighing(connection: Connection, fields: Fields, _: Head) -> None:
    found = _by_its_keeper(connection, fields)
    if bool(fields["gross"]) != bool(fields["tare"]):
        _wrong("gross", "gross and tare are told both, or neither where goods are counted", keeps="CC-909")
    net = Decimal(fields["gross"] or fields["quantity"]) - Decimal(fields["tare"] or 0)
    if net != Decimal(fields["quantity"]):
        _wrong("quantity", "gross less tare is another quantity", keeps="CC-909", expected=str(net))
    _more_than_none(fields)
    check_step(connection, found, Step.WEIGHING)


def _inspection(connection: Connection, fields: Fields, _: Head) -> None:
    found = _requested(connection, "request", fields["request"])
    group = groups(connection)
    if group.get(int(fields["inspector"])) in (group.get(found.keeper), group.get(found.depositor)):
        _wrong(
            "inspector",
            "the inspector belongs to keeper or depositor",
            keeps="CC-909",
            document=fields["request"],
        )
    _more_than_none(fields)
    check_step(connection, found, Step.INSPECTION)


def _storage_refusal(connection: Connection, fields: Fields, _: Head) -> None:
    check_step(connection, _by_its_keeper(connection, fields), Step.REFUSAL)


def _endorsement_refusal(connection: Connection, fields: Fields, head: Head) -> None:
    found = Endorsements(connection).find(fields["endorsement"])
    if found is None:
        _wrong("endorsement", "no such endorsement is kept", document=fields["endorsement"])
    if found.parties["keeper"] != int(fields["keeper"]):
        _wrong("keeper", "another keeper was asked", keeps="CC-910", document=fields["endorsement"])
    why = forbids(found.course, "keeper", head.day)
    if why is not None:
        raise Problem(
            "ENDORSEMENT-STEP", why, status=409, field="fields.endorsement", keeps="CC-910-answer",
            document=fields["endorsement"],
        )  # fmt: skip


def _by_its_keeper(connection: Connection, fields: Fields) -> Requested:
    found = _requested(connection, "request", fields["request"])
    if found.keeper != int(fields["keeper"]):
        _wrong(
            "keeper",
            "another keeper was asked to store these goods",
            keeps="CC-908",
            document=fields["request"],
        )
    return found


def _requested(connection: Connection, field: str, name: str) -> Requested:
    found = requested(connection, name)
    if found is None:
        _wrong(field, "no such storage request is kept", document=name)
    return found


def _more_than_none(fields: Fields) -> None:
    if not Decimal(fields["quantity"]):
        _wrong("quantity", "there is nothing to store", keeps="CC-909")


def _facility_of_lender(connection: Connection, fields: Fields) -> Row[Any]:
    facility = facility_of(connection, int(fields["facility"]))
    if facility is None:
        _wrong("facility", "no such facility")
    if facility.lender != int(fields["lender"]):
        _wrong("lender", "the facility is another lender's")
    return facility


def _lender(connection: Connection, fields: Fields) -> None:
    _kind_of(connection, fields, "lender", PartyKind.LENDER, "the party is no admitted lender")


def _kind_of(connection: Connection, fields: Fields, name: str, kind: PartyKind, sentence: str) -> None:
    parties = ledger.parties.c
    kinds = connection.execute(select(parties.kinds).where(parties.party == int(fields[name]))).scalar()
    if not (kinds or 0) & kind:
        _wrong(name, sentence)


def _period(fields: Fields) -> None:
    if fields["first"] > fields["last"]:
        _wrong("last", "it ends before it begins")


def _not_past(fields: Fields, head: Head, name: str = "effective") -> None:
    if day_of_iso(fields[name]) < head.day:
        _wrong(name, "what counted yesterday is not changed today", keeps="DEC-15")


_CHECKS: Mapping[str, Callable[[Connection, Fields, Head], None]] = {
    "claim": _claim,
    "withdrawal": _withdrawal,
    "exposure limit": _limit,
    "lender figures": _figures,
    "ladder step": _step,
    "programme": _programme,
    "programme limit": _programme_limit,
    "offer of finance": _offer,
    "valuation model": _model,
    "drawdown": _drawdown,
    "flow": _flow,
    "product of facility": _product,
    "storage request": _storage_request,
    "weighing": _weighing,
    "inspection": _inspection,
    "storage refusal": _storage_refusal,
    "endorsement refusal": _endorsement_refusal,
    TAKEN: lambda connection, fields, _: check_taken(connection, fields),
    RETURNED: lambda connection, fields, _: check_returned(connection, fields),
}
