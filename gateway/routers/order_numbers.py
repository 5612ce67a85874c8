"""An order's own number: registered with the evidence service from the imported documents, and found on the ledger."""

from __future__ import annotations

from sqlalchemy import Connection, select

from gateway.adapters.evidence.documents import Registered
from gateway.bootstrap import Gateway
from gateway.db import tables as ledger
from gateway.domain.acts import AttestInvoice
from gateway.domain.invoices import seller_tax_id
from gateway.domain.matching_model import OrderMatch
from gateway.domain.reasons import Reason, explain
from gateway.domain.trade import Party
from gateway.money import number_of
from gateway.problems import Problem
from gateway.schemas import order_acts as schemas


def attestation(
    gateway: Gateway, match: OrderMatch, asked: schemas.AttestAct, expires_at: int
) -> AttestInvoice:
    """What the evidence service attests of an order: as much as its responses left of it, between its two sides, under
    the hash under which it is confirmed.

    Registers the order with the service; the same order again changes nothing there. Raises Problem.
    """
    (evidence, *_), label = match.evidence(), match.order.label
    registered = Registered(
        seller_id=_identifier(match.seller, "seller", label), document_type="order", number=match.order.number,
        issue_year=match.issued.year, buyer_id=_identifier(match.buyer, "buyer", label), currency=match.currency,
        cap_minor=match.agreed, document_hash="0x" + evidence.hex(),
    )  # fmt: skip
    nullifier = gateway.document_numbers.register(registered, label)
    return AttestInvoice(
        nullifier=bytes.fromhex(nullifier.removeprefix("0x")), cap=match.agreed, seller=asked.seller,
        debtor=asked.buyer, currency=number_of(match.currency), service=asked.service, evidence=evidence,
        expires_at=expires_at,
    )  # fmt: skip


def _identifier(party: Party | None, side: str, label: str) -> str:
    found = "" if party is None else seller_tax_id(party)
    if not found:
        sentence = f"the order states no tax or company number of its {side}: nobody can tell whose it is"
        raise Problem("ORDER-BLOCKED", sentence, status=409, field="document", document=label, exceptions=[])
    return found


def numbered(connection: Connection, match: OrderMatch, asked: schemas.OneConfirmed) -> schemas.OneConfirmed:
    """What was asked, with the number that was attested for these documents where none is named. Raises Problem."""
    if asked.nullifier is not None:
        return asked
    table = ledger.invoices.c
    query = select(table.nullifier).where(table.document.in_(match.evidence()))
    found = [bytes(each) for each in connection.execute(query).scalars()]
    if len(found) != 1:
        told = "several numbers are" if found else "no number is"
        raise Problem(
            "ORDER-ACT", f"{told} attested on the ledger for the order as its documents have it: have it attested "
            "(`order attest`), or name the number", status=409, field="nullifier",
            reason=Reason.INVOICE_UNKNOWN.name, keeps=explain(Reason.INVOICE_UNKNOWN).rule_id,
            document=match.order.label,
        )  # fmt: skip
    return asked.model_copy(update={"nullifier": "0x" + found[0].hex()})
