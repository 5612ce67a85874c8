"""One gateway on SQLite: its database is one machine's, and what one process knows is in flight no other one knows."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine


class SecondGateway(RuntimeError):
    """Another gateway serves this SQLite database."""


@contextmanager
def only_gateway(engine: Engine) -> Iterator[None]:
    """Hold a SQLite database for one gateway's door as long as the block lasts; a dead one's hold falls by itself.

    PostgreSQL serves several: there each request claims its key. Raises SecondGateway.
    """
    path = engine.url.database
    if engine.dialect.name != "sqlite" or not path or path == ":memory:":
        yield
        return
    handle = os.open(f"{path}.gateway", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SecondGateway(
                f"another gateway serves {path}: SQLite serves one; several need PostgreSQL"
            ) from None
        yield
    finally:
        os.close(handle)
