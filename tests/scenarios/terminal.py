"""Somebody at a terminal: commands run in this process, which saves what starting one for each would take.

That `tallystick` starts as a process of its own, test_decisions (serve) and test_command_line (demo) see.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from gateway.cli import app


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it said."""

    status: int
    said: str
    complained: str

    @property
    def answer(self) -> Any:
        """What it said with --json."""
        return json.loads(self.said)


def typed(*words: str, more: Mapping[str, str] | None = None) -> Ended:
    """Run a command to its end; `more` goes into its environment. What the program itself did wrong is raised."""
    ended = CliRunner().invoke(app, list(words), env=dict(more or {}))
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


def typed_in(folder: Path, *words: str, more: Mapping[str, str] | None = None) -> Ended:
    """As `typed`, configured by what a demo left in `folder`."""
    return typed("--env", str(folder / "kept" / "gateway.env"), *words, more=more)
