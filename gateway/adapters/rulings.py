"""Rulings put on record: the case, the version it was decided under, the answer. Rows hang together by hashes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.db import links
from gateway.db.own import rulings
from gateway.db.rules import RuleBook
from gateway.domain.rules import NotInForce, Pack
from gateway.domain.rulings import RULE_OF, Answer, Case, decide, inputs_of
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.services.doctor import Discrepancy

TENOR_REVIEWED = "reviewed"
"""Outcome of a bank's own examination of a tenor above the review level (CN77-11)."""


def receivable_subject(root: int) -> str:
    """What rulings on a receivable are filed under."""
    return f"receivable {format_id(root)}"


@dataclass(frozen=True, slots=True)
class Asked:
    """On what, as of which ledger day, and who asked or decided (`party` 0 and no person: the gateway itself)."""

    subject: str
    day: int
    party: int = 0
    person: str = ""


class Rulings:
    """The record on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rules = RuleBook(connection)

    def rule(self, asked: Asked, case: Case, now: int) -> Row[Any]:
        """Decide a case under the version of its day and put it on record.

        Raises CaseContradicts, UnknownRule, NotInForce; then nothing was written.
        """
        pack = self._rules.pack_on(asked.day)
        return self._record(
            asked, RULE_OF[type(case)], pack, inputs_of(case), decide(pack, case, asked.day), now
        )

    def rule_if_in_force(self, asked: Asked, cases: Sequence[Case], now: int) -> list[Row[Any]]:
        """The rulings on those of the cases whose rule is in force on the day."""
        found = []
        for case in cases:
            try:
                found.append(self.rule(asked, case, now))
            except NotInForce:
                continue
        return found

    def review_tenor(self, asked: Asked, case: Case, because: str, now: int) -> Row[Any]:
        """A bank's recorded examination of a tenor (CN77-11): the answer is the bank's person's, with the reason."""
        pack = self._rules.pack_on(asked.day)
        found = decide(pack, case, asked.day)
        answer = Answer(found.holds, TENOR_REVIEWED if found.holds else found.outcome, because, found.figures)
        return self._record(asked, RULE_OF[type(case)], pack, inputs_of(case), answer, now)

    def tenor_reviewed(self, subjects: Sequence[str], party: int) -> set[str]:
        """Those of the subjects whose tenor a bank has reviewed."""
        table = rulings.c
        query = select(table.subject).where(
            table.subject.in_(subjects), table.rule == "CN77-11", table.party == party,
            table.outcome == TENOR_REVIEWED,
        )  # fmt: skip
        return set(self._connection.execute(query).scalars())

    def _record(
        self, asked: Asked, rule: str, pack: Pack, inputs: Mapping[str, Any], answer: Answer, now: int
    ) -> Row[Any]:
        self._rules.keep_first(now)
        row = {
            "rule": rule, "subject": asked.subject, "party": asked.party, "pack_version": pack.version,
            "pack_sha256": pack.sha256, "day": asked.day, "inputs": _canonical(inputs), "holds": int(answer.holds),
            "outcome": answer.outcome, "sentence": answer.sentence, "figures": _canonical(answer.figures),
            "person": asked.person, "recorded_at": now,
        }  # fmt: skip
        links.append(self._connection, links.RULINGS, rulings, row)
        last = select(rulings).order_by(rulings.c.place.desc()).limit(1)
        return self._connection.execute(last).one()


def _canonical(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def rule_discrepancies(connection: Connection) -> Iterator[Discrepancy]:
    """Where versions of the rules or the record of rulings were altered, for the doctor to name."""
    try:
        packs = {pack.version: pack.sha256 for pack in RuleBook(connection).packs()}
    except Problem as problem:
        yield Discrepancy("rules", "version", str(problem.evidence.get("version", "")), problem.sentence, "")
        return
    rows: list[Any] = list(connection.execute(select(rulings).order_by(rulings.c.place)).mappings())
    for each in links.broken(connection, links.RULINGS, rows):
        document = "book rulings" if each.row is None else f"ruling {each.row['place']}"
        yield Discrepancy(document, each.column, each.found, each.right, "by the rulings before it")
    for row in rows:
        right = packs.get(row["pack_version"], "nothing")
        if right != row["pack_sha256"]:
            source = f"is the hash of version {row['pack_version']}"
            yield Discrepancy(f"ruling {row['place']}", "pack_sha256", row["pack_sha256"], right, source)
