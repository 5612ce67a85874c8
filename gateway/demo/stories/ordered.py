"""What a buyer ordered comes onto the ledger: its number attested once, its buyer's two people, and its seller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.adapters.ledger.commitments import committed, order_leaf
from gateway.demo.desk import Act
from gateway.demo.payable import Payable, registration
from gateway.demo.stage import expect
from gateway.demo.story import EVIDENCE, Story, hash_of
from gateway.money import number_of


def confirm_order(story: Story, payable: Payable, number: str, amount: int, last_day: int) -> int:
    """The order that a payable came of, for `amount` minor units, to come by `last_day`; its number on the ledger."""
    seller, buyer = payable.supplier, payable.debtor
    order = _attested(story, payable, number, amount, last_day)
    message = {"debtor": buyer.number, "order": order, "expiresAt": story.desk.expiry()}
    parts = {"maker": buyer["maker"], "checker": buyer["checker"], "seller": seller["maker"]}
    story.desk.do(Act("confirmOrders", message, parts))
    return int(order["root"])


def confirm_together(
    story: Story, payable: Payable, ordered: Sequence[tuple[str, int]], last_day: int
) -> list[dict[str, Any]]:
    """Orders of one buyer, each a number and minor units, under one commitment; and each as its seller takes it."""
    buyer, desk = payable.debtor, story.desk
    orders = [_attested(story, payable, number, amount, last_day) for number, amount in ordered]
    top, proofs = committed([order_leaf(_as_hashed(order)) for order in orders])
    number = buyer.number << 32 | 1_000 + desk.number()
    message = {
        "list": number, "debtor": buyer.number, "currency": orders[0]["currency"],
        "total": sum(amount for _, amount in ordered), "orders": "0x" + top.hex(), "expiresAt": desk.expiry(),
        "evidence": hash_of(b"orders confirmed together"),
    }  # fmt: skip
    desk.do(Act("publishOrders", message, {"maker": buyer["maker"], "checker": buyer["checker"]}))
    return [
        {"list": number, "order": order, "proof": ["0x" + sibling.hex() for sibling in proof]}
        for order, proof in zip(orders, proofs, strict=True)
    ]


def take_order(story: Story, payable: Payable, given: Mapping[str, Any]) -> int:
    """The seller takes one order of a list; its number on the ledger."""
    message = {"list": given["list"], "order": given["order"], "expiresAt": story.desk.expiry()}
    parts = {"proof": given["proof"], "seller": payable.supplier["maker"]}
    story.desk.do(Act("takeOrder", message, parts))
    return int(given["order"]["root"])


def _attested(story: Story, payable: Payable, number: str, amount: int, last_day: int) -> dict[str, Any]:
    """An order between a payable's parties, whose number the evidence service has attested."""
    desk, stage = story.desk, story.stage
    seller, buyer = payable.supplier, payable.debtor
    currency, document = payable.proposal["currency"], hash_of(number.encode())
    body = registration(payable, story.match_of(payable)) | {
        "document_type": "order", "number": number, "cap_minor": amount, "document_hash": document,
    }  # fmt: skip
    nullifier = expect(stage.evidence.post("/invoices", json=body))["nullifier"]
    attestation = {
        "nullifier": nullifier, "cap": amount, "seller": seller.number, "debtor": buyer.number,
        "currency": number_of(currency), "service": EVIDENCE, "evidence": document, "expiresAt": desk.expiry(),
    }  # fmt: skip
    desk.do(Act("attestInvoices", attestation, {"service": stage.firms[EVIDENCE]["attestor"]}))
    return {
        "root": buyer.number << 32 | 1_000 + desk.number(), "seller": seller.number, "currency": number_of(currency),
        "lastDay": last_day, "quantity": amount, "nullifier": nullifier, "evidence": document,
    }  # fmt: skip


def _as_hashed(order: Mapping[str, Any]) -> dict[str, Any]:
    hashes = {name: bytes.fromhex(order[name].removeprefix("0x")) for name in ("nullifier", "evidence")}
    return {**order, **hashes}
