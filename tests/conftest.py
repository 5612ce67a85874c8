"""What holds for every test, wherever it stands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

_LONG = Path(__file__).parent / "scenarios"


def pytest_configure() -> None:
    """Give each of several test processes a PostgreSQL database of its own: the tests empty it as they like."""
    url, worker = os.environ.get("TALLYSTICK_POSTGRESQL"), os.environ.get("PYTEST_XDIST_WORKER")
    if not url or not worker:
        return
    name = f"tallystick_{worker}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()
    own = make_url(url).set(database=name)
    os.environ["TALLYSTICK_POSTGRESQL"] = own.render_as_string(hide_password=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories, which run whole programs, go first: else one process would end alone with them."""
    items.sort(key=lambda item: _LONG not in item.path.parents)
