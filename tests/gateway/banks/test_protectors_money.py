"""Money of those who pay in a debtor's place: ordered when called, read as facts 12 and 13, and never guessed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine, update

from gateway.adapters.banks.money_desk import MoneyDesk, Person, queue
from gateway.db import own
from gateway.db import tables as ledger
from gateway.db.queries import payment_orders
from gateway.problems import Problem
from gateway.services.payments import About, FactKind, PaymentOrder, end_to_end_id, subject_of
from tests.gateway.banks.book import (
    BANK,
    BIC,
    CNY,
    DEBTOR,
    LOAN,
    NOW,
    OUTSTANDING,
    TITLES,
    drafts,
    furnish,
    put,
    read,
    record,
    tell,
)
from tests.gateway.banks.wire import DAY, Line, notice

GUARANTOR, FUND, INSURER = 311, 312, 313
GUARANTEE, RESERVE, POLICY = GUARANTOR << 32 | 1, FUND << 32 | 1, INSURER << 32 | 1
ACCOUNTS = {
    "collection": ("62000000010", b"\x10" * 32, 11, "collection-7"),
    "guarantor": ("62000000011", b"\x11" * 32, GUARANTOR, "bound"),
    "fund": ("62000000012", b"\x12" * 32, FUND, "bound"),
    "insurer": ("62000000013", b"\x13" * 32, INSURER, "bound"),
    "reserve": ("62000000014", b"\x14" * 32, FUND, "reserve-1"),
}
NUMBER = {name: number for name, (number, *_) in ACCOUNTS.items()}
SETTLED, FACILITY = 3, 7
CALLED = 9_000
PROT = end_to_end_id(FactKind.PROTECTED, GUARANTEE, 0, LOAN)
CHEN = Person("Chen Yu", "seen with the guarantor's letter")


@pytest.fixture
def house(database: Engine) -> Engine:
    """The books, with a loan for which a guarantor and a reserve are called."""
    furnish(database)
    with database.begin() as connection:
        for place, (number, commitment, owner, purpose) in enumerate(ACCOUNTS.values(), 10):
            put(
                connection, own.accounts, commitment=commitment, bank=BANK, bic=BIC, account=number, owner=owner,
                owner_name="A firm", currency="CNY", purpose=purpose, place=place,
            )  # fmt: skip
            if purpose == "bound":
                put(connection, ledger.accounts, party=owner, currency=CNY, account=commitment, bank=BANK)
        connection.execute(
            update(ledger.facilities).values(collection_account=ACCOUNTS["collection"][1], used=50_000)
        )
        connection.execute(update(ledger.loans).values(phase=OUTSTANDING, principal=50_000))
        for number, kind in ((GUARANTEE, 1), (RESERVE, 3), (POLICY, 4)):
            put(
                connection, ledger.protections, protection=number, protector=number >> 32, facility=FACILITY,
                kind=kind, cap=20_000,
            )  # fmt: skip
        for number in (GUARANTEE, RESERVE):
            put(connection, ledger.calls, protection=number, loan=LOAN, called=CALLED, day=DAY)
    return database


def change(engine: Engine, table: Any, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(update(table).values(**values))


def orders(engine: Engine, kind: FactKind) -> list[PaymentOrder]:
    with engine.connect() as connection:
        return [each for each in payment_orders(connection, DAY, {CNY: "CNY"}) if each.kind is kind]


def paid(engine: Engine, *, lender_whole: bool, pot: int, insurer: int = 0) -> None:
    """Both paid all that was called, and an insurer `insurer`; the lender has collected `pot` for them."""
    change(engine, ledger.calls, paid=CALLED)
    with engine.begin() as connection:
        if insurer:
            put(connection, ledger.calls, protection=POLICY, loan=LOAN, called=insurer, paid=insurer)
        put(connection, ledger.claims, loan=LOAN, first_open=2 * CALLED, later_open=insurer, pot=pot)
    if lender_whole:
        change(engine, ledger.facilities, used=0)
        change(engine, ledger.loans, phase=SETTLED, principal=0)


# ── references ──────────────────────────────────────────────────────────────────────────────────────────────


@given(
    kind=st.sampled_from(sorted(set(FactKind) - {FactKind.COLLECTED, FactKind.REJECTED, FactKind.RETURNED})),
    subject=st.integers(1, 2**64 - 1),
    loan=st.integers(1, 2**64 - 1),
    part=st.integers(0, 9_999),
)
@example(FactKind.PROTECTED, 2**64 - 1, 2**64 - 1, 9_999)
def test_a_reference_names_its_subject_and_the_loan_within_what_banks_carry(
    kind: FactKind, subject: int, loan: int, part: int
) -> None:
    """35 characters of an end-to-end id hold both numbers: the borrower's half of the loan's is the protection's."""
    written = end_to_end_id(kind, subject, part, loan)
    serial = loan & 0xFFFFFFFF if kind in (FactKind.PROTECTED, FactKind.REIMBURSED) else 0
    assert len(written) <= 35
    assert subject_of(written) == About(kind, subject, serial)


@pytest.mark.parametrize("told", [PROT[:-2], PROT.lower(), f"PROT-{GUARANTEE:x}-0", f"LOAN-{LOAN:x}-1-1-1"])
def test_half_a_reference_names_nothing(told: str) -> None:
    with pytest.raises(Problem) as refusal:
        subject_of(told)
    assert refusal.value.rule == "REFERENCE-UNKNOWN"


# ── what was called ─────────────────────────────────────────────────────────────────────────────────────────


def test_who_is_called_is_expected_to_pay_what_it_has_not_paid(house: Engine) -> None:
    """S18, S19: a guarantor from its own account, a reserve out of the account that its custodian keeps."""
    change(house, ledger.calls, paid=1_000)
    found = {each.subject: each for each in orders(house, FactKind.PROTECTED)}
    assert {(each.amount, each.loan) for each in found.values()} == {(CALLED - 1_000, LOAN)}
    assert {each.payee.number for each in found.values()} == {NUMBER["collection"]}
    assert found[GUARANTEE].payer.number == NUMBER["guarantor"]
    assert found[RESERVE].payer.number == NUMBER["reserve"]
    change(house, ledger.calls, paid=CALLED)
    assert orders(house, FactKind.PROTECTED) == []


def test_a_guarantors_money_is_drafted_for_the_loan_it_was_called_for_and_counts_once(house: Engine) -> None:
    tell(house, "M-1", notice("M-1", NUMBER["collection"], Line("R-1", CALLED, PROT)))
    (found,) = read(house).values()
    assert (found.state, found.fact["kind"], found.fact["subject"], found.fact["loan"]) == (
        "prepared", FactKind.PROTECTED, GUARANTEE, LOAN,
    )  # fmt: skip
    record(house, found)
    tell(house, "M-2", notice("M-2", NUMBER["collection"], Line("R-2", CALLED, PROT)))
    again = read(house)
    assert again["R-1"].state == "recorded"
    assert (again["R-2"].state, again["R-2"].problem.partition(":")[0]) == ("exception", "PAID-TWICE")


def test_what_was_not_called_waits_for_a_person(house: Engine) -> None:
    """More than was called, elsewhere, in other money, for another loan or nobody's protection, or before its time."""
    other_loan = end_to_end_id(FactKind.PROTECTED, GUARANTEE, 0, LOAN + 1)
    nobody = end_to_end_id(FactKind.PROTECTED, DEBTOR << 32 | 1, 0, LOAN)
    early = end_to_end_id(FactKind.REIMBURSED, GUARANTEE, 0, LOAN)
    wrong = [
        ("PAYMENT-EXCESS", Line("R-0", CALLED + 1, PROT), "collection"),
        ("ACCOUNT-DIFFERS", Line("R-1", CALLED, PROT), "guarantor"),
        ("CURRENCY-DIFFERS", Line("R-2", CALLED, PROT, currency="EUR"), "collection"),
        ("SUBJECT-UNKNOWN", Line("R-3", CALLED, other_loan), "collection"),
        ("SUBJECT-UNKNOWN", Line("R-4", CALLED, nobody), "collection"),
        ("PAYMENT-EXCESS", Line("R-5", 1, early), "guarantor"),
    ]
    for number, (_, line, account) in enumerate(wrong):
        tell(house, f"M-{number}", notice(f"M-{number}", NUMBER[account], line))
    found = read(house)
    assert {each.state for each in found.values()} == {"exception"}
    assert [found[line.reference].problem.partition(":")[0] for _, line, _ in wrong] == [
        rule for rule, _, _ in wrong
    ]


def test_a_guarantors_wrong_reference_goes_to_the_desk_and_a_person_links_it(house: Engine) -> None:
    """The payment that is expected is proposed, taken only by a person, and then names protection and loan."""
    for number, told in enumerate(("guarantee for loan 1", PROT[:12], PROT.replace("PROT", "PR0T"))):
        line = Line(f"R-{number}", CALLED, told)
        tell(house, f"M-{number}", notice(f"M-{number}", NUMBER["collection"], line))
    assert drafts(house) == []
    with house.begin() as connection:
        found = queue(connection, list(payment_orders(connection, DAY, {CNY: "CNY"})))
        assert [each.rule for each in found] == ["REFERENCE-UNKNOWN"] * 3
        assert all(PROT in [each.end_to_end for each in one.found] for one in found)
        MoneyDesk(connection, "1000000.00", NOW).link_payment(found[0].exception, CHEN, PROT)
    linked = [each for each in read(house).values() if each.state == "prepared"]
    assert [(each.fact["subject"], each.fact["loan"]) for each in linked] == [(GUARANTEE, LOAN)]


def test_one_payment_for_two_protectors_is_allocated_to_both(house: Engine) -> None:
    other = end_to_end_id(FactKind.PROTECTED, RESERVE, 0, LOAN)
    batch = Line("R-1", 2 * CALLED, batch=((PROT, CALLED), (other, CALLED)))
    tell(house, "M-1", notice("M-1", NUMBER["collection"], batch))
    with house.begin() as connection:
        (found,) = queue(connection, [])
        assert [part["loan"] for part in found.parts] == [str(LOAN)] * 2
        MoneyDesk(connection, "1000000.00", NOW).allocate(found.exception, CHEN, found.parts)
    assert drafts(house) == [("PROTECTED", GUARANTEE, CALLED), ("PROTECTED", RESERVE, CALLED)]


# ── what comes back ─────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_reimbursed_before_the_lender_is_whole(house: Engine) -> None:
    """CC-700: on both sides of the lender's last fen; who was called first gets what there is."""
    paid(house, lender_whole=False, pot=CALLED + 100)
    assert orders(house, FactKind.REIMBURSED) == []
    change(house, ledger.facilities, used=0, written_off=1)
    assert orders(house, FactKind.REIMBURSED) == []
    change(house, ledger.facilities, written_off=0)
    found = orders(house, FactKind.REIMBURSED)
    assert [(each.subject, each.amount, each.payee.number) for each in found] == [
        (GUARANTEE, CALLED, NUMBER["guarantor"]), (RESERVE, 100, NUMBER["fund"]),
    ]  # fmt: skip
    assert {each.payer.number for each in found} == {NUMBER["collection"]}
    line = Line("R-1", CALLED, found[0].end_to_end)
    tell(house, "M-1", notice("M-1", NUMBER["guarantor"], line))
    assert drafts(house) == [("REIMBURSED", GUARANTEE, CALLED)]


def test_an_insurer_is_reimbursed_after_all_others(house: Engine) -> None:
    """2-ledger 2.4: guarantors and reserves first."""
    paid(house, lender_whole=True, pot=3 * CALLED, insurer=CALLED)
    assert [each.subject for each in orders(house, FactKind.REIMBURSED)] == [GUARANTEE, RESERVE]
    change(house, ledger.calls, reimbursed=CALLED)
    with house.begin() as connection:
        connection.execute(
            update(ledger.calls).where(ledger.calls.c.protection == POLICY).values(reimbursed=0)
        )
    change(house, ledger.claims, first_open=0, pot=CALLED)
    assert [(each.subject, each.amount) for each in orders(house, FactKind.REIMBURSED)] == [(POLICY, CALLED)]


def test_money_of_the_pledge_names_a_settled_loan_while_who_paid_it_may_still_recover(house: Engine) -> None:
    """CC-700: to the last fen of the claims, and not beyond: then it is the pledgor's."""
    paid(house, lender_whole=True, pot=0)
    change(house, ledger.titles, lock=FACILITY)
    line = Line("R-1", 5_000, end_to_end_id(FactKind.CREDITED, TITLES[0], 0))
    tell(house, "M-1", notice("M-1", NUMBER["collection"], line))
    for pot, loan in ((0, LOAN), (2 * CALLED - 1, LOAN), (2 * CALLED, 0)):
        change(house, ledger.claims, pot=pot)
        (found,) = read(house).values()
        assert (found.fact["kind"], found.fact["loan"]) == (FactKind.COLLECTED, loan)


def test_a_borrower_repays_those_who_paid_for_it_up_to_their_claims(house: Engine) -> None:
    """CC-700: the last fen of the claims is kept for them, one more is not taken."""
    paid(house, lender_whole=True, pot=0)
    for number, minor in enumerate((2 * CALLED + 1, 2 * CALLED)):
        line = Line(f"R-{number}", minor, end_to_end_id(FactKind.REPAYMENT, LOAN, number))
        tell(house, f"M-{number}", notice(f"M-{number}", NUMBER["collection"], line))
    assert {name: each.state for name, each in read(house).items()} == {"R-0": "exception", "R-1": "prepared"}
