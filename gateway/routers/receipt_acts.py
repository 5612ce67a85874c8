"""What holders and keepers do with receipts: each act made from what is asked, tried, and prepared to be signed."""

from __future__ import annotations

from itertools import count
from typing import Any

from fastapi import APIRouter

from gateway.db.goods_state import goods_state
from gateway.db.rules import RuleBook
from gateway.domain.endorsements import answer_by
from gateway.domain.goods_trial import parties_of, would
from gateway.domain.rules import in_force
from gateway.ids import parse_id
from gateway.problems import Problem
from gateway.risk.book import Head, head_of
from gateway.risk.endorsements import RULE, Endorsements
from gateway.routers.common import Reading, TheGateway
from gateway.schemas import receipt_acts as schemas
from gateway.services import instructions
from gateway.services.act_messages import message_of
from gateway.services.receipt_acts import FUNCTIONS, act_of, leaving, numbers_of
from gateway.services.receipt_refusals import refuse

router = APIRouter(tags=["goods"])

_LIFE_SECONDS = 30 * 86_400


@router.post("/warehouse-receipts/{receipt}/prepare", response_model=schemas.PreparedReceiptAct)
def prepare(receipt: str, body: schemas.ReceiptActBody, unit: Reading, gateway: TheGateway) -> dict[str, Any]:
    """The act to be signed, with the parties that sign it; what the ledger would refuse as it stands is refused here.

    A hand-over, split or merger against the keeper's lien is refused with its amount (CC-447).
    """
    asked, number = body.root, parse_id(receipt)
    head = head_of(unit.connection)
    state = goods_state(unit.connection, numbers_of(number, asked))
    if number not in state.titles or state.titles[number].root not in state.roots:
        raise Problem("UNKNOWN_TITLE", "no such warehouse receipt", status=404, receipt=receipt)
    act = act_of(state, number, asked, asked.expires_at or _expiry(unit, number, asked, head))
    signers, leaves = parties_of(state, act), leaving(state, act)
    reason = would(state, act, head.time)
    if reason:
        raise refuse(act, state, reason)
    made = instructions.prepare(gateway.acts, FUNCTIONS[type(act)], message_of(act))
    return {**made, "signers": signers, "leaves": leaves}


def _expiry(unit: Reading, number: int, asked: schemas.AnyAct, head: Head) -> int:
    """An endorsement lives until the keeper's last day if the acquirer signs on the last of its own (CC-910-answer).

    To the second it is another's than that of any that is over: a fresh offer of the same receipt to the same party on
    the same day would be the very act that was refused.
    """
    if not isinstance(asked, schemas.EndorseAct):
        return head.time + _LIFE_SECONDS
    pack = RuleBook(unit.connection).pack_on(head.day)
    parameters = in_force(pack, RULE, head.day).parameters
    days = parameters["answer_business_days"] + asked.acquirer_days
    last = answer_by(pack.calendar, head.day, days).last_second
    over = {int(each.message["expiresAt"]) for each in Endorsements(unit.connection).over(number, head.day)}
    # Neither may it live shorter than the keeper's days, nor longer than those and all of the acquirer's.
    step = -1 if asked.acquirer_days >= parameters["acquirer_business_days"] else 1
    return next(second for second in count(last, step) if second not in over)
