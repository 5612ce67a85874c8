"""Who signs what (decision 5), as data: the table the API explains itself with and tests hold the contracts
to.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from gateway.domain.records import Role, Signer


class By(StrEnum):
    """Whose signature a row needs, in the words of the act."""

    EVIDENCE_SERVICE = "the evidence service"
    DEBTOR = "the debtor"
    SELLER = "the seller"
    PAYEE = "the payee"
    HOLDER = "the holder"
    ACQUIRER = "the acquirer"
    LENDER = "the lender"
    BORROWER = "the borrower"
    ENTRUSTOR = "the entrustor"
    PARTICIPANTS = "each party of the table but the lender"
    BANK = "the bank that services the account"
    CLEARING_BANK = "the clearing bank"
    PROTECTOR = "the protector"
    CUSTODIAN = "the custodian of the reserve"
    PARTY = "the party itself"
    TWO_OFFICES = "two offices of different groups, none a beneficiary"
    BANKS = "a majority of the admitted banks"
    DEPOSITOR = "the depositor"
    KEEPER = "the keeper of the goods"
    INSPECTOR = "the inspector of the lot"
    CONTROL_AGENT = "the control agent that the lender named"
    APPRAISER = "either appraiser"
    BOTH_APPRAISERS = "each of the two appraisers"
    BUYER = "the buyer"
    LEASE_APPRAISER = "the appraiser that both sides of the lease named"
    APPROVER = "the approver of stages"


class Signature(NamedTuple):
    """One signature of a row. `persons` counts different people; 0 is the party's own quorum (or what is
    named).
    """

    by: By
    role: Role
    persons: int = 1
    only_if: str = ""


_ISSUER = (Signature(By.DEBTOR, Role.ISSUE_MAKER), Signature(By.DEBTOR, Role.ISSUE_CHECKER))
_LENDER = (Signature(By.LENDER, Role.CREDIT_MAKER), Signature(By.LENDER, Role.CREDIT_CHECKER))
_PROTECTOR = (Signature(By.PROTECTOR, Role.ISSUE_MAKER), Signature(By.PROTECTOR, Role.ISSUE_CHECKER))
_CUSTODIAN = Signature(By.CUSTODIAN, Role.PAYMENTS, only_if="it is a reserve")
_SERVICE = (Signature(By.EVIDENCE_SERVICE, Role.ATTEST),)
_CLEARING = (Signature(By.CLEARING_BANK, Role.CLEARING),)
_OFFICES = (Signature(By.TWO_OFFICES, Role.OFFICE, 2),)
_BANKS = (Signature(By.BANKS, Role.OFFICE, 0),)
_QUORUM = Signature(By.PARTY, Role.ADMIN, 0)
_KEEPER = Signature(By.KEEPER, Role.KEEP)
_AGENT = Signature(By.CONTROL_AGENT, Role.KEEP)
_HOLDER_AND_KEEPER = (Signature(By.HOLDER, Role.TITLE), _KEEPER)

SIGNATURES: Mapping[str, tuple[Signature, ...]] = {
    "attest_invoice": _SERVICE,
    "credit_invoice": _SERVICE,
    "issue": _ISSUER,
    "accept": (Signature(By.PAYEE, Role.TITLE),),
    "decline": (Signature(By.PAYEE, Role.TITLE),),
    "expire": (),
    "publish_offers": _ISSUER,
    "accept_offer": (Signature(By.PAYEE, Role.TITLE),),
    "close_offers": (),
    "assign": (Signature(By.HOLDER, Role.TITLE), Signature(By.ACQUIRER, Role.TITLE)),
    "split": (
        Signature(By.HOLDER, Role.TITLE),
        Signature(By.ACQUIRER, Role.TITLE, only_if="the part goes to another party"),
    ),
    "merge": (Signature(By.HOLDER, Role.TITLE),),
    "withdraw": (Signature(By.HOLDER, Role.TITLE),),
    "open": (
        *_LENDER,
        Signature(By.BORROWER, Role.BORROW),
        Signature(By.ENTRUSTOR, Role.TITLE, 2, only_if="an entrustor is named"),
    ),
    "share": (*_LENDER, Signature(By.PARTICIPANTS, Role.CREDIT_CHECKER, 0)),
    "lock": (Signature(By.HOLDER, Role.TITLE), Signature(By.LENDER, Role.CREDIT_MAKER)),
    "draw": (Signature(By.BORROWER, Role.BORROW), *_LENDER),
    "void": _LENDER,
    "release": _LENDER,
    "unlock": (Signature(By.BORROWER, Role.TITLE, only_if="the lock does not end with the debt"),),
    "carve": (Signature(By.LENDER, Role.CREDIT_MAKER),),
    "write_off": _LENDER,
    "add_costs": _LENDER,
    "protect": (*_PROTECTOR, *_LENDER, _CUSTODIAN),
    "consent": _PROTECTOR,
    "call_protection": (*_LENDER, _CUSTODIAN),
    "end_call": (
        Signature(By.PROTECTOR, Role.ISSUE_MAKER, only_if="an insurer refuses a claim"),
        Signature(By.PROTECTOR, Role.ISSUE_CHECKER, only_if="an insurer refuses a claim"),
    ),
    "waive": _PROTECTOR,
    "attest_reserve": (Signature(By.CUSTODIAN, Role.PAYMENTS),),
    "bind_account": (_QUORUM, Signature(By.BANK, Role.PAYMENTS)),
    "record": (
        Signature(By.BANK, Role.PAYMENTS),
        Signature(By.BORROWER, Role.BORROW, only_if="a lender attests its own pay-out"),
    ),
    "reverse": (
        Signature(By.BANK, Role.PAYMENTS),
        Signature(By.BORROWER, Role.BORROW, only_if="a lender takes back a repayment that it booked itself"),
    ),
    "distribute": _CLEARING,
    "distribute_late": _CLEARING,
    "settle_early": (
        Signature(By.DEBTOR, Role.ISSUE_CHECKER),
        Signature(By.HOLDER, Role.TITLE),
        Signature(By.LENDER, Role.CREDIT_MAKER, only_if="the title is locked"),
        *_CLEARING,
    ),
    "release_held": _CLEARING,
    "write_off_title": (Signature(By.HOLDER, Role.TITLE, 2),),
    "store": (Signature(By.DEPOSITOR, Role.TITLE), _KEEPER, Signature(By.INSPECTOR, Role.ATTEST)),
    "endorse": (Signature(By.HOLDER, Role.TITLE), Signature(By.ACQUIRER, Role.TITLE), _KEEPER),
    "split_receipt": (
        Signature(By.HOLDER, Role.TITLE),
        Signature(By.ACQUIRER, Role.TITLE, only_if="it is not the holder itself"),
        _KEEPER,
    ),
    "merge_receipts": _HOLDER_AND_KEEPER,
    "hand_over": _HOLDER_AND_KEEPER,
    "count": (
        Signature(
            By.KEEPER, Role.KEEP, only_if="the inspector does not say it, or there is more than before"
        ),
        Signature(
            By.INSPECTOR, Role.ATTEST, only_if="the keeper does not say it, or there is more than before"
        ),
    ),
    "charge_storage": (_KEEPER,),
    "change_medium": _HOLDER_AND_KEEPER,
    "replace": _HOLDER_AND_KEEPER,
    "agree_goods": (*_LENDER, Signature(By.BORROWER, Role.BORROW), _AGENT),
    "appraise": (Signature(By.APPRAISER, Role.ATTEST),),
    "pledge_goods": (
        Signature(By.HOLDER, Role.TITLE),
        Signature(By.LENDER, Role.CREDIT_MAKER),
        _KEEPER,
        _AGENT,
    ),
    "release_goods": (*_LENDER, _KEEPER),
    "unlock_goods": _HOLDER_AND_KEEPER,
    "carve_goods": (Signature(By.LENDER, Role.CREDIT_MAKER), _KEEPER),
    "mark_goods": (),
    "call_margin": _LENDER,
    "waive_call": _LENDER,
    "enforce": _LENDER,
    "sell_goods": (
        *_LENDER,
        _KEEPER,
        Signature(By.BOTH_APPRAISERS, Role.ATTEST, 2),
        Signature(By.BUYER, Role.TITLE),
    ),
    "complete_sales": (),
    "end_sales": (),
    "lease_goods": (
        Signature(By.HOLDER, Role.TITLE),
        Signature(By.BORROWER, Role.BORROW),
        Signature(By.LENDER, Role.CREDIT_MAKER),
        _KEEPER,
    ),
    "withdraw_lease": _HOLDER_AND_KEEPER,
    "give_notice": _LENDER,
    "end_lease": (*_LENDER, Signature(By.LEASE_APPRAISER, Role.ATTEST)),
    "agree_stages": (
        *_LENDER,
        Signature(By.BORROWER, Role.BORROW),
        Signature(By.APPROVER, Role.ATTEST, only_if="an approver is named"),
    ),
    "open_stage": (
        Signature(By.LENDER, Role.CREDIT_MAKER),
        Signature(By.LENDER, Role.CREDIT_CHECKER, only_if="no approver was named"),
        Signature(By.APPROVER, Role.ATTEST, only_if="an approver was named"),
    ),
    "confirm_order": (*_ISSUER, Signature(By.SELLER, Role.TITLE)),
    "publish_orders": _ISSUER,
    "take_order": (Signature(By.SELLER, Role.TITLE),),
    "reduce_order": (Signature(By.DEBTOR, Role.ISSUE_CHECKER), Signature(By.SELLER, Role.TITLE)),
    "convert": (
        *_ISSUER,
        Signature(By.SELLER, Role.TITLE),
        Signature(By.LENDER, Role.CREDIT_MAKER, only_if="the order is locked"),
    ),
    "convert_goods": (
        *_ISSUER,
        Signature(By.SELLER, Role.TITLE),
        _KEEPER,
        Signature(By.LENDER, Role.CREDIT_MAKER, only_if="the receipt is locked"),
    ),
    "admit": (
        Signature(
            By.TWO_OFFICES, Role.OFFICE, 2, only_if="neither bank, keeper, evidence service nor platform"
        ),
        Signature(By.BANKS, Role.OFFICE, 0, only_if="a bank, keeper, evidence service or platform"),
    ),
    "set_signers": (_QUORUM,),
    "recover": _OFFICES,
    "veto": (Signature(By.PARTY, Role.NONE, only_if="the recovery is no succession"),),
    "complete": (),
    "suspend": _OFFICES,
    "reinstate": (
        Signature(By.TWO_OFFICES, Role.OFFICE, 2, only_if="the suspension's end day has not passed"),
    ),
    "freeze": _OFFICES,
    "lift": (Signature(By.TWO_OFFICES, Role.OFFICE, 2, only_if="the order's end day has not passed"),),
    "stop": _OFFICES,
    "cure": _OFFICES,
    "set_limit": _BANKS,
    "publish_policy": _BANKS,
    "co_sign": (Signature(By.PARTY, Role.NONE),),
    "approve": (Signature(By.PARTY, Role.NONE),),
}
"""Every verb, and the signatures it needs, in the order of the contracts' items. A role of NONE is any role.
"""

UNRELAYED = frozenset(
    {"expire", "close_offers", "unlock", "release", "record", "reverse", "distribute", "distribute_late",
     "settle_early", "release_held", "write_off_title", "bind_account", "veto", "complete", "lift", "co_sign",
     "approve", "call_protection", "end_call", "waive", "attest_reserve", "count",
     "appraise", "release_goods", "unlock_goods", "mark_goods", "complete_sales", "end_sales", "reduce_order"}
)  # fmt: skip
"""Verbs that anyone may carry, because they reduce risk or end a reservation (decision 14); the others are
carried by an admitted relayer, or by any live signer of any party.
"""


def needs_second_person(signer: Signer, amount: int) -> bool:
    """Whether this signer's mandate ends below the amount, so that a second person must co-sign."""
    return amount > signer.solo_cap
