"""Keepers and holders are told what others signed beside the ledger, once and in order."""

from __future__ import annotations

from gateway.bootstrap import now
from gateway.courier import Courier
from gateway.projections.rebuild import reindex
from tests.gateway.risk.conftest import Desk
from tests.gateway.sinks import courier, signature, sink, subscribed, told, until
from tests.gateway.storage.test_endorsements import ACQUIRER, HOLDER, KEEPS, prepared, refusal, signed, stored
from tests.gateway.storage.test_requests import asked, weighed
from tests.house.cast import KEEPER, TIER_1, TIER_2


def test_cc_910_a_keeper_is_told_that_it_is_asked_and_until_when_it_may_answer(desk: Desk) -> None:
    receipt = stored(desk)
    message = prepared(desk, receipt)
    with sink() as keepers, courier(desk.gateway):
        hook = subscribed(desk.http, keepers, "endorsement.signed", "declaration.made")
        offered = signed(desk, message, HOLDER)
        until(lambda: len(keepers.got) == 1)
        asked_for = signed(desk, message, ACQUIRER)
        until(lambda: len(keepers.got) == 2)
        assert refusal(desk, offered["endorsement"]).status_code == 201
        until(lambda: len(keepers.got) == 3)
    first, second = told(keepers, "endorsement.signed")
    assert first == {
        "endorsement": offered["endorsement"], "receipt": receipt, "part": "holder", "party": TIER_1.number,
        "keeper": KEEPER.number, "acquirer": TIER_2.number, "day": desk.today, "answer_by": None,
    }  # fmt: skip
    assert (second["part"], second["party"]) == ("acquirer", TIER_2.number)
    assert second["answer_by"] == asked_for["answer_by"] > desk.today
    (refused,) = told(keepers, "declaration.made")
    assert (refused["kind"], refused["party"], refused["subject"]) == (
        "endorsement refusal", KEEPER.number, offered["endorsement"],
    )  # fmt: skip
    assert refused["fields"]["reason"] == "the acquirer is not known here"
    assert len(set(keepers.ids())) == 3
    for headers, body in keepers.got:
        assert headers["webhook-signature"] == signature(hook["secret"], headers, body)


def test_all_three_signatures_are_told_and_what_was_signed_before_is_not(desk: Desk) -> None:
    message = prepared(desk, stored(desk))
    signed(desk, message, HOLDER)
    with sink() as late, courier(desk.gateway):
        subscribed(desk.http, late)
        signed(desk, message, ACQUIRER, KEEPS)
        until(lambda: len(late.got) == 2)
        reindex(desk.gateway.engine, desk.ledger.chain)
        asked(desk)
        until(lambda: len(late.got) >= 3)
    assert [each["part"] for each in told(late, "endorsement.signed")] == ["acquirer", "keeper"]
    assert len(told(late, "declaration.made")) == 1


def test_each_step_of_goods_that_come_in_is_told(desk: Desk) -> None:
    with sink() as everybody, courier(desk.gateway):
        subscribed(desk.http, everybody, "declaration.made")
        request = asked(desk)
        weighed(desk, request)
        until(lambda: len(everybody.got) == 2)
    made, weighing = told(everybody, "declaration.made")
    assert (made["kind"], made["declaration"], made["subject"]) == (
        "storage request", request, str(KEEPER.number),
    )  # fmt: skip
    assert (weighing["kind"], weighing["subject"]) == ("weighing", request)
    assert weighing["fields"]["quantity"] == "1250.500"


def test_what_is_said_while_the_index_is_made_anew_is_told_afterwards(desk: Desk) -> None:
    """A receipt's keeper is nowhere to be found meanwhile."""
    message = prepared(desk, stored(desk))
    with sink() as keepers:
        subscribed(desk.http, keepers, "endorsement.signed")
        signed(desk, message, HOLDER)
        with desk.gateway.engine.begin() as connection:
            desk.ledger.chain.indexer().reset(connection)
        assert Courier(desk.gateway, now).gather() == []
        reindex(desk.gateway.engine, desk.ledger.chain)
        with courier(desk.gateway):
            until(lambda: len(keepers.got) == 1)
    (data,) = told(keepers, "endorsement.signed")
    assert data["keeper"] == KEEPER.number
