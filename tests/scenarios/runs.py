"""The demo as its users start it: a program of its own, judged by its report, its words and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from jsonschema import Draft202012Validator

from gateway.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "gateway/demo/documents"
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs/report.schema.json").read_text()))
SECONDS = 300


@dataclass(frozen=True, slots=True)
class Run:
    """What a demo left behind."""

    report: Mapping[str, Any]
    said: str
    status: int
    folder: Path

    def rows(self, part: str, **wanted: Any) -> list[dict[str, Any]]:
        """The rows of a part of the report that have these values."""
        return [row for row in self.report[part] if all(row[name] == value for name, value in wanted.items())]

    def rules(self) -> set[str]:
        """Every rule that the exceptions name."""
        return {row["rule"] for row in self.report["exceptions"]}


class Play(Protocol):
    """`play` on a database of the test's own: what the fixture of this name gives."""

    def __call__(self, folder: Path, *options: str, scenario: Mapping[str, Any] | None = None) -> Run: ...


def command(folder: Path, *options: str) -> list[str]:
    """The demo with its report in `folder`."""
    return [sys.executable, "-m", "gateway.demo", "--json", str(folder / "report.json"), *options]


def play(folder: Path, *options: str, scenario: Mapping[str, Any] | None = None) -> Run:
    """The whole story, without serving at its end; its report fits the schema whatever happened."""
    folder.mkdir(parents=True, exist_ok=True)
    more: Sequence[str] = ()
    if scenario is not None:
        path = folder / "scenario.json"
        path.write_text(json.dumps(scenario))
        more = ("--scenario", str(path))
    ended = subprocess.run(
        command(folder, "--no-serve", *more, *options),
        cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    said = ended.stdout + ended.stderr
    assert (folder / "report.json").exists(), said
    return read(folder, said, ended.returncode)


def read(folder: Path, said: str, status: int) -> Run:
    """The report of a run, which must fit the schema."""
    report = json.loads((folder / "report.json").read_text())
    problems = [f"{list(error.absolute_path)}: {error.message}" for error in SCHEMA.iter_errors(report)]
    assert problems == []
    return Run(report, said, status, folder)


def settings_of(run: Run) -> Settings:
    """How the house is configured that a demo left behind."""
    lines = (run.folder / "kept" / "gateway.env").read_text().splitlines()
    told = dict(line.split("=", 1) for line in lines)
    return Settings(
        database_url=told["TALLYSTICK_DATABASE_URL"],
        rpc_url=told["TALLYSTICK_RPC_URL"],
        chain_id=int(told["TALLYSTICK_CHAIN_ID"]),
        deployment=Path(told["TALLYSTICK_DEPLOYMENT"]),
        bank_keys=json.loads(told["TALLYSTICK_BANK_KEYS"]),
    )


@contextmanager
def served(folder: Path, *options: str) -> Iterator[Run]:
    """The shipped story with everything left running at its end, until the block is left."""
    kept = folder / "kept"
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            command(folder, "--keep", str(kept), *options),
            cwd=ROOT, stdout=said, stderr=said, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        try:
            _wait(process, folder / "said", "end with Ctrl-C")
            yield read(folder, (folder / "said").read_text(), 0)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], said: Path, words: str) -> None:
    deadline = time.monotonic() + SECONDS
    while words not in said.read_text():
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < deadline, said.read_text()
        time.sleep(0.2)


def exact(row: Mapping[str, Any], name: str = "amount") -> Decimal:
    """An amount of the report."""
    return Decimal(row[name])


def adds_up(run: Run) -> None:
    """Σ settlement = Σ due per currency to the minor unit, by our own sums; every law holds."""
    sums: dict[str, list[Decimal]] = {}
    for row in run.report["receivables"]:
        if row["status"] != "cancelled":
            sums.setdefault(row["currency"], [Decimal(0), Decimal(0)])[0] += exact(row)
    for row in run.report["settlement"]:
        sums[row["currency"]][1] += exact(row)
    assert all(due == settled for due, settled in sums.values()), sums
    assert {row["currency"]: (exact(row, "due"), exact(row, "settled")) for row in run.report["totals"]} == {
        currency: (due, settled) for currency, (due, settled) in sums.items()
    }
    assert [row for row in run.report["invariants"] if not row["holds"]] == []
    references = [row["bank_reference"] for row in run.report["settlement"] if row["as"] != "held"]
    assert len(set(references)) == len(references)
