"""Harm: one payment of the debtor was counted for several invoices (seen in public invoice-financing code)."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from gateway.adapters.banks.money_desk import MoneyDesk, Person, queue
from gateway.problems import Problem
from gateway.services.payments import FactKind, end_to_end_id
from tests.contracts.lending import MILLION, lend
from tests.contracts.table import FACILITY, LOAN
from tests.gateway.banks.book import CLEARING as CLEARING_ACCOUNT
from tests.gateway.banks.book import NOW, ROOT_WORTH, ROOTS, drafts, furnish, tell
from tests.gateway.banks.wire import Line, notice
from tests.house.cast import CLEARING, LENDER, TIER_1, TIER_2
from tests.house.house import COLLECTED, RECEIVED, REPAYMENT, House, collection_account

ACCOUNT, ENTRY = b"\7" * 32, b"\x0e" * 32


def test_the_ledger_counts_a_movement_once_whatever_it_is_said_to_be(house: House) -> None:
    """Decision 10: its key is bank, account, value date, amount, side and the bank's reference; not what it is for."""
    roots = [house.live_root(serial, MILLION, payee) for serial, payee in ((1, TIER_1), (2, TIER_2))]
    house.machine.pass_days(90)
    assert house.fact(RECEIVED, roots[0], MILLION, CLEARING, ACCOUNT, entry=ENTRY) == "None"
    assert house.fact(RECEIVED, roots[1], MILLION, CLEARING, ACCOUNT, entry=ENTRY) == "MovementUsed"
    assert [house.money(root)["received"] for root in roots] == [MILLION, 0]


def test_one_repayment_repays_one_loan(house: House) -> None:
    lend(house)
    account = collection_account(FACILITY)
    assert house.draw(LOAN + 1, TIER_1, FACILITY, MILLION // 2) == "None"
    paid = {"entry": ENTRY}
    assert house.fact(REPAYMENT, LOAN, 1_000, LENDER, account, **paid) == "None"
    for kind, subject in ((REPAYMENT, LOAN + 1), (COLLECTED, LOAN)):
        assert house.fact(kind, subject, 1_000, LENDER, account, **paid) == "MovementUsed"


def test_the_desk_divides_a_payment_and_never_multiplies_it(database: Engine) -> None:
    """60.00 for each of two invoices is not 100.00; and an entry that was allocated is not allocated once more."""
    furnish(database)
    tell(database, "M-1", notice("M-1", CLEARING_ACCOUNT, Line("R-1", ROOT_WORTH, "both invoices")))
    with database.begin() as connection:
        (waiting,) = queue(connection, [])
        desk = MoneyDesk(connection, "1000000.00", NOW)
        person = Person("Chen Yu", "by the debtor's letter")

        def parts(first: int, second: int) -> list[dict[str, object]]:
            return [
                {"kind": "RECEIVED", "subject": str(root), "amount": amount}
                for root, amount in zip(ROOTS, (first, second), strict=True)
            ]

        for wrong in (parts(ROOT_WORTH, ROOT_WORTH), parts(ROOT_WORTH, 1), parts(ROOT_WORTH // 2, 1)):
            with pytest.raises(Problem, match="PARTS-SUM"):
                desk.allocate(waiting.exception, person, wrong)
        desk.allocate(waiting.exception, person, parts(ROOT_WORTH - 1, 1))
    assert drafts(database) == [("RECEIVED", ROOTS[0], ROOT_WORTH - 1), ("RECEIVED", ROOTS[1], 1)]


def test_one_payment_booked_under_two_references_is_drafted_once(database: Engine) -> None:
    furnish(database)
    named = end_to_end_id(FactKind.RECEIVED, ROOTS[0], 0)
    for reference in ("R-1", "R-2"):
        line = Line(reference, ROOT_WORTH // 2, named)
        tell(database, reference, notice(reference, CLEARING_ACCOUNT, line))
    assert drafts(database) == [("RECEIVED", ROOTS[0], ROOT_WORTH // 2)]
    with database.connect() as connection:
        assert [each.rule for each in queue(connection, [])] == ["PAID-TWICE"]
