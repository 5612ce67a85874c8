"""What happens to a signed act between the caller and the outbox: once, whole, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, func, select

from chainsvc.api import Settings as SubmitterSettings
from chainsvc.backends.process import start_embedded
from chainsvc.signing import KeySigner
from chainsvc.tables import instructions as outbox
from gateway.adapters.ledger import acts
from gateway.adapters.ledger.chain import Chain, Rpc
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.courier import Courier
from gateway.db.own import instructions as book
from gateway.ids import format_id
from gateway.money import text
from gateway.projections.rebuild import follow, reindex
from gateway.services.json_acts import write_message
from gateway.settings import Settings
from tests.bench.gas import QUANTITY, Desk
from tests.gateway.conftest import book_of, house_on
from tests.gateway.serving import serving
from tests.house.cast import LENDER, TIER_1, TIER_2, TIER_3, Person, person
from tests.house.house import EVIDENCE_HASH, START, House
from tests.house.machine import CHAIN_ID
from tests.house.node_machine import RELAYER_KEY

STRANGER = person(TIER_1.number, "nobody the ledger knows", 9, "TITLE")
TITLES = 12


class Counter:
    """A caller at the gateway's counter, with titles of tier 1 on a real chain."""

    def __init__(self, house: House, gateway: Gateway, titles: list[int], client: httpx2.Client) -> None:
        self.house = house
        self.gateway = gateway
        self.titles = titles
        self.client = client
        self._calls = 0

    def assign(
        self,
        title_: int,
        *,
        holder: Person = TIER_1["maker"],
        acquirer: Person = TIER_2["maker"],
        **changes: Any,
    ) -> dict[str, Any]:
        message = {
            "title": title_, "sequence": 0, "to": TIER_2.number, "expiresAt": self.house.expiry(),
            "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        digest = acts.digest(self.house.domain, "Assign", message)
        parts = {
            name: "0x" + b"".join(acts.sign(who.key, digest)).hex()
            for name, who in (("holder", holder), ("acquirer", acquirer))
        }
        return {"function": "assign", "message": {**write_message(message), **changes}, "parts": parts}

    def post(self, *acts_: dict[str, Any], key: str) -> Any:
        return self.client.post(
            "/instructions", json={"instructions": list(acts_)}, headers={"Idempotency-Key": key}
        )

    def fresh(self) -> str:
        self._calls += 1
        return f"call-{self._calls}"

    def refused(self, *acts_: dict[str, Any]) -> dict[str, Any]:
        """The refusal of a call, which left nothing behind."""
        before = self.kept()
        answer = self.post(*acts_, key=self.fresh())
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert self.kept() == before
        found: dict[str, Any] = answer.json()
        return found

    def kept(self) -> tuple[int, int]:
        """How many instructions stand in the gateway's book and in the outbox."""
        with self.gateway.view() as unit:
            counts = [
                unit.connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (book, outbox)
            ]
        return counts[0], counts[1]


@pytest.fixture(scope="module")
def counter(module_database: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    folder: Path = tmp_path_factory.mktemp("intake")
    with (
        start_embedded(
            folder / "chain", chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True
        ) as node,
        Rpc(node.url) as rpc,
    ):
        house = house_on(rpc)
        titles = Desk(house).roots(TITLES)
        engine = module_database
        chain = Chain(rpc, book_of(house))
        reindex(engine, chain)
        gateway = Gateway(
            Settings(rpc_url=node.url, webhook_networks=["127.0.0.0/8"]), engine, chain, house.domain, 0
        )
        with serving(create_app(gateway)) as client:
            yield Counter(house, gateway, titles, client)


def test_the_same_call_again_gives_the_same_answer_and_changes_nothing(counter: Counter) -> None:
    act = counter.assign(counter.titles[0])
    first = counter.post(act, key="again")
    kept = counter.kept()
    second = counter.post(act, key="again")
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.content == second.content
    assert first.json() == {"operations": [{"key": "again/0", "href": "/operations/again/0"}]}
    assert counter.kept() == kept
    assert counter.client.get("/operations/again/0").json()["state"] == "pending"


def test_a_key_serves_one_body_only(counter: Counter) -> None:
    assert counter.post(counter.assign(counter.titles[1]), key="one body").status_code == 202
    kept = counter.kept()
    altered = counter.post(counter.assign(counter.titles[2]), key="one body")
    assert altered.status_code == 422
    assert (altered.json()["rule"], altered.json()["key"]) == ("IDEMPOTENCY-KEY", "one body")
    assert counter.kept() == kept


def test_a_used_key_takes_no_further_act(counter: Counter) -> None:
    first, second = counter.assign(counter.titles[3]), counter.assign(counter.titles[4])
    assert counter.post(first, key="longer").status_code == 202
    kept = counter.kept()
    for acts_ in ([first, second], [second, first], [second]):
        longer = counter.post(*acts_, key="longer")
        assert (longer.status_code, longer.json()["rule"]) == (422, "IDEMPOTENCY-KEY")
    assert counter.kept() == kept


def test_one_call_sent_many_times_at_once_is_taken_once(counter: Counter) -> None:
    act = counter.assign(counter.titles[5])
    before = counter.kept()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: counter.post(act, key="at once"), range(12)))
    taken = {answer.content for answer in answers if answer.status_code == 202}
    others = [answer for answer in answers if answer.status_code != 202]
    assert len(taken) == 1
    assert {(each.status_code, each.json()["rule"]) for each in others} <= {(409, "IDEMPOTENCY-IN-FLIGHT")}
    assert {each.headers["retry-after"] for each in others} <= {"1"}
    assert {counter.post(act, key="at once").content} == taken
    assert counter.kept() == (before[0] + 1, before[1] + 1)


def test_calls_at_once_do_not_share_a_refusal(counter: Counter) -> None:
    good = [counter.assign(20_000 + number) for number in range(8)]
    bad = [counter.assign(30_000 + number, holder=STRANGER) for number in range(4)]
    before = counter.kept()
    with ThreadPoolExecutor(12) as pool:
        answers = list(
            pool.map(lambda act: counter.post(act, key=f"mixed {id(act)}").status_code, [*good, *bad])
        )
    assert answers == [202] * 8 + [422] * 4
    assert counter.kept() == (before[0] + 8, before[1] + 8)


def test_a_call_without_a_key_is_refused(counter: Counter) -> None:
    answer = counter.client.post("/instructions", json={"instructions": [counter.assign(counter.titles[0])]})
    assert (answer.status_code, answer.json()["rule"]) == (400, "IDEMPOTENCY-KEY")


@pytest.mark.parametrize("part", ["holder", "acquirer"])
def test_a_signature_of_nobody_the_ledger_knows_is_refused(counter: Counter, part: str) -> None:
    signers = {part: STRANGER}
    found = counter.refused(counter.assign(counter.titles[0], **signers))
    assert (found["rule"], found["field"]) == ("SIGNATURE-UNKNOWN", f"parts.{part}")
    assert found["recovered"] == STRANGER.address.lower()


def test_a_signature_on_another_act_is_refused(counter: Counter) -> None:
    found = counter.refused(counter.assign(counter.titles[0], to=TIER_3.number))
    assert (found["rule"], found["field"]) == ("SIGNATURE-UNKNOWN", "parts.holder")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "many"}, "title"),
        ({"title": -1}, "title"),
        ({"title": 2**64}, "title"),
        ({"title": 1.5}, "title"),
        ({"title": True}, "title"),
        ({"to": 2**32}, "to"),
        ({"evidence": "0x12"}, "evidence"),
        ({"evidence": None}, "evidence"),
        ({"favour": 1}, "favour"),
    ],
)
def test_a_field_that_is_not_what_the_act_says_is_named(
    counter: Counter, changes: dict[str, Any], field: str
) -> None:
    found = counter.refused(counter.assign(counter.titles[0], **changes))
    assert (found["rule"], found["field"]) == ("ACT-FIELD", field)


@pytest.mark.parametrize(
    ("part", "value", "rule", "field"),
    [
        ("holder", "0x1234", "SIGNATURE-FORM", "parts.holder"),
        ("holder", 5, "SIGNATURE-FORM", "parts.holder"),
        ("witness", "0x", "ACT-FIELD", "parts.witness"),
    ],
)
def test_a_part_that_is_not_what_the_verb_takes_is_named(
    counter: Counter, part: str, value: Any, rule: str, field: str
) -> None:
    act = counter.assign(counter.titles[0])
    act["parts"][part] = value
    found = counter.refused(act)
    assert (found["rule"], found["field"]) == (rule, field)


@pytest.mark.parametrize(
    ("offices", "field"),
    [
        ("everyone", "parts.offices"),
        (["the bank"], "parts.offices[0]"),
        ([{"party": "x", "signature": "0x" + "00" * 64}], "parts.offices[0].party"),
        ([{"party": LENDER.number}], "parts.offices[0].signature"),
    ],
)
def test_offices_that_do_not_sign_as_offices_do_are_named(counter: Counter, offices: Any, field: str) -> None:
    message = {
        "title": str(counter.titles[0]), "order": "0x" + "11" * 32, "untilDay": 30_000, "child": 0,
        "quantity": 0, "expiresAt": counter.house.expiry(),
    }  # fmt: skip
    names = [each["name"] for each in acts.act_types()["Freeze"]["Freeze"]]
    act = {"function": "freeze", "message": {name: message.get(name, 0) for name in names}}
    found = counter.refused({**act, "parts": {"offices": offices}})
    assert found["field"] == field


def test_all_fields_at_fault_are_told_at_once(counter: Counter) -> None:
    act = counter.assign(counter.titles[0], to="somebody", favour=1)
    del act["message"]["expiresAt"]
    found = counter.refused(act)
    assert found["title"] == "3 fields of Assign are missing or wrong"
    assert [(each["field"], each["message"]) for each in found["errors"]] == [
        ("favour", "Assign has no field favour"),
        ("to", "a whole number is expected"),
        ("expiresAt", "Assign.expiresAt is missing"),
    ]


UNSIGNED = [
    ("markGoods", {"facility": 31, "lots": [135_197_799_507]}),
    ("completeSales", {"titles": "135197799507"}),
]


@pytest.mark.parametrize("place", ["message", "parts"])
@pytest.mark.parametrize(("function", "fields"), UNSIGNED)
def test_fields_of_an_act_that_nobody_signs_stand_in_either_place(
    counter: Counter, function: str, fields: dict[str, Any], place: str
) -> None:
    answer = counter.client.post(
        "/instructions", params={"dry_run": "true"}, json={"instructions": [{"function": function, place: fields}]},
        headers={"Idempotency-Key": "unsigned"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    (item,) = answer.json()["items"]
    # It came to the ledger, which has no such goods.
    assert (item["would"], item["error"]) == ("be refused", None)


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ({"function": "markGoods"}, ["facility", "lots"]),
        ({"function": "markGoods", "message": {"facility": 31}}, ["lots"]),
        ({"function": "markGoods", "parts": {"lots": [1]}}, ["parts.facility"]),
        (
            {"function": "markGoods", "message": {"facility": "x", "lots": ["1", None]}},
            ["facility", "lots[1]"],
        ),
        ({"function": "markGoods", "message": {"facility": 31}, "parts": {"lots": [1]}}, ["parts"]),
        ({"function": "completeSales", "message": {}}, ["titles"]),
        ({"function": "completeSales", "message": {"title": 1}}, ["title", "titles"]),
    ],
)
def test_a_missing_field_of_an_act_that_nobody_signs_is_named(
    counter: Counter, act: dict[str, Any], fields: list[str]
) -> None:
    found = counter.refused(act)
    assert (found["rule"], found["field"]) == ("ACT-FIELD", fields[0])
    assert [each["field"] for each in found["errors"]] == fields


def test_what_goes_unsigned_beside_an_act_is_named_where_it_is_missing(counter: Counter) -> None:
    message = {
        "list": 1, "receivable": EVIDENCE_HASH, "root": 1, "quantity": 1, "expiresAt": counter.house.expiry(),
        "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    found = counter.refused({"function": "acceptOffer", "message": write_message(message)})
    assert (found["rule"], found["field"]) == ("ACT-FIELD", "parts.receivable")


def test_an_unknown_verb_is_refused(counter: Counter) -> None:
    found = counter.refused({**counter.assign(counter.titles[0]), "function": "give"})
    assert (found["rule"], found["field"]) == ("FUNCTION-UNKNOWN", "function")


def test_text_that_no_canonical_form_has_is_refused(counter: Counter) -> None:
    body = b'{"instructions": [{"function": "assign", "message": {}, "parts": {"holder": "\\ud800"}}]}'
    answer = counter.client.post("/instructions", content=body, headers={"Idempotency-Key": counter.fresh()})
    assert answer.status_code == 422, answer.text


def test_two_hundred_acts_are_taken_all_or_none(counter: Counter) -> None:
    many = [counter.assign(10_000 + number) for number in range(200)]
    before = counter.kept()
    spoiled = [*many[:-1], counter.assign(counter.titles[0], holder=STRANGER)]
    found = counter.refused(*spoiled)
    assert (found["rule"], found["field"]) == ("SIGNATURE-UNKNOWN", "parts.holder")
    assert found["key"].endswith("/199")
    answer = counter.post(*many, key="two hundred")
    assert [each["key"] for each in answer.json()["operations"]] == [f"two hundred/{n}" for n in range(200)]
    assert counter.kept() == (before[0] + 200, before[1] + 200)


def test_a_dry_run_says_what_would_become_of_each_act_and_stores_nothing(counter: Counter) -> None:
    acts_ = [counter.assign(title) for title in counter.titles[9:11]]
    lapsed = counter.assign(counter.titles[11])
    before = counter.kept()
    body = {"instructions": [*acts_, counter.assign(404), lapsed, counter.assign(counter.titles[9])]}
    answer = counter.client.post(
        "/instructions", params={"dry_run": "true"}, json=body, headers={"Idempotency-Key": "dry"}
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [each["would"] for each in found["items"]] == [
        "be done", "be done", "be refused", "be done", "be refused"
    ]  # fmt: skip
    assert found["items"][0] == {
        "place": 0, "function": "assign", "would": "be done", "reason": None, "sentence": None, "rule": None,
        "error": None, "quote": None, "terms_unfit": [],
    }  # fmt: skip
    assert (found["items"][2]["reason"], found["items"][2]["rule"]) == ("UNKNOWN_TITLE", "CN77-9")
    assert found["items"][4]["reason"] == "WRONG_SEQUENCE"
    assert 60_000 < found["gas"] < 300_000
    head = counter.gateway.chain.block()
    assert head is not None
    assert found["block"] == head.number
    assert counter.kept() == before
    # The key is free: nothing was stored under it.
    assert counter.post(acts_[0], key="dry").status_code == 202


def test_a_dry_run_refuses_what_the_counter_would_refuse(counter: Counter) -> None:
    body = {"instructions": [counter.assign(counter.titles[0], holder=STRANGER)]}
    answer = counter.client.post(
        "/instructions", params={"dry_run": "true"}, json=body, headers={"Idempotency-Key": "dry"}
    )
    assert (answer.status_code, answer.json()["rule"]) == (422, "SIGNATURE-UNKNOWN")


def test_what_was_taken_reaches_the_chain_and_what_the_rules_refuse_is_told(counter: Counter) -> None:
    hook = counter.client.post(
        "/webhooks", json={"url": "http://127.0.0.1:9/"}, headers={"Idempotency-Key": "hook"}
    ).json()["webhook"]
    good = [counter.assign(title) for title in counter.titles[6:9]]
    assert counter.post(*good, counter.assign(404), key="carried").status_code == 202
    gateway = counter.gateway
    worker = gateway.chain.worker(gateway.engine, KeySigner(RELAYER_KEY), SubmitterSettings(CHAIN_ID))
    indexer = gateway.chain.indexer()
    for now in range(1_000, 1_020):
        if worker.step(now).idle and follow(gateway.engine, indexer, gateway.chain.book).caught_up:
            break
    worker.close()
    operations = [counter.client.get(f"/operations/carried/{place}").json() for place in range(4)]
    assert (operations[0]["reason"], operations[0]["rule"]) == ("NONE", "DEC-5")
    assert [each["state"] for each in operations] == ["final", "final", "final", "refused"]
    assert operations[3]["reason"] == "UNKNOWN_TITLE"
    for _ in range(2):  # what is kept already is not kept again
        Courier(gateway, lambda: 1_020).gather()
    told = counter.client.get(f"/webhooks/{hook}/deliveries?limit=1000").json()["deliveries"]
    messages = [json.loads(each["body"]) for each in told]
    refused = {
        each["data"]["key"]: each["data"] for each in messages if each["type"] == "instruction.refused"
    }
    assert (refused["carried/3"]["function"], refused["carried/3"]["rule"]) == ("assign", "CN77-9")
    moved = [each["data"] for each in messages if each["type"] == "title.moved"]
    assert {each["title"] for each in moved} >= {format_id(title) for title in counter.titles[6:9]}
    assert {(each["from_holder"], each["to_holder"]) for each in moved} == {(TIER_1.number, TIER_2.number)}
    assert {each["amount"] for each in moved} == {text(QUANTITY, 156)}
    held = counter.client.get(f"/titles?holder={TIER_2.number}").json()["titles"]
    assert {int(each["id"]) for each in held} >= set(counter.titles[6:9])
