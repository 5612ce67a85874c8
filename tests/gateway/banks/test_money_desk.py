"""The exception desk: what waits for a person, the three ways out, and that none of them makes money."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Engine, delete, update

from gateway.adapters.banks import decisions
from gateway.adapters.banks.decisions import Decision
from gateway.adapters.banks.examination import examine_banks
from gateway.adapters.banks.held import held
from gateway.adapters.banks.money_desk import MoneyDesk, Person, Waiting, queue
from gateway.adapters.banks.orders import returned_payment
from gateway.db import links, own
from gateway.db import tables as ledger
from gateway.db.queries import Accounts, payment_orders
from gateway.problems import Problem
from gateway.services.doctor import Discrepancy, TableOf
from gateway.services.payments import FactKind, end_to_end_id
from tests.gateway.banks.book import (
    BOUND,
    CLEARING,
    LINE_WORTH,
    NOW,
    ROOT_WORTH,
    ROOTS,
    TITLES,
    drafts,
    furnish,
    put,
    read,
    record,
    tell,
)
from tests.gateway.banks.wire import DAY, Line, notice, statement

LINES = [end_to_end_id(FactKind.CREDITED, title, 0) for title in TITLES]
CHEN, WU = Person("Chen Yu", "seen with the debtor's letter"), Person("Wu Min", "agreed")
ABOVE = "1000000.00"


@pytest.fixture
def house(database: Engine) -> Engine:
    furnish(database)
    return database


def waiting(engine: Engine) -> list[Waiting]:
    with engine.connect() as connection:
        return queue(connection, list(payment_orders(connection, DAY, {156: "CNY"})))


def decide(
    engine: Engine, work: Callable[[MoneyDesk], Decision], *, above: str = ABOVE, keep: bool = True
) -> Decision:
    with engine.connect() as connection:
        found = work(MoneyDesk(connection, above, NOW))
        if keep:
            connection.commit()
    return found


def refused(engine: Engine, rule: str, work: Callable[[MoneyDesk], Decision]) -> None:
    before = written(engine)
    with pytest.raises(Problem) as refusal:
        decide(engine, work)
    assert refusal.value.rule == rule
    assert written(engine) == before


def written(engine: Engine) -> int:
    with engine.connect() as connection:
        return len(decisions.rows(connection))


def part(kind: str, subject: int, amount: int) -> dict[str, Any]:
    return {"kind": kind, "subject": str(subject), "amount": amount}


def lost(engine: Engine, *lines: Line, account: str = BOUND) -> str:
    """A booked entry before a person; its exception's id."""
    tell(engine, f"M-{lines[0].reference}", notice("M-1", account, *lines))
    return waiting(engine)[0].exception


# ── the queue ───────────────────────────────────────────────────────────────────────────────────────────────


def test_each_entry_comes_with_its_rule_its_age_and_what_it_may_belong_to(house: Engine) -> None:
    lost(house, Line("R-1", LINE_WORTH, LINES[0][:12], payer=CLEARING))
    (found,) = waiting(house)
    assert (found.rule, found.since, found.shown.amount) == ("REFERENCE-UNKNOWN", NOW, LINE_WORTH)
    # What is left of the reference begins both: neither is taken, both are shown.
    assert [(each.why, each.end_to_end, each.kind, each.subject) for each in found.found] == [
        ("cut", line, "CREDITED", title) for line, title in zip(LINES, TITLES, strict=True)
    ]


def test_what_names_nothing_may_be_what_is_expected_there_of_the_same_sum_or_payer(house: Engine) -> None:
    lost(house, Line("R-1", LINE_WORTH, "rent"))
    assert [(each.why, each.end_to_end) for each in waiting(house)[0].found] == [
        ("amount", line) for line in LINES
    ]
    tell(house, "M-2", notice("M-2", BOUND, Line("R-2", 5, "rent", payer=CLEARING)))
    assert {each.why for each in waiting(house)[1].found} == {"counterparty"}


def test_a_batch_proposes_what_its_own_transactions_name(house: Engine) -> None:
    whole = Line("B-1", 2 * LINE_WORTH, batch=((LINES[0], LINE_WORTH), (LINES[1], LINE_WORTH)))
    lost(house, whole)
    (found,) = waiting(house)
    assert (found.rule, [each["subject"] for each in found.parts]) == (
        "BATCH-ENTRY",
        [str(t) for t in TITLES],
    )
    decide(house, lambda desk: desk.allocate(found.exception, CHEN, found.parts))
    assert drafts(house) == [("CREDITED", title, LINE_WORTH) for title in TITLES]
    assert waiting(house) == []


def test_a_sum_without_details_waits_until_a_notification_breaks_it_down(house: Engine) -> None:
    whole = Line("B-1", 2 * LINE_WORTH, batch=((LINES[0], LINE_WORTH), (LINES[1], LINE_WORTH)))
    tell(house, "M-1", statement("M-1", BOUND, replace(whole, bare=True)))
    assert [each.parts for each in waiting(house)] == [[]]
    tell(house, "M-2", notice("M-2", BOUND, whole))
    (found,) = waiting(house)
    assert len(found.parts) == 2


# ── allocate ────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_part_is_a_draft_of_its_own_and_the_whole_none(house: Engine) -> None:
    found = lost(house, Line("R-1", 15_000, "rent"))
    parts = [part("CREDITED", TITLES[0], LINE_WORTH), part("CREDITED", TITLES[1], 5_000)]
    decide(house, lambda desk: desk.allocate(found, CHEN, parts))
    assert drafts(house) == [("CREDITED", TITLES[0], LINE_WORTH), ("CREDITED", TITLES[1], 5_000)]
    shown = read(house)
    assert set(shown) == {"R-1#1", "R-1#2"}
    assert len({each.fact["entry"] for each in shown.values()}) == 2
    record(house, shown["R-1#1"])
    assert {name: each.state for name, each in read(house).items()} == {
        "R-1#1": "recorded", "R-1#2": "prepared",
    }  # fmt: skip
    refused(house, "EXCEPTION-CLOSED", lambda desk: desk.allocate(found, CHEN, parts))


def test_an_entry_allocated_whole_is_the_banks_own_movement(house: Engine) -> None:
    found = lost(house, Line("R-1", LINE_WORTH, "rent"))
    row = read(house)["R-1"].row
    decide(house, lambda desk: desk.allocate(found, CHEN, [part("CREDITED", TITLES[0], LINE_WORTH)]))
    assert read(house)["R-1#1"].fact["entry"] == bytes(row["entry"])


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("PARTS-SUM", [part("CREDITED", TITLES[0], LINE_WORTH - 1)]),
        ("PARTS-SUM", [part("CREDITED", TITLES[0], LINE_WORTH), part("CREDITED", TITLES[1], 1)]),
        ("SUBJECT-UNKNOWN", [part("CREDITED", 99, LINE_WORTH)]),
        ("ACCOUNT-DIFFERS", [part("RECEIVED", 0, LINE_WORTH)]),
        ("PARTS-FORM", [part("CREDITED", TITLES[0], LINE_WORTH), part("CREDITED", TITLES[1], 0)]),
        ("PAYEE-UNKNOWN", [part("CREDITED", TITLES[0], 9_000), part("BACK", 0, 1_000)]),
    ],
)
def test_what_the_ledger_would_refuse_is_refused_before_it_is_written(
    house: Engine, rule: str, parts: list[Mapping[str, Any]]
) -> None:
    found = lost(house, Line("R-1", LINE_WORTH, "rent"))
    if rule == "ACCOUNT-DIFFERS":
        with house.begin() as connection:
            connection.execute(update(ledger.roots).values(clearing_bank=99))
        parts = [part("RECEIVED", ROOTS[0], LINE_WORTH)]
    refused(house, rule, lambda desk: desk.allocate(found, CHEN, parts))


def test_a_dry_run_says_the_same_and_keeps_nothing(house: Engine) -> None:
    found = lost(house, Line("R-1", LINE_WORTH, "rent"))
    parts = [part("CREDITED", TITLES[0], LINE_WORTH)]
    tried = decide(house, lambda desk: desk.allocate(found, CHEN, parts), keep=False)
    assert written(house) == 0
    assert decide(house, lambda desk: desk.allocate(found, CHEN, parts)) == tried


def test_an_unsigned_decision_can_be_taken_anew_and_the_last_holds(house: Engine) -> None:
    found = lost(house, Line("R-1", LINE_WORTH, "rent"))
    for title in TITLES:
        chosen = [part("CREDITED", title, LINE_WORTH)]
        decide(house, lambda desk, chosen=chosen: desk.allocate(found, CHEN, chosen))  # type: ignore[misc]
    assert drafts(house) == [("CREDITED", TITLES[1], LINE_WORTH)]


# ── two persons ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("above", "step"), [("100.00", "decided"), ("99.99", "proposed")])
def test_above_the_threshold_a_decision_waits_for_a_second_person(
    house: Engine, above: str, step: str
) -> None:
    found = lost(house, Line("R-1", LINE_WORTH, "rent"))
    parts = [part("CREDITED", TITLES[0], LINE_WORTH)]
    first = decide(house, lambda desk: desk.allocate(found, CHEN, parts), above=above)
    assert (first.step, len(drafts(house))) == (step, 1 if step == "decided" else 0)


def test_the_second_person_is_another_one(house: Engine) -> None:
    found = lost(house, Line("R-1", LINE_WORTH, "rent"))
    parts = [part("CREDITED", TITLES[0], LINE_WORTH)]
    first = decide(house, lambda desk: desk.allocate(found, CHEN, parts), above="0")
    assert waiting(house)[0].proposed == first
    for name in ("Chen Yu", "chen  yu", "ＣＨＥＮ Ｙu"):
        refused(
            house, "SAME-PERSON", lambda desk, name=name: desk.second(first.decision, Person(name, "yes"))
        )  # type: ignore[misc]
    assert decide(house, lambda desk: desk.second(first.decision, WU)).step == "seconded"
    assert drafts(house) == [("CREDITED", TITLES[0], LINE_WORTH)]
    refused(house, "EXCEPTION-CLOSED", lambda desk: desk.second(first.decision, WU))
    refused(house, "MONEY-DECISION-UNKNOWN", lambda desk: desk.second("nothing", WU))


# ── link ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_linked_to_its_payment_is_drafted_for_it(house: Engine) -> None:
    found = lost(house, Line("R-1", LINE_WORTH, LINES[0][:12]))
    decide(house, lambda desk: desk.link_payment(found, CHEN, LINES[0]))
    assert drafts(house) == [("CREDITED", TITLES[0], LINE_WORTH)]


def test_one_movement_under_two_references_is_linked_and_counts_once(house: Engine) -> None:
    tell(house, "M-1", notice("M-1", BOUND, Line("R-1", LINE_WORTH, LINES[0])))
    tell(house, "M-2", statement("M-2", BOUND, Line("R-2", LINE_WORTH, LINES[0])))
    (found,) = waiting(house)
    assert (found.rule, found.shown.row["reference"]) == ("PAID-TWICE", "R-2")
    assert ("entry", "R-1") in [(each.why, each.entry) for each in found.found]
    decide(house, lambda desk: desk.link_entries(found.exception, CHEN, ["R-1"]))
    assert read(house)["R-2"].state == "linked"
    assert drafts(house) == [("CREDITED", TITLES[0], LINE_WORTH)]
    assert waiting(house) == []


def test_payments_notified_one_by_one_are_the_sum_that_the_statement_books(house: Engine) -> None:
    for number, line in enumerate(LINES):
        tell(house, f"M-{number}", notice("M", BOUND, Line(f"R-{number}", LINE_WORTH, line)))
    tell(house, "M-9", statement("M-9", BOUND, Line("B-1", 2 * LINE_WORTH, bare=True)))
    (found,) = waiting(house)
    refused(house, "LINK-DIFFERS", lambda desk: desk.link_entries(found.exception, CHEN, ["R-0"]))
    refused(house, "LINK-DIFFERS", lambda desk: desk.link_entries(found.exception, CHEN, ["R-0", "X"]))
    decide(house, lambda desk: desk.link_entries(found.exception, CHEN, ["R-0", "R-1"]))
    assert len(drafts(house)) == 2


def test_of_contradicting_messages_a_person_says_which_holds(house: Engine) -> None:
    tell(house, "M-1", notice("M-1", BOUND, Line("R-1", LINE_WORTH, LINES[0])))
    tell(house, "M-2", notice("M-2", BOUND, Line("R-1", LINE_WORTH - 1, LINES[0])))
    (found,) = waiting(house)
    whole = [part("CREDITED", TITLES[0], LINE_WORTH)]
    refused(house, "ENTRY-DIFFERS", lambda desk: desk.allocate(found.exception, CHEN, whole))
    refused(house, "LINK-DIFFERS", lambda desk: desk.link_message(found.exception, CHEN, "M-7"))
    decide(house, lambda desk: desk.link_message(found.exception, CHEN, "M-1"))
    assert drafts(house) == [("CREDITED", TITLES[0], LINE_WORTH)]


def test_a_negative_entry_that_names_nothing_is_linked_to_what_it_takes_back(house: Engine) -> None:
    tell(house, "M-1", notice("M-1", BOUND, Line("R-1", LINE_WORTH, LINES[0])))
    record(house, read(house)["R-1"])
    tell(house, "M-2", notice("M-2", BOUND, Line("N-1", LINE_WORTH, side="DBIT", reversal=True)))
    (found,) = waiting(house)
    payment = [part("CREDITED", TITLES[1], LINE_WORTH)]
    refused(house, "REVERSAL", lambda desk: desk.allocate(found.exception, CHEN, payment))
    decide(house, lambda desk: desk.link_entries(found.exception, CHEN, ["R-1"]))
    draft = read(house)["N-1"]
    assert (draft.state, draft.verb, draft.fact["amount"]) == ("prepared", "reverse", LINE_WORTH)


# ── return ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_money_sent_back_waits_for_the_debit_that_ends_it(house: Engine) -> None:
    found = lost(house, Line("R-1", LINE_WORTH, "rent", payer="62000000009"))
    decision = decide(house, lambda desk: desk.send_back(found, CHEN, None))
    (open_,) = waiting(house)
    assert (open_.rule, open_.shown.state, drafts(house)) == ("RETURNING", "returning", [])
    reference = decisions.back_reference(decision.decision, 1)
    with house.connect() as connection:
        payer = Accounts(connection).by_number("CLRGCNSH", BOUND)
    assert payer is not None
    raw = returned_payment(payer, decision.parts[0], reference, "R-1", date(2026, 6, 1))
    assert [each.text for each in etree.fromstring(raw).iter("{*}EndToEndId")] == [reference]
    for number, line in enumerate(
        [Line("D-1", LINE_WORTH - 1, reference, side="DBIT"), Line("D-2", LINE_WORTH, "other", side="DBIT")]
    ):
        tell(house, f"D-{number}", notice("D", BOUND, line))
        assert len(waiting(house)) == 1
    tell(house, "D-3", notice("D", BOUND, Line("D-3", LINE_WORTH, reference, side="DBIT")))
    assert waiting(house) == []
    assert read(house)["R-1#1"].state == "returned"


def test_what_is_too_much_goes_back_and_the_rest_counts(house: Engine) -> None:
    line = end_to_end_id(FactKind.RECEIVED, ROOTS[0], 0)
    found = lost(house, Line("R-1", ROOT_WORTH + 500, line, payer="62000000009"), account=CLEARING)
    parts = [part("RECEIVED", ROOTS[0], ROOT_WORTH), part("BACK", 0, 500)]
    decide(house, lambda desk: desk.allocate(found, CHEN, parts))
    assert drafts(house) == [("RECEIVED", ROOTS[0], ROOT_WORTH)]
    assert [each.shown.amount for each in waiting(house)] == [500]


def test_without_a_known_payer_one_has_to_be_named(house: Engine) -> None:
    found = lost(house, Line("R-1", LINE_WORTH, "rent"))
    refused(house, "PAYEE-UNKNOWN", lambda desk: desk.send_back(found, CHEN, None))
    payee = {"name": "Payer Ltd", "account": "62000000009", "bic": "PAYRCNBJ"}
    assert decide(house, lambda desk: desk.send_back(found, CHEN, payee)).parts[0]["payee"] == payee


# ── the book ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("column", ["person", "reason", "content", "amount", "at", "rule"])
def test_a_decision_altered_or_taken_out_is_named(house: Engine, column: str) -> None:
    for number, title in enumerate(TITLES):
        found = lost(house, Line(f"R-{number}", LINE_WORTH, "rent"))
        chosen = [part("CREDITED", title, LINE_WORTH)]
        decide(house, lambda desk, found=found, chosen=chosen: desk.allocate(found, CHEN, chosen))  # type: ignore[misc]
    with house.connect() as connection:
        assert list(links.broken(connection, links.MONEY, decisions.rows(connection))) == []
        first = own.money_decisions.c.place == 1
        value: Any = "altered" if column not in ("amount", "at") else 1
        connection.execute(update(own.money_decisions).where(first).values({column: value}))
        assert list(links.broken(connection, links.MONEY, decisions.rows(connection)))
        connection.rollback()
        connection.execute(delete(own.money_decisions).where(own.money_decisions.c.place == 2))
        assert list(links.broken(connection, links.MONEY, decisions.rows(connection)))
        connection.rollback()


def money_faults(engine: Engine) -> list[Discrepancy]:
    """What the doctor finds between entries and movements."""
    names = ("movements", "accounts", "roots", "titles", "loans")
    with engine.connect() as connection:
        chain = {}
        for name in names:
            table = getattr(ledger, name)
            keys = [column.name for column in table.primary_key]
            rows = [dict(row) for row in connection.execute(table.select()).mappings()]
            chain[table.name] = TableOf(keys, {tuple(row[key] for key in keys): row for row in rows})
        found = examine_banks(connection, chain, {})
    return [each for each in found if each.document.startswith(("entry", "movement"))]


def test_the_doctor_holds_recorded_parts_against_what_was_decided(house: Engine) -> None:
    found = lost(house, Line("R-1", 15_000, "rent"))
    parts = [part("CREDITED", TITLES[0], LINE_WORTH), part("CREDITED", TITLES[1], 5_000)]
    decide(house, lambda desk: desk.allocate(found, CHEN, parts))
    record(house, read(house)["R-1#1"])
    assert money_faults(house) == []
    more = read(house)["R-1#2"]
    more.fact["amount"] += 1
    record(house, more)
    assert {(each.element, each.kept, each.right) for each in money_faults(house)} == {
        ("amount", "5000", "5001")
    }  # fmt: skip


# ── held ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_held_money_says_why_and_whether_it_can_be_released(house: Engine) -> None:
    with house.begin() as connection:
        for title, flags in zip(TITLES, (1, 0), strict=True):
            change = update(ledger.titles).where(ledger.titles.c.title == title)
            connection.execute(change.values(held=700, flags=flags))
        put(
            connection, ledger.movements, movement=b"\x01" * 32, kind=int(FactKind.RETURNED), subject=TITLES[1],
            amount=700,
        )  # fmt: skip
        found = list(held(connection))
    assert [(each.title, each.amount, each.because, each.releasable) for each in found] == [
        (TITLES[0], 700, "frozen", False), (TITLES[1], 700, "returned", True),
    ]  # fmt: skip


def test_money_paid_again_after_it_came_back_has_an_id_of_its_own(house: Engine) -> None:
    def ids() -> set[str]:
        with house.connect() as connection:
            return {each.end_to_end for each in payment_orders(connection, DAY - 1, {156: "CNY"})} & {
                each for title in TITLES for each in (end_to_end_id(FactKind.CREDITED, title, part) for part in
                (0, LINE_WORTH))
            }  # fmt: skip

    assert ids() == set(LINES)
    with house.begin() as connection:
        # The line came back, was held, and was released: it is to be paid once more.
        put(
            connection, ledger.movements, movement=b"\x01" * 32, kind=int(FactKind.RETURNED), subject=TITLES[0],
            amount=LINE_WORTH,
        )  # fmt: skip
    assert ids() == {end_to_end_id(FactKind.CREDITED, TITLES[0], LINE_WORTH), LINES[1]}
