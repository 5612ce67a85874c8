"""What a buyer ordered comes onto the ledger: its number attested once, its buyer's two people, and its seller."""

from __future__ import annotations

from gateway.demo.desk import Act
from gateway.demo.payable import Payable, registration
from gateway.demo.stage import expect
from gateway.demo.story import EVIDENCE, Story, hash_of
from gateway.money import number_of


def confirm_order(story: Story, payable: Payable, number: str, amount: int, last_day: int) -> int:
    """The order that a payable came of, for `amount` minor units, to come by `last_day`; its number on the ledger."""
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
    root = buyer.number << 32 | 1_000 + desk.number()
    order = {
        "root": root, "seller": seller.number, "currency": number_of(currency), "lastDay": last_day,
        "quantity": amount, "nullifier": nullifier, "evidence": document,
    }  # fmt: skip
    message = {"debtor": buyer.number, "order": order, "expiresAt": desk.expiry()}
    parts = {"maker": buyer["maker"], "checker": buyer["checker"], "seller": seller["maker"]}
    desk.do(Act("confirmOrders", message, parts))
    return root
