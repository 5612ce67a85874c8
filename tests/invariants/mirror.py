"""Each record twice: as the specification has it and as the contracts show it through their views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from gateway.adapters.ledger import acts as signing
from gateway.domain.acts import Invoices
from gateway.domain.calendar import day_of
from gateway.domain.credit import owed_on
from gateway.domain.goods_records import Lot, OrderWord
from gateway.domain.ledger_state import LedgerState
from gateway.domain.life_cycle import LoanClass, loan_class
from gateway.domain.margin_records import Mark, PledgedLot
from gateway.domain.protection_records import Claims, Guard, ProtectionCall
from gateway.domain.records import Accrual, Cash, Costs, Limit, Loan, Money
from gateway.domain.settlement import FactKind
from gateway.domain.stage_records import Stages
from gateway.domain.terms import agreement, standing
from tests.invariants import words
from tests.invariants.messages import invoices_hash
from tests.invariants.verbs import Step

if TYPE_CHECKING:
    from tests.invariants.pair import Change, Pair

RECORDED = (
    "signers", "parties", "recoveries", "frozen_until", "invoices", "limits", "offers", "lists", "titles", "roots",
    "money", "facilities", "collections", "entrustors", "shares", "loans", "accruals", "sales", "bought",
    "costs", "protections", "calls", "claims", "guards", "lots", "lot_numbers", "liens",
    "goods_terms", "marks", "pledged_lots", "goods_sales", "leases", "differences",
    "stage_terms", "special_accounts", "stages",
    "orders", "order_lists",
    "movements", "reversals", "accounts", "cash",
)  # fmt: skip
"""The tables of the state that remember their changes. Policy, nonces and bank counts are asked every time."""


def account_hash(account: tuple[int, bytes] | None) -> bytes:
    """keccak256(bank, account), or nothing."""
    return bytes(32) if account is None else keccak(encode(["uint32", "bytes32"], list(account)))


def offer_hash(offer: tuple[int, Invoices] | None) -> bytes:
    """keccak256(payee, invoices), or nothing."""
    return (
        bytes(32)
        if offer is None
        else keccak(encode(["uint32", "bytes32"], [offer[0], invoices_hash(offer[1])]))
    )


def movement_hash(movement: tuple[int, bytes, int, int, bytes], *, credit: bool = True) -> bytes:
    """The contracts' name of a movement."""
    bank, account, day, amount, entry = movement
    types = ["uint32", "bytes32", "uint16", "uint48", "bool", "bytes32"]
    return keccak(encode(types, [bank, account, day, amount, credit, entry]))


Both = Callable[["Pair", Any], tuple[Any, Any]]

_COLLECTION = (1 << 176) - 1
_SPECIAL = (1 << 136) - 1


def _word(table: str, contract: str, view: str, read: Callable[[int], Any], empty: Any = None) -> Both:
    def both(pair: Pair, number: Any) -> tuple[Any, Any]:
        word = pair.machine.view(contract, view, *(number if isinstance(number, tuple) else (number,)))
        return getattr(pair.state, table).get(number, empty), read(word) if word else empty

    return both


def _signer(pair: Pair, key: str) -> tuple[Any, Any]:
    word = pair.machine.view("Ledger", "signerOf", to_checksum_address(key))
    return pair.state.signers.get(key), words.signer(word) if word else None


def _facility(pair: Pair, number: int) -> tuple[Any, Any]:
    word = pair.machine.view("Credit", "facilityOf", number)
    position = pair.machine.view("Credit", "positionOf", number)
    return pair.state.facilities.get(number), words.facility(word << 256 | position) if word else None


def _collection(pair: Pair, number: int) -> tuple[Any, Any]:
    """A facility's word ends with the end of its collection account's name."""
    wanted = int.from_bytes(account_hash(pair.state.collections.get(number)), "big")
    found = pair.machine.view("Credit", "facilityOf", number)
    return wanted & _COLLECTION, found & _COLLECTION


def _special_account(pair: Pair, number: int) -> tuple[Any, Any]:
    """What was agreed of stages ends with the end of the special account's name."""
    wanted = int.from_bytes(account_hash(pair.state.special_accounts.get(number)), "big")
    return wanted & _SPECIAL, pair.machine.view("Credit", "stageTermsOf", number) & _SPECIAL


def _entrustor(pair: Pair, number: int) -> tuple[Any, Any]:
    word = pair.machine.view("Credit", "entrustorOf", number)
    return pair.state.entrustors.get(number, (0, 0)), (word >> 16, word & 0xFFFF)


def _share_table(pair: Pair, number: int) -> tuple[Any, Any]:
    found = pair.state.shares.get(number)
    wanted = bytes(32)
    if found is not None:
        wanted = signing.struct_hash("Shares", "Shares", pair.messages.message(found))
    return wanted, pair.machine.view("Evidence", "sharesOf", number)


def _number_of(table: str, view: str) -> Both:
    """A title's loan, or a loan's title; 0 for none."""

    def both(pair: Pair, number: int) -> tuple[Any, Any]:
        return getattr(pair.state, table).get(number, 0), pair.machine.view("Credit", view, number)

    return both


def _loan(pair: Pair, number: int) -> tuple[Any, Any]:
    loan, accrual = pair.machine.view("Credit", "loanOf", number)
    day = day_of(pair.now)
    known, due = pair.state.loans.get(number), pair.state.accrual_of(number)
    wanted = (known, due, owed_on(pair.state, number, day), _standing(known, due, day))
    owed = tuple(pair.machine.view("Credit", "owedOn", number, day))
    stands = tuple(
        pair.machine.view("Terms", view, loan, *more)
        for view, more in (("overdueSince", (accrual, day)), ("classOn", (accrual, day)), ("payOutOf", ()))
    )
    return wanted, (words.loan(loan) if loan else None, words.accrual(accrual), owed, stands)


def _standing(loan: Loan | None, accrual: Accrual, day: int) -> tuple[int, int, int]:
    """Overdue since, class, and what its pay-out must be."""
    if loan is None:
        return 0, 0, 0
    return (
        standing.overdue_since(loan, accrual, day),
        list(LoanClass).index(loan_class(loan, day, accrual)),
        agreement.pay_out(loan),
    )


def _protection(pair: Pair, number: int) -> tuple[Any, Any]:
    word, standing = pair.machine.view("Protection", "protectionOf", number)
    return pair.state.protections.get(number), words.protection(word << 256 | standing) if word else None


def _list(lists: str, listed: str, view: str) -> Both:
    def both(pair: Pair, number: int) -> tuple[Any, Any]:
        word, commitment = pair.machine.view("Evidence", view, number)
        found = getattr(pair.state, listed).get(number)
        root = bytes(32) if found is None else pair.messages.tree(found)[-1][0]
        known = getattr(pair.state, lists).get(number)
        return (known, root), (words.offer_list(word) if word else None, commitment)

    return both


def _recovery(pair: Pair, party: int) -> tuple[Any, Any]:
    name, ready_at = pair.machine.view("Registry", "recoveryOf", party)
    found = pair.state.recoveries.get(party)
    if found is None:
        return bytes(32), name
    return (pair.messages.recovery_hash(found.act), found.ready_at), (name, ready_at)


def _movement(pair: Pair, movement: Any) -> tuple[Any, Any]:
    word = pair.machine.view("Settlement", "movementOf", movement_hash(movement))
    use = pair.state.movements.get(movement)
    if use is None:
        return 0, word
    filled = use.costs << 96 | use.interest << 48 | use.principal
    return use.reversed << 216 | filled << 72 | use.kind << 64 | use.subject, word


def _negative(pair: Pair, movement: Any) -> tuple[Any, Any]:
    word = pair.machine.view("Settlement", "movementOf", movement_hash(movement, credit=False))
    subject = pair.state.reversals.get(movement)
    return 0 if subject is None else FactKind.REVERSED << 64 | subject, word


def _nonce(pair: Pair, number: tuple[int, int]) -> tuple[Any, Any]:
    return number in pair.state.nonces, pair.machine.view("Ledger", "nonceSpent", *number)


def _policy(pair: Pair, day: int) -> tuple[Any, Any]:
    word = pair.machine.view("Evidence", "policyOn", day)
    return pair.state.policy_on(day), words.policy(word) if word else None


def _banks(pair: Pair, _number: int) -> tuple[Any, Any]:
    found = pair.machine.view("Registry", "banks")
    return (pair.state.banks, pair.state.banks // 2 + 1), tuple(found)


def _hashed(table: str, contract: str, view: str, name: Callable[[Any], bytes]) -> Both:
    def both(pair: Pair, number: Any) -> tuple[Any, Any]:
        wanted = name(getattr(pair.state, table).get(number))
        return wanted, pair.machine.view(
            contract, view, *(number if isinstance(number, tuple) else (number,))
        )

    return both


def _plain(word: int) -> int:
    return word


TABLES: Mapping[str, Both] = {
    "titles": _word("titles", "Ledger", "titleOf", words.title),
    "roots": _word("roots", "Ledger", "rootOf", words.root),
    "money": _word("money", "Ledger", "moneyOf", words.money, Money()),
    "lots": _word("lots", "Ledger", "lotOf", words.lot, Lot()),
    "lot_numbers": _word("lot_numbers", "Ledger", "lotOfNumber", _plain),
    "liens": _word("liens", "Ledger", "lienOf", words.lien),
    "orders": _word("orders", "Ledger", "orderOf", words.order, OrderWord()),
    "parties": _word("parties", "Ledger", "partyOf", words.party),
    "signers": _signer,
    "nonces": _nonce,
    "invoices": _word("invoices", "Evidence", "invoiceOf", words.invoice),
    "limits": _word("limits", "Evidence", "limitOf", words.limit, Limit()),
    "offers": _hashed("offers", "Evidence", "offerOf", offer_hash),
    "lists": _list("lists", "list_offers", "offersOf"),
    "order_lists": _list("order_lists", "listed_orders", "ordersOf"),
    "policy": _policy,
    "facilities": _facility,
    "collections": _collection,
    "entrustors": _entrustor,
    "shares": _share_table,
    "loans": _loan,
    "sales": _number_of("sales", "saleOf"),
    "bought": _number_of("bought", "boughtBy"),
    "costs": _word("costs", "Credit", "costsOf", words.costs, Costs()),
    "goods_terms": _word("goods_terms", "Credit", "goodsTermsOf", words.goods_terms),
    "stage_terms": _word("stage_terms", "Credit", "stageTermsOf", words.stage_terms),
    "special_accounts": _special_account,
    "stages": _word("stages", "Credit", "stagesOf", words.stages, Stages()),
    "marks": _word("marks", "Credit", "markOf", words.mark, Mark()),
    "pledged_lots": _word("pledged_lots", "Credit", "pledgedLotOf", words.pledged_lot, PledgedLot()),
    "goods_sales": _word("goods_sales", "Credit", "goodsSaleOf", words.goods_sale),
    "leases": _word("leases", "Credit", "leaseOf", words.lease),
    "differences": _word("differences", "Credit", "differenceOf", _plain),
    "protections": _protection,
    "calls": _word("calls", "Protection", "callOf", words.call, ProtectionCall()),
    "claims": _word("claims", "Protection", "claimsOf", words.claims, Claims()),
    "guards": _word("guards", "Protection", "guardOf", words.guard, Guard()),
    "movements": _movement,
    "reversals": _negative,
    "accounts": _hashed("accounts", "Settlement", "accountOf", account_hash),
    "cash": _word("cash", "Settlement", "cashOf", words.cash, Cash()),
    "frozen_until": _word("frozen_until", "Registry", "frozenUntil", _plain),
    "recoveries": _recovery,
    "banks": _banks,
}


def both(pair: Pair, table: str, number: Any) -> tuple[Any, Any]:
    """A record as the specification has it, and as the contracts show it."""
    return TABLES["loans" if table == "accruals" else table](pair, number)


_FIELDS: Mapping[str, tuple[str, ...]] = {
    "title": ("titles", "cash", "frozen_until", "sales", "liens", "goods_sales", "leases"),
    "lot": ("roots", "lots", "titles"),
    "receipt": ("titles", "roots"),
    "number": ("lot_numbers",),
    "part": ("titles", "roots"),
    "rest": ("titles", "roots"),
    "replacement": ("titles", "roots"),
    "keeper": ("parties",),
    "child": ("titles", "frozen_until", "roots"),
    "into": ("titles", "liens"),
    "from_": ("titles", "liens"),
    "titles": ("titles", "cash", "sales"),
    "unlock": ("titles",),
    "root": ("roots", "money", "titles", "offers", "orders"),
    "subject": ("titles", "cash", "roots", "money", "loans", "protections"),
    "facility": (
        "facilities",
        "collections",
        "entrustors",
        "shares",
        "guards",
        "goods_terms",
        "marks",
        "stage_terms",
        "special_accounts",
        "stages",
    ),
    "loan": ("loans", "bought", "costs", "claims", "differences"),
    "protection": ("protections",),
    "others": ("protections",),
    "loans": ("loans",),
    "list": ("lists", "order_lists"),
    "seller": ("parties",),
    "party": ("parties", "recoveries"),
    "debtor": ("parties",),
    "payee": ("parties",),
    "to": ("parties",),
    "buyer": ("parties",),
    "nullifier": ("invoices",),
    "nullifiers": ("invoices",),
    "key": ("signers",),
    "keys": ("signers",),
    "revoked": ("signers",),
}


def mentioned(state: LedgerState, step: Step) -> Iterator[Change]:
    """The records a step names, and those they stand on: what a refused step could have changed all the same."""
    named = set(_named(step.act)) | {
        (name, value) for name, part in step.more.items() for value in (part if _is_list(part) else (part,))
    }
    for _, number in list(named):
        if is_dataclass(number):
            named = named | set(_named(number))
    for name, number in named:
        for table in _FIELDS.get(name, ()):
            yield table, number
        if name in ("title", "child", "titles", "into", "from_", "subject"):
            title = state.titles.get(number)
            if title is not None:
                yield from (
                    ("roots", title.root),
                    ("money", title.root),
                    ("lots", title.root),
                    ("orders", title.root),
                )
                if title.lock:
                    yield "facilities", title.lock
        if name in ("loan", "subject") and number in state.loans:
            facility = state.loans[number].facility
            yield "facilities", facility
            yield "stages", facility
            if number in state.bought:
                sold = state.bought[number]
                yield from (("titles", sold), ("sales", sold), ("leases", sold))
    lot, facility = getattr(step.act, "lot", None), getattr(step.act, "facility", None)
    if lot is not None and facility is not None:
        yield "pledged_lots", (facility, lot)
    yield "banks", 0
    for party, nonce in _nonces(step):
        yield "nonces", (party, nonce)


def _is_list(value: Any) -> bool:
    return isinstance(value, (tuple, list, frozenset))


def _named(act: Any) -> Iterator[tuple[str, Any]]:
    """Every field of an act and of the parts it is made of, lists opened."""
    if not is_dataclass(act):
        return
    for part in fields(act):
        value = getattr(act, part.name)
        for each in value if _is_list(value) else (value,):
            if is_dataclass(each):
                yield from _named(each)
            else:
                yield part.name, each


def _nonces(step: Step) -> Iterator[tuple[int, int]]:
    nonce = getattr(step.act, "nonce", None)
    if nonce is not None:
        yield 0, nonce
        if hasattr(step.act, "party"):
            yield step.act.party, nonce


def everything(state: LedgerState) -> Iterator[Change]:
    """Every record the specification knows, and the policy of the days around."""
    for table in RECORDED:
        for number in getattr(state, table):
            yield table, number
    for nonce in state.nonces:
        yield "nonces", nonce
    yield "banks", 0


def policy_days(now: int) -> Iterator[Change]:
    """The policy in force yesterday, today, in a week and in a month."""
    today = day_of(now)
    for day in (today - 1, today, today + 7, today + 31):
        yield "policy", day
