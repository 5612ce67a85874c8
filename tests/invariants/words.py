"""Reads the contracts' packed words as the domain's records, so that the two can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.domain.goods_records import Lien, Lot, OrderWord
from gateway.domain.lease_records import Lease
from gateway.domain.margin_records import GoodsSale, GoodsTerms, MarginState, Mark, PledgedLot, SaleState
from gateway.domain.protection_records import Claims, Guard, Protection, ProtectionCall, ProtectionKind
from gateway.domain.records import (
    Accrual,
    Cash,
    Costs,
    Facility,
    Form,
    Invoice,
    Limit,
    Loan,
    LoanPhase,
    Money,
    OfferList,
    Party,
    Phase,
    Policy,
    Root,
    Signer,
    Standing,
    Title,
)
from gateway.domain.stage_records import Stages, StageTerms


def unpack(word: int, widths: Mapping[str, int]) -> dict[str, int]:
    """The fields of a word, from its high bits down; the widths make up 256 bits, or what of them is used."""
    found: dict[str, int] = {}
    at = sum(widths.values())
    for name, width in widths.items():
        at -= width
        found[name] = word >> at & (1 << width) - 1
    return found


_TITLE = {
    "holder": 32,
    "lock": 32,
    "root": 64,
    "quantity": 48,
    "paid": 48,
    "sequence": 16,
    "depth": 8,
    "flags": 8,
}
_ROOT = {
    "debtor": 32, "clearing_bank": 32, "currency": 16, "due_day": 16, "opened_day": 16, "kind": 8, "phase": 8,
    "terms": 16, "policy_version": 32, "quantity": 48, "accept_days": 8, "maximum_depth": 8, "minimum_piece": 16,
}  # fmt: skip
_MONEY = {"received": 48, "distributed": 48, "removed": 48, "written_off": 48, "late_interest": 48, "_": 16}
_LOT = {
    "deposited": 48,
    "redeemed": 48,
    "delivered": 48,
    "lost": 48,
    "counted_day": 16,
    "counts": 16,
    "_": 32,
}
_ORDER = {"taken": 48, "promised": 48, "reduced": 48, "_": 112}
_LIEN = {"amount": 48, "currency": 16}
_SIGNER = {
    "party": 32, "person": 32, "roles": 32, "solo_cap": 48, "valid_from": 40, "valid_until": 40, "flags": 8, "_": 24,
}  # fmt: skip
_PARTY = {
    "kinds": 16, "group": 32, "standing": 8, "quorum": 8, "signers": 16, "stopped_by_order": 8, "stopped_until": 16,
    "suspended_until": 16, "administrators": 16, "_": 120,
}  # fmt: skip
_INVOICE = {"cap": 48, "used": 48, "seller": 32, "debtor": 32, "currency": 16, "service": 32, "_": 48}
_LIMIT = {"limit": 48, "used": 48}
_POLICY = {
    "version": 16, "effective_day": 16, "maximum_tenor_months": 8, "maximum_depth": 8, "accept_days": 8,
    "release_days": 8, "minimum_late_interest": 16, "minimum_piece": 32,
}  # fmt: skip
_COMPACT = {
    "version": 16, "maximum_tenor_months": 8, "maximum_depth": 8, "accept_days": 8, "release_days": 8,
    "minimum_late_interest": 16, "minimum_piece": 32,
}  # fmt: skip
_LIST = {"debtor": 32, "currency": 16, "opened_day": 16, "total": 48, "taken": 48, "policy": 96}
_FACILITY = {
    "lender": 32, "borrower": 32, "currency": 16, "_": 176, "face": 48, "limit": 48, "used": 48, "advance_bps": 16,
    "end_day": 16, "zero_debt_day": 16, "loans": 16, "written_off": 16, "release_days": 8, "subrogated": 1,
    "reserve_short": 1, "staged": 1, "takes_goods": 1, "entrusted": 1, "form": 2, "closes_with_debt": 1,
    "debt_paid": 8, "_unused": 8,
}  # fmt: skip
"""Two words, one behind the other: what a facility is, and how it stands."""
_LOAN = {
    "facility": 32, "principal": 48, "drawn": 48, "rate": 24, "due_day": 16, "start_day": 16, "accrued_day": 16,
    "penalty_bps": 16, "minimum_days": 8, "terms": 4, "basis": 4, "phase": 4, "_": 1, "staged": 1, "buys": 1,
    "has_costs": 1, "grace_days": 8, "count": 8,
}  # fmt: skip
_ACCRUAL = {"principal_days": 72, "overdue_days": 72, "interest_paid": 48, "instalment": 48, "_": 16}
_COSTS = {"added": 48, "paid": 48, "_": 160}
_PROTECTION = {
    "cap": 48, "called": 48, "paid": 48, "reimbursed": 48, "facility": 32, "bps": 16, "order": 8, "kind": 8,
    "custodian": 32, "balance": 48, "floor": 48, "target": 48, "until_day": 16, "attested_day": 16, "top_up_day": 16,
    "rate": 24, "top_up_days": 8,
}  # fmt: skip
"""Two words, one behind the other: what is promised and called, and its terms."""
_CALL = {"called": 48, "paid": 48, "reimbursed": 48, "day": 16, "consented": 8, "_": 88}
_CLAIMS = {"first": 48, "later": 48, "pot": 48, "shared": 48, "_": 64}
_GUARD = {"protections": 16, "short": 16, "open": 16, "_": 208}
_GOODS_TERMS = {
    "control_agent": 32, "appraiser": 32, "second_appraiser": 32, "maintenance_bps": 16, "rise_bps": 16,
    "valid_days": 8, "call_days": 8, "floor": 48, "version": 8, "_": 56,
}  # fmt: skip
_PLEDGED_LOT = {
    "quantity": 48, "value": 48, "rate": 64, "valued_day": 16, "valid_until": 16, "model": 32, "_": 32,
}  # fmt: skip
_MARK = {"loan": 64, "fresh_until": 16, "lots": 16, "state": 8, "day": 16}
_GOODS_SALE = {
    "came_before": 48, "price": 48, "buyer": 32, "facility": 32, "quantity": 48, "pay_by": 16, "state": 8,
}  # fmt: skip
_LEASE = {
    "owner": 32, "seller": 32, "appraiser": 32, "facility": 32, "price": 48, "notice_days": 8, "notice_day": 16,
    "from_day": 16,
}  # fmt: skip
_STAGE_TERMS = {
    "approver": 32, "first": 48, "step_bps": 16, "release_bps": 16, "version": 8, "_account": 136,
}  # fmt: skip
_STAGES = {"opened": 48, "sales": 104, "released": 104}
_CASH = {"credited": 48, "collected": 48, "surplus": 48, "held": 48, "late": 48, "_": 16}


def _read(
    record: Callable[..., Any], widths: Mapping[str, int], **types: Callable[[int], Any]
) -> Callable[[int], Any]:
    def read(word: int) -> Any:
        fields = unpack(word, widths)
        return record(
            **{name: types.get(name, int)(value) for name, value in fields.items() if name[0] != "_"}
        )

    return read


title = _read(Title, _TITLE)
root = _read(Root, _ROOT, phase=Phase)
money = _read(Money, _MONEY)
lot = _read(Lot, _LOT)
order = _read(OrderWord, _ORDER)
lien = _read(Lien, _LIEN)
signer = _read(Signer, _SIGNER)
party = _read(Party, _PARTY, standing=Standing, stopped_by_order=bool)
invoice = _read(Invoice, _INVOICE)
limit = _read(Limit, _LIMIT)
policy = _read(Policy, _POLICY)
facility = _read(
    Facility,
    _FACILITY,
    closes_with_debt=bool,
    debt_paid=bool,
    entrusted=bool,
    form=Form,
    reserve_short=bool,
    subrogated=bool,
    takes_goods=bool,
    staged=bool,
)
loan = _read(Loan, _LOAN, phase=LoanPhase, buys=bool, has_costs=bool, staged=bool)
accrual = _read(Accrual, _ACCRUAL)
cash = _read(Cash, _CASH)
costs = _read(Costs, _COSTS)
protection = _read(Protection, _PROTECTION, kind=ProtectionKind)
call = _read(ProtectionCall, _CALL, consented=bool)
claims = _read(Claims, _CLAIMS)
guard = _read(Guard, _GUARD)
goods_terms = _read(GoodsTerms, _GOODS_TERMS)
pledged_lot = _read(PledgedLot, _PLEDGED_LOT)
mark = _read(Mark, _MARK, state=MarginState)
lease = _read(Lease, _LEASE)
goods_sale = _read(GoodsSale, _GOODS_SALE, state=SaleState)
stage_terms = _read(StageTerms, _STAGE_TERMS)
stages = _read(Stages, _STAGES)


def offer_list(word: int) -> OfferList:
    """A published list; the policy it is held to has no effective day."""
    fields = unpack(word, _LIST)
    compact = Policy(effective_day=0, **unpack(fields.pop("policy"), _COMPACT))
    return OfferList(policy=compact, **fields)
