"""Any act of the ledger at a terminal, from a file with its fields."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.gateway.http.conftest import Caller

REFUSED, UNUSABLE, PENDING = 1, 2, 4


def typed(caller: Caller, *words: str, status: int = 0) -> Any:
    ended = CliRunner().invoke(app, ["--url", str(caller.http.base_url), "act", *words, "--json"])
    assert ended.exit_code == status, ended.output
    return json.loads(ended.output)


def written(folder: Path, **fields: Any) -> str:
    path = folder / "fields.json"
    path.write_text(json.dumps(fields))
    return str(path)


@pytest.mark.parametrize(
    ("function", "fields"),
    [
        ("markGoods", {"facility": 31, "lots": [135_197_799_507]}),
        ("completeSales", {"titles": 135_197_799_507}),
        ("endSales", {"titles": 135_197_799_507}),
    ],
)
def test_an_act_that_nobody_signs_is_posted_at_once_and_again_another_day(
    caller: Caller, tmp_path: Path, function: str, fields: dict[str, Any]
) -> None:
    words = (function, "--message", written(tmp_path, **fields), "--wait", "0")
    first, second = (typed(caller, *words, status=PENDING) for _ in range(2))
    assert (first["function"], first["state"]) == (function, "pending")
    assert first["key"] != second["key"]


def test_who_signs_is_asked_for_where_somebody_does_and_refused_where_nobody_does(
    caller: Caller, tmp_path: Path
) -> None:
    fields = written(tmp_path, facility=31, lots=[1])
    said = typed(caller, "markGoods", "--message", fields, "--signer", "anyone", status=UNUSABLE)["sentence"]
    assert said == "nobody signs markGoods: it takes no --signer"
    said = typed(caller, "markGoods", "--message", fields, "--key", "a.key", status=UNUSABLE)["sentence"]
    assert said == "nobody signs markGoods: it takes no --key, --out, --unsigned or --evidence"
    said = typed(caller, "waiveCall", "--message", fields, status=UNUSABLE)["sentence"]
    assert said == "waiveCall is signed as maker, checker: name each that has to sign by --signer"
    typed(caller, "giveAway", "--message", fields, status=UNUSABLE)


def test_all_fields_at_fault_are_named_at_the_terminal(caller: Caller, tmp_path: Path) -> None:
    found = typed(caller, "markGoods", "--message", written(tmp_path, facility=31), status=REFUSED)
    assert (found["rule"], found["field"]) == ("ACT-FIELD", "lots")
    fields = written(tmp_path, facility="thirty-one", untilDay="2027-02-30")
    words = ["callMargin", "--message", fields, "--signer", "maker"]
    ended = CliRunner().invoke(app, ["--url", str(caller.http.base_url), "act", *words])
    assert ended.exit_code == REFUSED
    said = " ".join(ended.output.split())
    assert "2 fields of CallMargin are missing or wrong" in said
    assert "facility: a whole number is expected; untilDay: a whole number is expected" in said


def test_what_is_left_out_is_filled_in_and_what_is_written_stays(caller: Caller, tmp_path: Path) -> None:
    out = tmp_path / "act.json"

    def message(**fields: Any) -> Any:
        words = (
            "waiveCall",
            "--message",
            written(tmp_path, **fields),
            "--signer",
            "maker",
            "--out",
            str(out),
        )
        return typed(caller, *words)["typed_data"]["message"]

    first, second = message(facility=31), message(facility=31)
    assert first["nonce"] != second["nonce"]
    assert first["evidence"] == "0x" + sha256(b"").hexdigest()
    assert first["expiresAt"] == caller.get("/health")["time"] + 30 * 86_400
    said = {"facility": 31, "nonce": 5, "expiresAt": 1_900_000_000, "evidence": "0x" + "33" * 32}
    assert message(**said) == said


def test_evidence_is_refused_of_an_act_that_has_none(caller: Caller, tmp_path: Path) -> None:
    fields = written(tmp_path, title="31-1", sequence=0)
    words = ("withdraw", "--message", fields, "--signer", "holder", "--evidence", fields)
    assert typed(caller, *words, status=UNUSABLE)["sentence"] == "withdraw has no evidence"
