"""Trade documents: import, match, decide, confirm."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict
from sqlalchemy import insert, select

from gateway.bootstrap import now
from gateway.db import own
from gateway.db.trade import TradeBook, next_serial
from gateway.domain.matching import Decision, RecordedReceipt
from gateway.problems import Problem
from gateway.routers.common import GivenKey, Reading, TheGateway
from gateway.services.trade import describe_finding, describe_match, describe_proposal

router = APIRouter(tags=["documents"])


class ReceiptBody(BaseModel):
    """Goods a named person of the buyer saw come in."""

    model_config = ConfigDict(extra="forbid")

    order: str
    line: str
    quantity: str
    unit: str
    person: str
    day: date


class DecisionBody(BaseModel):
    """What a named person decided about an exception."""

    model_config = ConfigDict(extra="forbid")

    rule: str
    document: str
    person: str
    reason: str
    line: str = ""
    chosen: str = ""
    due: date | None = None


class ConfirmationBody(BaseModel):
    """A proposed payable that the buyer wants to confirm, under the nullifier the evidence service gave."""

    model_config = ConfigDict(extra="forbid")

    key: str
    nullifier: str
    debtor: int


@router.post("/documents", status_code=201)
def add(
    gateway: TheGateway,
    name: Annotated[str, Query(min_length=1, max_length=300)],
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
) -> dict[str, Any]:
    """Import one file as it is; it ends as used, exception or unsupported, and says why."""
    with gateway.unit() as unit:
        read = TradeBook(unit.connection).add(name, content, now())
        return {
            "file": read.file,
            "sha256": read.sha256,
            "status": str(read.status),
            "documents": [document.ref.label for document in read.documents],
            "exceptions": [describe_finding(each) for each in read.exceptions],
        }


@router.get("/documents")
def documents(unit: Reading) -> dict[str, Any]:
    """Every imported file and what became of it."""
    files = TradeBook(unit.connection).files()
    return {
        "documents": [
            {
                "file": file.file,
                "status": str(file.status),
                "documents": [
                    {"kind": str(document.kind), "number": document.number} for document in file.documents
                ],
            }
            for file in files
        ],
        "exceptions": [describe_finding(each) for file in files for each in file.exceptions],
    }


@router.get("/matches")
def matches(unit: Reading) -> dict[str, Any]:
    """The three-way match: every invoice, what is proposed, and every exception."""
    report = TradeBook(unit.connection).match()
    return {
        "matches": [describe_match(each) for each in report.results],
        "proposals": [describe_proposal(each) for each in report.proposals],
        "exceptions": [describe_finding(each) for each in report.exceptions],
    }


@router.post("/receipts", status_code=201)
def record_receipt(body: ReceiptBody, gateway: TheGateway, key: GivenKey = None) -> dict[str, Any]:
    """Record goods that came in without a receipt advice; the same key again records nothing."""
    with gateway.unit() as unit:
        try:
            quantity = Fraction(body.quantity)
        except (ValueError, ZeroDivisionError):
            raise Problem("QUANTITY", "an exact decimal is expected", field="quantity") from None
        TradeBook(unit.connection).record_receipt(
            RecordedReceipt(body.order, body.line, quantity, body.unit, body.person, body.day), key
        )
        return {"recorded": body.model_dump(mode="json")}


@router.post("/decisions", status_code=201)
def decide(body: DecisionBody, gateway: TheGateway, key: GivenKey = None) -> dict[str, Any]:
    """Record a person's decision about an exception; the same key again records nothing."""
    with gateway.unit() as unit:
        TradeBook(unit.connection).decide(Decision(**body.model_dump()), key)
        return {"decided": body.model_dump(mode="json")}


@router.post("/confirmations", status_code=201)
def confirm(body: ConfirmationBody, gateway: TheGateway) -> dict[str, Any]:
    """Give a proposal its number on the ledger; the same proposal keeps its number.

    What comes back are the terms that the buyer's maker and checker then sign as an Issue.
    """
    with gateway.unit() as unit:
        proposals = {each.key.text(): each for each in TradeBook(unit.connection).match().proposals}
        proposal = proposals.get(body.key)
        if proposal is None:
            raise Problem("NOT-PROPOSED", "nothing is proposed for this invoice", status=404, key=body.key)
        table = own.confirmations
        row = unit.connection.execute(select(table).where(table.c.invoice == body.key)).one_or_none()
        nullifier = bytes.fromhex(body.nullifier.removeprefix("0x"))
        if row is None:
            root = body.debtor << 32 | next_serial(unit.connection, body.debtor)
            unit.connection.execute(
                insert(table).values(
                    invoice=body.key, root=root, nullifier=nullifier, amount=proposal.amount,
                    document=proposal.invoice.label,
                )
            )  # fmt: skip
        else:
            root = row.root
        return {"root": str(root), "invoice": proposal.invoice.label, **describe_proposal(proposal)}
