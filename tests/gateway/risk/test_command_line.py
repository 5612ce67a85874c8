"""The commands about risk, typed against a running gateway."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gateway.cli import app
from gateway.domain.calendar import day_of_iso, iso
from tests.gateway.risk.conftest import BIG, DOCUMENT, FREE, WELL, Desk
from tests.gateway.risk.test_offers import TERMS
from tests.house.cast import CLEARING, CORE, LENDER, TIER_1, TIER_2, TIER_3, Person

DONE, REFUSED, UNUSABLE = 0, 1, 2


def typed(desk: Desk, *words: str, status: int = DONE) -> Any:
    ended = CliRunner().invoke(app, ["--url", str(desk.http.base_url), *words, "--json"])
    assert ended.exit_code == status, ended.output
    return json.loads(ended.output)


def written(folder: Path, name: str, content: Any) -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def key(folder: Path, person: Person) -> str:
    return written(folder, f"{person.party}-{person.name}.key", person.key.hex())


def test_a_claim_is_declared_and_the_order_printed_with_its_reasons(
    sqlite_desk: Desk, tmp_path: Path
) -> None:
    fields = {
        "title": str(BIG), "recorder": CLEARING.number, "instrument": "factoring", "claimant": "Huaxia Factoring",
        "currency": "CNY", "amount": "400000.00", "registration": "0657-1", "registeredAt": "2026-09-01T10:00:00+08:00",
        "document": DOCUMENT,
    }  # fmt: skip
    path = written(tmp_path, "claim.json", fields)
    typed(sqlite_desk, "declare", "claim", "--fields", path, "--key", key(tmp_path, CLEARING["office"]))
    found = typed(sqlite_desk, "priority", f"{CORE.number}-1", "--amount", "900000.00")
    assert [(each["claimant"], each["gets"]) for each in found["claims"]] == [
        ("Huaxia Factoring", "400000.00"), (f"facility {WELL}", "500000.00"),
    ]  # fmt: skip
    shown = CliRunner().invoke(app, ["--url", str(sqlite_desk.http.base_url), "priority", f"{CORE.number}-1"])
    assert (
        f"Huaxia Factoring before facility {WELL}: It is registered, the other is not. (GI-66)"
        in shown.output
    )


def test_a_second_person_signs_elsewhere(sqlite_desk: Desk, tmp_path: Path) -> None:
    fields = {
        "lender": LENDER.number, "dimension": "debtor", "subject": CORE.number, "currency": "CNY",
        "amount": "400000.00", "warnBps": 8_000, "effective": sqlite_desk.today, "document": DOCUMENT,
    }  # fmt: skip
    path = written(tmp_path, "limit.json", fields)
    words = ("declare", "exposure limit", "--fields", path)
    half = typed(sqlite_desk, *words, "--key", key(tmp_path, LENDER["credit_maker"]))
    assert half["missing"] == ["credit checker"]
    assert sqlite_desk.get("/declarations")["declarations"] == []
    typed(
        sqlite_desk,
        *words,
        "--signature",
        half["signatures"][0],
        "--key",
        key(tmp_path, LENDER["credit_checker"]),
    )
    found = typed(sqlite_desk, "exposures", str(LENDER.number), status=REFUSED)
    assert [each["level"] for each in found["limits"]] == ["breach"]
    called = {
        each["facility"]: each["called_for"]
        for each in typed(sqlite_desk, "ladder", str(LENDER.number))["facilities"]
    }
    assert called[WELL] == "block new"


def test_the_cheapest_lender_is_chosen_at_a_terminal(sqlite_desk: Desk, tmp_path: Path) -> None:
    for bank, rate in ((LENDER, "50000"), (CLEARING, "40000")):
        fields = {**TERMS, "lender": str(bank.number), "ratePpm": rate, "document": DOCUMENT}
        path = written(tmp_path, "offer.json", fields)
        keys = [key(tmp_path, bank[name]) for name in ("credit_maker", "credit_checker")]
        typed(
            sqlite_desk, "declare", "offer of finance", "--fields", path, "--key", keys[0], "--key", keys[1]
        )
    title = f"{FREE >> 32}-{FREE & 0xFFFFFFFF}"
    rows = typed(sqlite_desk, "lenders", title)["offers"]
    assert [row["lender"] for row in rows] == [CLEARING.number, LENDER.number]
    kept = typed(
        sqlite_desk, "choose", title, "--offer", rows[1]["offer"], "--key", key(tmp_path, TIER_2["maker"])
    )
    assert (kept["lender"], [act["function"] for act in kept["acts"]]) == (
        LENDER.number,
        ["open", "lock", "draw"],
    )
    typed(
        sqlite_desk,
        "choose",
        title,
        "--offer",
        "0x" + "00" * 32,
        "--key",
        key(tmp_path, TIER_2["maker"]),
        status=REFUSED,
    )


def test_who_is_overdue_is_listed_with_the_order_it_calls_for(sqlite_desk: Desk) -> None:
    found = typed(sqlite_desk, "overdue")
    assert [(each["function"], each["debtor"]) for each in found["proposed"]] == [("stop", CORE.number)]


def drawing(desk: Desk, *more: str) -> tuple[str, ...]:
    due = iso(day_of_iso(desk.today) + 100)
    return ("finance", str(WELL), "--amount", "90000.00", "--rate", "7.2", "--due", due, *more)


def test_s2_a_draw_shows_its_schedule_and_its_cost_before_it_is_signed(
    sqlite_desk: Desk, tmp_path: Path
) -> None:
    words = drawing(
        sqlite_desk, "--terms", "equal-principal", "--count", "3", "--grace-days", "2", "--basis", "actual"
    )
    looked = typed(sqlite_desk, *words, "--look")
    assert [line["principal"] for line in looked["instalments"]] == ["30000.00"] * 3
    assert (looked["basis"], looked["repaid"]) == ("actual/actual", f"{90_000 + Decimal(looked['cost'])}")
    act = tmp_path / "draw.act"
    drawn = typed(sqlite_desk, *words, "--key", key(tmp_path, TIER_1["maker"]), "--out", str(act))
    assert (drawn["missing"], drawn["quote"]) == (["maker", "checker"], looked)
    message = json.loads(act.read_text())["typed_data"]["message"]
    names = ("terms", "count", "graceDays", "basis", "rate", "minimumDays", "penaltyBps")
    assert [int(message[name]) for name in names] == [2, 3, 2, 2, 72_000, 0, 5_000]
    shown = CliRunner().invoke(app, ["--url", str(sqlite_desk.http.base_url), *words, "--look"])
    assert f"cost {looked['cost']} CNY" in shown.output
    assert "equal principal, 3 times; 7.2 % a year by actual/actual" in shown.output


def test_dec_16_terms_that_cannot_be_kept_are_refused_before_anybody_signs(
    sqlite_desk: Desk, tmp_path: Path
) -> None:
    out = tmp_path / "never.act"
    for more, field in (
        (("--terms", "equal-principal"), "count"), (("--terms", "equal-instalments", "--count", "61"), "count"),
        (("--count", "3"), "count"), (("--terms", "discount", "--minimum-days", "7"), "minimum_days"),
    ):  # fmt: skip
        words = drawing(sqlite_desk, *more, "--key", key(tmp_path, TIER_1["maker"]), "--out", str(out))
        refused = typed(sqlite_desk, *words, status=REFUSED)
        assert (refused["rule"], refused["field"], refused["keeps"]) == ("TERMS-UNFIT", field, "DEC-16")
        shown = CliRunner().invoke(app, ["--url", str(sqlite_desk.http.base_url), *words])
        assert f"({field}; DEC-16)" in shown.output + shown.stderr
    assert not out.exists()
    unknown = CliRunner().invoke(
        app, ["--url", str(sqlite_desk.http.base_url), *drawing(sqlite_desk, "--terms", "balloon")]
    )
    assert (unknown.exit_code, "--terms" in unknown.output + unknown.stderr) == (UNUSABLE, True)


def test_a_late_loan_is_looked_at_with_what_is_due_and_what_settles_it(sqlite_desk: Desk) -> None:
    late = f"{TIER_3.number}-1"
    found = typed(sqlite_desk, "loan", late)
    (line,) = found["schedule"]["instalments"]
    assert (
        line["overdue_since"]
        == found["schedule"]["overdue_since"]
        == found["loan"]["overdue_since"]
        == line["due"]
    )
    due, settles = found["schedule"]["due"], found["schedule"]["settles"]
    # 200,000.00 at 7.2 % for 40 days, the last 10 of them half as much again.
    assert (due, settles["penalty"], settles["interest"]) == (settles, "200.00", "1800.00")
    assert settles["total"] == "201800.00"
    tomorrow = iso(day_of_iso(sqlite_desk.today) + 1)
    later = typed(sqlite_desk, "loan", late, "--day", tomorrow)["schedule"]
    assert (later["day"], later["settles"]["total"]) == (tomorrow, "201860.00")
    shown = CliRunner().invoke(app, ["--url", str(sqlite_desk.http.base_url), "loan", late])
    assert f"on {sqlite_desk.today} due: 201800.00 CNY" in shown.output
    (well,) = [row for row in typed(sqlite_desk, "loans")["loans"] if row["facility"] == WELL]
    assert (well["terms"], well["overdue_since"]) == ("bullet", None)
    assert well["next_instalment"]["due"] == well["due"]
    # 300,000.00 at 7.2 % over its 150 days.
    assert well["next_instalment"]["amount"] == "309000.00"
