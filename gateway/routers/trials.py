"""Dry runs: what would become of signed acts, in the words of the rules, and what a loan would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, select

from gateway.adapters.ledger.chain import Rpc
from gateway.adapters.ledger.trial import Outcome, Trial, relayer
from gateway.bootstrap import Gateway
from gateway.db.tables import facilities
from gateway.domain.calendar import day_of
from gateway.domain.interest import BASIS_ACTUAL_ACTUAL
from gateway.domain.reasons import Reason, explain
from gateway.domain.records import Loan, LoanPhase, Terms
from gateway.domain.terms import agreement, schedules
from gateway.money import currency_codes, text
from gateway.ports import Offered
from gateway.problems import Problem
from gateway.services.instructions import check_signers


def try_out(gateway: Gateway, offered: Sequence[Offered]) -> dict[str, Any]:
    """What would become of each act if it were carried now. Raises Problem, Unreachable."""
    with gateway.view() as unit:
        check_signers(unit.ledger, offered)
        carrier = relayer(unit.connection)
        if carrier is None:
            raise Problem("NO-RELAYER", "no relayer is admitted, or the index has not seen one", status=503)
        # A connection of its own: trials take long, and a connection is one thread's.
        with Rpc(gateway.settings.rpc_url) as rpc:
            head = rpc.call("eth_getBlockByNumber", "latest", False)
            block, today = int(head["number"], 16), day_of(int(head["timestamp"], 16))
            outcomes, gas = Trial(rpc, gateway.chain.book, carrier, block).run(offered)
        forbidden = unit.guard.refusals(offered)
        items = [
            {
                "place": place,
                "function": act.function,
                **_verdict(outcome, forbidden.get(place)),
                "quote": _quote(unit.connection, act, today),
            }
            for place, (act, outcome) in enumerate(zip(offered, outcomes, strict=True))
        ]
    return {"block": block, "relayer": carrier, "items": items, "gas": gas}


def words_of(reason: int | None) -> Mapping[str, str | None]:
    """A reason code by name, in a sentence, and the rule it keeps."""
    if reason is None:
        return {"reason": None, "sentence": None, "rule": None}
    known = Reason(reason)
    explained = explain(known)
    return {"reason": known.name, "sentence": explained.sentence, "rule": explained.rule_id}


def _verdict(outcome: Outcome, forbidden: Problem | None) -> dict[str, Any]:
    """What the ledger would say; where it would agree, what the parties' own limits say before it is asked."""
    if forbidden is not None and not outcome.reason:
        words = {"reason": None, "sentence": forbidden.sentence, "rule": forbidden.rule}
        return {"would": "be refused", **words, "error": None}
    return {"would": _would(outcome), **words_of(outcome.reason or None), "error": outcome.error}


def _would(outcome: Outcome) -> str:
    if outcome.reason is None:
        return "fail"
    return "be refused" if outcome.reason else "be done"


def _quote(connection: Connection, act: Offered, today: int) -> dict[str, str] | None:
    if act.function != "draw":
        return None
    terms = {name: int(value) for name, value in orjson.loads(act.body)["message"].items() if name in _TERMS}
    known = select(facilities.c.currency).where(facilities.c.facility == terms["facility"])
    currency = connection.execute(known).scalar_one_or_none()
    if currency is None or terms["dueDay"] < today:
        return None
    loan = Loan(
        facility=terms["facility"], principal=terms["amount"], drawn=terms["amount"], rate=terms["rate"],
        due_day=terms["dueDay"], penalty_bps=terms["penaltyBps"], minimum_days=terms["minimumDays"],
        basis=terms["basis"], phase=LoanPhase.RESERVED, start_day=today, terms=terms["terms"],
        count=terms["count"], grace_days=terms["graceDays"],
    )  # fmt: skip
    known_terms = loan.terms <= max(Terms) and loan.basis <= BASIS_ACTUAL_ACTUAL
    if not (known_terms and agreement.agrees(loan)):
        return None
    # At discount it is kept from the pay-out; else it is what the schedule asks for, paid on its days.
    kept = loan.drawn - agreement.pay_out(loan)
    interest = kept or sum(each.interest for each in schedules.schedule(loan, today))
    return {"interest": text(interest, currency), "currency": currency_codes()[currency]}


_TERMS = frozenset(
    {
        "facility",
        "amount",
        "rate",
        "dueDay",
        "penaltyBps",
        "minimumDays",
        "basis",
        "terms",
        "count",
        "graceDays",
    }
)
