"""The rules at a terminal: what binds, a later version from a file, and one case with two recorded answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gateway.adapters.ledger.acts import Domain
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.domain.calendar import date_of, day_of_iso
from gateway.settings import Settings
from tests.gateway.conftest import Told
from tests.gateway.serving import serving
from tests.house.machine import CHAIN_ID

DONE, REFUSED, UNUSABLE = 0, 1, 2
SEVERAL = (
    "import json, sys; from gateway.cli import app\n"
    "for words in json.loads(sys.argv[1]):\n"
    "    try:\n        app(words, standalone_mode=False); code = 0\n"
    "    except SystemExit as end:\n        code = end.code\n"
    "    print('\\0', code, sep='', end='\\0', flush=True)\n"
)
"""Starts the program once for several commands: its imports take most of a command's time."""


@pytest.fixture
def url(told: Told, database: Engine) -> Iterator[str]:
    gateway = Gateway(Settings(), database, told.chain, Domain(CHAIN_ID, told.book["Ledger"].address), 0)
    with serving(create_app(gateway)) as http:
        yield str(http.base_url)


def typed(url: str, *commands: str) -> list[tuple[int, Any]]:
    """Types commands one after another, each with --json; answers exit codes and what was said."""
    words = [["--url", url, "rules", *each.split(), "--json"] for each in commands]
    ended = subprocess.run(
        [sys.executable, "-c", SEVERAL, json.dumps(words)],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    said = ended.stdout.split("\0")
    return [(int(code), json.loads(text)) for text, code in zip(said[::2], said[1::2], strict=False)]


def test_cn77_11_one_case_under_two_versions_of_the_rules(url: str, tmp_path: Path) -> None:
    """Eight months: to be reviewed under the rules of 2025-06, too long once six are the most."""
    ((code, shown),) = typed(url, "show CN77-11")
    assert (code, shown["pack"]["version"], shown["parameters"]["maximum_months"]) == (DONE, 1, 12)
    later = (date_of(day_of_iso(shown["as_of"])) + timedelta(days=7)).isoformat()
    change = tmp_path / "cap.toml"
    change.write_text(
        f'effective_from = {later}\nperson = "Compliance Officer Lin"\nbecause = "the cap was cut"\n'
        '[[rules]]\nid = "CN77-11"\nparameters = { maximum_months = 6, review_above_months = 5 }\n'
    )
    case = "decide CN77-11 opened=2026-01-05 due=2026-09-05 --subject case --person Wu --as-of"
    said = typed(
        url, f"publish {change} --dry-run", f"publish {change}", f"{case} 2025-06-15", f"{case} {later}",
        "rulings --subject case", "versions", f"show CN77-11 --as-of {later}",
    )  # fmt: skip
    assert [code for code, _ in said] == [DONE, DONE, DONE, REFUSED, DONE, DONE, DONE]
    tried, published, first, second, kept, versions, after = (each for _, each in said)
    assert tried["sha256"] == published["sha256"]
    assert published["changed"] == ["CN77-11"]
    assert (first["pack_version"], first["outcome"]) == (1, "review")
    assert (second["pack_version"], second["outcome"]) == (2, "above the maximum")
    assert kept["rulings"] == [first, second]
    assert [each["version"] for each in versions["rule_packs"]] == [1, 2]
    assert after["parameters"]["maximum_months"] == 6


def test_bad_input_at_the_terminal_names_field_and_rule(url: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('effective_from = "soon"')
    said = typed(
        url, "payment-day 2026-02-15", "list --kind decision", "show CN77-0", f"publish {wrong}",
        f"publish {tmp_path / 'none.toml'}", "decide SME-9 delivered --subject case",
    )  # fmt: skip
    assert [code for code, _ in said] == [DONE, DONE, REFUSED, REFUSED, UNUSABLE, UNUSABLE]
    day, listed, unknown, form, *_ = (each for _, each in said)
    assert day["payment_day"] == "2026-02-24"
    assert {each["id"] for each in listed["rules"]} >= {"DEC-15"}
    assert unknown["rule"] == "RULE-UNKNOWN"
    assert "body.effective_from" in {each["field"] for each in form["errors"]}
