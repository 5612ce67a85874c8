"""Orders come onto the ledger: each number attested once, and acts as the gateway makes them of the documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.adapters.ledger.commitments import committed, order_leaf
from gateway.demo.desk import Act, ActRefused
from gateway.demo.orders import Ordered
from gateway.demo.people import Firm, Signer
from gateway.demo.stage import AnswerRefused, expect
from gateway.demo.story import EVIDENCE, Story, hash_of
from gateway.money import number_of


class OrderRefused(ActRefused):
    """The gateway prepares no act of what was asked for; `rule` is its word."""

    def __init__(self, refusal: AnswerRefused) -> None:
        self.rule = refusal.rule
        where = " of ".join(each for each in (refusal.field, refusal.document) if each)
        super().__init__(f"{refusal.sentence} ({refusal.rule}{f': {where}' if where else ''})")


def attest_order(story: Story, ordered: Ordered, number: str, amount: int) -> str:
    """The evidence service attests the number of an order between the parties of `ordered`, good for `amount` minor
    units; the nullifier.
    """
    desk, stage = story.desk, story.stage
    currency, document = ordered.match.currency, hash_of(number.encode())
    body = ordered.registration(number, amount) | {"document_hash": document}
    nullifier = str(expect(stage.evidence.post("/invoices", json=body))["nullifier"])
    attestation = {
        "nullifier": nullifier, "cap": amount, "seller": ordered.seller.number, "debtor": ordered.buyer.number,
        "currency": number_of(currency), "service": EVIDENCE, "evidence": document, "expiresAt": desk.expiry(),
    }  # fmt: skip
    desk.do(Act("attestInvoices", attestation, {"service": stage.firms[EVIDENCE]["attestor"]}))
    return nullifier


def new_root(story: Story, buyer: Firm) -> int:
    """A number of the buyer's, for an order or for what came of it."""
    return buyer.number << 32 | 1_000 + story.desk.number()


def prepared(story: Story, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """An act on an order as the gateway makes it of the documents. Raises OrderRefused with the gateway's reason."""
    story.desk.settle_index()
    try:
        answer = story.stage.gateway.post(path, json={**asked, "expires_at": story.desk.expiry()})
        found: dict[str, Any] = expect(answer)
    except AnswerRefused as refusal:
        raise OrderRefused(refusal) from refusal
    return found


def sign(story: Story, act: Mapping[str, Any], firms: Mapping[int, Mapping[str, Signer]]) -> None:
    """Whoever the gateway names signs the prepared act, by a person for each part; it is carried."""
    parts = {part: firms[party][part] for part, party in act["signers"].items()}
    message = act["typed_data"]["message"]
    story.desk.do(Act(act["function"], message, {**parts, **act["unsigned"]}))


def confirm_together(
    story: Story, sides: Ordered, ordered: Sequence[tuple[str, int]], last_day: int
) -> list[dict[str, Any]]:
    """Orders between the parties of one, each a number and minor units, under one commitment; and each as its seller
    takes it.
    """
    buyer, desk = sides.buyer, story.desk
    orders = [_order(story, sides, number, amount, last_day) for number, amount in ordered]
    top, proofs = committed([order_leaf(_as_hashed(order)) for order in orders])
    number = new_root(story, buyer)
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


def take_order(story: Story, seller: Firm, given: Mapping[str, Any]) -> int:
    """The seller takes one order of a list; its number on the ledger."""
    message = {"list": given["list"], "order": given["order"], "expiresAt": story.desk.expiry()}
    parts = {"proof": given["proof"], "seller": seller["maker"]}
    story.desk.do(Act("takeOrder", message, parts))
    return int(given["order"]["root"])


def _order(story: Story, sides: Ordered, number: str, amount: int, last_day: int) -> dict[str, Any]:
    """An order between the parties of one, as it stands in an act."""
    return {
        "root": new_root(story, sides.buyer), "seller": sides.seller.number,
        "currency": number_of(sides.match.currency), "lastDay": last_day, "quantity": amount,
        "nullifier": attest_order(story, sides, number, amount), "evidence": hash_of(number.encode()),
    }  # fmt: skip


def _as_hashed(order: Mapping[str, Any]) -> dict[str, Any]:
    hashes = {name: bytes.fromhex(order[name].removeprefix("0x")) for name in ("nullifier", "evidence")}
    return {**order, **hashes}
