"""What may go wrong, seen beforehand: rival claims, exposures, the stop-loss ladder, who is overdue and stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy import select

from gateway.bootstrap import Unit
from gateway.db import tables as ledger
from gateway.domain.calendar import iso
from gateway.domain.life_cycle import overdue_days
from gateway.domain.priority import Claim, Thing, standing
from gateway.domain.stopping import RULE
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.risk.book import Head
from gateway.risk.claims import LEDGER, Rivals, rivals
from gateway.risk.exposures import Book, book_of, quality
from gateway.risk.ladders import Ladder, ladder_of, step_name
from gateway.risk.overdue import proposals, records
from gateway.risk.standing import standing_of
from gateway.routers.as_of import TheView, View
from gateway.routers.common import DryRun, TheGateway, TheWrite
from gateway.routers.declarations import describe, keep
from gateway.schemas import risk as schemas
from gateway.schemas.fields import PARTY_MOST, Amount, Currency
from gateway.services import instructions
from gateway.services.amounts import to_minor

router = APIRouter(tags=["risk"])

PartyNumber = Annotated[int, Path(ge=1, le=PARTY_MOST, description="a party's number")]
Lender = Annotated[int, Query(ge=1, le=PARTY_MOST)]


def head_of(view: View) -> Head:
    """The block a view is of. Raises Problem(LEDGER-UNREAD)."""
    if view.seen["block"] < 0:
        raise Problem("LEDGER-UNREAD", "no block of the ledger has been read yet: ask again", status=503)
    return Head(view.seen["block"], int(datetime.fromisoformat(view.seen["time"]).timestamp()))


# ── Rival claims ────────────────────────────────────────────────────────────────────────────────────────────────────


@router.post(
    "/titles/{title}/claims",
    status_code=201,
    response_model=schemas.Declaration,
    responses={200: {"model": schemas.Declaration, "description": "of a dry run"}},
)
def record_claim(
    title: str, body: schemas.ClaimBody, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Record a claim on a certificate from outside the ledger, with the hash of its document; signed by a person."""

    def work(unit: Unit) -> dict[str, Any]:
        fields = {**body.fields, "title": str(parse_id(title))}
        return describe(keep(gateway, unit, "claim", fields, body.signatures))

    return write.once(body, work, dry_run=dry_run)


@router.get("/titles/{title}/claims", response_model=schemas.Claims)
def claims(title: str, view: TheView) -> dict[str, Any]:
    """Every claim on a certificate: the ledger's own and those declared from outside."""
    found = _rivals(title, view)
    shown = _claim_shower(found)
    return {
        "title": format_id(found.title.title), "currency": currency_codes()[found.title.currency],
        "claims": [shown(each) for each in found.claims()], "as_of": view.seen,
    }  # fmt: skip


@router.get("/titles/{title}/priority", response_model=schemas.Priority)
def priority(
    title: str,
    view: TheView,
    amount: Annotated[
        Amount | None, Query(description="to be distributed; what the certificate still claims by default")
    ] = None,
) -> dict[str, Any]:
    """Who comes first, why, and what each gets of an amount (CC-768, GI-66)."""
    found = _rivals(title, view)
    currency = found.title.currency
    minor = found.open if amount is None else to_minor(amount, currency, "amount")
    result = found.over(minor)
    shown = _claim_shower(found)
    return {
        "title": format_id(found.title.title),
        "currency": currency_codes()[currency],
        "amount": text(minor, currency),
        "claims": [
            {
                **shown(each.claim), "rank": each.rank, "gets": text(each.amount, currency),
                "short": text(each.short, currency),
            }
            for each in result.shares
        ],
        "because": [
            {
                "first": each.first, "second": each.second, "equal": each.equal, "rule": each.rule,
                "sentence": each.sentence,
            }
            for each in result.reasons
        ],
        "rest": text(result.rest, currency),
        "holder": found.title.holder,
        "as_of": view.seen,
    }  # fmt: skip


def _rivals(title: str, view: View) -> Rivals:
    return rivals(view.ledger, view.own, parse_id(title), until=head_of(view).number)


def _claim_shower(found: Rivals) -> Any:
    names = {each.declaration: each.fields["claimant"] for each in found.outside}
    own = f"facility {found.title.lock}" if found.title.lock else f"party {found.title.holder}"

    def show(claim: Claim) -> dict[str, Any]:
        return {
            "claim": claim.name, "claimant": own if claim.name == LEDGER else names[claim.name],
            "instrument": str(claim.instrument), "amount": text(claim.amount, found.title.currency),
            "registered_at": _instant(claim.registered_at), "notified_at": _instant(claim.notified_at),
            "standing": str(standing(claim, Thing.RECEIVABLE)),
        }  # fmt: skip

    return show


def _instant(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


# ── Exposures and the ladder ────────────────────────────────────────────────────────────────────────────────────────


def _book(view: View, lender: int, currency: str) -> Book:
    head = head_of(view)
    return book_of(view.ledger, view.own, lender, currency, head.day, head.number)


@router.get("/exposures", response_model=schemas.Exposures)
def exposures(view: TheView, lender: Lender, currency: Currency = "CNY") -> dict[str, Any]:
    """What a lender has at risk, by debtor, group and in all, and how near its limits are (S25, F205)."""
    book, head = _book(view, lender, currency), head_of(view)
    number = book.currency
    loans = quality(view.ledger, book, head.day)
    return {
        "lender": lender, "currency": currency, "day": iso(head.day),
        "exposures": [
            {"dimension": str(dimension), "subject": subject, "used": text(used, number)}
            for (dimension, subject), used in sorted(book.used().items())
        ],
        "limits": [
            {
                "dimension": str(each.limit.dimension), "subject": each.limit.subject,
                "used": text(each.used, number), "limit": text(each.limit.amount, number),
                "headroom": text(each.headroom, number), "level": each.level.name.lower(),
                "rule": each.limit.rule, "source": each.limit.source,
            }
            for each in book.findings()
        ],
        "outstanding": text(loans.outstanding, number), "non_performing": text(loans.nonperforming, number),
        "reserve_short": None if loans.reserve_short is None else text(loans.reserve_short, number),
        "as_of": view.seen,
    }  # fmt: skip


@router.get("/ladder", response_model=schemas.Ladder)
def ladder(view: TheView, lender: Lender, currency: Currency = "CNY") -> dict[str, Any]:
    """Where each of a lender's facilities stands on the stop-loss ladder, and where the facts call for it (S25)."""
    book, head = _book(view, lender, currency), head_of(view)
    table = ledger.facilities.c
    query = select(ledger.facilities).where(table.lender == lender, table.currency == book.currency)
    rows = view.ledger.execute(query.order_by(table.facility)).all()
    found = [ladder_of(view.ledger, view.own, book, row, head.day, head.number) for row in rows]
    return {
        "lender": lender, "currency": currency, "day": iso(head.day),
        "facilities": [_ladder_row(each) for each in found], "as_of": view.seen,
    }  # fmt: skip


def _ladder_row(each: Ladder) -> dict[str, Any]:
    seen = each.observed
    return {
        "facility": each.facility, "stands": step_name(each.stand.step),
        "since": iso(each.stand.since) if each.recorded else None, "declaration": each.recorded,
        "called_for": step_name(each.move.after),
        "rules": ",".join(sorted({rung.rule for rung in each.move.reasons})) or "none",
        "because": [
            {"step": step_name(rung.step), "rule": rung.rule, "sentence": rung.sentence}
            for rung in each.move.reasons
        ],
        "overdue_days": seen.overdue_days, "coverage_bps": seen.coverage_bps,
        "debtor_stopped": seen.debtor_stopped, "borrower_suspended": seen.borrower_suspended,
        "exposure": seen.exposure.name.lower(),
    }  # fmt: skip


# ── Overdue and stopped ─────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/overdue", response_model=schemas.Overdue)
def overdue(view: TheView) -> dict[str, Any]:
    """Debtors that have not paid in time what the ledger or a declaration says was due (CN77-15)."""
    head = head_of(view)
    found = [
        {
            "debtor": record.debtor,
            "stopped_until": iso(record.stopped_until) if record.stopped_until else None,
            "dues": [
                {
                    "kind": str(due.source), "reference": due.reference, "in_time_until": iso(due.due_day),
                    "amount_minor": due.amount, "unpaid_minor": due.unpaid(head.day),
                    "overdue_days": overdue_days(due.due_day, head.day),
                }
                for due in record.overdue(head.day)
            ],
        }
        for record in records(view.ledger, view.own, head.day, head.number)
        if record.overdue(head.day)
    ]  # fmt: skip
    return {"day": iso(head.day), "overdue": found, "as_of": view.seen}


@router.get("/stops", response_model=schemas.Stops)
def stops(view: TheView, gateway: TheGateway) -> dict[str, Any]:
    """Who is stopped, and the stops and cures that the facts call for, ready for two offices to sign (CN77-15)."""
    head = head_of(view)
    found = records(view.ledger, view.own, head.day, head.number)
    orders = ledger.orders.c
    standing_ = []
    for record in found:
        if not record.stopped_until:
            continue
        latest = select(orders.order_hash).where(orders.act == "stop", orders.subject == record.debtor)
        newest = latest.order_by(orders.block_number.desc(), orders.log_index.desc()).limit(1)
        reason = view.ledger.execute(newest).scalar_one_or_none()
        standing_.append(
            {
                "debtor": record.debtor, "until": iso(record.stopped_until),
                "reason": None if reason is None else "0x" + bytes(reason).hex(),
            }
        )  # fmt: skip
    proposed = []
    for each in proposals(view.ledger, view.own, found, head.day):
        ready = instructions.prepare(gateway.acts, each.function, each.message)
        proposed.append(
            {
                "function": each.function, "debtor": each.debtor, "rule": RULE,
                "causes": [cause.sentence for cause in each.causes], "message": each.message,
                "evidence": each.evidence, "offices": each.offices, "typed_data": ready["typed_data"],
                "digest": ready["digest"],
            }
        )  # fmt: skip
    return {"day": iso(head.day), "stops": standing_, "proposed": proposed, "as_of": view.seen}


@router.get("/parties/{party}/standing", response_model=schemas.PartyStanding)
def party_standing(party: PartyNumber, view: TheView) -> dict[str, Any]:
    """Orders on a party, who succeeds to its signatures, and what that does to its titles, loans and ranks."""
    head = head_of(view)
    found = standing_of(view.ledger, party, head.day)
    row = found.party
    return {
        "party": row.party, "status": "admitted" if row.status == 1 else "suspended",
        "suspended_until": iso(row.suspended_until_day) if row.status != 1 else None,
        "stopped_until": iso(row.stopped_until_day) if row.stopped else None, "signers": found.live_signers,
        "orders": [
            {
                "act": each.act, "order": "0x" + bytes(each.order_hash).hex(),
                "until": iso(each.end_day) if each.end_day else None,
            }
            for each in found.orders
        ],
        "recoveries": [
            {
                "state": each.state, "succession": each.succession, "order": "0x" + bytes(each.order_hash).hex(),
                "ready_at": _instant(each.ready_at),
            }
            for each in found.recoveries
        ],
        "titles": [
            {
                "currency": currency_codes()[each.currency], "titles": each.titles,
                "open": text(each.open, each.currency), "pledged": text(each.pledged, each.currency),
                "frozen": text(each.frozen, each.currency), "overdue": text(each.overdue, each.currency),
            }
            for each in found.holdings
        ],
        "debts": [
            {
                "side": each.side, "other": each.other, "currency": currency_codes()[each.currency],
                "principal": text(each.principal, each.currency), "count": each.count,
                "next_due": iso(each.next_day) if each.next_day else None,
                "overdue_since": iso(each.overdue_since) if each.overdue_since else None,
            }
            for each in found.debts
        ],
        "effects": [{"rule": rule, "sentence": sentence} for rule, sentence in found.effects], "as_of": view.seen,
    }  # fmt: skip
