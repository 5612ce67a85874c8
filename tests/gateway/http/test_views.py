"""What the ledger says now, at a block, at an instant and at the end of a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine

from chainsvc.backends.process import Node
from gateway.adapters.ledger.acts import Domain
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.domain.calendar import day_of, iso
from gateway.projections.rebuild import follow, reindex
from gateway.services.identities import commitment
from gateway.settings import Settings
from tests.gateway.conftest import Told
from tests.gateway.http.conftest import Caller
from tests.gateway.serving import serving
from tests.house.cast import TIER_1
from tests.house.machine import CHAIN_ID

VIEWS = ("parties", "receivables", "titles", "facilities", "loans", "movements", "lots")


@pytest.fixture(scope="module")
def blocks(told: Told, module_database: Engine) -> dict[int, dict[str, list[object]]]:
    """What the views say when the index has come no further than a block: the judge of answers about the past."""
    engine = module_database
    head = told.chain.block()
    assert head is not None
    found = {}
    domain = Domain(CHAIN_ID, told.book["Ledger"].address)
    with serving(create_app(Gateway(Settings(), engine, told.chain, domain, 0))) as http:
        for block in range(0, head.number, head.number // 6):
            indexer = told.chain.indexer(confirmations=head.number - block)
            while not follow(engine, indexer, told.book).caught_up:
                pass
            found[block] = {name: http.get(f"/{name}?limit=1000").json()[name] for name in VIEWS}
    return found


def test_the_past_is_what_was_said_then(caller: Caller, blocks: dict[int, dict[str, list[object]]]) -> None:
    assert len(blocks) > 5
    # In an order that folds anew, onward from a kept one, and asks a kept one again.
    numbers = sorted(blocks)
    for block in [*numbers[3:5], *numbers[:3], *numbers[5:], *numbers]:
        for name in VIEWS:
            answer = caller.get(f"/{name}", as_of=block, limit=1000)
            assert answer[name] == blocks[block][name], (block, name)
            assert answer["as_of"]["block"] == block


def test_pages_of_the_past_are_of_one_block(caller: Caller) -> None:
    head = caller.get("/titles")["as_of"]["block"]
    then = head // 2
    rows = caller.rows("/titles", "titles", 2, as_of=then)
    assert rows == caller.get("/titles", limit=1000, as_of=then)["titles"]
    assert rows != caller.get("/titles", limit=1000)["titles"]


def test_an_answer_says_at_which_block_it_is_true(caller: Caller) -> None:
    head = caller.told.chain.block()
    assert head is not None
    at = caller.get("/titles")["as_of"]
    assert (at["block"], at["hash"]) == (head.number, head.hash)
    assert datetime.fromisoformat(at["time"]).timestamp() == head.time
    assert caller.get("/titles", as_of=head.number) == caller.get("/titles")


def test_an_instant_means_the_last_block_sealed_by_then(caller: Caller) -> None:
    head = caller.get("/titles")["as_of"]["block"]
    chain = caller.told.chain
    tried = 0
    for number in range(1, head):
        block, later = chain.block(number), chain.block(number + 1)
        assert block is not None
        assert later is not None
        if tried == 8 or later.time == block.time:  # of blocks in one second, the last
            continue
        tried += 1
        for seconds in {block.time, later.time - 1}:
            text = datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
            assert caller.get("/titles", as_of=text)["as_of"]["block"] == number
        shanghai = datetime.fromtimestamp(block.time, timezone(timedelta(hours=8))).isoformat()
        assert caller.get("/titles", as_of=shanghai)["as_of"]["block"] == number
    assert tried > 3


def test_a_day_means_its_end_in_shanghai(caller: Caller) -> None:
    chain = caller.told.chain
    head = chain.block()
    first = chain.block(0)
    assert head is not None
    assert first is not None
    day = (day_of(first.time) + day_of(head.time)) // 2
    number = caller.get("/titles", as_of=iso(day))["as_of"]["block"]
    block, later = chain.block(number), chain.block(number + 1)
    assert block is not None
    assert later is not None
    assert day_of(block.time) <= day < day_of(later.time)


def test_what_lies_ahead_or_before_is_refused(caller: Caller) -> None:
    head = caller.told.chain.block()
    assert head is not None
    for ahead in (head.number + 1, 10**14, iso(day_of(head.time)), "2099-01-01T00:00:00Z"):
        caller.refused(caller.http.get("/titles", params={"as_of": ahead}), 404, "AS-OF-AHEAD")
    caller.refused(caller.http.get("/titles", params={"as_of": "1999-12-31T00:00:00Z"}), 404, "AS-OF-BEFORE")
    for nonsense in ("2026-02-30", "2026-01-01T25:00:00Z"):
        caller.refused(caller.http.get("/titles", params={"as_of": nonsense}), 404, "AS-OF-FORM")
    for nonsense in ("-1", "yesterday", "2026-01-01T10:00:00", "0x10"):
        caller.refused(caller.http.get("/titles", params={"as_of": nonsense}), 422, "BODY-INVALID")


def test_before_the_deployment_there_is_no_ledger(told: Told, story_node: Node, database: Engine) -> None:
    domain = Domain(CHAIN_ID, told.book["Ledger"].address)
    gateway = Gateway(Settings(rpc_url=story_node.url, as_of_facts=10), database, told.chain, domain, 5)
    with serving(create_app(gateway)) as http:
        assert http.get("/titles").json() == {
            "titles": [], "next": None, "as_of": {"block": -1, "hash": None, "time": None}
        }  # fmt: skip
        assert http.get("/titles?as_of=7").json()["rule"] == "AS-OF-AHEAD"
        reindex(database, told.chain)
        assert http.get("/titles?as_of=4").json()["rule"] == "AS-OF-BEFORE"
        costly = http.get("/titles", params={"as_of": http.get("/titles").json()["as_of"]["block"]})
        assert (costly.status_code, costly.json()["rule"]) == (422, "AS-OF-COST")


def test_one_thing_is_what_its_list_says(caller: Caller) -> None:
    for name in ("receivables", "titles", "loans"):
        for row in caller.get(f"/{name}", limit=1000)[name]:
            one = caller.get(f"/{name}/{row['id']}")
            assert one.pop("as_of")["block"] == caller.get("/titles")["as_of"]["block"]
            assert one == row
        caller.refused(
            caller.http.get(f"/{name}/77-77"), 404, caller.http.get(f"/{name}/77-77").json()["rule"]
        )


def test_what_is_not_owed_is_no_principal(caller: Caller) -> None:
    loans = caller.get("/loans", limit=1000)["loans"]
    assert {"void", "settled"} <= {row["phase"] for row in loans}
    for row in loans:
        assert float(row["drawn"]) > 0
        if row["phase"] in ("void", "reserved", "settled"):
            assert float(row["principal"]) == 0


def test_a_title_settled_early_says_so(caller: Caller) -> None:
    early = [row for row in caller.get("/titles", limit=1000)["titles"] if "early" in row["flags"]]
    assert early
    assert {row["status"] for row in early} <= {"settled", "spent", "live"}


# ── Names ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_name_that_was_not_admitted_is_not_shown(caller: Caller) -> None:
    body = {"party": TIER_1.number, "name": "Somebody else", "identifiers": [], "salt": "0x" + "07" * 32}
    problem = caller.refused(caller.post("/identities", body), 409, "IDENTITY-DIFFERS")
    assert problem["found"] == "0x" + commitment(body).hex()
    listed = {row["party"]: row["name"] for row in caller.get("/parties", limit=1000)["parties"]}
    assert listed[TIER_1.number] == ""


def test_who_is_not_admitted_yet_is_told_what_to_be_admitted_with(caller: Caller) -> None:
    body = {
        "party": 4_002, "name": "保定恒通部件有限公司", "salt": "0x" + "AB" * 32,
        "identifiers": [{"scheme": "USCC", "value": "91310000MA1K35L86A"}],
    }  # fmt: skip
    told = caller.post("/identities", body).json()
    assert told == {"party": 4_002, "commitment": "0x" + commitment(body).hex(), "admitted": False}
    assert caller.post("/identities", {**body, "salt": "0x" + "ab" * 32}).json() == told
