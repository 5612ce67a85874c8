"""Receivables above the review level are financed only after their lender has examined the tenor (CN77-11)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.words import SETTLED, SPENT
from gateway.adapters.rulings import Rulings, receivable_subject
from gateway.db import tables as ledger
from gateway.db.rules import RuleBook
from gateway.domain.rules import NotInForce, pack_on
from gateway.domain.rulings import TENOR_REVIEW, TenorCase, decide
from gateway.ids import format_id
from gateway.problems import Problem


def check_tenors(connection: Connection, facility: Row[Any], field: str) -> None:
    """Raise Problem(TENOR-UNREVIEWED) for a draw on receivables whose tenor the lender has not reviewed.

    Each receivable stands under the version of the day it was promised on (decision 15).
    """
    title, root = ledger.titles.c, ledger.roots.c
    query = (
        select(root.root, root.opened_day, root.due_day)
        .join(ledger.titles, title.root == root.root)
        .where(title.lock == facility.facility, title.flags.op("&")(SPENT | SETTLED) == 0)
        .distinct()
        .order_by(root.root)
    )
    packs = RuleBook(connection).packs()
    long = []
    for row in connection.execute(query):
        pack = pack_on(packs, row.opened_day)
        try:
            found = decide(pack, TenorCase(row.opened_day, row.due_day), row.opened_day)
        except NotInForce:
            continue
        if found.outcome == TENOR_REVIEW:
            long.append((row.root, pack.version))
    if not long:
        return
    subjects = [receivable_subject(number) for number, _ in long]
    reviewed = Rulings(connection).tenor_reviewed(subjects, facility.lender)
    missing = [each for each in long if receivable_subject(each[0]) not in reviewed]
    if missing:
        raise Problem(
            "TENOR-UNREVIEWED", "the lender has not recorded its review of a tenor above the review level",
            field=field, keeps="CN77-11", lender=facility.lender,
            receivables=[format_id(number) for number, _ in missing], pack_version=missing[0][1],
        )  # fmt: skip
