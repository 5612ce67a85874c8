"""Versions of the rule pack, as they are kept: the one that ships first, and each published after it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.adapters.rulebook import Written, amended, read, shipped
from gateway.adapters.rulebook.form import Amendment
from gateway.db.engine import insert_new
from gateway.db.own import rule_packs
from gateway.domain.rules import Pack, pack_on
from gateway.problems import Problem

_SHIPPED_BY = "Tallystick"


class RuleBook:
    """All versions on one connection; the shipped one is the first until a row says otherwise."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def packs(self) -> list[Pack]:
        """Every version, in their order. Raises Problem(RULES-ALTERED) for rows that were changed behind our back."""
        return [each.pack for each in self._written()]

    def pack_on(self, day: int) -> Pack:
        """The version that a day stands under."""
        return pack_on(self.packs(), day)

    def rows(self) -> Sequence[Row[Any]]:
        """The kept rows, oldest first; none before anything was written."""
        return self._connection.execute(select(rule_packs).order_by(rule_packs.c.version)).all()

    def keep_first(self, now: int) -> None:
        """Keep the shipped version as the first, once something depends on it."""
        self._keep(shipped(), _SHIPPED_BY, "shipped with the gateway", now)

    def publish(self, change: Amendment, today: int, now: int) -> Written:
        """Keep the version that a change makes of the last one. Raises Problem(RULES-FORM, RULES-ALTERED)."""
        if self._connection.dialect.name == "postgresql":
            # Two publishers at once would both follow the same version; SQLite has one writer anyway.
            self._connection.exec_driver_sql("LOCK TABLE own_rule_packs IN SHARE ROW EXCLUSIVE MODE")
        self.keep_first(now)
        following = amended(self._written()[-1], change, today)
        self._keep(following, change.person, change.because, now)
        return following

    def _keep(self, written: Written, person: str, because: str, now: int) -> None:
        pack = written.pack
        insert_new(
            self._connection,
            rule_packs,
            {
                "version": pack.version, "effective_from": pack.effective_from, "sha256": pack.sha256,
                "previous": pack.previous, "content": written.content, "person": person, "because": because,
                "published_at": now,
            },
        )  # fmt: skip

    def _written(self) -> list[Written]:
        rows = self.rows()
        if not rows:
            return [shipped()]
        found: list[Written] = []
        for place, row in enumerate(rows, 1):
            written = _read_kept(bytes(row.content), row.sha256)
            pack = written.pack
            before = found[-1].pack.sha256 if found else ""
            kept = (row.version, row.effective_from, row.sha256, row.previous)
            if kept != (place, pack.effective_from, pack.sha256, before) or pack.previous != before:
                raise _altered(row.version)
            found.append(written)
        return found


_KEPT: dict[str, Written] = {}
"""Versions read so far, by their hash: a kept version never changes."""


def _read_kept(content: bytes, sha256: str) -> Written:
    written = _KEPT.get(sha256)
    if written is None or written.content != content:
        written = read(json.loads(content))
        _KEPT[written.pack.sha256] = written
    return written


def _altered(version: int) -> Problem:
    return Problem(
        "RULES-ALTERED",
        f"version {version} of the rules is not what was published: its hash or its place does not fit",
        status=503,
        version=version,
    )
