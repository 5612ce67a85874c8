"""Schedules and courses of loans: the deployed bytecode and the specification, each against exact fractions.

100,000 generated schedules of all kinds of terms, and 4,000 courses of repayments (early, in part, late, over several
instalments) through the bytecode of Credit and Terms, must equal, to the minor unit, what `terms_oracle` finds from
the definitions. A `false` row counts what differed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pyrevm
from eth_utils import to_checksum_address
from eth_utils.crypto import keccak

from chainsvc.artifacts import load
from chainsvc.codec import Interface, encode, types_of
from gateway.adapters.ledger.words import LOAN
from gateway.domain import credit
from gateway.domain.ledger_state import LedgerState
from gateway.domain.life_cycle import LoanClass, loan_class
from gateway.domain.reasons import Reason
from gateway.domain.records import Facility, Loan, LoanPhase
from gateway.domain.terms import agreement, schedules, standing
from tests.bench import terms_oracle as oracle
from tests.bench.terms_oracle import Course, Deal

SCHEDULES, COURSES = 100_000, 4_000
QUICK_SCHEDULES, QUICK_COURSES = 1_500, 60
NAMES = ("bullet", "equal instalments", "equal principal", "discount", "statement", "interest only")
EPOCH = date(1970, 1, 1)
FACILITY = 7
EVERYONE = "0x" + "5e" * 20
"""Stands for every other contract: the address that Credit takes for Settlement."""

Row = tuple[int, int, int, int]


def run(seed: int, quick: bool = False, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Generate, compare, count."""
    if quick:
        return measure(seed, number=QUICK_SCHEDULES, courses=QUICK_COURSES, say=say)
    return measure(seed, number=SCHEDULES, courses=COURSES, say=say)


def measure(
    seed: int, *, number: int, courses: int, say: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """So many schedules, and so many courses of loans."""
    dice, chain = random.Random(seed), Bytecode()
    done: Counter[str] = Counter()
    wrong: list[str] = []
    for place in range(number):
        deal = generated(dice)
        done[f"schedule, {NAMES[deal.kind]}"] += 1
        wrong += of_schedule(chain, deal)
        if place % 20_000 == 19_999:
            say(f"{place + 1} schedules, {len(wrong)} differences")
    for place in range(courses):
        deal = generated(dice, usual=True)
        done[f"course, {NAMES[deal.kind]}"] += 1
        wrong += of_course(chain, deal, [dice.randrange(1_000) for _ in range(24)], FACILITY << 32 | place)
    rows = [{"case": case, "compared": times} for case, times in sorted(done.items())]
    return {
        "rows": rows,
        "valid": done.total(),
        "violations": len(wrong),
        "differences": wrong[:20],
        "reached": not wrong,
    }


# ── Generating ──────────────────────────────────────────────────────────────────────────────────────────────────


def generated(dice: random.Random, *, usual: bool = False) -> Deal:
    """A deal whose first instalment lies after its pay-out. `usual`: amounts and rates that people agree."""
    kind = dice.randrange(6)
    rates = (0, 1, 43_500, 72_000, 180_000, dice.randrange(360_000))
    rate = dice.choice(rates if usual else (*rates, dice.randrange(2**24)))
    amounts = (dice.randrange(1, 1_000), dice.randrange(1, 10**9), 100_000_000)
    amount = dice.choice(amounts if usual else (*amounts, 1, 2**48 - 1, dice.randrange(1, 2**48)))
    due = EPOCH + timedelta(days=dice.randrange(22_500, 60_000))
    if dice.random() < 0.5:
        # An end of a month, or the last of February in a leap year.
        due = due.replace(day=1) - timedelta(days=1)
        due = dice.choice((due, date(due.year // 4 * 4, 2, 29) if due.year // 4 * 4 != 2100 else due))
    count = dice.choice((1, 2, 12, 60, dice.randrange(1, 61))) if kind in oracle.IN_INSTALMENTS else 0
    if kind == oracle.STATEMENT:
        count = dice.choice((1, 21, dice.randrange(1, 256)))
    deal = Deal(
        kind=kind, amount=amount, rate=Fraction(rate, 1_000_000), due=due, drawn=due, paid_out=due,
        basis=dice.randrange(3), count=count,
        minimum=0 if kind in (oracle.DISCOUNT, oracle.STATEMENT) else dice.choice((0, 0, 7, 40)),
        penalty=Fraction(dice.choice((0, 5_000, 10_000)), 10_000), grace=dice.choice((0, 0, 3, 40)),
    )  # fmt: skip
    ahead = dice.choice((1, 2, 28, 30, 31, 62, dice.randrange(1, 400)))
    paid_out = oracle.due_dates(deal)[0] - timedelta(days=ahead)
    if usual:
        deal = replace(deal, drawn=paid_out - timedelta(days=dice.choice((0, 0, 1, 5))))
    else:
        deal = replace(deal, drawn=paid_out)
    if kind == oracle.DISCOUNT and oracle.discount(deal, deal.drawn) >= amount:
        deal = replace(deal, rate=Fraction(0))
    return replace(deal, paid_out=paid_out)


def day(when: date) -> int:
    """As the ledger counts."""
    return (when - EPOCH).days


def reserved(deal: Deal) -> Loan:
    """The deal as the specification holds it after the draw."""
    return Loan(
        facility=FACILITY, principal=deal.amount, drawn=deal.amount, rate=int(deal.rate * 1_000_000),
        due_day=day(deal.due), penalty_bps=int(deal.penalty * 10_000), minimum_days=deal.minimum,
        basis=deal.basis, phase=LoanPhase.RESERVED, start_day=day(deal.drawn), terms=deal.kind,
        grace_days=deal.grace, count=deal.count,
    )  # fmt: skip


def word_of(loan: Loan) -> int:
    """The loan in the contracts' word."""
    return LOAN.pack({name: getattr(loan, name, 0) for name in LOAN.names})


# ── The deployed bytecode ───────────────────────────────────────────────────────────────────────────────────────


class Bytecode:
    """Credit and Terms on a machine of their own; nothing is signed, Settlement's part is played."""

    def __init__(self) -> None:
        self._evm = pyrevm.EVM(spec_id="PRAGUE")
        self._artifacts = {name: load(name) for name in ("Terms", "Credit")}
        self._calls = {name: Interface(artifact) for name, artifact in self._artifacts.items()}
        self._addresses = {"Terms": str(self._evm.deploy(EVERYONE, self._artifacts["Terms"].bytecode))}
        inputs = next(entry for entry in self._artifacts["Credit"].abi if entry["type"] == "constructor")
        modules = [
            to_checksum_address(self._addresses["Terms"] if part["name"] == "terms" else EVERYONE)
            for part in inputs["inputs"][0]["components"]
        ]
        code = self._artifacts["Credit"].bytecode + encode(types_of(inputs["inputs"]), [tuple(modules)])
        self._addresses["Credit"] = str(self._evm.deploy(EVERYONE, code))
        layout = self._artifacts["Credit"].storage_layout["storage"]
        self._slots = {entry["label"]: int(entry["slot"]) for entry in layout}

    def ask(self, contract: str, function: str, *arguments: Any) -> Any:
        """Call a function as Settlement would, and decode its answer."""
        entry = self._calls[contract].function(function)
        address = self._addresses[contract]
        return entry.decode_output(
            bytes(self._evm.message_call(EVERYONE, address, calldata=entry.encode(*arguments)))
        )

    def schedule(self, word: int, value_day: int) -> list[Row]:
        """Terms.schedule, read from its bare words: this is asked a hundred thousand times."""
        calldata = self._selector + word.to_bytes(32, "big") + value_day.to_bytes(32, "big")
        answer = bytes(self._evm.message_call(EVERYONE, self._addresses["Terms"], calldata=calldata))
        words = [int.from_bytes(answer[at : at + 32], "big") for at in range(64, len(answer), 32)]
        return [tuple(words[at : at + 4]) for at in range(0, len(words), 4)]  # type: ignore[misc]  # four each

    @property
    def _selector(self) -> bytes:
        return bytes.fromhex(self._artifacts["Terms"].method_identifiers["schedule(uint256,uint16)"])

    def put(self, loan: int, word: int, used: int) -> None:
        """A reserved loan under a facility whose collection account is nothing."""
        self._store("_loans", loan, word)
        self._store("_facilities", FACILITY, 1 << 224 | 2 << 192 | 156 << 176)
        self._store("_positions", FACILITY, used << 112 | 1 << 48 | (2**48 - 1) << 160)

    def _store(self, mapping: str, key: int, value: int) -> None:
        place = key.to_bytes(32, "big") + self._slots[mapping].to_bytes(32, "big")
        slot = int.from_bytes(keccak(place), "big")
        self._evm.insert_account_storage(self._addresses["Credit"], slot, value)


# ── Comparing ───────────────────────────────────────────────────────────────────────────────────────────────────


def of_schedule(chain: Bytecode, deal: Deal) -> Iterator[str]:
    """What differs in one schedule."""
    exact: list[Row] = [(day(row[0]), *row[1:]) for row in oracle.schedule(deal)]
    loan = reserved(deal)
    found = chain.schedule(word_of(loan), day(deal.paid_out))
    twin = [
        (row.day, row.principal, row.interest, row.balance)
        for row in schedules.schedule(loan, day(deal.paid_out))
    ]
    if not found == twin == exact:
        yield f"schedule of {deal}: contract {found}, specification {twin}, exact {exact}"
    if deal.kind == oracle.DISCOUNT:
        kept = oracle.discount(deal, deal.drawn)
        if (agreement.pay_out(loan), chain.ask("Terms", "payOutOf", word_of(loan))) != (
            deal.amount - kept,
        ) * 2:
            yield f"pay-out of {deal}: {kept} should be kept"


def of_course(chain: Bytecode, deal: Deal, dice: list[int], number: int) -> Iterator[str]:
    """What differs on the course of one loan, up to the first difference."""
    loan, course = reserved(deal), Course(deal)
    state = LedgerState()
    state.facilities[FACILITY] = Facility(
        1, 2, 156, 10_000, 2**48 - 1, deal.amount, 2**16 - 1, False, 0, loans=1
    )
    state.loans[number] = loan
    chain.put(number, word_of(loan), deal.amount)
    paid_out = agreement.pay_out(loan)
    reasons = (
        credit.post(state, number, paid_out, day(deal.paid_out), day(deal.paid_out)),
        chain.ask("Credit", "post", number, paid_out, day(deal.paid_out)),
    )
    if reasons != (Reason.NONE, 0):
        yield f"pay-out of {deal}: {reasons}"
        return
    for when, per_cent in oracle.histories(deal, dice):
        course.go_to(when)
        since = course.overdue_since()
        exact = (
            (course.interest, course.principal),
            0 if since is None else day(since),
            oracle.class_of(since, when),
        )
        today, accrual = day(when), state.accrual_of(number)
        stands = state.loans[number]
        twin = (
            credit.owed_on(state, number, today),
            standing.overdue_since(stands, accrual, today),
            list(LoanClass).index(loan_class(stands, today, accrual)),
        )
        found = (
            tuple(chain.ask("Credit", "owedOn", number, today)),
            *(
                chain.ask("Terms", view, *chain.ask("Credit", "loanOf", number), today)
                for view in ("overdueSince", "classOn")
            ),
        )
        if not found == twin == exact:
            yield f"{deal} on {when}, paid {course.interest_paid}: {found}, {twin}, exact {exact}"
            return
        amount = _amount(course, when, per_cent)
        if amount:
            course.pay(amount)
            reason, _ = credit.repay(state, number, amount, today, (), today)
            told = chain.ask("Credit", "repay", number, amount, today, bytes(32), 0, [])
            if reason or told[0]:
                yield f"{deal} on {when}: repayment of {amount} refused, {reason}, {told}"
                return
        if course.principal == 0:
            break


def _amount(course: Course, when: date, per_cent: int) -> int:
    """So many per cent of the instalments that are due, or of the next one."""
    paid = course.owed - course.principal
    due = sum(row[1] for row in course.rows if row[0] <= when) - paid
    upcoming = next((row[1] for row in course.rows if row[0] > when), 0)
    whole = course.interest + course.principal
    return min(whole, (course.interest + max(due, 0) or upcoming) * per_cent // 100)
