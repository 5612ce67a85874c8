from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.runs import SHIPPED, Run, served


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The shipped documents, settled, with gateway, banks and evidence service still running."""
    with served(tmp_path_factory.mktemp("shipped")) as run:
        yield run


@pytest.fixture(scope="session")
def two_orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the shipped chains: one in yuan, one in euro."""
    folder = tmp_path_factory.mktemp("two-orders")
    for name in ("po-2026-0117", "po-2026-0140"):
        shutil.copytree(SHIPPED / name, folder / name)
    return folder
