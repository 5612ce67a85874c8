"""Column types that hold the chain's integers exactly, on SQLite and PostgreSQL alike."""

# ARG002 below: the arguments are SQLAlchemy's, whether a conversion needs the dialect or not.

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Dialect, LargeBinary, String
from sqlalchemy.types import TypeDecorator

_HALF, _WHOLE = 1 << 63, 1 << 64

Address = String(42)
"""0x and 40 lower-case digits."""

Hash = LargeBinary(32)
"""32 bytes as the chain has them."""


class Unsigned64(TypeDecorator[int]):
    """A number of up to 64 bits in a signed column: from 2**63 up it is stored less 2**64.

    Ids begin with a party's number, so those in use are stored as they are; whoever picks a party number or a
    one-time number above half the range must not be able to stop the index.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """To the database."""
        return value if value is None or value < _HALF else value - _WHOLE

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002
        """From the database."""
        if value is None:
            return None
        return int(value) if value >= 0 else int(value) + _WHOLE


class Unsigned256(TypeDecorator[int]):
    """A number of up to 256 bits as 32 bytes, high byte first."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """To the database."""
        return None if value is None else value.to_bytes(32, "big")

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002
        """From the database."""
        return None if value is None else int.from_bytes(value, "big")
