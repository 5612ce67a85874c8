"""What the lender asks before it takes a certificate and before it pays: the chain, and the evidence service.

Neither the gateway's tables nor what its customer says of an invoice is believed: the certificate is verified from
the chain at a named block, and the invoice's identity is computed anew from the document that the bank is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from gateway.adapters.documents import read_bytes
from gateway.demo.bank_answers import Stop
from gateway.demo.payable import Payable, registration
from gateway.demo.stage import expect
from gateway.demo.story import LENDER, Story
from gateway.domain.invoices import invoice_key, normalise_number
from gateway.domain.trade import DocumentKind, Source, TradeDocument
from gateway.ids import format_id

SAID = 25
"""Verdicts told on the screen, before pledge and before pay-out each; the others are asked for all the same."""


class Lender:
    """The lender's own questions; each verdict is told."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._stage = story.stage
        self._told: dict[str, int] = {}

    def stops_pledge(self, payable: Payable) -> Stop | None:
        """Why this certificate is not taken as collateral: it must be authentic and free."""
        block, verdict = self._verify(payable)
        stop = None
        if not (verdict["authentic"] and verdict["free"]):
            stop = Stop("NOT-FREE" if verdict["authentic"] else "NOT-AUTHENTIC", verdict["sentence"])
        told = f"{_counted(verdict)}, authentic and free: taken" if stop is None else stop.sentence
        self._tell("before the pledge", payable, block, told)
        return stop

    def stops_payout(self, loan: int) -> Stop | None:
        """Why this loan is not paid out.

        The certificate must be authentic, locked for this lender's facility and otherwise free; the invoice shown to
        the bank must be the one that was attested and that the certificate stands on. What a loan on goods stands on
        was verified before the receipt was pledged.
        """
        payable = next((each for each in self._story.payables if each.loan == loan), None)
        if payable is None:
            return None
        block, verdict = self._verify(payable)
        stop = self._stops_collateral(payable, verdict) or self._stops_invoice(payable, verdict)
        told = f"{_counted(verdict)}, authentic and locked for us; it stands on the invoice shown: paid out"
        if stop is not None:
            told = f"not paid out, {stop.rule}: {stop.sentence}"
        self._tell("before the pay-out", payable, block, told)
        return stop

    def _verify(self, payable: Payable) -> tuple[int, dict[str, Any]]:
        """The chain's newest block, and what it says of the certificate."""
        block: int = expect(self._stage.gateway.get("/health"))["block"]
        path = f"/verify/{format_id(payable.root)}"
        return block, expect(self._stage.gateway.get(path, params={"block": block}))

    def _stops_collateral(self, payable: Payable, verdict: Mapping[str, Any]) -> Stop | None:
        if not verdict["authentic"]:
            return Stop("NOT-AUTHENTIC", verdict["sentence"])
        checks = {check["id"]: check for check in verdict["checks"]}
        failed = [check for check in verdict["checks"] if check["group"] == "free" and not check["holds"]]
        others = [check["sentence"] for check in failed if check["id"] != "unlocked"]
        if others:
            return Stop("NOT-FREE", others[0])
        lock = evidence_of(checks["unlocked"])
        if (lock.get("facility"), lock.get("lender")) != (str(payable.facility), f"party {LENDER}"):
            return Stop("NOT-LOCKED-FOR-US", checks["unlocked"]["sentence"])
        if not checks["invoice-caps"]["holds"]:
            return Stop("INVOICE-REDUCED", checks["invoice-caps"]["sentence"])
        return None

    def _tell(self, when: str, payable: Payable, block: int, verdict: str) -> None:
        self._told[when] = self._told.get(when, 0) + 1
        if self._told[when] <= SAID:
            self._story.say(f"lender, {when}: {format_id(payable.root)} at block {block}: {verdict}")
        elif self._told[when] == SAID + 1:
            self._story.say(f"lender, {when}: … and the others")

    def _stops_invoice(self, payable: Payable, verdict: Mapping[str, Any]) -> Stop | None:
        """The invoice's nullifier, computed anew from the document shown, is the one on the chain."""
        number, content = self._shown(payable)
        document = _invoice_in(content, number)
        if document is None:
            return Stop("INVOICE-UNREADABLE", f"the document shown holds no invoice {number}")
        body = registration(payable, self._story.match_of(payable)) | _identity(payable, document, content)
        known = expect(self._stage.evidence.post("/check", json=body))
        if not known["registered"]:
            return Stop("INVOICE-UNKNOWN", f"the invoice shown, {number}, was never registered")
        invoices = next(check for check in verdict["checks"] if check["id"] == "invoices")
        stood_on = {label.removeprefix("invoice ") for label in evidence_of(invoices)}
        if known["nullifier"] not in stood_on:
            told = f"the invoice shown, {number}, is another than the certificate stands on"
            return Stop("INVOICE-OTHER", told)
        if not known["matches"]:
            told = "; ".join(
                f"{each['field']}: {each['registered']} registered, {each['offered']} shown"
                for each in known["differences"]
            )
            return Stop(
                "INVOICE-DIFFERS", f"the invoice shown, {number}, is not as it was registered: {told}"
            )
        return None

    def _shown(self, payable: Payable) -> tuple[str, bytes]:
        """The number and the document that the borrower shows the bank: its invoice, unless the scenario forges it."""
        file, number = self._story.invoice_file(payable)
        content = self._story.paths[file].read_bytes()
        for each in self._story.scenario.shown:
            if normalise_number(each.invoice) == normalise_number(number):
                return each.number, content.replace(number.encode(), each.number.encode())
        return number, content


def _counted(verdict: Mapping[str, Any]) -> str:
    held = sum(check["holds"] for check in verdict["checks"])
    return f"{held} of {len(verdict['checks'])} checks hold"


def evidence_of(check: Mapping[str, Any]) -> dict[str, str]:
    """What a check of a verdict found, by its labels."""
    return {each["label"]: each["value"] for each in check["evidence"]}


def _invoice_in(content: bytes, number: str) -> TradeDocument | None:
    read = read_bytes(content, Source("shown", sha256(content).hexdigest()))
    wanted = normalise_number(number)
    invoices = [each for each in read.documents if each.kind is DocumentKind.INVOICE]
    return next((each for each in invoices if normalise_number(each.number) == wanted), None)


def _identity(payable: Payable, document: TradeDocument, content: bytes) -> dict[str, Any]:
    """What the document itself says of the invoice's identity."""
    key = invoice_key(document)
    assert key is not None
    found = {
        "document_type": str(key.kind), "number": key.number, "issue_year": key.issue_year,
        "currency": document.currency, "document_hash": "0x" + sha256(content).hexdigest(),
    }  # fmt: skip
    # Another seller than the payable's is asked for as the document spells it.
    same = key.seller_tax_id == payable.proposal["seller_tax_id"]
    return found if same else found | {"seller_id": key.seller_tax_id}
