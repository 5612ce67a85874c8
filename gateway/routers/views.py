"""What the chain says, as the gateway has indexed it. Money is decimal text with its currency."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection, Select, select

from gateway.adapters.ledger.words import SETTLED, SPENT
from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.identities import keep_identity
from gateway.domain.calendar import iso
from gateway.domain.lists import Claim, cut
from gateway.domain.records import flag_names
from gateway.ids import format_id, parse_id
from gateway.money import currency_codes, text
from gateway.problems import Problem
from gateway.routers.as_of import TheView
from gateway.routers.common import TheWrite
from gateway.routers.pages import ThePage, last
from gateway.routers.rows import root_row
from gateway.routers.shown_loans import form_name
from gateway.routers.standing import Standing
from gateway.schemas import ledger as schemas
from gateway.schemas.fields import PARTY_MOST

router = APIRouter(tags=["ledger"])

_PHASES = {1: "offered", 2: "live", 3: "closed", 4: "cancelled"}
_SELLING = (1, 2, 5)
"""Phases of a loan whose title is neither released nor sold again."""

PartyQuery = Annotated[int | None, Query(ge=0, le=PARTY_MOST)]


@router.post("/identities", status_code=201, response_model=schemas.Identity)
def identify(body: schemas.IdentityBody, write: TheWrite) -> Response:
    """Tell who a party is: the hash of this is the `identity` of its admission.

    Before the admission the answer's `commitment` is what to admit the party with; after it, what is told must be
    what was admitted.
    """
    return write.once(body, lambda unit: keep_identity(unit.connection, body.model_dump()))


@router.get("/parties", response_model=schemas.Parties)
def parties(view: TheView, page: ThePage) -> dict[str, Any]:
    """Admitted parties."""
    table = ledger.parties
    rows = page.rows(view.ledger, select(table), table.c.party)
    known = _identities(view.own, [row.identity for row in rows])

    def show(row: Any) -> dict[str, Any]:
        name, identifiers = known.get((row.party, bytes(row.identity)), ("", []))
        return {
            "party": row.party, "name": name, "identifiers": identifiers, "kinds": row.kinds,
            "group": row.group_number, "status": "admitted" if row.status == 1 else "suspended",
            "quorum": row.quorum, "stopped_until": iso(row.stopped_until_day) if row.stopped else None,
        }  # fmt: skip

    return page.answer("parties", rows, show, last("party"), as_of=view.seen)


def _identities(
    connection: Connection, commitments: Sequence[bytes]
) -> dict[tuple[int, bytes], tuple[str, Any]]:
    table = own.identities
    found = connection.execute(select(table).where(table.c.commitment.in_(commitments)))
    return {(row.party, bytes(row.commitment)): (row.name, json.loads(row.identifiers)) for row in found}


@router.get("/receivables", response_model=schemas.Receivables)
def receivables(view: TheView, page: ThePage) -> dict[str, Any]:
    """Roots: what is owed, by whom, when, and how much money came."""
    table = ledger.roots
    rows = page.rows(view.ledger, select(table), table.c.root)
    standing = Standing.of(view)

    def show(row: Any) -> dict[str, Any]:
        return {**_receivable(row), **standing.receivable(row)}

    return page.answer("receivables", rows, show, last("root"), as_of=view.seen)


@router.get("/receivables/{root}", response_model=schemas.OneReceivable)
def receivable(root: str, view: TheView) -> dict[str, Any]:
    """One receivable; `root` is party-serial or one number."""
    row = root_row(view, root)
    return {**_receivable(row), **Standing.of(view).receivable(row), "as_of": view.seen}


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


@router.get("/receivables/{root}/distribution", response_model=schemas.Distribution)
def distribution(root: str, view: TheView) -> dict[str, Any]:
    """The list by which the clearing bank would distribute what it has received and not yet distributed."""
    row = root_row(view, root)
    titles = view.ledger.execute(
        select(ledger.titles)
        .where(ledger.titles.c.root == row.root, ledger.titles.c.flags.op("&")(SPENT | SETTLED) == 0)
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
            "root": str(row.root),
            "distributedBefore": row.distributed,
            "titles": [str(title) for title, amount in lines.items() if amount],
            "amounts": [amount for amount in lines.values() if amount],
        },
        "as_of": view.seen,
    }


@router.get("/titles", response_model=schemas.Titles)
def titles(
    view: TheView, page: ThePage, holder: PartyQuery = None, root: str | None = None
) -> dict[str, Any]:
    """Certificates: who holds how much of what."""
    query = _titles()
    if holder is not None:
        query = query.where(ledger.titles.c.holder == holder)
    if root is not None:
        query = query.where(ledger.titles.c.root == parse_id(root))
    rows = page.rows(view.ledger, query, ledger.titles.c.title)
    return page.answer("titles", rows, _title, last("title"), as_of=view.seen)


@router.get("/titles/{title}", response_model=schemas.OneTitle)
def title(title: str, view: TheView) -> dict[str, Any]:
    """One certificate; `title` is party-serial or one number."""
    query = _titles().where(ledger.titles.c.title == parse_id(title))
    row = view.ledger.execute(query).one_or_none()
    if row is None:
        raise Problem("UNKNOWN_TITLE", "no such certificate", status=404, id=title)
    return {**_title(row), "as_of": view.seen}


def _titles() -> Select[Any]:
    table, root = ledger.titles, ledger.roots
    loan = ledger.loans
    sold_under = (
        select(loan.c.loan)
        .where(loan.c.title == table.c.title, loan.c.phase.in_(_SELLING), loan.c.facility == table.c.lock)
        .scalar_subquery()
    )
    columns = root.c.currency, root.c.due_day, sold_under.label("sold_under")
    return select(table, *columns).join(root, table.c.root == root.c.root)


def _title(row: Any) -> dict[str, Any]:
    flags = flag_names(row.flags)
    status = "settled" if "settled" in flags else "spent" if "spent" in flags else "live"
    return {
        "id": str(row.title), "title": format_id(row.title), "root": format_id(row.root),
        "parent": None if row.parent is None else format_id(row.parent), "holder": row.holder,
        "amount": text(row.quantity, row.currency), "amount_minor": row.quantity,
        "currency": currency_codes()[row.currency], "due": iso(row.due_day), "paid": text(row.paid, row.currency),
        "lock": row.lock, "sold_under": None if row.sold_under is None else format_id(row.sold_under),
        "sequence": row.sequence, "depth": row.depth, "flags": flags, "status": status,
        "credited": text(row.credited, row.currency), "collected": text(row.collected, row.currency),
        "surplus": text(row.surplus, row.currency), "held": text(row.held, row.currency),
    }  # fmt: skip


@router.get("/facilities", response_model=schemas.Facilities)
def facilities(view: TheView, page: ThePage) -> dict[str, Any]:
    """Facilities: limit, what is used, and the face value locked."""
    table = ledger.facilities
    rows = page.rows(view.ledger, select(table), table.c.facility)
    parts = _shares(view.ledger, [row.facility for row in rows])

    def show(row: Any) -> dict[str, Any]:
        return {
            "facility": row.facility, "lender": row.lender, "borrower": row.borrower,
            "currency": currency_codes()[row.currency], "limit": text(row.limit_amount, row.currency),
            "used": text(row.used, row.currency), "collateral_face": text(row.face, row.currency),
            "advance_bps": row.advance_bps, "ends": iso(row.end_day), "form": form_name(row.flags),
            "entrustor": row.entrustor or None, "agent_fee_bps": row.agent_fee_bps,
            "bears_loss": row.entrustor or row.lender, "shares": parts.get(row.facility, []),
        }  # fmt: skip

    return page.answer("facilities", rows, show, last("facility"), as_of=view.seen)


def _shares(connection: Connection, facilities: Sequence[int]) -> dict[int, list[dict[str, int]]]:
    table = ledger.shares
    found: dict[int, list[dict[str, int]]] = {}
    query = select(table).where(table.c.facility.in_(facilities)).order_by(table.c.party)
    for row in connection.execute(query):
        found.setdefault(row.facility, []).append({"party": row.party, "bps": row.bps})
    return found


@router.get("/movements", response_model=schemas.Movements)
def movements(view: TheView, page: ThePage) -> dict[str, Any]:
    """Movements of money that banks attested and the ledger took, in the chain's order."""
    table = ledger.movements
    rows = page.rows(view.ledger, select(table), table.c.block_number, table.c.log_index)

    def show(row: Any) -> dict[str, Any]:
        return {
            "movement": "0x" + row.movement.hex(), "kind": row.kind, "subject": str(row.subject),
            "loan": str(row.loan), "bank": row.bank, "amount_minor": row.amount, "value_day": iso(row.value_day),
            "entry": "0x" + row.entry.hex(), "transaction": "0x" + row.transaction_hash.hex(),
        }  # fmt: skip

    return page.answer("movements", rows, show, last("block_number", "log_index"), as_of=view.seen)
