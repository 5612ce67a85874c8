"""The access table: every relayed act at the moment before it is done, with the signatures of decision 5."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from eth_utils.crypto import keccak

from gateway.adapters.ledger import acts
from tests.contracts import (
    goods_table,
    leases_table,
    margin_table,
    orders_table,
    stages_table,
    stock_table,
)
from tests.contracts.instructions import (
    Instruction,
    Slot,
    administrators,
    independent,
    keys_of,
    office_slots,
    suspend,
    suspend_act,
)
from tests.house.cast import (
    CLEARING,
    CORE,
    EVIDENCE,
    FOREVER,
    GUARANTOR,
    INSURER,
    LENDER,
    PLATFORM,
    THIRD_BANK,
    TIER_1,
    TIER_2,
    TIER_3,
    Party,
    Person,
    bank,
    enterprise,
    grant_dict,
    person,
)
from tests.house.house import (
    CNY,
    EVIDENCE_HASH,
    PAYOUT,
    PROTECTED,
    RECEIVED,
    REPAYMENT,
    House,
    account_of,
    collection_account,
    nullifier_of,
)

AMOUNT = 90_000_000
ROOT = CORE.number << 32 | 1
LIST = CORE.number << 32 | 77
LOAN = TIER_1.number << 32 | 1
FACILITY = 7
GUARANTEE = GUARANTOR.number << 32 | 1
RESERVE = CORE.number << 32 | 5
INSURANCE = INSURER.number << 32 | 1
CHILD = TIER_1.number << 32 | 8


def receivable(house: House, root: int = ROOT, **changes: Any) -> dict[str, Any]:
    """What the core promises its first tier."""
    return {
        "root": root, "payee": TIER_1.number, "clearingBank": CLEARING.number, "currency": CNY,
        "dueDay": house.machine.day() + 90, "terms": 500, "quantity": AMOUNT, "nullifiers": [nullifier_of(root)],
        "amounts": [AMOUNT], "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip


def core_signs(amount: int) -> tuple[Slot, Slot]:
    return Slot("maker", CORE["maker"], "ISSUE_MAKER"), Slot(
        "checker", CORE["checker"], "ISSUE_CHECKER", amount
    )


def title_slot(part: str, who: Person, amount: int = 0, place: int | None = None) -> Slot:
    return Slot(part, who, "TITLE", amount, place)


def _credit(amount: int) -> tuple[Slot, Slot]:
    return (
        Slot("maker", LENDER["credit_maker"], "CREDIT_MAKER"),
        Slot("checker", LENDER["credit_checker"], "CREDIT_CHECKER", amount),
    )


# ── Promises and evidence ───────────────────────────────────────────────────────────────────────────────────────


def attest_invoices(house: House) -> Instruction:
    act = {
        "nullifier": nullifier_of(ROOT), "cap": AMOUNT, "seller": TIER_1.number, "debtor": CORE.number,
        "currency": CNY, "service": EVIDENCE.number, "evidence": EVIDENCE_HASH, "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction(
        "attestInvoices", act, (Slot("service", EVIDENCE["attestor"], "ATTEST"),), "InvoiceKnown"
    )


def _attested(house: House) -> None:
    assert house.attest(nullifier_of(ROOT), AMOUNT, TIER_1, CORE) == "None"


def credit_invoices(house: House) -> Instruction:
    _attested(house)
    act = {
        "nullifier": nullifier_of(ROOT), "cap": AMOUNT - 1, "capBefore": AMOUNT, "evidence": EVIDENCE_HASH,
        "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction(
        "creditInvoices", act, (Slot("service", EVIDENCE["attestor"], "ATTEST"),), "InvoiceChanged"
    )


def issue(house: House) -> Instruction:
    _attested(house)
    act = {"debtor": CORE.number, "receivables": [receivable(house)], "expiresAt": house.expiry()}
    return Instruction("issue", act, core_signs(AMOUNT), "InvoiceExhausted")


def _offered(house: House) -> None:
    _attested(house)
    assert house.issue(ROOT, CORE, TIER_1, AMOUNT) == "None"


def accept(house: House) -> Instruction:
    _offered(house)
    act = {
        "root": ROOT, "payee": TIER_1.number, "invoices": acts.invoices_hash([nullifier_of(ROOT)], [AMOUNT]),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("accept", act, (title_slot("payee", TIER_1["maker"], AMOUNT),), "NotOffered")


def decline(house: House) -> Instruction:
    _offered(house)
    act = {"root": ROOT, "payee": TIER_1.number, "reason": EVIDENCE_HASH, "expiresAt": house.expiry()}
    invoices = {"nullifiers": [nullifier_of(ROOT)], "amounts": [AMOUNT]}
    return Instruction("decline", act, (title_slot("payee", TIER_1["maker"]),), "NotOffered", invoices)


def expire(house: House) -> Instruction:
    _offered(house)
    house.machine.pass_days(11)
    offer = {
        "root": ROOT, "payee": TIER_1.number, "nullifiers": [nullifier_of(ROOT)], "amounts": [AMOUNT],
    }  # fmt: skip
    return Instruction("expire", {}, (), "NotOffered", offer)


def offer_leaf(offer: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Struct hash of an offer, and its leaf: hashed twice, as OpenZeppelin's standard tree does."""
    types = acts.act_types()["Issue"]["Receivable"]
    encoded = keccak(text=f"Receivable({','.join(field['type'] + ' ' + field['name'] for field in types)})")
    for field in types:
        value = offer[field["name"]]
        if isinstance(value, list):
            words = [each if isinstance(each, bytes) else each.to_bytes(32, "big") for each in value]
            value = keccak(b"".join(words))
        encoded += value if isinstance(value, bytes) else value.to_bytes(32, "big")
    inner = keccak(encoded)
    return inner, keccak(inner)


def publish_offers(house: House) -> Instruction:
    act = {
        "list": LIST, "debtor": CORE.number, "currency": CNY, "total": AMOUNT,
        "offers": offer_leaf(receivable(house))[1], "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("publishOffers", act, core_signs(AMOUNT), "IdTaken")


def accept_offer(house: House) -> Instruction:
    offer = receivable(house)
    _attested(house)
    assert publish_offers(house).carry(house) == "None"
    act = {
        "list": LIST, "receivable": offer_leaf(offer)[0], "root": ROOT, "quantity": AMOUNT,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    unsigned = {"receivable": offer, "proof": []}
    return Instruction(
        "acceptOffer", act, (title_slot("payee", TIER_1["maker"], AMOUNT),), "DebtorLimitExceeded", unsigned
    )


def close_offers(house: House) -> Instruction:
    assert publish_offers(house).carry(house) == "None"
    house.machine.pass_days(11)
    return Instruction("closeOffers", {}, (), "ZeroQuantity", {"list": LIST})


# ── Titles ──────────────────────────────────────────────────────────────────────────────────────────────────────


def assign(house: House) -> Instruction:
    root = house.live_root(1, AMOUNT, TIER_1)
    act = {
        "title": root, "sequence": 0, "to": TIER_2.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = title_slot("holder", TIER_1["maker"], AMOUNT), title_slot("acquirer", TIER_2["maker"], AMOUNT)
    return Instruction("assign", act, slots, "WrongSequence")


def split(house: House) -> Instruction:
    root = house.live_root(1, AMOUNT, TIER_1)
    act = {
        "title": root, "sequence": 0, "child": CHILD, "quantity": 30_000_000, "to": TIER_2.number,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = (
        title_slot("holder", TIER_1["maker"], 30_000_000),
        title_slot("acquirer", TIER_2["maker"], 30_000_000),
    )
    return Instruction("split", act, slots, "WrongSequence")


def merge(house: House) -> Instruction:
    root = house.live_root(1, AMOUNT, TIER_1)
    assert house.split(root, TIER_1, TIER_1, CHILD, 30_000_000) == "None"
    act = {"into": root, "intoSequence": 1, "from": CHILD, "fromSequence": 0, "expiresAt": house.expiry()}
    return Instruction("merge", act, (title_slot("holder", TIER_1["maker"]),), "WrongSequence")


def withdraw(house: House) -> Instruction:
    root = house.live_root(1, AMOUNT, TIER_1)
    act = {"title": root, "sequence": 0, "expiresAt": house.expiry()}
    return Instruction("withdraw", act, (title_slot("holder", TIER_1["maker"]),), "WrongSequence")


# ── Credit ──────────────────────────────────────────────────────────────────────────────────────────────────────


def open_facility(house: House) -> Instruction:
    act = {
        "facility": FACILITY, "lender": LENDER.number, "borrower": TIER_1.number, "currency": CNY,
        "advanceBps": 8_000, "limit": AMOUNT, "endDay": house.machine.day() + 300, "closesWithDebt": False,
        "form": 0, "entrustor": 0, "agentFeeBps": 0,
        "collectionBank": LENDER.number, "collectionAccount": collection_account(FACILITY),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = (*_credit(AMOUNT), Slot("borrower", TIER_1["maker"], "BORROW", AMOUNT))
    return Instruction("open", act, slots, "FacilityTaken")


def open_entrusted(house: House) -> Instruction:
    entrusted = {"entrustor": TIER_2.number, "agentFeeBps": 25}
    usual = open_facility(house).changed(**entrusted)
    slots = (
        title_slot("entrustor", TIER_2["maker"]),
        title_slot("entrustorSecond", TIER_2["checker"], AMOUNT),
    )
    return Instruction("open", usual.message, (*usual.slots, *slots), "FacilityTaken")


def share(house: House) -> Instruction:
    assert open_facility(house).carry(house) == "None"
    bps = {LENDER.number: 5_000, CLEARING.number: 3_000, THIRD_BANK.number: 2_000}
    act = {
        "facility": FACILITY, "parties": list(bps), "bps": list(bps.values()), "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    others = tuple(
        Slot(
            "participants",
            party["credit_checker"],
            "CREDIT_CHECKER",
            AMOUNT * bps[party.number] // 10_000,
            place,
        )
        for place, party in enumerate((CLEARING, THIRD_BANK))
    )
    return Instruction("share", act, (*_credit(AMOUNT), *others), "NonceUsed")


def lock(house: House) -> Instruction:
    root = house.live_root(1, AMOUNT, TIER_1)
    assert open_facility(house).carry(house) == "None"
    act = {
        "title": root, "sequence": 0, "facility": FACILITY, "child": 0, "quantity": AMOUNT,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    lender = Slot("lender", LENDER["credit_maker"], "CREDIT_MAKER", AMOUNT)
    return Instruction("lock", act, (title_slot("holder", TIER_1["maker"], AMOUNT), lender), "TitleLocked")


def draw(house: House) -> Instruction:
    assert lock(house).carry(house) == "None"
    act = {
        "loan": LOAN, "facility": FACILITY, "title": 0, "amount": 40_000_000, "rate": 72_000,
        "dueDay": house.machine.day() + 30, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000,
        "terms": 0, "count": 0, "graceDays": 0, "registration": EVIDENCE_HASH,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = (Slot("borrower", TIER_1["maker"], "BORROW", 40_000_000), *_credit(40_000_000))
    return Instruction("draw", act, slots, "LoanTaken")


def void(house: House) -> Instruction:
    assert draw(house).carry(house) == "None"
    act = {"loan": LOAN, "reason": EVIDENCE_HASH, "expiresAt": house.expiry()}
    return Instruction("void", act, _credit(40_000_000), "LoanNotReserved")


def release(house: House) -> Instruction:
    assert lock(house).carry(house) == "None"
    act = {
        "facility": FACILITY, "titles": [ROOT], "nonce": house.nonce(), "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = (
        Slot("first", LENDER["credit_maker"], "CREDIT_MAKER"),
        Slot("second", LENDER["credit_checker"], "CREDIT_CHECKER", AMOUNT),
    )
    return Instruction("release", act, slots, "NonceUsed")


def unlock(house: House) -> Instruction:
    assert lock(house).carry(house) == "None"
    house.machine.pass_days(2)
    act = {"facility": FACILITY, "titles": [ROOT], "nonce": house.nonce(), "expiresAt": house.expiry()}
    return Instruction("unlock", act, (title_slot("holder", TIER_1["maker"]),), "NonceUsed")


def carve(house: House) -> Instruction:
    assert lock(house).carry(house) == "None"
    act = {
        "title": ROOT, "child": LENDER.number << 32 | 1, "quantity": 1_000, "facility": FACILITY,
        "expiresAt": house.expiry(),
    }  # fmt: skip
    lender = Slot("lender", LENDER["credit_maker"], "CREDIT_MAKER", 1_000)
    return Instruction("carve", act, (lender,), "IdTaken")


def outstanding(house: House) -> None:
    """A loan that was paid out today, on a locked title."""
    assert draw(house).carry(house) == "None"
    assert house.fact(PAYOUT, LOAN, 40_000_000, CLEARING, account_of(TIER_1)) == "None"


def write_off(house: House) -> Instruction:
    outstanding(house)
    house.machine.pass_days(31)
    act = {"loan": LOAN, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH}
    return Instruction("writeOff", act, _credit(40_000_000), "LoanNotOutstanding")


def add_costs(house: House) -> Instruction:
    outstanding(house)
    house.machine.pass_days(31)
    act = {
        "loan": LOAN, "amount": 1_000_000, "costsBefore": 0, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("addCosts", act, _credit(1_000_000), "ListStale")


# ── Protection ──────────────────────────────────────────────────────────────────────────────────────────────────


def protector_signs(protector: Party, amount: int = 0) -> tuple[Slot, Slot]:
    return (
        Slot("first", protector["maker"], "ISSUE_MAKER"),
        Slot("second", protector["checker"], "ISSUE_CHECKER", amount),
    )


def _custodian(amount: int = 0) -> Slot:
    return Slot("custodian", THIRD_BANK["payments"], "PAYMENTS", amount)


def protect_act(house: House, number: int, kind: int, **changes: Any) -> dict[str, Any]:
    """Somebody stands behind the facility with 100,000.00."""
    return {
        "protection": number, "facility": FACILITY, "kind": kind, "order": 0, "bps": 0, "cap": 10_000_000,
        "untilDay": 0, "rate": 100_000, "custodian": 0, "floor": 0, "target": 0, "topUpDays": 0,
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH, **changes,
    }  # fmt: skip


def protect(house: House) -> Instruction:
    assert open_facility(house).carry(house) == "None"
    slots = (*protector_signs(GUARANTOR, 10_000_000), *_credit(10_000_000))
    return Instruction("protect", protect_act(house, GUARANTEE, 1), slots, "IdTaken")


def protect_by_reserve(house: House) -> Instruction:
    assert open_facility(house).carry(house) == "None"
    terms = {"custodian": THIRD_BANK.number, "floor": 2_000_000, "target": 8_000_000, "topUpDays": 10}
    slots = (*protector_signs(CORE, 10_000_000), *_credit(10_000_000), _custodian())
    return Instruction("protect", protect_act(house, RESERVE, 3, **terms), slots, "IdTaken")


def consent(house: House) -> Instruction:
    outstanding(house)
    assert house.protect(GUARANTEE, FACILITY, 1, 10_000_000, rate=0) == "None"
    act = {
        "protection": GUARANTEE, "loan": LOAN, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("consent", act, protector_signs(GUARANTOR, 40_000_000), "NonceUsed")


def _overdue(house: House, protection: int, kind: int) -> None:
    """A protection behind a loan that is overdue, as is all that was pledged for it."""
    outstanding(house)
    assert house.protect(protection, FACILITY, kind, 10_000_000) == "None"
    if kind == 3:
        assert house.attest_reserve(protection, 9_000_000) == "None"
    house.machine.pass_days(91)


def _call_act(house: House, protection: int) -> dict[str, Any]:
    return {
        "protection": protection, "loan": LOAN, "amount": 5_000_000, "calledBefore": 0, "expiresAt": house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip


def call_protection(house: House) -> Instruction:
    _overdue(house, GUARANTEE, 1)
    hints = {"others": [GUARANTEE], "titles": [ROOT]}
    return Instruction("callProtection", _call_act(house, GUARANTEE), _credit(5_000_000), "ListStale", hints)


def call_reserve(house: House) -> Instruction:
    _overdue(house, RESERVE, 3)
    hints = {"others": [RESERVE], "titles": [ROOT]}
    slots = (*_credit(5_000_000), _custodian(5_000_000))
    return Instruction("callProtection", _call_act(house, RESERVE), slots, "ListStale", hints)


def end_call(house: House) -> Instruction:
    _overdue(house, INSURANCE, 4)
    assert house.call_protection(INSURANCE, LOAN, 5_000_000, [INSURANCE], [ROOT]) == "None"
    act = {
        "protection": INSURANCE, "loan": LOAN, "calledBefore": 5_000_000, "expiresAt": house.expiry(),
        "reason": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("endCall", act, protector_signs(INSURER, 5_000_000), "NotCalled")


def waive(house: House) -> Instruction:
    assert call_protection(house).carry(house) == "None"
    account = collection_account(FACILITY)
    assert house.fact(PROTECTED, GUARANTEE, 5_000_000, LENDER, account, loan=LOAN) == "None"
    act = {
        "protection": GUARANTEE, "loan": LOAN, "amount": 2_000_000, "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("waive", act, protector_signs(GUARANTOR, 2_000_000), "NonceUsed")


def attest_reserve(house: House) -> Instruction:
    assert protect_by_reserve(house).carry(house) == "None"
    act = {
        "protection": RESERVE, "balance": 8_000_000, "day": house.machine.day(), "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return Instruction("attestReserve", act, (_custodian(8_000_000),), "NonceUsed")


# ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────


def bind_account(house: House) -> Instruction:
    act = {
        "party": TIER_1.number, "currency": CNY, "bank": CLEARING.number, "account": bytes(31) + b"\1",
        "nonce": house.nonce(), "expiresAt": house.expiry(),
    }  # fmt: skip
    people = [Slot("party", who, "ADMIN", place=at) for at, who in enumerate(administrators(TIER_1))]
    return Instruction(
        "bindAccount", act, (*people, Slot("bank", CLEARING["payments"], "PAYMENTS")), "NonceUsed"
    )


def fact_act(
    house: House, kind: int, subject: int, amount: int, bank_: Party, account: bytes
) -> dict[str, Any]:
    """A movement that a bank attests."""
    return {
        "kind": kind, "subject": subject, "loan": 0, "bank": bank_.number, "account": account,
        "valueDay": house.machine.day(), "amount": amount, "credit": True, "entry": b"\7" * 32,
        "expiresAt": house.expiry(),
    }  # fmt: skip


def due(house: House) -> int:
    """A live root on its due day."""
    root = house.live_root(1, AMOUNT, TIER_1)
    house.machine.pass_days(90)
    return root


def record(house: House) -> Instruction:
    act = fact_act(house, RECEIVED, due(house), AMOUNT, CLEARING, b"\1" * 32)
    return Instruction(
        "record", act, (Slot("bank", CLEARING["payments"], "PAYMENTS", AMOUNT),), "MovementUsed"
    )


def record_own_payout(house: House) -> Instruction:
    assert draw(house).carry(house) == "None"
    house.bind_account(TIER_1, LENDER, account_of(TIER_1))
    act = fact_act(house, PAYOUT, LOAN, 40_000_000, LENDER, account_of(TIER_1))
    slots = (
        Slot("bank", LENDER["payments"], "PAYMENTS", 40_000_000),
        Slot("borrower", TIER_1["maker"], "BORROW", 40_000_000),
    )
    return Instruction("record", act, slots, "MovementUsed")


def reverse(house: House) -> Instruction:
    root = due(house)
    assert house.fact(RECEIVED, root, AMOUNT, CLEARING, b"\1" * 32, entry=b"\4" * 32) == "None"
    act = {
        "bank": CLEARING.number, "account": b"\1" * 32, "valueDay": house.machine.day(), "amount": AMOUNT,
        "entry": b"\4" * 32, "reversedDay": house.machine.day(), "reversalEntry": b"\3" * 32,
        "expiresAt": house.expiry(),
    }  # fmt: skip
    slot = Slot("bank", CLEARING["payments"], "PAYMENTS", AMOUNT)
    return Instruction("reverse", act, (slot,), "MovementUsed")


def reverse_own_repayment(house: House) -> Instruction:
    assert record_own_payout(house).carry(house) == "None"
    house.machine.pass_days(1)
    paid, account = 1_000_000, collection_account(FACILITY)
    assert house.fact(REPAYMENT, LOAN, paid, LENDER, account, entry=b"\4" * 32) == "None"
    act = {
        "bank": LENDER.number, "account": account, "valueDay": house.machine.day(), "amount": paid,
        "entry": b"\4" * 32, "reversedDay": house.machine.day(), "reversalEntry": b"\3" * 32,
        "expiresAt": house.expiry(),
    }  # fmt: skip
    slots = (
        Slot("bank", LENDER["payments"], "PAYMENTS", paid),
        Slot("borrower", TIER_1["maker"], "BORROW", paid),
    )
    return Instruction("reverse", act, slots, "MovementUsed")


def distribute(house: House) -> Instruction:
    root = due(house)
    assert house.fact(RECEIVED, root, AMOUNT // 2, CLEARING, b"\1" * 32) == "None"
    act = {
        "root": root, "distributedBefore": 0, "titles": [root], "amounts": [AMOUNT // 2],
        "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction(
        "distribute", act, (Slot("clearingBank", CLEARING["clearing"], "CLEARING"),), "ListStale"
    )


def distribute_late(house: House) -> Instruction:
    root = due(house)
    house.machine.pass_days(10)
    act = {
        "root": root, "lateBefore": 0, "titles": [root], "amounts": [450_000], "account": b"\1" * 32,
        "valueDay": house.machine.day(), "entry": b"\6" * 32, "expiresAt": house.expiry(),
    }  # fmt: skip
    slot = Slot("clearingBank", CLEARING["clearing"], "CLEARING", 450_000)
    return Instruction("distributeLate", act, (slot,), "MovementUsed")


def _early_act(house: House, sequence: int) -> dict[str, Any]:
    return {
        "title": ROOT, "sequence": sequence, "amount": AMOUNT - 1_000, "account": b"\1" * 32,
        "valueDay": house.machine.day(), "entry": b"\5" * 32, "expiresAt": house.expiry(),
    }  # fmt: skip


def settle_early(house: House) -> Instruction:
    assert lock(house).carry(house) == "None"
    slots = (
        Slot("debtor", CORE["checker"], "ISSUE_CHECKER", AMOUNT),
        title_slot("holder", TIER_1["maker"], AMOUNT),
        Slot("lender", LENDER["credit_maker"], "CREDIT_MAKER", AMOUNT),
        Slot("clearingBank", CLEARING["clearing"], "CLEARING", AMOUNT),
    )
    return Instruction("settleEarly", _early_act(house, 1), slots, "MovementUsed")


def release_held(house: House) -> Instruction:
    root = due(house)
    assert freeze_of(house, root).carry(house) == "None"
    assert house.fact(RECEIVED, root, AMOUNT, CLEARING, b"\1" * 32) == "None"
    assert house.distribute(root, {root: AMOUNT}) == "None"
    assert lift_of(house, root).carry(house) == "None"
    act = {"title": root, "heldBefore": AMOUNT, "amount": AMOUNT, "expiresAt": house.expiry()}
    slot = Slot("clearingBank", CLEARING["clearing"], "CLEARING", AMOUNT)
    return Instruction("releaseHeld", act, (slot,), "NotHeld")


def write_off_title(house: House) -> Instruction:
    root = due(house)
    house.machine.pass_days(1)
    act = {"title": root, "sequence": 0, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH}
    slots = title_slot("first", TIER_1["maker"]), title_slot("second", TIER_1["checker"])
    return Instruction("writeOffTitle", act, slots, "TitleSpent")


# ── Parties and orders ──────────────────────────────────────────────────────────────────────────────────────────

NEWCOMER = enterprise(301, "newcomer", 301)
FOURTH_BANK = bank(14, "fourth bank", 14)


def admit(house: House) -> Instruction:
    act = NEWCOMER.admit(house.expiry())
    return Instruction("admit", act, office_slots("offices", PLATFORM, LENDER), "PartyTaken")


def admit_bank(house: House) -> Instruction:
    act = FOURTH_BANK.admit(house.expiry())
    return Instruction("admit", act, office_slots("offices", LENDER, CLEARING), "OfficesTooFew")


def set_signers(house: House) -> Instruction:
    act = {
        "party": TIER_1.number, "quorum": 1, "revoked": [], "granted": [], "nonce": house.nonce(),
        "expiresAt": house.expiry(),
    }  # fmt: skip
    people = [Slot("party", who, "ADMIN", place=at) for at, who in enumerate(administrators(TIER_1))]
    return Instruction("setSigners", act, tuple(people), "NonceUsed")


def recover_of(house: House, party: Party, *, succession: bool = False, **changes: Any) -> Instruction:
    """Platform and one bank announce two new signers in place of all that a party has."""
    people = [person(party.number, f"new {at} {succession}", 50 + at, "ADMIN", "TITLE") for at in range(2)]
    act = {
        "party": party.number, "succession": succession, "quorum": 2, "revoked": keys_of(party),
        "granted": [grant_dict(who) for who in people], "order": EVIDENCE_HASH, "expiresAt": house.expiry(), **changes,
    }  # fmt: skip
    return Instruction("recover", act, office_slots("offices", PLATFORM, LENDER), "NonceUsed")


def recover(house: House) -> Instruction:
    return recover_of(house, TIER_1)


def veto(house: House) -> Instruction:
    assert recover(house).carry(house) == "None"
    recovery, _ = house.machine.view("Registry", "recoveryOf", TIER_1.number)
    act = {"party": TIER_1.number, "recovery": recovery, "expiresAt": house.expiry()}
    return Instruction("veto", act, (Slot("party", TIER_1["maker"], "any"),), "RecoveryUnknown")


def complete(house: House) -> Instruction:
    announced = recover(house)
    assert announced.carry(house) == "None"
    house.machine.pass_days(7)
    return Instruction("complete", announced.message, (), "RecoveryUnknown")


def suspend_party(house: House) -> Instruction:
    act = suspend_act(house, TIER_3, expiresAt=house.expiry())
    return Instruction("suspend", act, office_slots("offices", *independent(TIER_3)), "SignerSuspended")


def reinstate(house: House) -> Instruction:
    assert suspend(house, TIER_3) == "None"
    act = {
        "party": TIER_3.number, "keys": keys_of(TIER_3), "order": EVIDENCE_HASH, "nonce": house.nonce(),
        "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction("reinstate", act, office_slots("offices", PLATFORM, LENDER), "SignerSuspended")


def freeze_of(house: House, title: int, **changes: Any) -> Instruction:
    """Two offices freeze a title for twenty days."""
    act = {
        "title": title, "child": 0, "quantity": 0, "order": EVIDENCE_HASH, "endDay": house.machine.day() + 20,
        "nonce": house.nonce(), "expiresAt": house.expiry(), **changes,
    }  # fmt: skip
    return Instruction("freeze", act, office_slots("offices", PLATFORM, THIRD_BANK), "NonceUsed")


def freeze(house: House) -> Instruction:
    return freeze_of(house, house.live_root(1, AMOUNT, TIER_1))


def lift_of(house: House, title: int, **changes: Any) -> Instruction:
    """Two offices lift a freeze."""
    act = {
        "title": title,
        "order": EVIDENCE_HASH,
        "nonce": house.nonce(),
        "expiresAt": house.expiry(),
        **changes,
    }
    return Instruction("lift", act, office_slots("offices", PLATFORM, THIRD_BANK), "NotFrozen")


def lift(house: House) -> Instruction:
    assert freeze(house).carry(house) == "None"
    return lift_of(house, ROOT)


def stop(house: House) -> Instruction:
    act = {
        "party": CORE.number, "reason": EVIDENCE_HASH, "endDay": house.machine.day() + 20, "nonce": house.nonce(),
        "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction("stop", act, office_slots("offices", PLATFORM, LENDER), "NonceUsed")


def cure(house: House) -> Instruction:
    assert stop(house).carry(house) == "None"
    act = {
        "party": CORE.number, "reason": EVIDENCE_HASH, "nonce": house.nonce(), "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction("cure", act, office_slots("offices", PLATFORM, LENDER), "NotStopped")


def set_limit(house: House) -> Instruction:
    act = {
        "debtor": CORE.number, "currency": CNY, "limit": 5, "limitBefore": 10**13, "evidence": EVIDENCE_HASH,
        "nonce": house.nonce(), "expiresAt": house.expiry(),
    }  # fmt: skip
    return Instruction("setLimit", act, office_slots("banks", LENDER, CLEARING), "NonceUsed")


def policy_act(house: House, version: int, **changes: Any) -> dict[str, Any]:
    """A policy that takes effect seven days from now."""
    return {
        "version": version, "effectiveDay": house.machine.day() + 7, "maximumTenorMonths": 6, "minimumPiece": 10_000,
        "maximumDepth": 3, "acceptDays": 5, "releaseDays": 10, "minimumLateInterest": 100,
        "document": EVIDENCE_HASH, "expiresAt": FOREVER, **changes,
    }  # fmt: skip


def publish_policy(house: House) -> Instruction:
    act = policy_act(house, 2, expiresAt=house.expiry())
    return Instruction("publishPolicy", act, office_slots("banks", LENDER, CLEARING), "NonceUsed")


TABLE: Mapping[str, Callable[[House], Instruction]] = {
    "attestInvoices": attest_invoices,
    "creditInvoices": credit_invoices,
    "issue": issue,
    "accept": accept,
    "decline": decline,
    "expire": expire,
    "publishOffers": publish_offers,
    "acceptOffer": accept_offer,
    "closeOffers": close_offers,
    "assign": assign,
    "split": split,
    "merge": merge,
    "withdraw": withdraw,
    "open": open_facility,
    "open entrusted": open_entrusted,
    "share": share,
    "lock": lock,
    "draw": draw,
    "void": void,
    "release": release,
    "unlock": unlock,
    "carve": carve,
    "writeOff": write_off,
    "addCosts": add_costs,
    "protect": protect,
    "protect by reserve": protect_by_reserve,
    "consent": consent,
    "callProtection": call_protection,
    "callProtection of a reserve": call_reserve,
    "endCall": end_call,
    "waive": waive,
    "attestReserve": attest_reserve,
    "bindAccount": bind_account,
    "record": record,
    "record own payout": record_own_payout,
    "reverse": reverse,
    "reverse own repayment": reverse_own_repayment,
    "distribute": distribute,
    "distributeLate": distribute_late,
    "settleEarly": settle_early,
    "releaseHeld": release_held,
    "writeOffTitle": write_off_title,
    "admit": admit,
    "admit a bank": admit_bank,
    "setSigners": set_signers,
    "recover": recover,
    "veto": veto,
    "complete": complete,
    "suspend": suspend_party,
    "reinstate": reinstate,
    "freeze": freeze,
    "lift": lift,
    "stop": stop,
    "cure": cure,
    "setLimit": set_limit,
    "publishPolicy": publish_policy,
    **goods_table.ROWS,
    **margin_table.ROWS,
    **orders_table.ROWS,
    **leases_table.ROWS,
    **stock_table.ROWS,
    **stages_table.ROWS,
}
"""Rows by name; a verb with two forms has two rows."""

UNSIGNED = {
    "expire": "returning what an offer reserved reduces risk",
    "closeOffers": "returning what a list reserved reduces risk",
    "complete": "what was announced and signed seven days ago, word for word",
    "markGoods": "looking at what is pledged changes what it counts for to what it does",
    "completeSales": "the buyer signed, and paid",
    "endSales": "nobody paid, and what was pledged is again",
}
"""Acts that need no signature, and why."""

CARRIED_BY_ANYONE = {
    "expire", "closeOffers", "release", "unlock", "record", "reverse", "distribute", "distributeLate", "settleEarly",
    "releaseHeld", "writeOffTitle", "bindAccount", "veto", "complete", "lift", "callProtection", "endCall",
    "waive", "attestReserve", "count", "appraise", "releaseGoods", "unlockGoods", "markGoods",
    "completeSales", "endSales", "reduceOrder",
}  # fmt: skip
"""Verbs that reduce risk or move money that came: no relayer is needed."""

MODULES_ONLY: Mapping[str, str] = {
    "Ledger.openRoot": "Evidence",
    "Ledger.acceptRoot": "Evidence",
    "Ledger.takeRoot": "Evidence",
    "Ledger.cancelRoot": "Evidence",
    "Ledger.reduceOrder": "Evidence",
    "Ledger.convertOrder": "Evidence",
    "Ledger.lock": "Credit",
    "Ledger.unlock": "Credit",
    "Ledger.release": "Credit",
    "Ledger.carveLocked": "Credit",
    "Ledger.deliver": "Credit",
    "Ledger.lockGoods": "Credit",
    "Ledger.convertGoods": "Credit",
    "Credit.exchangeGoods": "Evidence",
    "Ledger.freeGoods": "Credit",
    "Ledger.carveGoods": "Credit",
    "Ledger.deliverGoods": "Credit",
    "Ledger.holdGoods": "Credit",
    "Ledger.freeze": "Registry",
    "Ledger.lift": "Registry",
    "Ledger.receiveMoney": "Settlement",
    "Ledger.payOut": "Settlement",
    "Ledger.payLate": "Settlement",
    "Ledger.settleEarly": "Settlement",
    "Ledger.giveUp": "Settlement",
    "Ledger.spend": "Registry, Credit or Settlement",
    "Ledger.setParty": "Registry",
    "Ledger.setSigner": "Registry",
    "Evidence.returnLimit": "Settlement",
    "Evidence.setLimit": "Registry",
    "Evidence.publishPolicy": "Registry",
    "Credit.post": "Settlement",
    "Credit.reject": "Settlement",
    "Credit.repay": "Settlement or Protection",
    "Credit.takeBackPayout": "Settlement",
    "Credit.takeBackRepayment": "Settlement",
    "Credit.guard": "Protection",
    "Credit.addCost": "Protection",
    "Protection.pay": "Settlement",
    "Protection.keep": "Settlement",
    "Protection.reimburse": "Settlement",
    "Credit.lowerFace": "Settlement or Evidence",
}
"""Functions of one contract that only another contract calls."""

OPEN_TO_ALL = {
    "Ledger.coSign": "stores only what a live signer signed, and counts only with another person's signature",
    "Ledger.approve": "stores only what the wallet itself says",
}
"""Functions that anyone may call, and why that is harmless."""
