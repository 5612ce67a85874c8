"""Orders come onto the ledger: each number attested once, and acts as the gateway makes them of the documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.adapters.ledger.commitments import committed, order_leaf
from gateway.demo.desk import Act, ActRefused
from gateway.demo.payable import Payable, registration
from gateway.demo.people import Signer
from gateway.demo.stage import AnswerRefused, expect
from gateway.demo.story import EVIDENCE, Story, hash_of
from gateway.money import number_of


def attest_order(story: Story, payable: Payable, number: str, amount: int) -> str:
    """The evidence service attests an order's own number between a payable's parties; the nullifier."""
    desk, stage = story.desk, story.stage
    currency, document = payable.proposal["currency"], hash_of(number.encode())
    body = registration(payable, story.match_of(payable)) | {
        "document_type": "order", "number": number, "cap_minor": amount, "document_hash": document,
    }  # fmt: skip
    nullifier = str(expect(stage.evidence.post("/invoices", json=body))["nullifier"])
    attestation = {
        "nullifier": nullifier, "cap": amount, "seller": payable.supplier.number, "debtor": payable.debtor.number,
        "currency": number_of(currency), "service": EVIDENCE, "evidence": document, "expiresAt": desk.expiry(),
    }  # fmt: skip
    desk.do(Act("attestInvoices", attestation, {"service": stage.firms[EVIDENCE]["attestor"]}))
    return nullifier


def new_root(story: Story, payable: Payable) -> int:
    """A number of the buyer's, for an order or for what came of it."""
    return payable.debtor.number << 32 | 1_000 + story.desk.number()


def prepared(story: Story, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """An act on an order as the gateway makes it of the documents. Raises ActRefused with the gateway's reason."""
    story.desk.settle_index()
    try:
        answer = story.stage.gateway.post(path, json={**asked, "expires_at": story.desk.expiry()})
        found: dict[str, Any] = expect(answer)
    except AnswerRefused as refusal:
        raise ActRefused(f"{refusal.sentence} ({refusal.rule})") from refusal
    return found


def sign(story: Story, act: Mapping[str, Any], firms: Mapping[int, Mapping[str, Signer]]) -> None:
    """Whoever the gateway names signs the prepared act, by a person for each part; it is carried."""
    parts = {part: firms[party][part] for part, party in act["signers"].items()}
    message = act["typed_data"]["message"]
    story.desk.do(Act(act["function"], message, {**parts, **act["unsigned"]}))


def confirm_together(
    story: Story, payable: Payable, ordered: Sequence[tuple[str, int]], last_day: int
) -> list[dict[str, Any]]:
    """Orders of one buyer, each a number and minor units, under one commitment; and each as its seller takes it."""
    buyer, desk = payable.debtor, story.desk
    orders = [_order(story, payable, number, amount, last_day) for number, amount in ordered]
    top, proofs = committed([order_leaf(_as_hashed(order)) for order in orders])
    number = new_root(story, payable)
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


def _order(story: Story, payable: Payable, number: str, amount: int, last_day: int) -> dict[str, Any]:
    """An order between a payable's parties, as it stands in an act."""
    return {
        "root": new_root(story, payable), "seller": payable.supplier.number,
        "currency": number_of(payable.proposal["currency"]), "lastDay": last_day, "quantity": amount,
        "nullifier": attest_order(story, payable, number, amount), "evidence": hash_of(number.encode()),
    }  # fmt: skip


def _as_hashed(order: Mapping[str, Any]) -> dict[str, Any]:
    hashes = {name: bytes.fromhex(order[name].removeprefix("0x")) for name in ("nullifier", "evidence")}
    return {**order, **hashes}
