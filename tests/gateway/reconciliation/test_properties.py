"""Whatever is left out of a book, or told otherwise, is named: once, by its rule, and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from gateway.domain.calendar import iso
from gateway.domain.settlement import FactKind
from gateway.services.reconciliation import RULES, Found, reconcile
from gateway.services.reconciliation.books import Line, Ordered, Place, Recorded
from gateway.services.reconciliation.shown import document
from gateway.services.reconciliation.sums import TABLES
from tests.gateway.reconciliation.made_books import BANK, FIRST, OTHER_BANK, Movement, books, statements
from tests.gateway.reconciliation.made_books import given as made

PLACES: tuple[Place, ...] = ((BANK, "1"), (BANK, "2"), (OTHER_BANK, "1"))
DAYS = tuple(range(FIRST, FIRST + 4))
NO_LEDGER: dict[str, list[dict[str, object]]] = {name: [] for name in TABLES}

CREDIT_FAULTS = {
    "line left out": "FACT-NOT-ON-STATEMENT",
    "line a fen off": "AMOUNT-DIFFERS",
    "line a day later": "VALUE-DAY-DIFFERS",
    "line turned": "SIDE-DIFFERS",
    "line doubled": "DUPLICATE-ENTRY",
    "fact left out": "ENTRY-NOT-ON-LEDGER",
    "notice left out": "ENTRY-NOT-KEPT",
    "notice a fen off": "KEPT-ENTRY-DIFFERS",
    "all but the fact left out": "FACT-NOT-ON-STATEMENT",
}
DEBIT_FAULTS = {
    "line left out": "NOTIFIED-NOT-ON-STATEMENT",
    "line a fen off": "AMOUNT-DIFFERS",
    "line a day later": "VALUE-DAY-DIFFERS",
    "line doubled": "DUPLICATE-ENTRY",
    "notice a fen off": "KEPT-ENTRY-DIFFERS",
    "all but the order left out": "INSTRUCTED-NOT-BOOKED",
}


@dataclass(slots=True)
class World:
    """The books as they are made up, and what they must be found to differ in."""

    lines: list[Line] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    notified: list[Line] = field(default_factory=list)
    orders: list[Ordered] = field(default_factory=list)
    expected: list[tuple[str, str]] = field(default_factory=list)

    def take(self, each: Movement, fault: str) -> None:
        """A movement into every book, but for its fault."""
        line, notice = each.line("statement"), each.notice()
        part, _, what = fault.partition(" ")
        if fault.startswith("all but"):
            part = "all"
        if part == "line":
            altered = {
                "left out": [],
                "a fen off": [replace(line, amount=line.amount + 1)],
                "a day later": [replace(line, value_day=each.day + 1)],
                "turned": [replace(line, credit=not line.credit)],
                "doubled": [line, line],
            }
            self.lines += altered[what]
        elif part != "all":
            self.lines.append(line)
        if part != "all" and fault != "notice left out":
            self.notified.append(replace(notice, amount=notice.amount + 1) if part == "notice" else notice)
        if each.credit and part != "fact":
            self.recorded.append(each.fact())
        elif not each.credit:
            self.orders.append(each.order())
        if fault:
            rule = (CREDIT_FAULTS if each.credit else DEBIT_FAULTS)[fault]
            entry = "0x" + each.entry.hex()
            item = {"DUPLICATE-ENTRY": f"{entry} again 1", "INSTRUCTED-NOT-BOOKED": each.end_to_end}.get(
                rule, entry
            )
            self.expected.append((rule, item))

    def reconcile(self, dropped: set[tuple[Place, int]]) -> Found:
        """What a run finds when the statements of these accounts and days are missing."""
        told = [
            each
            for each in statements(PLACES, DAYS, self.lines)
            if (each.place, each.last_day) not in dropped
        ]
        made = books(
            PLACES, DAYS[-1], told, recorded=self.recorded, notified=self.notified, orders=self.orders
        )
        return reconcile(made, NO_LEDGER, None)


def movements() -> st.SearchStrategy[list[tuple[Movement, str]]]:
    def with_fault(drawn: tuple[Place, int, int, bool, int]) -> tuple[Movement, str]:
        place, day, amount, credit, choice = drawn
        faults = ["", "", *(CREDIT_FAULTS if credit else DEBIT_FAULTS)]
        return Movement(0, place, day, amount, credit), faults[choice % len(faults)]

    one = st.tuples(
        st.sampled_from(PLACES),
        st.sampled_from(DAYS),
        st.integers(1, 10**12),
        st.booleans(),
        st.integers(0, 99),
    ).map(with_fault)
    return st.lists(one, max_size=14).map(
        lambda drawn: [(replace(each, number=number), fault) for number, (each, fault) in enumerate(drawn, 1)]
    )


@settings(max_examples=300, deadline=None)
@for_all(movements(), st.sets(st.tuples(st.sampled_from(PLACES), st.sampled_from(DAYS[1:-1])), max_size=2))
def test_random_omissions_give_exactly_those_differences(
    drawn: list[tuple[Movement, str]], dropped: set[tuple[Place, int]]
) -> None:
    world = World()
    # An account whose bank reports, so that an entry that was not kept is one.
    for number, place in enumerate(PLACES):
        world.take(Movement(90_000 + number, place, DAYS[-1], 1, True), "")
    for each, fault in drawn:
        world.take(each, "" if (each.place, each.day) in dropped else fault)
    hidden = {(each.place, each.day) for each, _ in drawn if (each.place, each.day) in dropped}
    ends = {}
    for place, day in sorted(hidden):
        # Missing days that follow each other are one gap, from the first on.
        ends[place, day] = (place, day - 1) in dropped
    for (place, day), continues in ends.items():
        if not continues:
            world.expected.append(("STATEMENT-GAP", f"{place} from {iso(day)}"))
        elif (place, day - 1) not in hidden:
            world.expected.append(("STATEMENT-GAP", f"{place} from {iso(day - 1)}"))
    found = world.reconcile(dropped)
    named = [
        (each.rule, f"{(each.bic, each.account)} {each.item}" if each.rule == "STATEMENT-GAP" else each.item)
        for each in found.differences
    ]
    assert sorted(named) == sorted(world.expected)
    assert {each.rule for each in found.differences} <= set(RULES)


@settings(max_examples=50, deadline=None)
@for_all(movements())
def test_the_same_books_give_the_same_document_whatever_their_order(
    drawn: list[tuple[Movement, str]],
) -> None:
    one, other = World(), World()
    for each, fault in drawn:
        one.take(each, fault)
    for each, fault in reversed(drawn):
        other.take(each, fault)
    told = document(one.reconcile(set()))
    assert told == document(one.reconcile(set()))
    again = document(other.reconcile(set()))
    # A statement's entries in another order make another statement; what differs is the same.
    for part in ("differences", "figures", "orders"):
        assert again[part] == told[part]


@settings(max_examples=100, deadline=None)
@for_all(movements())
def test_inv_5_every_order_has_one_outcome_and_opening_plus_movements_is_closing(
    drawn: list[tuple[Movement, str]],
) -> None:
    world = World()
    for each, fault in drawn:
        world.take(each, fault)
    found = world.reconcile(set())
    told = document(found)
    assert all(row["holds"] for row in told["statements"])
    for row in told["orders"]:
        parts = [row[name].replace(".", "") for name in ("settled", "rejected", "pending", "unknown")]
        assert sum(map(int, parts)) == int(row["instructed"].replace(".", ""))
        assert row["count"] == len(world.orders)
    if not world.expected:
        for figure in found.figures:
            assert figure.expected == figure.database == figure.bank


def test_money_that_its_bank_took_back_is_a_difference_until_the_ledger_takes_it_back_too() -> None:
    """D9, D10: a reversal after the fact, without its own fact and with it."""
    world = World()
    credit = Movement(1, PLACES[0], DAYS[0], 500_00, True)
    world.take(credit, "")
    undoing = replace(credit, number=2, day=DAYS[1])
    line = replace(undoing.line("statement"), credit=False, end_to_end=credit.end_to_end, taken_back=True)
    world.lines.append(line)
    world.notified.append(replace(line, booking_day=None, document="message N2"))
    (found,) = world.reconcile(set()).differences
    assert (found.rule, found.amount, found.day) == ("REVERSED-AFTER-RECORDED", 500_00, DAYS[1])
    world.recorded.append(replace(undoing.fact(), kind=FactKind.REVERSED, subject=credit.number))
    agreed = world.reconcile(set())
    assert agreed.differences == ()
    kinds = {(each.side, each.kind): each.expected.amount for each in agreed.figures}
    assert kinds == {("credit", "CREDITED"): 500_00, ("debit", "REVERSED"): 500_00}


def test_a_credit_taken_back_before_the_ledger_knew_of_it_is_no_difference() -> None:
    world = World()
    credit = Movement(1, PLACES[0], DAYS[0], 500_00, True)
    world.lines += [
        credit.line("statement"),
        replace(
            replace(credit, number=2).line("statement"),
            credit=False,
            end_to_end=credit.end_to_end,
            taken_back=True,
        ),
    ]
    assert world.reconcile(set()).differences == ()


def test_a_balance_that_was_not_carried_over_and_a_number_left_out_are_gaps() -> None:
    place = PLACES[0]
    first, second = (
        made(place, day, 100, 100, (), sequence=number) for day, number in ((DAYS[0], 1), (DAYS[1], 3))
    )
    for told, item in (
        ([first, second], f"from {iso(DAYS[1])}"),
        ([first, replace(second, sequence=2, opening=99, closing=99)], f"from {iso(DAYS[1])}"),
        # A bank that numbers by days leaves out a number for each day without a statement.
        ([first, replace(second, first_day=DAYS[2], last_day=DAYS[2])], None),
        ([first, replace(second, sequence=2)], None),
    ):
        found = reconcile(books(PLACES, DAYS[-1], told), NO_LEDGER, None).differences
        assert [(each.rule, each.item) for each in found] == ([("STATEMENT-GAP", item)] if item else [])


def test_a_statement_given_twice_counts_once_and_is_named() -> None:
    movement = Movement(1, PLACES[0], DAYS[0], 100, True)
    once = statements(PLACES[:1], DAYS, [movement.line("statement")])
    told = books(PLACES, DAYS[-1], [*once, once[0]], recorded=[movement.fact()], notified=[movement.notice()])
    found = reconcile(told, NO_LEDGER, None)
    assert [(each.rule, each.reference) for each in found.differences] == [
        ("DUPLICATE-STATEMENT", once[0].statement_id)
    ]
    assert [(each.bank.count, each.bank.amount) for each in found.figures] == [(1, 100)]


def test_what_day_ends_have_seen_is_no_news_and_told_again_under_another_statement_is() -> None:
    movement = Movement(1, PLACES[0], DAYS[0], 100, True)
    first, *rest = statements(PLACES[:1], DAYS, [movement.line("statement")])
    closed = replace(first, lines=None)
    again = replace(rest[0], lines=(replace(movement.line("statement"), booking_day=DAYS[1]),))
    told = books(
        PLACES, DAYS[-1], [closed, again, *rest[1:]], recorded=[movement.fact()], notified=[movement.notice()]
    )
    told = replace(told, stated={movement.line("").key: first.digest})
    assert [each.rule for each in reconcile(told, NO_LEDGER, None).differences] == ["DUPLICATE-ENTRY"]
    given_anew = replace(told, statements=[closed, first, *rest])
    assert reconcile(given_anew, NO_LEDGER, None).differences == ()
