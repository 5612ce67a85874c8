"""One furnished house for all tests of the contracts; each test finds it as it was built."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from tests.house.house import House


@cache
def _furnished() -> House:
    return House()


@pytest.fixture
def house() -> Iterator[House]:
    """The house with everyone admitted, a policy in force, limits set and accounts bound."""
    built = _furnished()
    machine = built.machine
    mark, now, nonce = machine._evm.snapshot(), machine.now, built._nonce
    yield built
    machine._evm.revert(mark)
    machine.now, built._nonce = now, nonce
    machine._set_clock()
