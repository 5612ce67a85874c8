"""One movement is one fact: cut, late, doubled, contradicted, rejected, returned; whatever the order and number."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from gateway.adapters.banks.facts import shown
from gateway.adapters.banks.instructions import instructions
from gateway.adapters.banks.tellings import columns_of, joined, load
from gateway.services.payments import FactKind, end_to_end_id
from gateway.services.references import likenesses
from tests.gateway.banks.book import (
    BIC,
    BOUND,
    CLEARING,
    DRAWN,
    LINE_WORTH,
    LOAN,
    ROOT_WORTH,
    ROOTS,
    TITLES,
    drafts,
    furnish,
    ordered,
    read,
    record,
    take,
    tell,
)
from tests.gateway.banks.wire import DAY, Line, intraday, notice, statement, status

LINE = end_to_end_id(FactKind.CREDITED, TITLES[0], 0)
ROOT = end_to_end_id(FactKind.RECEIVED, ROOTS[0], 0)
PAYOUT = end_to_end_id(FactKind.PAYOUT, LOAN, 0)


@pytest.fixture
def house(database: Engine) -> Engine:
    furnish(database)
    return database


def problem(engine: Engine, line: Line, account: str = BOUND) -> str:
    tell(engine, "M-1", notice("M-1", account, line))
    found = read(engine)[line.reference]
    assert (found.state, found.fact) == ("exception", {})
    return found.problem.partition(":")[0]


def test_notification_report_and_statement_of_one_movement_are_one_draft(house: Engine) -> None:
    line = Line("R-1", LINE_WORTH, LINE)
    for number, raw in enumerate(
        [notice("M-0", BOUND, line), intraday("M-1", BOUND, line), statement("M-2", BOUND, line),
         notice("M-3", BOUND, line)]
    ):  # fmt: skip
        assert tell(house, f"M-{number}", raw).state == "read"
    assert drafts(house) == [("CREDITED", TITLES[0], LINE_WORTH)]


# ── what a bank does to a reference ─────────────────────────────────────────────────────────────────────────

LONG = end_to_end_id(FactKind.CREDITED, 0xFFFFFFFE_8000_0001, 12)
CUT = [LONG[:16], LONG[:20], LONG.lower(), LONG.upper(), LONG.replace("-", " "), LONG[:-2], ""]


@pytest.mark.parametrize("told", CUT)
def test_a_reference_that_is_not_whole_names_nothing_and_is_only_proposed(told: str, house: Engine) -> None:
    assert problem(house, Line("R-1", LINE_WORTH, told)) == "REFERENCE-UNKNOWN"
    assert all(each.how != "whole" for each in likenesses([told], [LONG]))


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (LONG, "whole"), (LONG[:16], "cut"), (LONG[:20], "cut"), (LONG.lower(), "respelled"),
        (f"invoice 7 / {LONG} / thanks", "within"), (f"EREF+{LONG[:9]} {LONG[9:]}", "within"),
        (LONG[:11], None), ("rent of March", None), (f"{LONG}3", None),
    ],
)  # fmt: skip
def test_what_a_text_may_mean(text: str, how: str | None) -> None:
    assert [each.how for each in likenesses([text], [LONG])] == ([] if how is None else [how])


def test_the_cut_reference_of_a_statement_is_the_whole_one_of_the_notification(house: Engine) -> None:
    whole = Line("R-1", LINE_WORTH, LINE)
    tell(house, "M-1", statement("M-1", BOUND, Line("R-1", LINE_WORTH, LINE[:12])))
    assert drafts(house) == []
    tell(house, "M-2", notice("M-2", BOUND, whole))
    assert drafts(house) == [("CREDITED", TITLES[0], LINE_WORTH)]


# ── what the ledger does not expect ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rule", "line", "account"),
    [
        ("SUBJECT-UNKNOWN", Line("R", 1, end_to_end_id(FactKind.CREDITED, 99, 0)), BOUND),
        ("CURRENCY-DIFFERS", Line("R", LINE_WORTH, LINE, currency="USD"), BOUND),
        ("ACCOUNT-DIFFERS", Line("R", LINE_WORTH, LINE), CLEARING),
        ("PAYMENT-EXCESS", Line("R", LINE_WORTH + 1, LINE), BOUND),
        ("PAYMENT-EXCESS", Line("R", ROOT_WORTH + 1, ROOT), CLEARING),
        ("PAYMENT-EARLY", Line("R", ROOT_WORTH, ROOT, day=DAY - 1), CLEARING),
        ("PAYMENT-DIFFERS", Line("R", DRAWN + 1, PAYOUT), BOUND),
        ("PAYMENT-DIFFERS", Line("R", DRAWN - 1, PAYOUT), BOUND),
        ("REVERSAL", Line("R", LINE_WORTH, LINE, reversal=True), BOUND),
        ("RETURN", Line("R", DRAWN, PAYOUT, returned="AC04"), BOUND),
        ("BATCH-ENTRY", Line("R", 3, batch=((LINE, 1), ("x", 2))), BOUND),
    ],
)  # fmt: skip
def test_what_cannot_be_a_fact_is_before_a_person(house: Engine, rule: str, line: Line, account: str) -> None:
    assert problem(house, line, account) == rule


@pytest.mark.parametrize(
    ("line", "account"),
    [
        (Line("R", LINE_WORTH, LINE), BOUND), (Line("R", 1, LINE), BOUND),
        (Line("R", ROOT_WORTH, ROOT, day=DAY), CLEARING), (Line("R", DRAWN, PAYOUT), BOUND),
        (Line("R", LINE_WORTH, LINE, returned="AC04"), CLEARING),
    ],
)  # fmt: skip
def test_what_is_expected_to_the_minor_unit_and_the_day_is_drafted(
    house: Engine, line: Line, account: str
) -> None:
    tell(house, "M-1", notice("M-1", account, line))
    ((_, _, amount),) = drafts(house)
    assert amount == line.minor


def test_a_bank_that_gives_an_entry_no_reference_makes_no_movement(house: Engine) -> None:
    line = Line("", LINE_WORTH, LINE)
    tell(house, "M-1", statement("M-1", BOUND, line, line))
    tell(house, "M-2", notice("M-2", BOUND, line))
    found = read(house)
    # Twice in one statement is two; the notification tells of one of them.
    assert len(found) == 2
    assert {each.problem.partition(":")[0] for each in found.values()} == {"REFERENCE-MISSING"}


def test_parts_of_what_is_expected_are_granted_until_it_is_used_up(house: Engine) -> None:
    lines = [Line(f"R-{n}", 4_000, end_to_end_id(FactKind.CREDITED, TITLES[0], n)) for n in range(3)]
    tell(house, "M-1", notice("M-1", BOUND, *lines))
    assert [read(house)[f"R-{n}"].state for n in range(3)] == ["prepared", "prepared", "exception"]
    assert "PAYMENT-EXCESS: 40.00 CNY arrived, 20.00 CNY is expected" in read(house)["R-2"].problem


def test_a_corrected_amount_after_the_fact_was_recorded_is_before_a_person(house: Engine) -> None:
    tell(house, "M-1", notice("M-1", BOUND, Line("R-1", LINE_WORTH, LINE)))
    record(house, read(house)["R-1"])
    assert read(house, unsettled=True) == {}
    tell(house, "M-2", statement("M-2", BOUND, Line("R-1", LINE_WORTH - 1, LINE)))
    found = read(house, unsettled=True)["R-1"]
    assert (found.state, found.problem.partition(":")[0]) == ("exception", "ENTRY-DIFFERS")


# ── what a bank takes back ──────────────────────────────────────────────────────────────────────────────────

PAID = Line("R-1", LINE_WORTH, LINE)
TAKEN = Line("N-1", LINE_WORTH, LINE, side="DBIT", reversal=True, day=DAY + 1)


@pytest.mark.parametrize("turned", [False, True], ids=["booked first", "taken back first"])
def test_a_booking_taken_back_before_it_was_recorded_never_counts(house: Engine, turned: bool) -> None:
    for number, line in enumerate([TAKEN, PAID] if turned else [PAID, TAKEN]):
        tell(house, f"M-{number}", notice("M", BOUND, line))
    assert {name: each.state for name, each in read(house).items()} == {"R-1": "other", "N-1": "other"}


def test_a_recorded_booking_that_is_taken_back_is_a_draft_to_reverse_it(house: Engine) -> None:
    tell(house, "M-1", notice("M", BOUND, PAID))
    booked = read(house)["R-1"]
    record(house, booked)
    tell(house, "M-2", notice("M", BOUND, TAKEN))
    draft = read(house, unsettled=True)["N-1"]
    assert (draft.state, draft.verb) == ("prepared", "reverse")
    recorded = {name: booked.fact[name] for name in ("bank", "account", "valueDay", "amount", "entry")}
    assert {name: draft.fact[name] for name in recorded} == recorded
    assert draft.fact["reversedDay"] == DAY + 1
    assert draft.fact["reversalEntry"] == bytes(draft.row["entry"])


def test_a_negative_entry_of_another_sum_or_payment_takes_nothing_back(house: Engine) -> None:
    tell(house, "M-1", notice("M", BOUND, PAID))
    record(house, read(house)["R-1"])
    for number, line in enumerate([replace(TAKEN, minor=1), replace(TAKEN, end_to_end="other")], 2):
        tell(house, f"M-{number}", notice("M", BOUND, replace(line, reference=f"N-{number}")))
        assert read(house)[f"N-{number}"].state == "other"


def test_a_negative_entry_that_names_nothing_is_before_a_person(house: Engine) -> None:
    tell(house, "M-1", notice("M", BOUND, PAID))
    record(house, read(house)["R-1"])
    tell(house, "M-2", notice("M", BOUND, replace(TAKEN, end_to_end="")))
    found = read(house)["N-1"]
    assert (found.state, found.problem.partition(":")[0]) == ("exception", "REVERSAL")
    assert "R-1" in found.problem


# ── instructions ────────────────────────────────────────────────────────────────────────────────────────────


def standing(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        (found,) = instructions(connection, DAY)
    return {"state": found.standing.state.value, "problem": found.standing.problem}


def test_a_report_on_the_order_sent_anew_or_by_another_bank_is_not_about_this_one(house: Engine) -> None:
    with house.begin() as connection:
        ordered(connection, LINE, FactKind.CREDITED, TITLES[0], LINE_WORTH)
    tell(house, "S-1", status("S-1", "SENT-AGAIN", LINE, "RJCT", "AM05"))
    tell(house, "S-2", status("S-2", LINE, LINE, "RJCT", "AC01"), bic="OTHRCNBJ")
    assert standing(house)["state"] == "instructed"
    tell(house, "S-3", status("S-3", LINE, "", "RJCT", "AC01"))
    assert standing(house)["state"] == "rejected"


MESSAGES = {
    "accept": status("accept", LINE, LINE, "ACCP"),
    "reject": status("reject", LINE, LINE, "RJCT", "AC01"),
    "credit": notice("credit", BOUND, Line("R-1", LINE_WORTH, LINE)),
    "statement": statement("statement", BOUND, Line("R-1", LINE_WORTH, LINE)),
    "return": notice("return", CLEARING, Line("B-1", LINE_WORTH, LINE, returned="AC04")),
}


@pytest.mark.parametrize(
    ("names", "state", "count"),
    [
        (("accept", "credit", "statement"), "settled", 1),
        (("accept", "reject"), "rejected", 0),
        (("accept", "credit", "statement", "return"), "returned", 2),
        (("accept", "reject", "credit", "statement"), "unknown", 0),
    ],
)
def test_the_end_is_the_same_whatever_the_order(
    sqlite: Engine, names: tuple[str, ...], state: str, count: int
) -> None:
    furnish(sqlite)
    with sqlite.begin() as connection:
        ordered(connection, LINE, FactKind.CREDITED, TITLES[0], LINE_WORTH)
    orders = list(permutations(names))
    for order in random.Random(3).sample(orders, min(6, len(orders))):
        with sqlite.connect() as connection:
            for name in (*order, *order[:2]):
                take(connection, name, MESSAGES[name])
            (found,) = instructions(connection, DAY)
            prepared = [each for each in shown(connection) if each.state == "prepared"]
            connection.rollback()
        assert (found.standing.state.value, len(prepared)) == (state, count), order


# ── tellings ────────────────────────────────────────────────────────────────────────────────────────────────

TRANSACTION = st.fixed_dictionaries(
    {"amount": st.sampled_from([1, 2]), "side": st.just("credit")},
    optional={
        "end_to_end": st.sampled_from([LINE, LINE[:12], ROOT]), "returned": st.sampled_from(["AC04", "NOT-TOLD"]),
        "remittance": st.sampled_from(["a", "b"]),
    },
)  # fmt: skip
TELLING = st.fixed_dictionaries(
    {
        "by": st.sampled_from(["camt.052", "camt.053", "camt.054"]),
        "side": st.just("credit"), "amount": st.sampled_from([1, 2]), "currency": st.just("CNY"),
        "value_day": st.sampled_from([None, DAY]), "reversal": st.just(0), "batch": st.just(False),
        "transactions": st.lists(TRANSACTION, max_size=2),
    }
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(TELLING, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_what_an_entry_is_depends_on_what_was_told_and_on_nothing_else(
    told: list[dict[str, Any]], dice: random.Random
) -> None:
    def kept(each: list[dict[str, Any]]) -> str:
        text = ""
        for telling in each:
            text = joined(text, telling)
        return text

    again = [*told, *dice.choices(told, k=3)]
    dice.shuffle(again)
    assert columns_of(kept(again)) == columns_of(kept(told))
    assert len(load(kept(again))) <= len(told)


@given(st.lists(TELLING, min_size=2, max_size=4))
def test_two_amounts_are_never_one_without_a_person(told: list[dict[str, Any]]) -> None:
    text = ""
    for telling in told:
        text = joined(text, telling)
    found = columns_of(text)
    if len({each["amount"] for each in told}) > 1:
        assert "amount" in found["contested"].split()


def test_the_banks_bic_is_not_another_banks(house: Engine) -> None:
    tell(house, "M-1", notice("M-1", BOUND, Line("R-1", LINE_WORTH, LINE)), bic="OTHRCNBJ")
    (found,) = read(house).values()
    assert found.row["bic"] != BIC
    assert found.problem.startswith("ACCOUNT-UNKNOWN")
