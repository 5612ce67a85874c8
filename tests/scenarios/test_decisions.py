"""What named persons decide, and what cannot even be begun."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chainsvc.backends.process import start_embedded
from tests.scenarios import odd_folder
from tests.scenarios.runs import ROOT, Play, Run, adds_up, command
from tests.scenarios.terminal import typed_in


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, play: Play) -> Run:
    """Deals without a receipt, without a due date and in two versions; persons say what they saw and chose."""
    folder = tmp_path_factory.mktemp("decided")
    odd_folder.build(folder / "all")
    for name in ("unseen", "undated", "amended"):
        shutil.copytree(folder / "all" / name, folder / "documents" / name)
    person = {"person": "Li Na", "reason": "seen on the ramp"}
    scenario = {
        "as_of": "2026-03-20",
        "finance": False,
        "tier2_share": "0.25",
        "receipts": [
            {"order": "PO-unseen", "line": "1", "quantity": "60", "unit": "EA", "person": "Li Na", "day": "2026-03-01"}
        ],
        "decisions": [
            {"rule": "DUE-MISSING", "document": "undated/invoice.xml", "due": "2026-07-15", **person},
            {"rule": "DUPLICATE-INVOICE", "document": "amended/second.xml", "chosen": "amended/invoice.xml", **person},
        ],
    }  # fmt: skip
    return play(
        folder, "--documents", str(folder / "documents"), "--keep", str(folder / "kept"), scenario=scenario
    )


def test_what_persons_recorded_and_chose_is_promised_and_paid(decided: Run) -> None:
    assert decided.status == 0, decided.said
    adds_up(decided)
    promised = {
        row["invoice"].partition("/")[0]: (row["amount"], row["due"]) for row in decided.report["receivables"]
    }
    assert promised == {
        "unseen": ("67800.00", "2026-06-30"),
        "undated": ("113000.00", "2026-07-15"),
        "amended": ("113000.00", "2026-06-30"),
    }


def test_without_finance_nobody_lends(decided: Run) -> None:
    assert decided.report["loans"] == decided.report["pledges"] == []
    assert {row["as"] for row in decided.report["settlement"]} == {"holder"}


@pytest.fixture
def reopened(decided: Run) -> Iterator[Mapping[str, str]]:
    """What the story left on the disk, its chain running again; answers the command line's environment."""
    kept = decided.folder / "kept"
    with start_embedded(kept / "chain", chain_id=20_220, controlled_clock=True) as node:
        yield {**os.environ, "TALLYSTICK_RPC_URL": node.url}


def test_what_was_kept_can_be_opened_again_and_made_anew(decided: Run, reopened: Mapping[str, str]) -> None:
    def said(*words: str) -> Any:
        ended = typed_in(decided.folder, *words, "--json", more=reopened)
        assert ended.status == 0, ended.said + ended.complained
        return ended.answer

    assert said("reindex")["facts"] > 0
    assert said("doctor")["mismatches"] == []
    title = decided.report["titles"][0]
    assert said("lineage", title["id"])["id"] == title["root"]


def test_the_gateway_is_served_in_the_foreground(
    decided: Run, reopened: Mapping[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = [
        "--env",
        str(decided.folder / "kept/gateway.env"),
        "serve",
        "--port",
        str(port),
        "--logs",
        str(tmp_path),
        "--json",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", *words],
        cwd=ROOT,
        env=dict(reopened),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = "".join(iter(process.stdout.readline, "}\n")) + "}"
    listed = httpx2.get(json.loads(said)["url"] + "/titles", params={"limit": 1000}, trust_env=False).json()
    assert [row["title"] for row in listed["titles"]] == [row["id"] for row in decided.report["titles"]]
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    process.stdout.close()
    assert _commands_with(f"gateway.app {port}") == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--documents", "/no/such/folder"], "is not a folder of documents"),
        (["--scenario", "/no/such/file"], "cannot be used"),
        (["--database", "mysql://nowhere/x"], "database cannot be used"),
        (["--rpc", "http://127.0.0.1:9"], "no node answers"),
    ],
)
def test_what_cannot_be_begun_ends_with_two_and_says_why(
    tmp_path: Path, options: list[str], words: str
) -> None:
    ended = subprocess.run(
        command(tmp_path, "--no-serve", *options),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (ended.returncode, words in ended.stdout) == (2, True), ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_without_documents_ends_well_with_nothing_done(tmp_path: Path, play: Play) -> None:
    (tmp_path / "documents").mkdir()
    run = play(tmp_path, "--documents", str(tmp_path / "documents"))
    assert run.status == 0, run.said
    assert run.report["receivables"] == run.report["settlement"] == run.report["documents"] == []


def test_who_stops_the_story_leaves_nothing_running(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("w") as file:
        process = subprocess.Popen(
            command(tmp_path, "--no-serve", "--keep", str(tmp_path / "kept")),
            cwd=ROOT,
            stdout=file,
            stderr=file,
        )
    deadline = time.monotonic() + 120
    while "two sandbox banks" not in said.read_text():
        assert process.poll() is None, said.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert _commands_with(str(tmp_path / "kept")) == []


def _commands_with(words: str) -> list[str]:
    """Command lines of the processes that still run and name `words`."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words in line:
            found.append(line)
    return found
