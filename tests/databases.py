"""Databases of a test session. Each is a copy of a template: migrations, and whatever a test builds on, are made once.

A copy takes a tenth of a second on PostgreSQL and less on SQLite; running the migrations takes three to ten times that.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, create_engine, insert, make_url, select, text

from gateway.db.engine import open_engine, reading
from gateway.db.schema import METADATA, upgrade

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)

Make = Callable[[str], None]
"""Fills the empty database at a URL, and leaves no connection to it open."""


def nothing(_: str) -> None:
    """An empty database."""


def migrated(url: str) -> None:
    """A database with every table of the house."""
    with opened(url) as engine:
        upgrade(engine)


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """The gateway's engine on a database; closed with the block."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def copy_rows(source: Engine, target: Engine) -> None:
    """Every row of the house's tables into the same tables of another database, whatever the kind of each."""
    with reading(source).connect() as there, target.begin() as here:
        for metadata in METADATA:
            for table in metadata.sorted_tables:
                rows = [dict(row) for row in there.execute(select(table)).mappings()]
                if rows:
                    here.execute(insert(table), rows)


class Databases:
    """Makes databases of either kind, and takes them away."""

    def __init__(self, folder: Path, server: str | None, owner: str) -> None:
        """`server`: URL of a PostgreSQL server; `owner`: what the names of our databases there begin with."""
        self._folder = folder
        self._server = server
        self._owner = owner
        self._numbers = count(1)
        self._templates: dict[tuple[str, str], str] = {}

    @contextmanager
    def copy(self, kind: str, template: str = "migrated", make: Make = migrated) -> Iterator[str]:
        """URL of a database of one's own, as `make` left the template of this name; gone with the block."""
        if (kind, template) not in self._templates:
            url = self._create(kind)
            make(url)
            self._templates[kind, template] = url
        url = self._create(kind, self._templates[kind, template])
        try:
            yield url
        finally:
            self._drop(url)

    def close(self) -> None:
        """Take the templates away as well."""
        for url in self._templates.values():
            self._drop(url)
        self._templates.clear()

    def _create(self, kind: str, template: str | None = None) -> str:
        name = f"{self._owner}_{next(self._numbers)}"
        if kind == SQLITE:
            path = self._folder / f"{name}.sqlite"
            if template is not None and (source := Path(str(make_url(template).database))).exists():
                shutil.copyfile(source, path)
            return f"sqlite:///{path}"
        assert self._server is not None, "no PostgreSQL server was given"
        after = "" if template is None else f" TEMPLATE {make_url(template).database}"
        self._tell(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}{after}")
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def _drop(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == POSTGRESQL:
            self._tell(f"DROP DATABASE IF EXISTS {parsed.database} WITH (FORCE)")
            return
        path = Path(str(parsed.database))
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()

    def _tell(self, *statements: str) -> None:
        engine = create_engine(str(self._server), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()
