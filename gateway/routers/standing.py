"""Under which rules a receivable or loan stands: the versions of the day it began on, and when it can be paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gateway.db import tables as ledger
from gateway.db.rules import RuleBook
from gateway.domain import business_days
from gateway.domain.calendar import day_of, iso
from gateway.domain.life_cycle import LoanClass, class_on
from gateway.domain.records import Loan, LoanPhase
from gateway.domain.rules import NotInForce, Pack, in_force, pack_on
from gateway.domain.rulings import class_boundaries
from gateway.domain.terms.progress import next_line
from gateway.domain.terms.standing import overdue_since
from gateway.money import text
from gateway.routers.as_of import View
from gateway.services.loan_rows import accrual_of, loan_of


@dataclass(frozen=True, slots=True)
class Standing:
    """The versions there are, and the day asked about."""

    packs: Sequence[Pack]
    policies: Sequence[Any]
    day: int

    @staticmethod
    def of(view: View) -> Standing:
        """What was published by then; calendars are today's."""
        table = ledger.policies
        query = select(table.c.version, table.c.effective_day).where(table.c.replaced.is_(False))
        policies = view.ledger.execute(query.order_by(table.c.version)).all()
        time = view.seen["time"]
        day = 0 if time is None else day_of(int(datetime.fromisoformat(time).timestamp()))
        return Standing(RuleBook(view.own).packs(), policies, day)

    def receivable(self, row: Any) -> dict[str, Any]:
        """What a receivable's answer says of rules and days; its policy version stands in its own row."""
        return {
            "rule_pack_version": pack_on(self.packs, row.opened_day).version,
            "payment_day": self.payment_day(row.due_day),
        }

    def loan(self, row: Any) -> dict[str, Any]:
        """The same of a loan, and how it stands on the day asked about: what is paid next, since when it is overdue,
        and its class (CLASS), by the rules of the day it began on.
        """
        pack = pack_on(self.packs, row.start_day)
        began = [each.version for each in self.policies if each.effective_day <= row.start_day]
        record, accrual = loan_of(row._mapping), accrual_of(row._mapping)
        since, line = overdue_since(record, accrual, self.day), next_line(record, accrual, self.day)
        return {
            "policy_version": max(began, default=0), "rule_pack_version": pack.version,
            "payment_day": self.payment_day(row.due_day), "class": self._class(record, since, pack),
            "overdue_since": iso(since) if since else None,
            "next_instalment": None if line is None else {
                "due": iso(line.due_day), "payment_day": self.payment_day(line.due_day),
                "amount": text(line.open, row.currency),
            },
        }  # fmt: skip

    def _class(self, loan: Loan, since: int, pack: Pack) -> str | None:
        if loan.phase is LoanPhase.WRITTEN_OFF:
            return str(LoanClass.LOSS)
        if loan.phase is not LoanPhase.OUTSTANDING:
            return None
        try:
            boundaries = class_boundaries(in_force(pack, "CLASS", self.day))
        except NotInForce:
            return None
        return str(class_on(since or self.day, self.day, boundaries))

    def payment_day(self, due: int) -> str:
        """The first day from a due day on that banks do business on, by the newest calendar."""
        try:
            return iso(business_days.payment_day(self.packs[-1].calendar, due).day)
        except business_days.NoBusinessDay:
            return iso(due)
