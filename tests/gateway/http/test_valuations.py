"""What an appraiser says goods are worth: read, looked at, kept under its hash, and shown as it stands on a day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import delete, select, update
from typer.testing import CliRunner

from gateway.adapters.ledger import acts, declared
from gateway.cli import app
from gateway.db import own, tables
from gateway.db.own_valuations import valuations
from gateway.domain.calendar import date_of
from gateway.ids import format_id
from gateway.risk.valuations import valuation_discrepancies
from gateway.services.declaration_kinds import KINDS, read
from tests.gateway.http.conftest import Caller
from tests.house.cast import EVIDENCE, INSPECTOR, LENDER, TIER_1

MODEL, VERSION = "spot close", "2.1"
FIELDS = ("appraiser", "haircut_bps", "lot", "model", "price", "source", "valid_until", "valued")


@pytest.fixture(scope="module", autouse=True)
def registered(caller: Caller) -> str:
    """The lender's model, registered from today on; its declaration."""
    return register(caller, first=day(caller), last=day(caller, 400))


@pytest.fixture(autouse=True)
def nothing_kept(caller: Caller) -> Iterator[None]:
    yield
    with caller.gateway.engine.begin() as connection:
        connection.execute(delete(valuations))
        connection.execute(delete(own.links).where(own.links.c.book == "valuations"))


def day(caller: Caller, after: int = 0) -> str:
    """The ledger's today, or a day after it."""
    return (date_of(caller.told.story.house.machine.day()) + timedelta(days=after)).isoformat()


def register(caller: Caller, *, first: str, last: str, version: str = VERSION) -> str:
    fields = {
        "lender": str(LENDER.number), "model": MODEL, "version": version, "first": first, "last": last,
        "document": "0x" + "33" * 32,
    }  # fmt: skip
    answer = caller.post("/declarations", declaration(caller, fields))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["declaration"])


def declaration(caller: Caller, fields: dict[str, str]) -> dict[str, Any]:
    kind = KINDS["valuation model"]
    digest = declared.digest(caller.gateway.domain, kind, read(kind, fields))
    persons = LENDER["credit_maker"], LENDER["credit_checker"]
    signatures = ["0x" + b"".join(acts.sign(person.key, digest)).hex() for person in persons]
    return {"kind": kind.name, "fields": fields, "signatures": signatures}


def document(caller: Caller, **changes: Any) -> dict[str, Any]:
    """Copper of the pool, counted in whole kilograms, at 72.3505 CNY."""
    return {
        "lot": format_id(caller.told.story.ids["pool"]), "appraiser": INSPECTOR.number,
        "price": {"amount": "72.3505", "currency": "CNY", "unit": "KGM"}, "haircut_bps": 3_000,
        "model": {"name": MODEL, "version": VERSION}, "valued": day(caller), "valid_until": day(caller, 31),
        "source": "0x" + "5a" * 32, **changes,
    }  # fmt: skip


def taken(caller: Caller, **changes: Any) -> dict[str, Any]:
    answer = caller.post("/valuations", document(caller, **changes))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def listed(caller: Caller, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = caller.rows("/valuations", "valuations", 2, **params)
    return rows


def price(amount: str, **more: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY", "unit": "KGM", **more}


# ── taken ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_price_becomes_the_rate_that_a_ledger_can_bear_and_the_hash_is_of_the_whole_document(
    caller: Caller,
) -> None:
    found = taken(caller)
    # 7,235.05 fen less 30 % for each of a million kilograms.
    assert (found["rate"], found["lending_rate"], found["counts"]) == ("5064535000", "5064535000", True)
    assert (found["objections"], [each["lender"] for each in found["models"]]) == ([], [LENDER.number])
    given = document(caller)
    assert tuple(sorted(given)) == FIELDS
    assert found["evidence"] == "0x" + sha256(rfc8785.dumps(given)).hexdigest()
    assert listed(caller) == [found]
    with caller.gateway.engine.connect() as connection:
        (row,) = connection.execute(select(valuations)).all()
    assert json.loads(row.content) == given


def test_the_same_valuation_again_changes_nothing_and_a_dry_run_keeps_none(caller: Caller) -> None:
    tried = caller.post("/valuations", document(caller), dry_run="true")
    assert (tried.status_code, listed(caller)) == (200, [])
    first = taken(caller)
    assert tried.json() == first
    assert taken(caller) == first
    assert len(listed(caller)) == 1


def test_cc_433_valuation_a_rate_rises_by_so_much_a_day_and_falls_at_once(caller: Caller) -> None:
    """Two valuations of one day raise nothing; the lower one counts at once."""
    taken(caller, price=price("10"), haircut_bps=1_000)
    dear = taken(caller, price=price("20"), haircut_bps=1_000, appraiser=EVIDENCE.number)
    assert (dear["rate"], dear["lending_rate"], dear["counts"]) == ("1800000000", "900000000", True)
    cheap = taken(caller, price=price("5"), haircut_bps=1_000)
    assert (cheap["rate"], cheap["lending_rate"]) == ("450000000", "450000000")
    assert [row["counts"] for row in listed(caller)] == [False, False, True]


def test_a_valuation_stands_from_its_first_to_its_last_day(caller: Caller) -> None:
    taken(caller)

    def stands(after: int) -> tuple[bool, list[str]]:
        (row,) = listed(caller, day=day(caller, after))
        return row["counts"], [each["field"] for each in row["objections"]]

    assert stands(0) == stands(31) == (True, [])
    assert stands(-1) == (False, ["valued"])
    assert stands(32) == (False, ["valid_until"])


def test_valuations_of_one_lot_are_asked_for_by_its_id(caller: Caller) -> None:
    taken(caller)
    other = format_id(caller.told.story.ids["single"])
    taken(caller, lot=other)
    assert [row["lot"] for row in listed(caller, lot=other)] == [other]
    assert len(listed(caller)) == 2


def test_a_valuation_is_taken_in_and_listed_at_a_terminal(caller: Caller, tmp_path: Path) -> None:
    def typed(*words: str) -> tuple[int, Any]:
        ended = CliRunner().invoke(app, ["--url", str(caller.http.base_url), "valuations", *words, "--json"])
        return ended.exit_code, json.loads(ended.output)

    good, bare, dear = (tmp_path / f"{name}.json" for name in ("good", "bare", "dear"))
    good.write_text(json.dumps(document(caller)))
    bare.write_text(json.dumps({"lot": "31-1"}))
    dear.write_text(json.dumps(document(caller, haircut_bps=0)))
    code, answer = typed("add", str(good))
    assert (code, answer["lending_rate"]) == (0, "5064535000")
    assert typed("list", "--lot", answer["lot"]) == (0, {"valuations": [answer]})
    read = CliRunner().invoke(app, ["--url", str(caller.http.base_url), "valuations", "list"]).output
    # Whole in a table too, for the command that is given it next.
    assert {answer["lot"], answer["evidence"], answer["valid_until"]} <= set(read.split())
    assert typed("list", "--day", day(caller, 40))[1]["valuations"][0]["counts"] is False
    code, answer = typed("add", str(bare))
    assert (code, "appraiser: Field required" in json.dumps(answer)) == (2, True)
    code, answer = typed("add", str(dear))
    assert (code, answer["rule"]) == (1, "VALUATION-HAIRCUT")


# ── refused ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"price": price("72.3505", unit="TNE")}, "VALUATION-UNIT", "price.unit"),
        ({"price": price("0")}, "VALUATION-RATE", "price.amount"),
        ({"price": price("999999999999999")}, "VALUATION-RATE", "price.amount"),
        ({"haircut_bps": 999}, "VALUATION-HAIRCUT", "haircut_bps"),
        ({"model": {"name": MODEL, "version": "2.2"}}, "VALUATION-MODEL", "model.version"),
        ({"lot": "31-999999"}, "UNKNOWN_ROOT", "lot"),
        ({"appraiser": 999}, "PARTY-UNKNOWN", "appraiser"),
        ({"appraiser": TIER_1.number}, "VALUATION-APPRAISER", "appraiser"),
    ],
)
def test_cc_433_valuation_what_is_refused_names_rule_and_field(
    caller: Caller, changes: dict[str, Any], rule: str, field: str
) -> None:
    found = caller.refused(caller.post("/valuations", document(caller, **changes)), 422, rule)
    assert found["field"] == field
    assert caller.get(f"/rules/{rule}")["id"] == rule
    assert listed(caller) == []


@pytest.mark.parametrize(
    ("first", "last", "field"), [(1, 10, "valued"), (0, 32, "valid_until"), (0, -1, "valid_until")]
)
def test_days_that_cannot_be_are_refused(caller: Caller, first: int, last: int, field: str) -> None:
    days = {"valued": day(caller, first), "valid_until": day(caller, last)}
    answer = caller.post("/valuations", document(caller, **days))
    assert caller.refused(answer, 422, "VALUATION-DAY")["field"] == field


def test_every_rule_that_a_valuation_breaks_is_named_at_once(caller: Caller) -> None:
    wrong = document(caller, haircut_bps=0, model={"name": "none", "version": "1"})
    found = caller.refused(caller.post("/valuations", wrong), 422, "VALUATION-HAIRCUT")
    assert [(each["rule"], each["field"]) for each in found["errors"]] == [
        ("VALUATION-HAIRCUT", "haircut_bps"), ("VALUATION-MODEL", "model.version"),
    ]  # fmt: skip
    assert found["keeps"] == "CC-433/436"


def test_every_rule_that_a_valuation_breaks_is_told_at_a_terminal(caller: Caller, tmp_path: Path) -> None:
    path = tmp_path / "valuation.json"
    path.write_text(json.dumps(document(caller, haircut_bps=0, model={"name": "none", "version": "1"})))
    told = CliRunner().invoke(app, ["--url", str(caller.http.base_url), "valuations", "add", str(path)])
    assert told.exit_code == 1
    first, second = told.stderr.splitlines()
    assert first.startswith("VALUATION-HAIRCUT: ")
    assert "haircut_bps" in first
    assert second.startswith("VALUATION-MODEL: ")
    assert "model.version" in second


@pytest.mark.parametrize("field", FIELDS)
def test_a_document_without_one_of_its_fields_is_refused_by_its_name(caller: Caller, field: str) -> None:
    given = document(caller)
    del given[field]
    found = caller.refused(caller.post("/valuations", given), 422, "BODY-INVALID")
    assert [each["field"] for each in found["errors"]] == [f"body.{field}"]


def test_an_earlier_day_of_the_same_appraiser_and_another_currency_are_refused(caller: Caller) -> None:
    register(caller, first=day(caller), last=day(caller, 1), version="3")
    taken(caller)
    dollars = document(caller, price=price("10", currency="USD"))
    caller.refused(caller.post("/valuations", dollars), 422, "VALUATION-CURRENCY")
    with caller.gateway.engine.begin() as connection:
        connection.execute(
            update(valuations).values(content=json.dumps(document(caller, valued=day(caller, 1))))
        )
    earlier = document(caller, valid_until=day(caller, 30))
    assert caller.refused(caller.post("/valuations", earlier), 422, "VALUATION-DAY")["field"] == "valued"


# ── independence and models ─────────────────────────────────────────────────────────────────────────────────


def test_an_appraiser_of_the_lenders_group_is_refused_once_goods_are_locked_for_it(caller: Caller) -> None:
    """DEC-5: who attests is of no group that gains by it, and that is looked at again whenever it is used."""
    pool = caller.told.story.ids["pool"]
    taken(caller)
    with caller.gateway.engine.begin() as connection:
        facility = connection.execute(
            select(tables.facilities.c.facility, tables.facilities.c.lender)
        ).first()
        assert facility is not None
        group = connection.execute(
            select(tables.parties.c.group_number).where(tables.parties.c.party == INSPECTOR.number)
        ).scalar_one()
        lender = tables.parties.c.party == facility.lender
        was = connection.execute(select(tables.parties.c.group_number).where(lender)).scalar_one()
        connection.execute(
            update(tables.titles).where(tables.titles.c.root == pool).values(lock=facility.facility)
        )
        connection.execute(update(tables.parties).where(lender).values(group_number=group))
    try:
        (row,) = listed(caller)
        again = caller.post("/valuations", document(caller, haircut_bps=4_000))
    finally:
        with caller.gateway.engine.begin() as connection:
            connection.execute(update(tables.titles).where(tables.titles.c.root == pool).values(lock=0))
            connection.execute(update(tables.parties).where(lender).values(group_number=was))
    assert (row["counts"], [each["rule"] for each in row["objections"]]) == (False, ["VALUATION-APPRAISER"])
    caller.refused(again, 422, "VALUATION-APPRAISER")
    assert listed(caller)[0]["counts"]


def test_a_version_counts_while_a_lender_has_it_registered(caller: Caller) -> None:
    declared_as = register(caller, first=day(caller), last=day(caller, 5), version="9")
    model = {"name": MODEL, "version": "9"}
    assert taken(caller, model=model)["counts"]
    kind = KINDS["withdrawal"]
    fields = {"declaration": declared_as, "recorder": str(LENDER.number), "document": "0x" + "44" * 32}
    digest = declared.digest(caller.gateway.domain, kind, read(kind, fields))
    signature = "0x" + b"".join(acts.sign(LENDER["credit_maker"].key, digest)).hex()
    body = {"kind": kind.name, "fields": fields, "signatures": [signature]}
    assert caller.post("/declarations", body).status_code == 201
    (row,) = listed(caller)
    assert (row["models"], [each["rule"] for each in row["objections"]]) == ([], ["VALUATION-MODEL"])


def test_dec_15_no_version_is_registered_for_days_gone_by(caller: Caller) -> None:
    fields = {
        "lender": str(LENDER.number), "model": MODEL, "version": "8", "first": day(caller, -1), "last": day(caller),
        "document": "0x" + "33" * 32,
    }  # fmt: skip
    found = caller.refused(
        caller.post("/declarations", declaration(caller, fields)), 422, "DECLARATION-FIELD"
    )
    assert (found["field"], found["keeps"]) == ("fields.first", "DEC-15")


# ── what was altered ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"lending_rate": 7}, {"lending_rate", "link"}), ({"rate": 7}, {"rate", "link"}), ({"day": 7}, {"day", "link"}),
        ({"kept_at": 7}, {"link"}),
    ],
)  # fmt: skip
def test_the_doctor_names_a_valuation_that_was_altered(
    caller: Caller, values: dict[str, int], named: set[str]
) -> None:
    taken(caller, price=price("10"))
    taken(caller, price=price("11"))
    with caller.gateway.engine.begin() as connection:
        assert list(valuation_discrepancies(connection)) == []
        connection.execute(update(valuations).where(valuations.c.place == 1).values(values))
    with caller.gateway.engine.connect() as connection:
        found = list(valuation_discrepancies(connection))
    assert {each.element for each in found} >= named
