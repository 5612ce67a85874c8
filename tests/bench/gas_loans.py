"""Gas of loans beyond the plain one: three lenders on one receivable, twelve instalments, many loans side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tests.house.cast import CLEARING, LENDER, THIRD_BANK, TIER_1, Party
from tests.house.house import (
    CNY,
    EVIDENCE_HASH,
    PAYOUT,
    REPAYMENT,
    account_of,
    collection_account,
)

if TYPE_CHECKING:
    from tests.bench.gas import Desk, Spent

EQUAL_INSTALMENTS, INSTALMENTS = 1, 12
OUTSTANDING, SETTLED = 2, 3
LENT = 50_000_000
PARTS = {LENDER.number: 5_000, CLEARING.number: 3_000, THIRD_BANK.number: 2_000}
"""What each of three lenders funds of one receivable, in basis points."""

LENDERS = {party.number: party for party in (LENDER, CLEARING, THIRD_BANK)}
SIDE_LOAN = 100_000
BATCH = 100


# ── Three lenders, one receivable (decision 8: joint funding by carve) ──────────────────────────────────────────


def joint_life(desk: Desk) -> tuple[Spent, str]:
    """Twelve transactions: each of three lenders takes its part of one receivable as security, lends, pays out, is
    repaid with interest and releases; and the reason a part is refused with that is pledged to a second one of them.

    The clearing bank services the borrower's account, so its own pay-out bears the borrower's signature too.
    """
    house = desk.house
    root = desk.roots(1)[0]
    whole = house.title(root)["quantity"]
    first = desk.serial + 4_000_000
    numbers = {lender: first + place for place, lender in enumerate(PARTS)}
    desk.done("open", [_open_item(desk, numbers[lender], LENDERS[lender]) for lender in PARTS])
    pledged = dict(_carved(root, whole, numbers))
    gas = desk.none
    for lender, (title, part) in pledged.items():
        gas += desk.done("lock", [_lock_item(desk, root, lender, numbers[lender], title, part)])
    word = house.title(root)
    twin = desk.send("lock", [_lock_item(desk, root, LENDER.number, first, 0, word["quantity"])])[0]
    assert sum(house.facility(number)["face"] for number in numbers.values()) == whole
    for lender, (_, part) in pledged.items():
        gas += desk.done("draw", [_draw_item(desk, numbers[lender], part // 2, LENDERS[lender])])
        gas += desk.done("record", [_payout_item(desk, numbers[lender], part // 2, LENDERS[lender])])
    house.machine.pass_days(10)
    for lender, (title, _) in pledged.items():
        loan, account = _loan_of(numbers[lender]), collection_account(numbers[lender])
        owed = sum(house.machine.view("Credit", "owedOn", loan, house.machine.day()))
        assert house.fact(REPAYMENT, loan, owed, LENDERS[lender], account, unlock=[title]) == "None"
        gas += desk.spent()
        assert (house.loan(loan)["phase"], house.title(title)["lock"]) == (SETTLED, 0)
    assert sum(house.title(title)["quantity"] for title, _ in pledged.values()) == whole
    return gas, twin


def _carved(root: int, whole: int, numbers: Mapping[int, int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """By lender: the title that will secure it, and how much that is; the last takes what is left."""
    for lender, bps in PARTS.items():
        last = lender == THIRD_BANK.number
        title = root if last else TIER_1.number << 32 | 0xC0000000 | numbers[lender]
        yield lender, (title, whole * bps // 10_000)


def _lock_item(desk: Desk, root: int, lender: int, facility: int, title: int, quantity: int) -> Any:
    message = {
        "title": root, "sequence": desk.house.title(root)["sequence"], "facility": facility,
        "child": 0 if title in (0, root) else title, "quantity": quantity, "expiresAt": desk.house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    return desk.item("lock", message, holder=TIER_1["maker"], lender=LENDERS[lender]["credit_maker"])


# ── Twelve instalments ──────────────────────────────────────────────────────────────────────────────────────────


def instalment_life(desk: Desk) -> tuple[Spent, str]:
    """Fifteen transactions: a title locked, a loan of twelve equal instalments drawn, paid out, and each instalment
    paid to the minor unit on its day, the last of them releasing the title; and the reason a payment above what is owed
    is refused with.
    """
    house = desk.house
    root = desk.roots(1)[0]
    facility = desk.serial + 5_000_000
    loan, account = _loan_of(facility), collection_account(facility)
    assert house.open_facility(facility, TIER_1, 10**12) == "None"
    gas = desk.done("lock", [desk.lock_item(root, facility)])
    terms = {"terms": EQUAL_INSTALMENTS, "count": INSTALMENTS, "dueDay": house.machine.day() + 365}
    gas += desk.done("draw", [_draw_item(desk, facility, LENT, LENDER, **terms)])
    gas += desk.done("record", [_payout_item(desk, facility, LENT, LENDER)])
    word, _ = house.machine.view("Credit", "loanOf", loan)
    rows = house.machine.view("Terms", "schedule", word, house.loan(loan)["startDay"])
    twin = "None"
    for place, (day, principal, interest, balance) in enumerate(map(_values, rows), 1):
        house.machine.go_to_day(day)
        last = place == INSTALMENTS
        if last:
            twin = house.fact(REPAYMENT, loan, principal + interest + 1, LENDER, account)
        unlock = [root] if last else []
        assert house.fact(REPAYMENT, loan, principal + interest, LENDER, account, unlock=unlock) == "None"
        gas += desk.spent()
        assert house.loan(loan)["principal"] == balance
    assert (place, house.loan(loan)["phase"], house.title(root)["lock"]) == (INSTALMENTS, SETTLED, 0)
    return gas, twin


def _values(row: Any) -> Sequence[int]:
    return tuple(row.values()) if isinstance(row, dict) else row


# ── Loans side by side ──────────────────────────────────────────────────────────────────────────────────────────


def beside_others(
    desk: Desk, others: Sequence[int], say: Callable[[str], None]
) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """What the acts of one loan cost while so many others (rising) are outstanding under other facilities, and then
    under its own; and by act how much the dearest is above the cheapest.
    """
    root = desk.roots(1)[0]
    facility = desk.serial + 6_000_000
    desk.done("open", [_open_item(desk, facility, LENDER)])
    desk.done("lock", [desk.lock_item(root, facility)])
    side = Side(desk, facility)
    rows: list[dict[str, Any]] = []
    for where, add in (("other facilities", side.elsewhere), ("same facility", side.here)):
        standing = 0
        for count in others:
            add(count - standing)
            standing = count
            say(f"beside {count} loans under {where}")
            rows += [
                {"operation": f"{act}_beside", "others": count, "where": where, "gas": gas}
                for act, gas in side.life()
            ]
    spread = {
        name: max(row["gas"] for row in rows if row["operation"] == name)
        / min(row["gas"] for row in rows if row["operation"] == name)
        for name in dict.fromkeys(str(row["operation"]) for row in rows)
    }
    return rows, spread


class Side:
    """Makes loans by the hundred beside one facility, and measures one loan under it."""

    def __init__(self, desk: Desk, facility: int) -> None:
        self._desk = desk
        self._facility = facility
        self._serial = 0

    def _next(self) -> int:
        self._serial += 1
        return TIER_1.number << 32 | 0xB0000000 | self._serial

    def elsewhere(self, count: int) -> None:
        """So many more loans, each under a facility of its own with a title of its own."""
        desk = self._desk
        for size in _batches(count):
            roots = desk.roots(size)
            numbers = [root & 0xFFFFFFFF | 0xA0000000 for root in roots]
            desk.done("open", [_open_item(desk, number, LENDER) for number in numbers])
            desk.done("lock", [desk.lock_item(*pair) for pair in zip(roots, numbers, strict=True)])
            self._lend(numbers)

    def here(self, count: int) -> None:
        """So many more loans under this very facility."""
        for size in _batches(count):
            self._lend([self._facility] * size)

    def _lend(self, facilities: Sequence[int]) -> None:
        desk = self._desk
        loans = [self._next() for _ in facilities]
        pairs = list(zip(loans, facilities, strict=True))
        desk.done("draw", [_draw_item(desk, number, SIDE_LOAN, LENDER, loan=loan) for loan, number in pairs])
        desk.done(
            "record", [_payout_item(desk, number, SIDE_LOAN, LENDER, subject=loan) for loan, number in pairs]
        )

    def life(self) -> Iterator[tuple[str, int]]:
        """One loan from its draw to its last payment: each act and its gas."""
        desk, house, facility = self._desk, self._desk.house, self._facility
        loan, account = self._next(), collection_account(facility)
        yield "draw", desk.done("draw", [_draw_item(desk, facility, SIDE_LOAN, LENDER, loan=loan)]).gas
        paid = _payout_item(desk, facility, SIDE_LOAN, LENDER, subject=loan)
        yield "pay_out", desk.done("record", [paid]).gas
        house.machine.pass_days(1)
        assert house.fact(REPAYMENT, loan, SIDE_LOAN // 2, LENDER, account) == "None"
        yield "part_repaid", desk.spent().gas
        house.machine.pass_days(1)
        owed = sum(house.machine.view("Credit", "owedOn", loan, house.machine.day()))
        assert house.fact(REPAYMENT, loan, owed, LENDER, account) == "None"
        assert house.loan(loan)["phase"] == SETTLED
        yield "repaid", desk.spent().gas


def _batches(count: int) -> Iterator[int]:
    for start in range(0, count, BATCH):
        yield min(BATCH, count - start)


# ── Items ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _loan_of(facility: int) -> int:
    return TIER_1.number << 32 | facility


def _open_item(desk: Desk, number: int, lender: Party) -> Any:
    message = {
        "facility": number, "lender": lender.number, "borrower": TIER_1.number, "currency": CNY,
        "advanceBps": 8_000, "limit": 10**12, "endDay": desk.house.machine.day() + 300,
        "closesWithDebt": True, "form": 0, "entrustor": 0, "agentFeeBps": 0, "collectionBank": lender.number,
        "collectionAccount": collection_account(number), "expiresAt": desk.house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    people = {"maker": lender["credit_maker"], "checker": lender["credit_checker"]}
    return desk.item("open", message, **people, borrower=TIER_1["maker"])


def _draw_item(desk: Desk, facility: int, amount: int, lender: Party, loan: int = 0, **terms: int) -> Any:
    message = {
        "loan": loan or _loan_of(facility), "facility": facility, "title": 0, "amount": amount, "rate": 72_000,
        "dueDay": desk.house.machine.day() + 30, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000,
        "terms": 0, "count": 0, "graceDays": 0, "registration": EVIDENCE_HASH,
        "expiresAt": desk.house.expiry(), "evidence": EVIDENCE_HASH, **terms,
    }  # fmt: skip
    people = {"maker": lender["credit_maker"], "checker": lender["credit_checker"]}
    return desk.item("draw", message, borrower=TIER_1["maker"], **people)


def _payout_item(desk: Desk, facility: int, amount: int, lender: Party, subject: int = 0) -> Any:
    message = {
        "kind": PAYOUT, "subject": subject or _loan_of(facility), "loan": 0, "bank": CLEARING.number,
        "account": account_of(TIER_1), "valueDay": desk.house.machine.day(), "amount": amount, "credit": True,
        "entry": sha256(f"entry {desk.house.nonce()}".encode()).digest(), "expiresAt": desk.house.expiry(),
    }  # fmt: skip
    own = {"borrower": TIER_1["maker"]} if lender is CLEARING else {}
    return desk.item("record", message, bank=CLEARING["payments"], unlock=[], **own)
