"""A verdict as JSON values: ids as party-serial, amounts and quantities as decimal text."""

from __future__ import annotations

from functools import partial
from typing import Any

from gateway.domain.calendar import iso
from gateway.domain.goods_records import RootKind
from gateway.domain.goods_units import quantity_text, unit_code
from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.ports.verification import Dossier, Signature
from gateway.services.receipt_facts import ReceiptFacts
from gateway.services.receipt_pledge import pledge_of
from gateway.services.verdict import FROZEN, PAPER, Branch, Step, Verdict, noun, signatures


def document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON values: ids as party-serial, amounts as decimal text with their currency."""
    dossier, place = verdict.dossier, verdict.place
    title, root = dossier.title, dossier.root
    return {
        "id": format_id(verdict.title),
        "kind": noun(verdict.dossier),
        "authentic": verdict.authentic,
        "free": verdict.free,
        "sentence": verdict.sentence,
        "place": {
            "chain_id": place.chain_id,
            "ledger": place.ledger,
            "block": place.block_number,
            "block_hash": place.block_hash,
            "time": place.time,
            "client": place.client,
        },
        "root": None if root is None else format_id(dossier.root_number),
        "holder": None if title is None else title["holder"],
        "amount": None if title is None else _amount(dossier, title["quantity"]),
        "currency": None if root is None or dossier.goods else currency_codes().get(root["currency"]),
        "receipt": None if verdict.receipt is None else _receipt(verdict, verdict.receipt),
        "checks": [
            {
                "id": check.id,
                "group": check.group,
                "holds": check.holds,
                "sentence": check.sentence,
                "evidence": [{"label": label, "value": value} for label, value in check.evidence],
            }
            for check in verdict.checks
        ],
        "lineage": None if verdict.lineage is None else _branch_document(dossier, verdict.lineage),
    }


def _amount(dossier: Dossier, minor: int) -> str:
    """An amount or a quantity as programs read it: decimal text alone."""
    number = dossier.root["currency"] if dossier.root else 0
    if dossier.root is not None and dossier.goods is not None:
        return quantity_text(minor, dossier.root["terms"])
    return text(minor, number) if number in currency_codes() else str(minor)


def _receipt(verdict: Verdict, facts: ReceiptFacts) -> dict[str, Any]:
    """What only a receipt has: its lot, how much is left, in whose hands, when last counted."""
    dossier, paper = verdict.dossier, verdict.paper
    root, proven = dossier.root or {}, None
    if paper is not None and not paper.faults and not facts.fate:
        proven = paper.document
    said = partial(_amount, dossier)
    return {
        "lot": format_id(dossier.root_number),
        "numbers": sorted({"0x" + each.details["number"].hex() for each in facts.stores}),
        "pooled": root["kind"] == RootKind.POOL,
        "unit": unit_code(root["currency"]),
        "decimals": root["terms"],
        "keeper": root["debtor"],
        "inspector": root["clearing_bank"],
        "place": None if proven is None else proven.place,
        "name": None if paper is None or proven is None else paper.lot,
        "last_day": iso(root["due_day"]),
        "received": said(facts.received),
        "receipts": said(facts.nominal),
        "in_store": said(facts.stored),
        "shortfall": said(facts.shortfall),
        "deliverable": said(facts.deliverable),
        "share": said(facts.share),
        "barred_by": [str(bar) for bar in facts.bars],
        "delivered": said(facts.delivered),
        "lien": _lien(dossier),
        "control": None if facts.fate else _control(dossier),
        "pledge": _pledge(dossier),
        "lease": _lease(dossier),
        "counted": _counted(dossier, facts),
        "ended": facts.fate or None,
        "heirs": [format_id(each) for each in facts.heirs],
    }


def _lien(dossier: Dossier) -> dict[str, str | None] | None:
    lien = dossier.goods.lien if dossier.goods else {"amount": 0}
    if not lien["amount"]:
        return None
    code = currency_codes().get(lien["currency"])
    return {
        "amount": text(lien["amount"], lien["currency"]) if code else str(lien["amount"]),
        "currency": code,
    }


def _control(dossier: Dossier) -> dict[str, Any]:
    """In whose hands the goods are."""
    root, title, pledge = dossier.root or {}, dossier.title or {}, pledge_of(dossier)
    frozen = bool(title["flags"] & FROZEN)
    return {
        "keeper": root["debtor"],
        "paper": bool(title["flags"] & PAPER),
        "frozen_by": dossier.last_order if frozen else None,
        "frozen_until": iso(dossier.frozen_until_day) if frozen else None,
        "facility": None if pledge is None else pledge.facility,
        "lender": None if pledge is None else pledge.lender,
        "control_agent": None if pledge is None else pledge.control_agent,
    }


def _pledge(dossier: Dossier) -> dict[str, Any] | None:
    """What a receipt counts for where it is pledged, and what becomes of it there."""
    pledge = pledge_of(dossier)
    if pledge is None:
        return None
    sale = pledge.sale
    return {
        "quantity": _amount(dossier, pledge.quantity),
        "valued_on": iso(pledge.valued_on),
        "valid_until": iso(pledge.valid_until),
        "model": pledge.model,
        "state": pledge.state.name.lower(),
        "day": None if pledge.day is None else iso(pledge.day),
        "sale": None if sale is None else {"buyer": sale.buyer, "pay_by": iso(sale.pay_by)},
    }


def _lease(dossier: Dossier) -> dict[str, Any] | None:
    """For whom a receipt is leased by whom, and on which rentals."""
    lease, facility = dossier.goods.lease if dossier.goods else None, dossier.facility
    if lease is None or facility is None:
        return None
    return {
        "facility": facility.number,
        "lessor": facility.terms["lender"],
        "lessee": facility.terms["borrower"],
        "seller": lease.terms["seller"],
        "appraiser": lease.terms["appraiser"],
        "loan": format_id(lease.loan) if lease.loan else None,
        "ends_from": iso(lease.terms["from_day"]) if lease.terms["notice_day"] else None,
    }


def _counted(dossier: Dossier, facts: ReceiptFacts) -> dict[str, Any] | None:
    if not facts.counts:
        return None
    last = facts.counts[-1]
    sign = "-" if last.change < 0 else ""
    return {
        "day": iso(last.day),
        "in_store": _amount(dossier, last.in_store),
        "change": f"{sign}{_amount(dossier, abs(last.change))}",
        "signatures": [_signature(each) for each in signatures(last.event)],
        "problem": last.event.problem,
    }


def _branch_document(dossier: Dossier, branch: Branch) -> dict[str, Any]:
    return {
        "title": format_id(branch.title),
        "holder": branch.holder,
        "amount": _amount(dossier, branch.quantity),
        "steps": [_step_document(dossier, step) for step in branch.steps],
        "branches": [_branch_document(dossier, each) for each in branch.branches],
    }


def _step_document(dossier: Dossier, step: Step) -> dict[str, Any]:
    return {
        "event": step.event,
        "other": None if step.other is None else format_id(step.other),
        "from": step.from_party,
        "to": step.to_party,
        "amount": _amount(dossier, step.quantity),
        "block": step.block,
        "time": step.time,
        "transaction": step.transaction,
        "signatures": [_signature(each) for each in step.signatures],
        "problem": step.problem,
    }


def _signature(signature: Signature) -> dict[str, Any]:
    names = ("part", "party", "person", "role", "key", "managed", "co_signer", "problem")
    return {name: getattr(signature, name) for name in names}
