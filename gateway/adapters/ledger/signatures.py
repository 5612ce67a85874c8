"""Whose signatures an act needs, and whose those in the calldata are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coincurve import PublicKey
from eth_utils.crypto import keccak

from gateway.adapters.ledger.calldata import Item

ROLES = {
    1: "administrator",
    2: "issue maker",
    4: "issue checker",
    8: "titles",
    16: "borrowing",
    32: "credit maker",
    64: "credit checker",
    128: "payments",
    256: "clearing",
    512: "attestation",
    1024: "office",
    2048: "keeping",
}
_ISSUE_MAKER, _ISSUE_CHECKER, _TITLE, _BORROW, _CREDIT_MAKER, _CREDIT_CHECKER = 2, 4, 8, 16, 32, 64
_PAYMENTS, _CLEARING, _ATTEST, _OFFICE, _KEEP = 128, 256, 512, 1024, 2048

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_LOW = (1 << 255) - 1


@dataclass(frozen=True, slots=True)
class Need:
    """One signature: which part of the item, of whom, in which role (a bit), up to which amount."""

    part: str
    party: int
    role: int
    amount: int
    signature: tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Context:
    """What the act met on the chain: who held the title, and the parties of its root and facility.

    A lot's debtor is its keeper, and its inspector stands where a receivable has its clearing bank. Of pledged goods:
    who controls and who values them for the facility, as was agreed then, and what those that went free counted for.
    """

    holder: int = 0
    quantity: int = 0
    debtor: int = 0
    clearing_bank: int = 0
    lender: int = 0
    control_agent: int = 0
    appraiser: int = 0
    second_appraiser: int = 0
    borrower: int = 0
    freed_value: int = 0
    found_more: bool = False
    of_goods: bool = False


def recover(digest: bytes, signature: tuple[bytes, bytes]) -> str | None:
    """The key behind a 64-byte signature (EIP-2098), as the contracts accept it; None for any other."""
    r, vs = signature
    s = int.from_bytes(vs, "big") & _LOW
    # The upper half is the same signature written another way: the contracts refuse it.
    if not 0 < s <= _ORDER // 2:
        return None
    raw = r + s.to_bytes(32, "big") + bytes([vs[0] >> 7])
    try:
        public = PublicKey.from_signature_and_message(raw, digest, hasher=None)
    except Exception:  # the library raises a bare one for a point that is not on the curve
        return None
    return "0x" + keccak(public.format(compressed=False)[1:])[-20:].hex()


def wallet_of(signature: tuple[bytes, bytes]) -> str | None:
    """The contract wallet that stands in a signature's place (vs is zero), or None."""
    r, vs = signature
    return "0x" + r[-20:].hex() if vs == bytes(32) else None


def needs(item: Item, context: Context) -> list[Need]:
    """The signatures the contracts asked for, by the rules of each verb; empty for a verb that takes none."""
    rule = _RULES.get(item.function)
    return [] if rule is None else rule(item, context)


def ways(item: Item, context: Context) -> list[list[Need]]:
    """The sets of signatures of which the contracts ask for one: of a count that finds less, one side's is enough."""
    both = needs(item, context)
    if item.function != "count" or context.found_more:
        return [both]
    return [both, *([each] for each in both)]


def _need(item: Item, part: str, party: int, role: int, amount: int = 0) -> Need:
    return Need(part, party, role, amount, item.parts[part])


def _offices(item: Item, _: Context) -> list[Need]:
    signed: Sequence[Mapping[str, Any]] = item.parts["offices"]
    return [
        Need(f"office {place}", office["party"], _OFFICE, 0, office["signature"])
        for place, office in enumerate(signed, start=1)
    ]


def _issue(item: Item, _: Context) -> list[Need]:
    debtor = item.message["debtor"]
    total = sum(each["quantity"] for each in item.message["receivables"])
    return _maker_and_checker(item, debtor, total)


def _publish(item: Item, _: Context) -> list[Need]:
    return _maker_and_checker(item, item.message["debtor"], item.message["total"])


def _convert(item: Item, context: Context) -> list[Need]:
    """The buyer promises, the seller parts with what was ordered or in store, and a lender agrees that this goes on
    securing its facility.
    """
    made, message = item.message["receivable"], item.message
    given = message.get("taken", 0)
    seller = _need(item, "seller", made["payee"], _TITLE, given)
    found = [*_maker_and_checker(item, made["root"] >> 32, made["quantity"]), seller]
    amount = given or made["quantity"]
    return [*found, _need(item, "lender", context.lender, _CREDIT_MAKER, amount)] if context.lender else found


def _convert_goods(item: Item, context: Context) -> list[Need]:
    """Of the receipt the keeper signs too; whoever asks for the receivable alone is not told who that is."""
    found = _convert(item, context)
    return [*found, _keeper(item, context)] if context.of_goods else found


def _maker_and_checker(item: Item, debtor: int, total: int) -> list[Need]:
    checker = _need(item, "checker", debtor, _ISSUE_CHECKER, total)
    return [_need(item, "maker", debtor, _ISSUE_MAKER), checker]


def _assign(item: Item, context: Context) -> list[Need]:
    acquirer = _need(item, "acquirer", item.message["to"], _TITLE, context.quantity)
    return [_need(item, "holder", context.holder, _TITLE, context.quantity), acquirer]


def _split(item: Item, context: Context) -> list[Need]:
    to, part = item.message["to"], item.message["quantity"]
    holder = _need(item, "holder", context.holder, _TITLE, part)
    return [holder] if to == context.holder else [holder, _need(item, "acquirer", to, _TITLE, part)]


def _lock(item: Item, context: Context) -> list[Need]:
    part = item.message["quantity"]
    lender = _need(item, "lender", context.lender, _CREDIT_MAKER, part)
    return [_need(item, "holder", context.holder, _TITLE, part), lender]


def _early(item: Item, context: Context) -> list[Need]:
    amount = context.quantity
    found = [
        _need(item, "debtor", context.debtor, _ISSUE_CHECKER, amount),
        _need(item, "holder", context.holder, _TITLE, amount),
        _need(item, "clearingBank", context.clearing_bank, _CLEARING, amount),
    ]
    return [*found, _need(item, "lender", context.lender, _CREDIT_MAKER, amount)] if context.lender else found


def _keeper(item: Item, context: Context) -> Need:
    return _need(item, "keeper", context.debtor, _KEEP)


def _inspector(item: Item, context: Context) -> Need:
    return _need(item, "inspector", context.clearing_bank, _ATTEST)


def _store(item: Item, context: Context) -> list[Need]:
    depositor = _need(item, "depositor", item.message["depositor"], _TITLE, item.message["quantity"])
    return [depositor, _keeper(item, context), _inspector(item, context)]


def _holder_and_keeper(item: Item, context: Context) -> list[Need]:
    # What is handed over is asked of the holder's mandate; a merge of whatever size is not.
    amount = 0 if item.function == "mergeReceipts" else item.message.get("quantity", context.quantity)
    return [_need(item, "holder", context.holder, _TITLE, amount), _keeper(item, context)]


def _pledge(item: Item, context: Context) -> list[Need]:
    holder = _need(item, "holder", context.holder, _TITLE, item.message["quantity"])
    agent = _need(item, "agent", context.control_agent, _KEEP)
    return [holder, _need(item, "lender", context.lender, _CREDIT_MAKER), _keeper(item, context), agent]


def _lease(item: Item, context: Context) -> list[Need]:
    return [
        _need(item, "holder", context.holder, _TITLE, item.message["quantity"]),
        _need(item, "lessee", context.borrower, _BORROW, item.message["price"]),
        _need(item, "lender", context.lender, _CREDIT_MAKER),
        _keeper(item, context),
    ]


def _end_lease(item: Item, context: Context) -> list[Need]:
    """What was owed then is not asked again: the checker's mandate for it, the contracts saw to."""
    return [*_lenders(item, context, 0), _need(item, "appraiser", context.appraiser, _ATTEST)]


def _release(item: Item, context: Context) -> list[Need]:
    return [*_lenders(item, context, context.freed_value), _keeper(item, context)]


def _sell(item: Item, context: Context) -> list[Need]:
    price = item.message["price"]
    return [
        *_lenders(item, context, price),
        _keeper(item, context),
        _need(item, "appraiser", context.appraiser, _ATTEST),
        _need(item, "secondAppraiser", context.second_appraiser, _ATTEST),
        _need(item, "buyer", item.message["buyer"], _TITLE, price),
    ]


def _lenders(item: Item, context: Context, amount: int) -> list[Need]:
    checker = _need(item, "checker", context.lender, _CREDIT_CHECKER, amount)
    return [_need(item, "maker", context.lender, _CREDIT_MAKER), checker]


_RULES: Mapping[str, Callable[[Item, Context], list[Need]]] = {
    "issue": _issue,
    "publishOffers": _publish,
    "accept": lambda item, context: [_need(item, "payee", item.message["payee"], _TITLE, context.quantity)],
    "acceptOffer": lambda item, _: [
        _need(item, "payee", item.parts["receivable"]["payee"], _TITLE, item.message["quantity"])
    ],
    "convert": _convert,
    "convertGoods": _convert_goods,
    "attestInvoices": lambda item, _: [_need(item, "service", item.message["service"], _ATTEST)],
    "assign": _assign,
    "split": _split,
    "merge": lambda item, context: [_need(item, "holder", context.holder, _TITLE)],
    "withdraw": lambda item, context: [_need(item, "holder", context.holder, _TITLE)],
    "lock": _lock,
    "carve": lambda item, context: [
        _need(item, "lender", context.lender, _CREDIT_MAKER, item.message["quantity"])
    ],
    "freeze": _offices,
    "distribute": lambda item, context: [_need(item, "clearingBank", context.clearing_bank, _CLEARING)],
    "distributeLate": lambda item, context: [
        _need(item, "clearingBank", context.clearing_bank, _CLEARING, sum(item.message["amounts"]))
    ],
    "record": lambda item, _: [_need(item, "bank", item.message["bank"], _PAYMENTS, item.message["amount"])],
    "settleEarly": _early,
    "writeOffTitle": lambda item, context: [
        _need(item, part, context.holder, _TITLE) for part in ("first", "second")
    ],
    "store": _store,
    "endorse": lambda item, context: [*_assign(item, context), _keeper(item, context)],
    "splitReceipt": lambda item, context: [*_split(item, context), _keeper(item, context)],
    "mergeReceipts": _holder_and_keeper,
    "handOver": _holder_and_keeper,
    "count": lambda item, context: [_keeper(item, context), _inspector(item, context)],
    "chargeStorage": lambda item, context: [_keeper(item, context)],
    "changeMedium": _holder_and_keeper,
    "replace": _holder_and_keeper,
    "pledgeGoods": _pledge,
    "releaseGoods": _release,
    "unlockGoods": _holder_and_keeper,
    "carveGoods": lambda item, context: [
        _need(item, "lender", context.lender, _CREDIT_MAKER),
        _keeper(item, context),
    ],
    "sellGoods": _sell,
    "leaseGoods": _lease,
    "withdrawLease": _holder_and_keeper,
    "endLease": _end_lease,
}
