"""One furnished house for the tests of a file; each test finds it as it was built."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.house.house import House


@pytest.fixture(scope="module")
def furnished() -> House:
    """Built once a file: words that were written and taken back stay in the engine's books and slow it down."""
    return House()


@pytest.fixture
def house(furnished: House) -> Iterator[House]:
    """The house with everyone admitted, a policy in force, limits set and accounts bound."""
    built, machine = furnished, furnished.machine
    mark, now, nonce = machine._evm.snapshot(), machine.now, built._nonce
    yield built
    machine._evm.revert(mark)
    machine.now, built._nonce = now, nonce
    machine._set_clock()
