"""What the chain says, as the gateway has indexed it. Money is decimal text with its currency."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import select

from gateway.db import own
from gateway.db import tables as ledger
from gateway.domain.calendar import iso
from gateway.domain.lists import Claim, cut
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.routers.common import Reading

router = APIRouter(tags=["ledger"])

_PHASES = {1: "offered", 2: "live", 3: "closed", 4: "cancelled"}
_LOAN_PHASES = {1: "reserved", 2: "outstanding", 3: "settled", 4: "void", 5: "written off"}
_FLAGS = {1: "frozen", 2: "spent", 4: "settled", 8: "held", 16: "paper"}

After = Annotated[int, Query(ge=0, description="list on from this id (exclusive)")]
Limit = Annotated[int, Query(ge=1, le=1000)]


def _flags(word: int) -> list[str]:
    return [name for bit, name in _FLAGS.items() if word & bit]


@router.get("/parties")
def parties(unit: Reading) -> dict[str, Any]:
    """Admitted parties."""
    names = {row.party: row.name for row in unit.connection.execute(select(own.identities))}
    rows = unit.connection.execute(select(ledger.parties).order_by(ledger.parties.c.party))
    return {
        "parties": [
            {
                "party": row.party, "name": names.get(row.party, ""), "kinds": row.kinds, "group": row.group_number,
                "status": "admitted" if row.status == 1 else "suspended", "quorum": row.quorum,
                "stopped_until": iso(row.stopped_until_day) if row.stopped else None,
            }
            for row in rows
        ]
    }  # fmt: skip


@router.get("/receivables")
def receivables(unit: Reading, after: After = 0, limit: Limit = 100) -> dict[str, Any]:
    """Roots: what is owed, by whom, when, and how much money came."""
    table = ledger.roots
    rows = unit.connection.execute(
        select(table).where(table.c.root > after).order_by(table.c.root).limit(limit)
    ).all()
    return {
        "receivables": [_receivable(row) for row in rows],
        "next": rows[-1].root if len(rows) == limit else None,
    }


def _receivable(row: Any) -> dict[str, Any]:
    return {
        "root": format_id(row.root), "id": str(row.root), "debtor": row.debtor, "payee": row.payee,
        "clearing_bank": row.clearing_bank, "amount": text(row.quantity, row.currency),
        "currency": currency_codes()[row.currency], "due": iso(row.due_day), "opened": iso(row.opened_day),
        "phase": _PHASES[row.phase], "received": text(row.received, row.currency),
        "distributed": text(row.distributed, row.currency), "settled_early": text(row.removed, row.currency),
        "written_off": text(row.written_off, row.currency), "late_interest": text(row.late_interest, row.currency),
        "policy_version": row.policy_version,
    }  # fmt: skip


@router.get("/receivables/{root}/distribution")
def distribution(root: str, unit: Reading) -> dict[str, Any]:
    """The list by which the clearing bank would distribute what it has received and not yet distributed."""
    number = parse_id(root)
    row = unit.connection.execute(select(ledger.roots).where(ledger.roots.c.root == number)).one_or_none()
    if row is None:
        raise Problem("UNKNOWN_ROOT", "no such receivable", status=404, root=root)
    titles = unit.connection.execute(
        select(ledger.titles)
        .where(ledger.titles.c.root == number, ledger.titles.c.flags.op("&")(6) == 0)
        .order_by(ledger.titles.c.title)
    )
    lines = cut(
        {each.title: Claim(each.quantity, each.paid) for each in titles},
        received=row.received,
        available=row.received - row.distributed,
        base=row.quantity - row.removed,
    )
    return {
        "message": {
            "root": str(number),
            "distributedBefore": row.distributed,
            "titles": [str(title) for title, amount in lines.items() if amount],
            "amounts": [amount for amount in lines.values() if amount],
        }
    }


@router.get("/titles")
def titles(
    unit: Reading, after: After = 0, limit: Limit = 100, holder: int | None = None, root: str | None = None
) -> dict[str, Any]:
    """Certificates: who holds how much of what."""
    table = ledger.titles
    query = (
        select(table, ledger.roots.c.currency, ledger.roots.c.due_day)
        .join(ledger.roots, table.c.root == ledger.roots.c.root)
        .where(table.c.title > after)
        .order_by(table.c.title)
        .limit(limit)
    )
    if holder is not None:
        query = query.where(table.c.holder == holder)
    if root is not None:
        query = query.where(table.c.root == parse_id(root))
    rows = unit.connection.execute(query).all()
    return {"titles": [_title(row) for row in rows], "next": rows[-1].title if len(rows) == limit else None}


def _title(row: Any) -> dict[str, Any]:
    flags = _flags(row.flags)
    status = "settled" if "settled" in flags else "spent" if "spent" in flags else "live"
    return {
        "id": str(row.title), "title": format_id(row.title), "root": format_id(row.root),
        "parent": None if row.parent is None else format_id(row.parent), "holder": row.holder,
        "amount": text(row.quantity, row.currency), "amount_minor": row.quantity,
        "currency": currency_codes()[row.currency], "due": iso(row.due_day), "paid": text(row.paid, row.currency),
        "lock": row.lock, "sequence": row.sequence, "depth": row.depth, "flags": flags, "status": status,
        "credited": text(row.credited, row.currency), "collected": text(row.collected, row.currency),
        "surplus": text(row.surplus, row.currency), "held": text(row.held, row.currency),
    }  # fmt: skip


@router.get("/facilities")
def facilities(unit: Reading) -> dict[str, Any]:
    """Facilities: limit, what is used, and the face value locked."""
    rows = unit.connection.execute(select(ledger.facilities).order_by(ledger.facilities.c.facility))
    return {
        "facilities": [
            {
                "facility": row.facility, "lender": row.lender, "borrower": row.borrower,
                "currency": currency_codes()[row.currency], "limit": text(row.limit_amount, row.currency),
                "used": text(row.used, row.currency), "collateral_face": text(row.face, row.currency),
                "advance_bps": row.advance_bps, "ends": iso(row.end_day),
            }
            for row in rows
        ]
    }  # fmt: skip


@router.get("/loans")
def loans(unit: Reading) -> dict[str, Any]:
    """Loans under facilities."""
    table, facility = ledger.loans, ledger.facilities
    rows = unit.connection.execute(
        select(table, facility.c.currency, facility.c.borrower, facility.c.lender)
        .join(facility, table.c.facility == facility.c.facility)
        .order_by(table.c.loan)
    )
    return {
        "loans": [
            {
                "loan": format_id(row.loan), "id": str(row.loan), "facility": row.facility, "lender": row.lender,
                "borrower": row.borrower, "currency": currency_codes()[row.currency],
                "drawn": text(row.drawn, row.currency), "principal": text(row.principal, row.currency),
                "interest_paid": text(row.interest_paid, row.currency), "rate_ppm": row.rate,
                "due": iso(row.due_day), "phase": _LOAN_PHASES[row.phase],
            }
            for row in rows
        ]
    }  # fmt: skip


@router.get("/movements")
def movements(unit: Reading) -> dict[str, Any]:
    """Movements of money that banks attested and the ledger took."""
    table = ledger.movements
    rows = unit.connection.execute(select(table).order_by(table.c.block_number, table.c.log_index))
    return {
        "movements": [
            {
                "movement": "0x" + row.movement.hex(), "kind": row.kind, "subject": str(row.subject),
                "loan": str(row.loan), "bank": row.bank, "amount_minor": row.amount, "value_day": iso(row.value_day),
                "entry": "0x" + row.entry.hex(), "transaction": "0x" + row.transaction_hash.hex(),
            }
            for row in rows
        ]
    }  # fmt: skip
