"""Under which rules a receivable or loan stands: the versions of the day it began on, and when it can be paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from gateway.db import tables as ledger
from gateway.db.rules import RuleBook
from gateway.domain.business_days import NoBusinessDay, payment_day
from gateway.domain.calendar import day_of, iso
from gateway.domain.life_cycle import LoanClass, class_on
from gateway.domain.records import LoanPhase
from gateway.domain.rules import NotInForce, Pack, in_force, pack_on
from gateway.domain.rulings import class_boundaries
from gateway.routers.as_of import View


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
            "payment_day": self._payment_day(row.due_day),
        }

    def loan(self, row: Any) -> dict[str, Any]:
        """The same of a loan, with its class on the day asked about (CLASS), by the rules of the day it began on."""
        pack = pack_on(self.packs, row.start_day)
        began = [each.version for each in self.policies if each.effective_day <= row.start_day]
        return {
            "policy_version": max(began, default=0), "rule_pack_version": pack.version,
            "payment_day": self._payment_day(row.due_day), "class": self._class(row, pack),
        }  # fmt: skip

    def _class(self, row: Any, pack: Pack) -> str | None:
        if row.phase == LoanPhase.WRITTEN_OFF:
            return str(LoanClass.LOSS)
        if row.phase != LoanPhase.OUTSTANDING:
            return None
        try:
            boundaries = class_boundaries(in_force(pack, "CLASS", self.day))
        except NotInForce:
            return None
        return str(class_on(row.due_day, self.day, boundaries))

    def _payment_day(self, due: int) -> str:
        try:
            return iso(payment_day(self.packs[-1].calendar, due).day)
        except NoBusinessDay:
            return iso(due)
