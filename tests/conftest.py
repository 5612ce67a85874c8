"""What holds for every test, wherever it stands."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from tests.databases import BOTH, POSTGRESQL, SQLITE, Databases, migrated, nothing, opened
from tests.postgresql import VARIABLE

settings.register_profile("house", deadline=None)  # how long a case takes says nothing of whether it holds
settings.load_profile("house")

_LONG = Path(__file__).parent / "scenarios"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--database`: what touches a database runs on SQLite, on PostgreSQL, or on each of them in turn."""
    parser.addoption(
        "--database", choices=[*BOTH, "both"], default="both",
        help=f"databases to test on; PostgreSQL is the server that {VARIABLE} names (scripts/test starts one)",
    )  # fmt: skip


def kinds(config: pytest.Config) -> list[str]:
    """The databases to test on. Without a server and without being asked for it, PostgreSQL is left out."""
    asked: str = config.getoption("--database")
    server = os.environ.get(VARIABLE)
    if asked == POSTGRESQL and not server:
        raise pytest.UsageError(f"{VARIABLE} names no server; scripts/test --database postgresql starts one")
    if asked == "both":
        return list(BOTH) if server else [SQLITE]
    return [asked]


def pytest_configure(config: pytest.Config) -> None:
    """Say at the start what cannot be done."""
    kinds(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for a database, itself or through a fixture, is one test for each kind."""
    if "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", kinds(metafunc.config), indirect=True, scope="module")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories, which run whole programs, go first: else one process would end alone with them."""
    items.sort(key=lambda item: _LONG not in item.path.parents)


@pytest.fixture(scope="module")
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: whoever asks for it runs once on each."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Where the fixtures below get theirs; a wider scope or another template asks it itself."""
    owner = f"tallystick_test_{os.getpid()}"
    found = Databases(tmp_path_factory.mktemp("databases"), os.environ.get(VARIABLE), owner)
    yield found
    found.close()


@pytest.fixture
def database(databases: Databases, database_kind: str) -> Iterator[Engine]:
    """A database with every table and no row, of the test's own."""
    with databases.copy(database_kind) as url, opened(url) as engine:
        yield engine


@pytest.fixture(scope="module")
def module_database(databases: Databases, database_kind: str) -> Iterator[Engine]:
    """As `database`, for all tests of a file together."""
    with databases.copy(database_kind) as url, opened(url) as engine:
        yield engine


@pytest.fixture
def empty_database(databases: Databases, database_kind: str) -> Iterator[Engine]:
    """A database without a table."""
    with databases.copy(database_kind, "empty", nothing) as url, opened(url) as engine:
        yield engine


@pytest.fixture
def sqlite(databases: Databases) -> Iterator[Engine]:
    """As `database`, for what only SQLite does, or where another one is compared with it."""
    with databases.copy(SQLITE, "migrated", migrated) as url, opened(url) as engine:
        yield engine
