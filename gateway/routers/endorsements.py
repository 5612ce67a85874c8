"""Endorsements on their way: holder, acquirer and keeper sign one act, and the third signature carries it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from gateway.bootstrap import Gateway, Unit, now
from gateway.db.goods_state import goods_state
from gateway.db.rules import RuleBook
from gateway.domain.calendar import iso
from gateway.domain.endorsements import Stage, forbids
from gateway.domain.goods_acts import Endorse
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.risk.book import head_of
from gateway.risk.endorsements import Endorsements, Signed, check_act, check_life, check_signer
from gateway.routers.common import DryRun, Reading, TheGateway, TheWrite
from gateway.routers.pages import ThePage
from gateway.schemas import receipt_acts as schemas
from gateway.schemas.fields import PARTY_MOST, Hash
from gateway.services import instructions
from gateway.services.act_messages import message_of
from gateway.services.json_acts import read_message

router = APIRouter(tags=["goods"])

PartyQuery = Annotated[int | None, Query(ge=0, le=PARTY_MOST)]


@router.post(
    "/endorsements",
    status_code=201,
    response_model=schemas.Endorsement,
    responses={200: {"model": schemas.Endorsement, "description": "of a dry run"}},
)
def sign(
    body: schemas.EndorsementBody, write: TheWrite, gateway: TheGateway, dry_run: DryRun = False
) -> Response:
    """Take the next signature of an endorsement: the holder offers, the acquirer agrees, the keeper answers.

    From the acquirer's signature on the keeper has five business days (CC-910-answer); a refusal is a declaration with
    a reason (`endorsement refusal`). Silence is no consent. The keeper's signature carries the act.
    """
    return write.once(body, lambda unit: _sign(gateway, unit, body), dry_run=dry_run)


def _sign(gateway: Gateway, unit: Unit, body: schemas.EndorsementBody) -> dict[str, Any]:
    read = read_message(gateway.acts.types_of("Endorse"), "Endorse", body.message)
    act = Endorse(read["title"], read["sequence"], read["to"], read["expiresAt"], read["evidence"])
    digest = gateway.acts.digest("Endorse", read)
    name, book, head = "0x" + digest.hex(), Endorsements(unit.connection), head_of(unit.connection)
    book.wait_for_turn()
    state = goods_state(unit.connection, [act.title])
    if act.title not in state.titles or state.titles[act.title].root not in state.roots:
        raise Problem("UNKNOWN_TITLE", "no such warehouse receipt", status=404, field="message.title")
    title = state.titles[act.title]
    found = book.find(name)
    part = "holder" if found is None else found.missing
    raw = bytes.fromhex(body.signature.removeprefix("0x"))
    if found is not None:
        if _repeats(found, raw, head.day):
            return _shown(found, head.day)
        why = forbids(found.course, part or "keeper", head.day)
        if why is not None:
            raise Problem(
                "ENDORSEMENT-STEP", why, status=409, field="signature", keeps="CC-910-answer", document=name
            )
    assert part is not None
    party = {"holder": title.holder, "acquirer": act.to, "keeper": state.roots[title.root].debtor}[part]
    key = gateway.acts.recover(digest, raw)
    person = check_signer(unit.connection, part, party, key, digest, head.time)
    check_act(unit.connection, act, head)
    check_life(RuleBook(unit.connection).packs(), act, head, part)
    message = message_of(act)
    book.keep({
        "endorsement": digest, "part": part, "receipt": act.title, "message": json.dumps(message, sort_keys=True),
        "party": party, "person": person, "key": key, "signature": "0x" + raw.hex(), "day": head.day,
        "signed_at": now(),
    })  # fmt: skip
    signed = book.find(name)
    assert signed is not None
    if signed.missing is None:
        _carry(gateway, unit, signed)
    return _shown(signed, head.day)


def _repeats(found: Signed, signature: bytes, day: int) -> bool:
    """Whether a signature is one of the endorsement's own, come again, while that may still come to pass."""
    kept = any(bytes.fromhex(row.signature.removeprefix("0x")) == signature for row in found.rows.values())
    return kept and found.course.stage(day) in (Stage.OFFERED, Stage.ASKED, Stage.COUNTERSIGNED)


def _key(signed: Signed) -> str:
    return f"endorsement/{signed.endorsement}"


def _carry(gateway: Gateway, unit: Unit, signed: Signed) -> None:
    """All three have signed: the act is an instruction like any other, taken in with the last signature."""
    parts = {part: row.signature for part, row in signed.rows.items()}
    item = {"function": "endorse", "message": dict(signed.message), "parts": parts}
    offered = [instructions.read(gateway.acts, _key(signed), item)]
    instructions.take(unit.ledger, unit.instructions, offered, now())


@router.get("/endorsements", response_model=schemas.Endorsements)
def endorsements(
    unit: Reading,
    page: ThePage,
    party: PartyQuery = None,
    stage: Annotated[
        Stage | None, Query(description="such as overdue: keepers who did not answer in time")
    ] = None,
) -> dict[str, Any]:
    """Endorsements in the order in which they were offered; `party` is holder, acquirer or keeper."""
    day = head_of(unit.connection).day
    found = [
        each
        for each in Endorsements(unit.connection).all()
        if (party is None or party in each.parties.values()) and stage in (None, each.course.stage(day))
    ]
    rows = page.of(found, lambda each: f"{each.rows['holder'].place:020}")
    return page.answer_of("endorsements", rows, lambda each: _shown(each, day))


@router.get("/endorsements/{endorsement}", response_model=schemas.Endorsement)
def endorsement(endorsement: Annotated[Hash, Path()], unit: Reading) -> dict[str, Any]:
    """One endorsement by the digest of its act."""
    found = Endorsements(unit.connection).find(endorsement)
    if found is None:
        raise Problem(
            "ENDORSEMENT-UNKNOWN", "no such endorsement is kept", status=404, endorsement=endorsement
        )
    return _shown(found, head_of(unit.connection).day)


def _shown(each: Signed, day: int) -> dict[str, Any]:
    answer, asked = each.course.answer, each.rows.get("acquirer")
    return {
        "endorsement": each.endorsement, "receipt": format_id(each.receipt), **each.parties,
        "message": dict(each.message), "stage": str(each.course.stage(day)), "offered": iso(each.rows["holder"].day),
        "asked": None if asked is None else iso(asked.day),
        "answer_by": None if answer is None else iso(answer.last_day),
        "provisional": answer is not None and answer.provisional, "reason": each.reason,
        "operation": f"/operations/{_key(each)}" if each.course.countersigned else None,
    }  # fmt: skip
