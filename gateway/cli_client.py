"""What every command needs: the gateway over HTTP, exit codes, and output for people or programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NoReturn
from uuid import uuid4

import httpx2
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from gateway.settings import Settings

KEY_HEADER = "Idempotency-Key"
PAGE = 500
PAGE_COLUMNS = 140
_TEXT_COLUMN = 40
_WIDEST_TABLE = 10_000
POLL_SECONDS = 0.1
TIMEOUT_SECONDS = 60.0


class Exit(IntEnum):
    """How a command ends; part of the interface."""

    DONE = 0
    REFUSED = 1
    UNUSABLE = 2
    UNREACHABLE = 3
    PENDING = 4
    ENCUMBERED = 5
    DIFFERS = 6


class Failed(Exception):
    """A command could not do what it was asked; `document` goes out as JSON where JSON was asked for."""

    def __init__(self, code: Exit, sentence: str, /, **document: Any) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.document = {**document, "sentence": document.get("sentence") or sentence}


@dataclass(slots=True)
class Gateway:
    """The HTTP API, asked by this machine's command line."""

    url: str

    def get(self, path: str, **params: Any) -> Any:
        """The JSON answer. Raises Failed."""
        return self._ask("GET", path, params=params)

    def post(self, path: str, body: Any, *, key: str | None = None) -> Any:
        """Send JSON, under an idempotency key of its own unless one is given. Raises Failed."""
        return self._ask("POST", path, json=body, headers={KEY_HEADER: key or uuid4().hex})

    def upload(self, path: str, content: bytes, **params: Any) -> Any:
        """Send bytes. Raises Failed."""
        headers = {"content-type": "application/octet-stream", KEY_HEADER: uuid4().hex}
        return self._ask("POST", path, params=params, content=content, headers=headers)

    def download(self, path: str, **params: Any) -> bytes:
        """The answer's bytes as they are. Raises Failed."""
        content: bytes = self._answer("GET", path, params=params).content
        return content

    def pages(self, path: str, name: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list."""
        more: dict[str, Any] = {}
        while True:
            page = self.get(path, **params, **more, limit=PAGE)
            yield from page[name]
            if page["next"] is None:
                return
            more = {"cursor": page["next"]}

    def wait(self, key: str, seconds: float) -> dict[str, Any]:
        """Where an operation stands, once it has ended or `seconds` have passed."""
        deadline = time.monotonic() + seconds
        while True:
            found: dict[str, Any] = self.get(f"/operations/{key}")
            if found["state"] in ("final", "refused", "failed") or time.monotonic() >= deadline:
                return found
            time.sleep(POLL_SECONDS)

    def _ask(self, method: str, path: str, **what: Any) -> Any:
        return self._answer(method, path, **what).json()

    def _answer(self, method: str, path: str, **what: Any) -> httpx2.Response:
        try:
            with httpx2.Client(base_url=self.url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
                answer = http.request(method, path, **what)
        except httpx2.TransportError as error:
            raise Failed(Exit.UNREACHABLE, f"no gateway answers at {self.url}: {error}") from error
        if answer.status_code >= 500:
            raise Failed(Exit.UNREACHABLE, f"the gateway failed: {answer.status_code} {answer.text[:200]}")
        if answer.status_code >= 400:
            problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            told = problem.get("title") or answer.text[:500]
            raise Failed(
                Exit.REFUSED, f"{problem.get('rule', answer.status_code)}: {told}{_at(problem)}", **problem
            )
        return answer


def _at(problem: Mapping[str, Any]) -> str:
    """The fields at fault and the rule kept, where a refusal names them."""
    if problem.get("rule") == "BODY-INVALID" or (
        problem.get("rule") == "ACT-FIELD" and len(problem["errors"]) > 1
    ):
        named = [f"{each['field']}: {each['message']}" for each in problem["errors"]]
    else:
        named = [str(problem[name]) for name in ("field", "keeps") if problem.get(name)]
    return f" ({'; '.join(named)})" if named else ""


def _faults(failed: Failed) -> Iterator[str]:
    """Every fault of a refusal that has several, but those that its sentence tells."""
    for each in failed.document.get("errors") or ():
        if str(each.get("message", "")) not in failed.sentence:
            rule = f"{each['rule']}: " if each.get("rule") else ""
            yield f"{rule}{each['message']} ({each['field']})"


@dataclass(slots=True)
class Desk:
    """One call of the command line: where the gateway is, how the answer is wanted."""

    settings: Settings
    gateway: Gateway
    as_json: bool = False

    def show(self, document: Any, *lines: str) -> None:
        """The document as JSON, or the lines for people."""
        if self.as_json:
            print(json.dumps(document, ensure_ascii=False, indent=1))
            return
        console = page()
        for line in lines:
            console.print(escape(line))

    def table(self, document: Any, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """The document as JSON, or its rows as a table of the columns named."""
        if self.as_json:
            self.show(document)
            return
        table = Table(box=None, pad_edge=False)
        cells = [[_cell(row[column]) for column in columns] for row in rows]
        for at, column in enumerate(columns):
            # An id or a digest goes whole into the next command: what has no spaces is not broken.
            whole = not any(" " in row[at] for row in cells)
            least = 0 if whole else min(_TEXT_COLUMN, max(len(row[at]) for row in cells))
            table.add_column(column.replace("_", " "), overflow="fold", no_wrap=whole, min_width=least)
        for row in cells:
            table.add_row(*map(escape, row))
        console = page()
        unbounded = console.options.update(width=_WIDEST_TABLE)
        console.width = max(console.width, Measurement.get(console, unbounded, table).minimum)
        console.print(table)

    def end(self, failed: Failed) -> NoReturn:
        """Tell what went wrong where it was asked for, and end the command with its code."""
        if self.as_json:
            print(json.dumps(failed.document, ensure_ascii=False, indent=1, default=str))
        else:
            told = "\n".join([failed.sentence, *_faults(failed)])
            Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]{escape(told)}[/red]")
        sys.exit(failed.code)


def page() -> Console:
    """Where people read: a screen as wide as it is, a file or pipe as wide as a table needs."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PAGE_COLUMNS)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
