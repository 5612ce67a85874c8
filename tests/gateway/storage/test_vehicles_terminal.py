"""A dealer's list at a terminal: each line at fault by its number, and receipts for all of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from gateway.cli import app
from gateway.db.own import instructions
from tests.gateway.risk.conftest import Desk
from tests.gateway.storage.vehicles import COMMON, IMPORTED, SECOND_VIN, VIN, naming
from tests.house.cast import INSPECTOR, KEEPER, TIER_1

HEADER = "vin,certificate,manufacturer,model,issued,price"


@pytest.fixture(autouse=True)
def named(desk: Desk, tmp_path: Path) -> Iterator[None]:
    with naming(desk, tmp_path / "evidence"):
        yield


def store(desk: Desk, folder: Path, text: str, *more: str) -> tuple[int, dict[str, Any]]:
    (folder / "common.json").write_text(json.dumps(COMMON))
    (folder / "cars").write_text(text)
    told = CliRunner().invoke(
        app,
        [
            "--url", str(desk.http.base_url), "vehicles", "store", str(folder / "cars"), "--document",
            str(folder / "common.json"), "--keeper", str(KEEPER.number), "--depositor", str(TIER_1.number),
            "--inspector", str(INSPECTOR.number), "--json", *more,
        ],
    )  # fmt: skip
    return told.exit_code, json.loads(told.output)


def test_lines_at_fault_are_named_by_their_number_and_nothing_is_kept(desk: Desk, tmp_path: Path) -> None:
    rows = [
        f"{VIN},WDA1,SAIC,SVW7,2026-12-01,128000.00",
        "",
        "LSVAA49J232047371,WDA2,SAIC,SVW7,2026-12-01,",
        f"{SECOND_VIN},WDA3,MCI,102,2026-13-01,",
    ]
    code, found = store(desk, tmp_path, "\n".join([HEADER, *rows]), "--out", str(tmp_path / "acts"))
    assert (code, found["rule"]) == (1, "BODY-INVALID")
    assert [(each["line"], each["field"]) for each in found["errors"]] == [
        (5, "vehicles.2.certificate.issued")
    ]
    code, found = store(desk, tmp_path, "\n".join([HEADER, *rows[:3]]), "--out", str(tmp_path / "acts"))
    assert (code, found["rule"]) == (1, "VEHICLE-NUMBER")
    assert [(each["line"], each["rule"]) for each in found["errors"]] == [(4, "VEHICLE-NUMBER")]
    assert desk.get("/vehicles")["vehicles"] == []


def test_a_column_that_is_not_known_is_refused(desk: Desk, tmp_path: Path) -> None:
    code, found = store(
        desk, tmp_path, f"{HEADER},colour\n{VIN},WDA1,SAIC,SVW7,2026-12-01,1.00,red\n", "--dry-run"
    )
    assert (code, found["rule"]) == (1, "CSV-COLUMN")


def test_a_list_becomes_acts_for_the_other_signers(desk: Desk, tmp_path: Path) -> None:
    rows = [{"vin": vin, "certificate": f"WDA{vin[-4:]}", "manufacturer": "A", "model": "B", "issued": "2026-12-01"}
            for vin in (VIN, IMPORTED)]  # fmt: skip
    keyed = tmp_path / "keeper.key"
    keyed.write_text(KEEPER["keeper"].key.hex())
    code, found = store(desk, tmp_path, json.dumps(rows), "--dry-run")
    assert (code, len(found["vehicles"])) == (0, 2)
    assert desk.get("/vehicles")["vehicles"] == []
    out = tmp_path / "acts"
    code, found = store(desk, tmp_path, json.dumps(rows), "--out", str(out), "--key", f"keeper={keyed}")
    assert code == 0, found
    acts = [json.loads(path.read_text()) for path in sorted(out.iterdir())]
    assert [each["function"] for each in acts] == ["store", "store"]
    assert all(set(each["parts"]) == {"keeper"} for each in acts)
    assert len(desk.get("/vehicles")["vehicles"]) == 2


def test_receipts_signed_by_all_three_are_posted_and_too_few_keys_keep_nothing(
    desk: Desk, tmp_path: Path
) -> None:
    text = f"{HEADER}\n{VIN},WDA1,SAIC,SVW7,2026-12-01,128000.00\n{IMPORTED},WDA2,VW,Golf,2026-12-01,\n"
    signers = {
        "depositor": TIER_1["maker"], "keeper": KEEPER["keeper"], "inspector": INSPECTOR["inspector"]
    }  # fmt: skip
    keys: list[str] = []
    for part, person in signers.items():
        path = tmp_path / f"{part}.key"
        path.write_text(person.key.hex())
        keys += ["--key", f"{part}={path}"]
    code, found = store(desk, tmp_path, text, *keys[:4])
    assert (code, desk.get("/vehicles")["vehicles"]) == (2, []), found
    code, found = store(desk, tmp_path, text, *keys, "--wait", "0")
    assert (code, len(found["vehicles"])) == (0, 2), found
    with desk.gateway.view() as unit:
        taken = unit.connection.execute(select(func.count()).select_from(instructions)).scalar_one()
    assert taken == 2
