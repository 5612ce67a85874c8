"""The house of the contracts' tests, for the harms that once happened in it."""

from __future__ import annotations

from tests.contracts.conftest import furnished, house

__all__ = ["furnished", "house"]
