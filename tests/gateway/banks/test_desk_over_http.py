"""The exception desk over HTTP: what waits and by which rule, three ways out by two persons, no second effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Engine, func, select, update

from chainsvc.backends.process import Node
from gateway.adapters.ledger.chain import Rpc
from gateway.db import own
from gateway.db import tables as ledger
from gateway.services.payments import FactKind, end_to_end_id
from tests.gateway.banks.book import (
    BOUND,
    CLEARING,
    DRAWN,
    LINE_WORTH,
    LOAN,
    ROOT_WORTH,
    ROOTS,
    TITLES,
    ordered,
    put,
    read,
    record,
)
from tests.gateway.banks.desk import WU, Desk, desk_on
from tests.gateway.banks.wire import DAY, Line, notice, statement, status

LINES = [end_to_end_id(FactKind.CREDITED, title, 0) for title in TITLES]
ROOT = end_to_end_id(FactKind.RECEIVED, ROOTS[0], 0)
PAYOUT = end_to_end_id(FactKind.PAYOUT, LOAN, 0)
WHOLE = {"kind": "CREDITED", "subject": str(TITLES[0]), "amount": "100.00"}


@pytest.fixture
def desk(database: Engine, story_node: Node) -> Iterator[Desk]:
    with Rpc(story_node.url) as rpc, desk_on(database, rpc) as found:
        yield found


def lost(desk: Desk, line: Line, account: str = BOUND) -> str:
    """One entry before a person; its exception's id."""
    desk.told(f"M-{line.reference}", notice("M", account, line))
    found: str = desk.only()["id"]
    return found


# ── what waits, and why ─────────────────────────────────────────────────────────────────────────────────────


BAD = {
    "excess": ("PAYMENT-EXCESS", Line("excess", ROOT_WORTH + 1, ROOT), CLEARING),
    "early": ("PAYMENT-EARLY", Line("early", ROOT_WORTH, ROOT, day=DAY - 1), CLEARING),
    "partial pay-out": ("PAYMENT-DIFFERS", Line("partial pay-out", DRAWN - 1, PAYOUT), BOUND),
    "second": ("PAID-TWICE", Line("second", LINE_WORTH, LINES[0]), BOUND),
    "returned": ("RETURN", Line("returned", DRAWN, PAYOUT, returned="AC04"), BOUND),
    "reversed": ("REVERSAL", Line("reversed", LINE_WORTH + 2, LINES[0], reversal=True), BOUND),
    "unknown": ("REFERENCE-UNKNOWN", Line("unknown", LINE_WORTH, "rent of March"), BOUND),
    "truncated": ("REFERENCE-UNKNOWN", Line("truncated", LINE_WORTH, LINES[0][:12]), BOUND),
    "nobody's": ("SUBJECT-UNKNOWN", Line("nobody's", 1, end_to_end_id(FactKind.CREDITED, 99, 0)), BOUND),
    "dollars": ("CURRENCY-DIFFERS", Line("dollars", LINE_WORTH, LINES[1], currency="USD"), BOUND),
    "batch": ("BATCH-ENTRY", Line("batch", 3, batch=((LINES[0], 1), (LINES[1], 2))), BOUND),
}
"""By the reference of the entry: the rule by which it waits, and how its bank writes it."""


def test_each_kind_of_exception_waits_with_its_rule(desk: Desk) -> None:
    """Decision 10: money that is not what was expected goes before a person, and nothing is drafted from it."""
    desk.told("M-0", notice("M", BOUND, Line("first", LINE_WORTH, LINES[0])))
    for number, (_, line, account) in enumerate(BAD.values(), 1):
        desk.told(f"M-{number}", notice("M", account, line))
    found = {each["reference"]: each for each in desk.waiting()}
    assert {name: each["rule"] for name, each in found.items()} == {
        name: rule for name, (rule, *_) in BAD.items()
    }
    for name, (_, line, account) in BAD.items():
        shown = f"{line.minor // 100}.{line.minor % 100:02d}"
        assert (found[name]["amount"], found[name]["account"], found[name]["state"]) == (
            shown, account, "exception",
        )  # fmt: skip
        assert found[name]["problem"]
    assert {each[0] for each in desk.facts("exception")} == set(BAD)
    assert [each[0] for each in desk.facts()] == ["first"]


def test_a_truncated_reference_is_proposed_and_never_taken(desk: Desk) -> None:
    lost(desk, Line("R-1", LINE_WORTH, LINES[0][:12]))
    assert {(each["why"], each["end_to_end"]) for each in desk.only()["candidates"]} >= {
        ("cut", line) for line in LINES
    }


def test_short_late_and_contradicted_payments_are_told_of_their_instruction(desk: Desk) -> None:
    """A part counts as a part; the rest is still owed. Silence is unknown; money after a rejection is for a person."""
    with desk.engine.begin() as connection:
        for line, title in zip(LINES, TITLES, strict=True):
            ordered(connection, line, FactKind.CREDITED, title, LINE_WORTH)
        ordered(connection, ROOT, FactKind.RECEIVED, ROOTS[0], ROOT_WORTH)
    desk.told("M-1", notice("M", BOUND, Line("R-1", LINE_WORTH - 1, LINES[0])))
    desk.told("S-1", status("S-1", LINES[1], LINES[1], "RJCT", "AC01"))
    desk.told("M-2", notice("M", BOUND, Line("R-2", LINE_WORTH, LINES[1])))
    found = {each["end_to_end"]: each for each in desk.get("/payment-instructions")["instructions"]}
    assert {line: (found[line]["state"], found[line]["problem"]) for line in (*LINES, ROOT)} == {
        LINES[0]: ("accepted", "PAYMENT-SHORT"),
        LINES[1]: ("unknown", "LINE-AFTER-REJECTED"),
        ROOT: ("unknown", "PAYMENT-UNANSWERED"),
    }
    assert (found[LINES[0]]["settled"], found[LINES[0]]["amount"]) == ("99.99", "100.00")
    assert desk.facts() == [("R-1", "99.99", str(TITLES[0]))]
    assert (desk.only()["rule"], desk.only()["reference"]) == ("LINE-AFTER-REJECTED", "R-2")


# ── three ways out ──────────────────────────────────────────────────────────────────────────────────────────


def test_allocated_by_two_persons_above_the_threshold(desk: Desk) -> None:
    """100.01 needs two persons; the same person under another spelling is not another one."""
    found = lost(desk, Line("R-1", LINE_WORTH + 1, "rent", payer=CLEARING))
    parts = [WHOLE, {"kind": "BACK", "amount": "0.01"}]
    first = desk.decide(f"{found}/allocate", {"parts": parts})
    assert (first["step"], desk.facts(), desk.only()["proposed"]) == ("proposed", [], first)
    again = {"person": "ＣＨＥＮ  yu", "reason": "I agree with myself"}
    said = desk.refused(422, "SAME-PERSON", f"decisions/{first['decision']}/second", {}, person=again)
    assert said["field"] == "person"
    second = desk.decide(f"decisions/{first['decision']}/second", {}, person=WU)
    assert (second["step"], second["decision"]) == ("seconded", first["decision"])
    assert desk.facts() == [("R-1", "100.00", str(TITLES[0]))]
    assert (desk.only()["rule"], desk.only()["amount"]) == ("RETURNING", "0.01")
    desk.refused(409, "EXCEPTION-CLOSED", f"decisions/{first['decision']}/second", {}, person=WU)


def test_at_the_threshold_one_person_decides(desk: Desk) -> None:
    found = lost(desk, Line("R-1", LINE_WORTH, "rent"))
    assert desk.decide(f"{found}/allocate", {"parts": [WHOLE]})["step"] == "decided"
    assert desk.facts() == [("R-1", "100.00", str(TITLES[0]))]
    assert desk.waiting() == []


def test_linked_to_the_payment_that_it_is(desk: Desk) -> None:
    found = lost(desk, Line("R-1", LINE_WORTH, LINES[1][:12]))
    assert desk.decide(f"{found}/link", {"end_to_end": LINES[1]})["step"] == "decided"
    assert desk.facts() == [("R-1", "100.00", str(TITLES[1]))]


def test_linked_to_the_entries_that_tell_of_it(desk: Desk) -> None:
    for number, line in enumerate(LINES):
        desk.told(f"M-{number}", notice("M", BOUND, Line(f"R-{number}", LINE_WORTH, line)))
    desk.told("M-9", statement("M-9", BOUND, Line("B-1", 2 * LINE_WORTH, bare=True)))
    found = desk.only()["id"]
    desk.refused(422, "LINK-DIFFERS", f"{found}/link", {"entries": ["R-0"]})
    first = desk.decide(f"{found}/link", {"entries": ["R-0", "R-1"]})
    assert (first["step"], len(desk.waiting())) == ("proposed", 1)
    desk.decide(f"decisions/{first['decision']}/second", {}, person=WU)
    assert desk.waiting() == []
    assert [each[0] for each in desk.facts()] == ["R-0", "R-1"]
    assert [each[0] for each in desk.facts("linked")] == ["B-1"]


def test_sent_back_until_the_debit_is_booked(desk: Desk) -> None:
    found = lost(desk, Line("R-1", LINE_WORTH + 1, "rent", payer="62000000009"))
    day = {"day": "2026-06-01"}
    first = desk.decide(f"{found}/return", {})
    assert desk.http.get(f"/exceptions/money/{found}/pain.001", params=day).status_code == 404
    desk.decide(f"decisions/{first['decision']}/second", {}, person=WU)
    assert (desk.only()["rule"], desk.only()["state"]) == ("RETURNING", "returning")
    order = desk.http.get(f"/exceptions/money/{found}/pain.001", params=day)
    assert order.content == desk.http.get(f"/exceptions/money/{found}/pain.001", params=day).content
    (reference,) = [each.text for each in etree.fromstring(order.content).iter("{*}EndToEndId")]
    (amount,) = [each.text for each in etree.fromstring(order.content).iter("{*}InstdAmt")]
    assert amount == "100.01"
    desk.told("D-1", notice("D", BOUND, Line("D-1", LINE_WORTH + 1, str(reference), side="DBIT")))
    assert desk.waiting() == []
    assert [each[0] for each in desk.facts("returned")] == ["R-1"]


# ── no second effect ────────────────────────────────────────────────────────────────────────────────────────


def decided(desk: Desk) -> int:
    with desk.engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(own.money_decisions)).scalar_one())


def test_a_decision_repeated_has_no_second_effect(desk: Desk) -> None:
    found = lost(desk, Line("R-1", LINE_WORTH, "rent"))
    first = desk.post(f"{found}/allocate", {"parts": [WHOLE]}, "key-1")
    again = desk.post(f"{found}/allocate", {"parts": [WHOLE]}, "key-1")
    assert (again.status_code, again.content, decided(desk)) == (201, first.content, 1)
    other = [{**WHOLE, "subject": str(TITLES[1])}]
    desk.refused(422, "IDEMPOTENCY-KEY", f"{found}/allocate", {"parts": other}, key="key-1")
    # Under another key it is another decision of the same: there is still one draft.
    desk.decide(f"{found}/allocate", {"parts": [WHOLE]})
    assert desk.facts() == [("R-1", "100.00", str(TITLES[0]))]
    record(desk.engine, read(desk.engine)["R-1#1"])
    for way, body in (("allocate", {"parts": [WHOLE]}), ("return", {}), ("link", {"end_to_end": LINES[0]})):
        desk.refused(409, "EXCEPTION-CLOSED", f"{found}/{way}", body)
    assert (desk.facts(), len(desk.facts("recorded"))) == ([], 1)


def test_a_dry_run_answers_and_keeps_nothing(desk: Desk) -> None:
    found = lost(desk, Line("R-1", LINE_WORTH, "rent"))
    tried = desk.post(f"{found}/allocate", {"parts": [WHOLE]}, dry_run=True)
    assert (tried.status_code, tried.json()["step"], decided(desk)) == (200, "decided", 0)
    desk.refused(
        422, "PARTS-SUM", f"{found}/allocate", {"parts": [{**WHOLE, "amount": "99.99"}]}, dry_run=True
    )


UNDECIDABLE: list[tuple[str, str, dict[str, Any]]] = [
    ("PARTS-SUM", "allocate", {"parts": [{**WHOLE, "amount": "99.99"}]}),
    ("PARTS-SUM", "allocate", {"parts": [{**WHOLE, "amount": "100.01"}]}),
    ("MONEY-PRECISION", "allocate", {"parts": [{**WHOLE, "amount": "100.001"}]}),
    ("SUBJECT-UNKNOWN", "allocate", {"parts": [{**WHOLE, "subject": "99"}]}),
    ("BODY-INVALID", "allocate", {"parts": [{**WHOLE, "kind": "REJECTED"}]}),
    ("BODY-INVALID", "allocate", {"parts": []}),
    ("BODY-INVALID", "allocate", {"parts": [WHOLE], "person": ""}),
    ("LINK-FORM", "link", {}),
    ("LINK-FORM", "link", {"end_to_end": LINES[0], "message": "M-1"}),
    ("LINK-DIFFERS", "link", {"entries": ["R-9"]}),
    ("LINK-DIFFERS", "link", {"message": "M-R-1"}),
    ("PAYEE-UNKNOWN", "return", {}),
]  # fmt: skip


def test_what_cannot_be_decided_names_the_rule(desk: Desk) -> None:
    found = lost(desk, Line("R-1", LINE_WORTH, "rent"))
    for rule, way, body in UNDECIDABLE:
        desk.refused(422, rule, f"{found}/{way}", body)
    assert decided(desk) == 0


def test_nothing_is_decided_about_what_is_not_there(desk: Desk) -> None:
    desk.refused(404, "EXCEPTION-UNKNOWN", "0123456789abcdef/return", {})
    desk.refused(404, "MONEY-DECISION-UNKNOWN", "decisions/nothing/second", {})
    desk.told("M-1", notice("M", BOUND, Line("R-1", LINE_WORTH, LINES[0])))
    assert desk.waiting() == []


# ── an entry that changed ───────────────────────────────────────────────────────────────────────────────────


def test_a_proposal_about_an_entry_that_changed_is_not_seconded(desk: Desk) -> None:
    """The bank corrects the amount between the first person's decision and the second's."""
    found = lost(desk, Line("R-1", LINE_WORTH + 1, "rent", payer=CLEARING))
    back = [WHOLE, {"kind": "BACK", "amount": "0.01"}]
    first = desk.decide(f"{found}/allocate", {"parts": back})
    desk.told("M-2", statement("M-2", BOUND, Line("R-1", LINE_WORTH, "rent", payer=CLEARING)))
    desk.refused(409, "ENTRY-DIFFERS", f"decisions/{first['decision']}/second", {}, person=WU)
    desk.refused(409, "ENTRY-DIFFERS", f"{found}/allocate", {"parts": back})
    desk.decide(f"{found}/link", {"message": "M-2"})
    desk.refused(409, "EXCEPTION-CLOSED", f"decisions/{first['decision']}/second", {}, person=WU)
    desk.refused(422, "PARTS-SUM", f"{found}/allocate", {"parts": back})
    desk.decide(f"{found}/allocate", {"parts": [WHOLE]})
    assert desk.facts() == [("R-1", "100.00", str(TITLES[0]))]


def test_a_message_that_tells_no_otherwise_leaves_a_proposal_as_it_is(desk: Desk) -> None:
    found = lost(desk, Line("R-1", LINE_WORTH + 1, "rent", payer=CLEARING))
    first = desk.decide(f"{found}/return", {})
    desk.told("M-2", statement("M-2", BOUND, Line("R-1", LINE_WORTH + 1, "rent of March")))
    assert desk.decide(f"decisions/{first['decision']}/second", {}, person=WU)["step"] == "seconded"


def test_what_was_decided_waits_again_when_the_entry_changes(desk: Desk) -> None:
    """Until the ledger has it: then only its bank takes it back."""
    found = lost(desk, Line("R-1", LINE_WORTH, "rent"))
    desk.decide(f"{found}/allocate", {"parts": [WHOLE]})
    desk.told("M-2", statement("M-2", BOUND, Line("R-1", LINE_WORTH - 1, "rent")))
    assert (desk.only()["rule"], desk.facts()) == ("ENTRY-DIFFERS", [])
    desk.decide(f"{found}/link", {"message": "M-R-1"})
    assert desk.only()["rule"] == "REFERENCE-UNKNOWN"
    desk.decide(f"{found}/allocate", {"parts": [WHOLE]})
    record(desk.engine, read(desk.engine)["R-1#1"])
    assert desk.waiting() == []


@pytest.mark.parametrize("holds", ["M-1", "M-2"], ids=["as recorded", "otherwise"])
def test_a_recorded_entry_that_changed_is_closed_by_saying_which_message_holds(
    desk: Desk, holds: str
) -> None:
    line = Line("R-1", LINE_WORTH, LINES[0])
    desk.told("M-1", notice("M", BOUND, line))
    record(desk.engine, read(desk.engine)["R-1"])
    desk.told("M-2", statement("M-2", BOUND, Line("R-1", LINE_WORTH - 1, LINES[0])))
    assert desk.only()["rule"] == "ENTRY-DIFFERS"
    desk.decide(f"{desk.only()['id']}/link", {"message": holds})
    if holds == "M-1":
        assert (desk.waiting(), len(desk.facts("recorded"))) == ([], 1)
        return
    # The ledger has too much: the bank takes its booking back, and that closes it.
    assert "its bank takes it back" in desk.only()["problem"]
    with desk.engine.begin() as connection:
        movement = connection.execute(select(ledger.movements.c.movement)).scalar_one()
        put(connection, ledger.movements, movement=b"\2" * 32, kind=11, reverses=movement)
    assert desk.waiting() == []


def test_a_part_that_the_ledger_has_stays_when_the_entry_changes(desk: Desk) -> None:
    found = lost(desk, Line("R-1", LINE_WORTH, "rent"))
    halves = [{**WHOLE, "subject": str(title), "amount": "50.00"} for title in TITLES]
    desk.decide(f"{found}/allocate", {"parts": halves})
    record(desk.engine, read(desk.engine)["R-1#1"])
    desk.told("M-2", statement("M-2", BOUND, Line("R-1", LINE_WORTH - 1, "rent")))
    assert (desk.only()["part"], desk.only()["rule"], desk.facts()) == (2, "ENTRY-DIFFERS", [])
    desk.refused(422, "LINK-DIFFERS", f"{found}/link", {"message": "M-2"})
    desk.decide(f"{found}/link", {"message": "M-R-1"})
    assert desk.facts() == [("R-1", "50.00", str(TITLES[1]))]
    assert desk.facts("recorded") == [("R-1", "50.00", str(TITLES[0]))]


# ── a booking taken back after what it did has gone on ──────────────────────────────────────────────────────

TAKEN: dict[str, Any] = {"side": "DBIT", "reversal": True}


def went_on(desk: Desk, how: str) -> Line:
    """A booking that the ledger has, and what its money did then; the negative entry by which it is taken back."""
    credited, received = Line("R-1", LINE_WORTH, LINES[0]), Line("R-1", ROOT_WORTH, ROOT)
    paid_out = Line("R-1", DRAWN, PAYOUT)
    line, account = {
        "distributed": (received, CLEARING), "repaid on": (paid_out, BOUND),
    }.get(how, (credited, BOUND))  # fmt: skip
    desk.told("M-1", notice("M", account, line))
    record(desk.engine, read(desk.engine)["R-1"])
    with desk.engine.begin() as connection:
        if how == "distributed":
            connection.execute(update(ledger.roots).values(distributed=ledger.roots.c.received))
        elif how == "repaid on":
            connection.execute(update(ledger.loans).values(principal=ledger.loans.c.drawn - 1))
        elif how == "came back":
            connection.execute(update(ledger.titles).values(credited=0))
        else:
            connection.execute(update(ledger.movements).values(kind=int(FactKind[how])))
    back = replace(line, reference="N-1", **TAKEN)
    desk.told("M-2", notice("M", account, back))
    return back


@pytest.mark.parametrize("how", ["COLLECTED", "SURPLUS", "distributed", "came back", "repaid on"])
def test_what_has_gone_on_is_not_taken_back_and_the_desk_says_the_way_out(desk: Desk, how: str) -> None:
    """Decision 9: a reversal after closing revives nothing, it is a claim on the payer. No draft is made of it that the
    contracts would refuse; a person who links it to its booking ends the matter here."""
    back = went_on(desk, how)
    found = desk.only()
    assert (found["rule"], found["reference"]) == ("REVERSAL-CLOSED", "N-1")
    assert "Whoever had the money owes it: settle that outside" in found["problem"]
    assert "link this entry to R-1" in found["problem"]
    assert [each[0] for each in desk.facts()] == []
    for way, body in (("return", {}), ("allocate", {"parts": [{**WHOLE, "amount": found["amount"]}]})):
        desk.refused(409, "REVERSAL", f"{found['id']}/{way}", body)
    decision = desk.decide(f"{found['id']}/link", {"entries": ["R-1"]})
    if back.minor > LINE_WORTH:
        assert (decision["step"], desk.only()["rule"]) == ("proposed", "REVERSAL-CLOSED")
        desk.decide(f"decisions/{decision['decision']}/second", {}, person=WU)
    assert (desk.waiting(), desk.facts()) == ([], [])
    assert [each[0] for each in desk.facts("linked")] == ["N-1"]
    assert [each[0] for each in desk.facts("recorded")] == ["R-1"]


def test_what_has_not_gone_on_is_drafted_to_be_taken_back(desk: Desk) -> None:
    desk.told("M-1", notice("M", BOUND, Line("R-1", LINE_WORTH, LINES[0])))
    record(desk.engine, read(desk.engine)["R-1"])
    desk.told("M-2", notice("M", BOUND, replace(Line("N-1", LINE_WORTH, LINES[0]), **TAKEN)))
    (row,) = desk.get("/bank-entries", state="prepared")["entries"]
    assert (row["reference"], row["verb"], desk.waiting()) == ("N-1", "reverse", [])


# ── held money ──────────────────────────────────────────────────────────────────────────────────────────────


def test_held_money_says_why_and_gives_the_act_that_releases_it(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        for title, flags in zip(TITLES, (1, 0), strict=True):
            change = update(ledger.titles).where(ledger.titles.c.title == title)
            connection.execute(change.values(held=700, flags=flags))
        put(
            connection, ledger.movements, movement=b"\1" * 32, kind=int(FactKind.RETURNED), subject=TITLES[1],
            amount=700,
        )  # fmt: skip
    frozen, returned = desk.get("/held-money")["held"]
    assert (frozen["because"], frozen["releasable"], frozen["act"]) == ("frozen", False, None)
    assert (returned["because"], returned["releasable"], returned["amount"]) == ("returned", True, "7.00")
    assert {name: returned["act"][name] for name in ("title", "heldBefore", "amount")} == {
        "title": str(TITLES[1]), "heldBefore": 700, "amount": 700,
    }  # fmt: skip
