from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from tests.conftest import kinds
from tests.databases import POSTGRESQL, Databases, nothing
from tests.scenarios import runs
from tests.scenarios.runs import SHIPPED, Play, Run, served


class Stories:
    """Gives each story an empty database; they are kept as long as what the stories leave behind."""

    def __init__(self, databases: Databases, stack: ExitStack) -> None:
        self._databases = databases
        self._stack = stack

    def on(self, kind: str) -> list[str]:
        """The demo's options for it. SQLite needs none: the demo makes a file."""
        if kind != POSTGRESQL:
            return []
        return ["--database", self._stack.enter_context(self._databases.copy(kind, "empty", nothing))]


@pytest.fixture(scope="session")
def stories(databases: Databases) -> Iterator[Stories]:
    with ExitStack() as stack:
        yield Stories(databases, stack)


@pytest.fixture(scope="session")
def play(stories: Stories, pytestconfig: pytest.Config) -> Play:
    """A whole story. Where both databases are tested, its name says which of them is its own: always the same."""
    tested = kinds(pytestconfig)

    def on_its_database(folder: Path, *options: str, scenario: Mapping[str, Any] | None = None) -> Run:
        name = folder.name.rstrip("0123456789")
        kind = tested[crc32(name.encode()) % len(tested)]
        return runs.play(folder, *options, *stories.on(kind), scenario=scenario)

    return on_its_database


@pytest.fixture(scope="session")
def shipped(
    tmp_path_factory: pytest.TempPathFactory, stories: Stories, pytestconfig: pytest.Config
) -> Iterator[Run]:
    """The shipped documents, settled, with gateway, banks and evidence service still running."""
    with served(tmp_path_factory.mktemp("shipped"), *stories.on(kinds(pytestconfig)[-1])) as run:
        yield run


@pytest.fixture(scope="session")
def two_orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the shipped chains: one in yuan, one in euro."""
    folder = tmp_path_factory.mktemp("two-orders")
    for name in ("po-2026-0117", "po-2026-0140"):
        shutil.copytree(SHIPPED / name, folder / name)
    return folder
