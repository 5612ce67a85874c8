"""Run by alembic: migrations on the caller's connection, new ones drafted against an empty database."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from gateway.db.engine import open_engine
from gateway.db.schema import METADATA


def _plain_type(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """A migration names what the database stores, not our types: they may change later, it may not."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=list(METADATA), render_item=_plain_type, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()


def _main() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(given)
        return
    with open_engine("sqlite://").begin() as connection:
        _run(connection)


_main()
