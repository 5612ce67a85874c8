"""Day ends over HTTP: runs are kept, a day is closed once, differences are never lost and persons decide about them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from gateway.adapters.banks.examination import examine_banks
from gateway.cli import app
from gateway.db import own_day_ends as kept
from gateway.db import tables
from gateway.db.goods_tables import lots
from gateway.db.queries import Accounts
from gateway.domain.calendar import iso
from gateway.ids import format_id
from gateway.projections.examination import tables_in
from tests.gateway.http.conftest import Caller

BIC, ACCOUNT, CLEARING = "QSCLCNSH", "6222-7", 12
CLEARING_ACCOUNT = b"\x07" * 32
"""On which the story's clearing bank receives."""


def reconciled(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = caller.post("/reconciliations", {"person": "Chen Jing", **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def queued(caller: Caller, **wanted: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = caller.rows("/differences", "differences", 2, **wanted)
    return rows


def test_inv_5_every_sum_of_the_whole_story_comes_out_and_a_dry_run_keeps_nothing(caller: Caller) -> None:
    answer = caller.post("/reconciliations", {"person": "Chen Jing", "node": True}, dry_run="true")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["run"] is None
    rules = {row["rule"] for row in found["result"]["sums"]}
    assert rules == {
        "SUM-INSTRUCTED", "SUM-COLLECTED", "SUM-LOT", "SUM-REPAID", "SUM-PAID-OUT", "SUM-PRINCIPAL", "SUM-ROOT",
    }  # fmt: skip
    assert [row for row in found["result"]["sums"] if not row["holds"]] == []
    # Nobody told this gateway of any account, and no keeper of any goods: each is named once, and nothing else is.
    rules = {row["rule"] for row in found["result"]["differences"]}
    assert rules == {"UNKNOWN-ACCOUNT", "LOT-UNTOLD", "RECEIPTS-SHORT", "WORD-LATE"}
    assert caller.rows("/reconciliations", "reconciliations", 10) == []
    assert queued(caller) == []


@pytest.mark.parametrize(
    ("table", "column", "value", "rule"),
    [
        (tables.movements, "amount", 1, "LEDGER-COLUMN-DIFFERS"),
        (tables.loans, "principal", 77, "LEDGER-COLUMN-DIFFERS"),
        (tables.roots, "received", 1, "LEDGER-COLUMN-DIFFERS"),
    ],
)
def test_an_altered_row_is_named_once_when_the_chain_is_asked(
    caller: Caller, table: Any, column: str, value: int, rule: str
) -> None:
    before = caller.post("/reconciliations", {"person": "Chen Jing", "node": True}, dry_run="true").json()
    engine, key = caller.gateway.engine, next(iter(table.primary_key))
    with engine.begin() as connection:
        row = connection.execute(select(key, table.c[column]).order_by(key).limit(1)).one()
        connection.execute(update(table).where(key == row[0]).values({column: row[1] + value}))
    try:
        found = caller.post("/reconciliations", {"person": "Chen Jing", "node": True}, dry_run="true").json()
    finally:
        with engine.begin() as connection:
            connection.execute(update(table).where(key == row[0]).values({column: row[1]}))
    known = before["result"]["differences"]
    new = [each for each in found["result"]["differences"] if each not in known]
    assert [(each["rule"], each["expected"], each["found"]) for each in new] == [
        (rule, str(row[1]), str(row[1] + value))
    ]
    assert new[0]["item"].startswith(f"{table.name} (")
    assert new[0]["item"].endswith(f").{column}")


def test_what_a_lot_has_in_every_book_is_said_at_a_terminal(caller: Caller) -> None:
    words = ["--url", str(caller.http.base_url), "reconcile", "--dry-run", "--person", "Chen Jing"]
    ended = CliRunner().invoke(app, words)
    said = " ".join(ended.output.split())
    pool = format_id(caller.told.story.ids["pool"])
    assert ended.exit_code == 6, ended.output
    assert f"keeper 31 {pool}: receipts 800, in store 796, told nothing, 0 KGM may be lent against" in said
    assert "keeper 31: word silent, none ever came" in said
    assert (
        f"RECEIPTS-SHORT: {pool}: {pool}: 796 are in store by the ledger, and receipts stand for 800" in said
    )


def test_goods_of_a_day_gone_by_are_those_that_the_ledger_had_at_its_end(caller: Caller) -> None:
    with caller.gateway.view() as unit:
        opened, counted = unit.connection.execute(
            select(func.min(lots.c.opened_day), func.max(lots.c.counted_day))
        ).one()
    assert opened <= counted < caller.told.story.house.machine.day()

    def goods(day: int) -> list[dict[str, Any]]:
        body = {"person": "Chen Jing", "day": iso(day)}
        answer = caller.post("/reconciliations", body, dry_run="true")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["result"]["goods"]
        return found

    assert goods(opened - 1) == []
    assert len(goods(counted)) == 4
    pool = next(each for each in goods(counted) if each["lot"] == format_id(caller.told.story.ids["pool"]))
    assert (pool["receipts"], pool["in_store"]) == ("800", "796")


def test_a_difference_lives_until_it_is_closed_and_is_never_lost(caller: Caller) -> None:
    first = reconciled(caller)
    assert not first["agrees"]
    assert len(first["opened"]) >= 3
    again = reconciled(caller)
    assert (again["sha256"], again["result"]) == (first["sha256"], first["result"])
    assert (again["opened"], sorted(again["still_open"])) == ([], sorted(first["opened"]))
    assert [each["id"] for each in queued(caller, state="open")] == [
        each["id"] for each in sorted(queued(caller), key=lambda each: (each["day"], each["id"]))
    ]
    mine, other = first["opened"][:2]
    assigned = caller.post(f"/differences/{mine}/assign", {"person": "Wang Lei"})
    assert assigned.json()["assigned_to"] == "Wang Lei"
    assert [each["id"] for each in queued(caller, assigned_to="Wang Lei")] == [mine]
    tried = caller.post(
        f"/differences/{mine}/close", {"person": "Wang Lei", "reason": "told"}, dry_run="true"
    )
    assert (tried.status_code, tried.json()["state"]) == (200, "closed")
    reason = {"person": "Wang Lei", "reason": "an account of the bank's own"}
    answers = [caller.post(f"/differences/{mine}/close", reason, key="close-mine") for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[0].status_code == 200
    caller.refused(caller.post(f"/differences/{mine}/close", reason), 409, "DIFFERENCE-CLOSED")
    third = reconciled(caller)
    # What a person closed is found as it was and accepted; nothing else changed.
    assert third["accepted"] == [mine]
    assert mine not in third["still_open"]
    assert other in third["still_open"]
    history = caller.get(f"/differences/{mine}")["history"]
    assert [(each["event"], each["person"]) for each in history] == [
        ("opened", ""), ("assigned", "Wang Lei"), ("closed", "Wang Lei"),
    ]  # fmt: skip


def test_when_the_missing_side_arrives_a_run_closes_the_difference_and_names_what_it_sees_now(
    caller: Caller,
) -> None:
    item = "0x" + CLEARING_ACCOUNT.hex()
    (unknown,) = [
        each for each in queued(caller, state="open", rule="UNKNOWN-ACCOUNT") if each["item"] == item
    ]
    body = {
        "bank": CLEARING, "bic": BIC, "account": ACCOUNT, "commitment": item, "owner": CLEARING,
        "owner_name": "Qingsuan clearing bank", "currency": "CNY", "purpose": "clearing",
    }  # fmt: skip
    assert caller.post("/accounts", body).status_code == 201
    with caller.gateway.view() as unit:
        assert Accounts(unit.connection).by_number(BIC, ACCOUNT) is not None
    found = reconciled(caller)
    assert found["closed"] == [unknown["id"]]
    closed = caller.get(f"/differences/{unknown['id']}")
    assert (closed["state"], closed["closed_by"], closed["closed_run"]) == ("closed", "", found["run"])
    # Its movements are known now, and no statement tells of any of them: one gap.
    opened = list(queued(caller, state="open", bank=BIC))
    assert [(each["rule"], each["account"]) for each in opened] == [("STATEMENT-GAP", ACCOUNT)]
    assert found["opened"] == [opened[0]["id"]]


def test_a_day_is_closed_once_in_the_order_of_days_and_the_runs_hang_together(caller: Caller) -> None:
    day = reconciled(caller)["day"]
    closing = reconciled(caller, day=day, close=True)
    assert closing["closes"]
    assert closing["day"] == day
    earlier = iso(caller.told.story.house.machine.day() - 5)
    for again in (day, earlier):
        refusal = caller.post("/reconciliations", {"person": "Chen Jing", "day": again, "close": True})
        caller.refused(refusal, 409, "DAY-CLOSED")
    # A later finding belongs to a later run, which may still look at the day.
    assert reconciled(caller, day=day)["result"] == closing["result"]
    runs = caller.rows("/reconciliations", "reconciliations", 3)
    assert [each["run"] for each in runs] == list(range(1, len(runs) + 1))
    shown = caller.get(f"/reconciliations/{closing['run']}")
    assert (shown["result"], shown["sha256"]) == (closing["result"], closing["sha256"])
    assert banks_doctor(caller) == []
    altered_and_named(caller, kept.reconciliations, {"figures": "{}"}, {"link", "sha256"})
    altered_and_named(caller, kept.difference_events, {"reason": "no reason"}, {"link"})
    altered_and_named(
        caller, kept.differences, {"state": "closed", "reason": "gone"}, {"state", "reason"}, open_=True
    )


def banks_doctor(caller: Caller) -> list[Any]:
    with caller.gateway.view() as unit:
        chain = tables_in(unit.connection)
        found = examine_banks(unit.connection, chain, {})
    # The account that this test told of has no messages, which is no matter of day ends.
    return [each for each in found if not each.document.startswith("movement ")]


def altered_and_named(
    caller: Caller, table: Any, values: dict[str, str], named: set[str], *, open_: bool = False
) -> None:
    engine, keys = caller.gateway.engine, list(table.primary_key)
    query = select(table).order_by(*keys).limit(1)
    if open_:
        query = query.where(table.c.state == "open")
    with engine.begin() as connection:
        row = connection.execute(query).mappings().one()
        here = [key == row[key.name] for key in keys]
        connection.execute(update(table).where(*here).values(values))
    assert {each.element for each in banks_doctor(caller)} >= named
    with engine.begin() as connection:
        connection.execute(update(table).where(*here).values({name: row[name] for name in values}))
    assert banks_doctor(caller) == []


def test_what_cannot_be_compared_is_refused_and_the_element_named(caller: Caller) -> None:
    def refused(status: int, rule: str, **body: Any) -> dict[str, Any]:
        answer = caller.post("/reconciliations", {"person": "Chen Jing", **body})
        return caller.refused(answer, status, rule)

    def file(content: bytes) -> list[dict[str, str]]:
        return [{"name": "statement.xml", "content": b64encode(content).decode()}]

    told = refused(422, "STATEMENT-UNUSABLE", statements=file(b"<Document/>"))
    assert (told["file"], told["element"], told["because"]) == ("statement.xml", "Document", "MESSAGE-KIND")
    refused(422, "CLOSE-SCOPE", bank=BIC, close=True)
    refused(422, "DAY-AHEAD", day="2149-01-01")
    refused(422, "BODY-INVALID", statements=[{"name": "x", "content": "abc"}])
    caller.refused(caller.http.get("/reconciliations/999"), 404, "RECONCILIATION-UNKNOWN")
    caller.refused(caller.http.get("/differences/none"), 404, "DIFFERENCE-UNKNOWN")
    caller.refused(caller.post("/differences/none/assign", {"person": "x"}), 404, "DIFFERENCE-UNKNOWN")
