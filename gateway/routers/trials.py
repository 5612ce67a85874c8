"""Dry runs: what would become of signed acts, in the words of the rules, and what a loan would cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection

from gateway.adapters.ledger.chain import Rpc
from gateway.adapters.ledger.trial import Outcome, Trial, relayer
from gateway.bootstrap import Gateway
from gateway.db.rules import RuleBook
from gateway.domain.business_days import payment_day
from gateway.domain.calendar import day_of, iso
from gateway.domain.reasons import Reason, explain
from gateway.domain.records import Loan, LoanPhase
from gateway.ports import Offered
from gateway.problems import Problem
from gateway.risk.facts import facility_of
from gateway.risk.loan_costs import chosen, quoted, unfit
from gateway.routers.shown_loans import shown_quote
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
                **_draw(unit.connection, act, today),
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


def _draw(connection: Connection, act: Offered, today: int) -> dict[str, Any]:
    """A draw's cost by its own terms; where they cannot be kept, the fields at fault."""
    if act.function != "draw":
        return {"quote": None, "terms_unfit": []}
    message = orjson.loads(act.body)["message"]
    terms = {name: int(message[name]) for name in _TERMS}
    facility = facility_of(connection, terms["facility"])
    if facility is None:
        return {"quote": None, "terms_unfit": []}
    title = int(message["title"])
    loan = Loan(
        facility=terms["facility"], principal=terms["amount"], drawn=terms["amount"], rate=terms["rate"],
        due_day=terms["dueDay"], penalty_bps=terms["penaltyBps"], minimum_days=terms["minimumDays"],
        basis=terms["basis"], phase=LoanPhase.RESERVED, start_day=today, terms=terms["terms"],
        count=terms["count"], grace_days=terms["graceDays"], buys=title != 0,
    )  # fmt: skip
    wrong = [
        {"field": _FIELDS.get(each.field, each.field), "sentence": each.sentence}
        for each in unfit(facility, loan, today)
    ]
    if wrong:
        return {"quote": None, "terms_unfit": wrong}
    choice, offer = chosen(connection, str(message["evidence"]))
    found = quoted(connection, facility, loan, today, title=title, choice=choice, offer=offer)
    newest = RuleBook(connection).packs()[-1].calendar
    shown = shown_quote(found, facility.currency, lambda due: iso(payment_day(newest, due).day))
    return {"quote": shown, "terms_unfit": []}


_TERMS = (
    "facility", "amount", "rate", "dueDay", "penaltyBps", "minimumDays", "basis", "terms", "count", "graceDays",
)  # fmt: skip
_FIELDS = {"due_day": "dueDay", "minimum_days": "minimumDays"}
"""Names of the record's fields in the act, where they have others."""
