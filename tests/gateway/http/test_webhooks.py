"""Webhooks out: signed, at least once, in spite of sinks that fail, and never to an address that is not theirs."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, update

from chainsvc.backends.process import Node
from gateway.adapters.ledger.acts import Domain
from gateway.app import create_app
from gateway.bootstrap import Gateway, now
from gateway.courier import Courier
from gateway.db.own import webhooks
from gateway.demo.processes import free_port
from gateway.ids import format_id
from gateway.projections.rebuild import follow, reindex
from gateway.services.webhooks import wait_after
from gateway.settings import Settings
from tests.gateway.conftest import Told
from tests.gateway.http.conftest import Caller
from tests.gateway.serving import serving
from tests.gateway.sinks import Sink, courier, signature, sink, until
from tests.house.machine import CHAIN_ID


@dataclass
class House:
    """A gateway that has read the story up to its first loan, and may read on."""

    gateway: Gateway
    told: Told
    http: httpx2.Client
    keys: int = 0

    def subscribe(self, url: str, *events: str) -> dict[str, Any]:
        self.keys += 1
        headers = {"Idempotency-Key": f"hook-{self.keys}"}
        answer = self.http.post("/webhooks", json={"url": url, "events": list(events)}, headers=headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def read_on(self, *, to_the_end: bool = False) -> None:
        """On to the end of the first loans' chapter, which is enough for most, or of the whole story."""
        self.read_to(None if to_the_end else "lent_block")

    def read_to(self, mark: str | None) -> None:
        """Up to a block that the story marked, or to its end."""
        head = self.told.chain.block()
        assert head is not None
        behind = 0 if mark is None else head.number - self.told.story.ids[mark]
        indexer = self.told.chain.indexer(confirmations=behind)
        while not follow(self.gateway.engine, indexer, self.told.book).caught_up:
            pass

    def deliveries(self, webhook: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            params = {"limit": 50} | ({"cursor": cursor} if cursor else {})
            page = self.http.get(f"/webhooks/{webhook}/deliveries", params=params).json()
            found += page["deliveries"]
            cursor = page["next"]
            if cursor is None:
                return found

    def expected(self, webhook: str) -> int:
        return len(self.deliveries(webhook))


@pytest.fixture
def house(told: Told, story_node: Node, database: Engine) -> Iterator[House]:
    settings = Settings(rpc_url=story_node.url, webhook_networks=["127.0.0.0/8"], webhook_backoff_seconds=1)
    gateway = Gateway(settings, database, told.chain, Domain(CHAIN_ID, told.book["Ledger"].address), 0)
    with serving(create_app(gateway)) as http:
        found = House(gateway, told, http)
        found.read_to("lending_block")
        yield found


def _protectors(told: Told, everything: Sink) -> dict[tuple[str, str], list[str]]:
    """Amounts that were told of guarantor and reserve, by kind; a consent is told to nobody."""
    names = {format_id(told.story.ids[name]): name for name in ("guarantee", "reserve")}
    found: dict[tuple[str, str], list[str]] = {}
    for _, body in everything.got:
        message = json.loads(body)
        if message["type"].startswith("protection."):
            key = (message["type"], names[message["data"]["protection"]])
            found.setdefault(key, []).append(message["data"]["amount"])
    return found


def test_what_happens_is_told_once_and_signed(house: House) -> None:
    with sink() as everything, sink() as loans, courier(house.gateway):
        hook = house.subscribe(everything.url)
        only = house.subscribe(loans.url, "loan.paid_out", "loan.repaid")
        house.read_on(to_the_end=True)
        until(lambda: len(everything.got) > 0 and len(everything.got) == house.expected(hook["webhook"]))
        until(lambda: len(loans.got) == house.expected(only["webhook"]))
        told = len(everything.got)
        time.sleep(1)
        assert len(everything.got) == told
    assert {
        "title.settled", "title.locked", "title.released", "loan.drawn", "loan.paid_out", "loan.repaid",
        "fact.recorded", "root.received",
    } <= everything.kinds()  # fmt: skip
    assert len(set(everything.ids())) == len(everything.got)
    for headers, body in everything.got:
        assert headers["webhook-signature"] == signature(hook["secret"], headers, body)
        assert headers["content-type"] == "application/json"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        message = json.loads(body)
        assert set(message) == {"type", "timestamp", "data"}
        assert message["data"]["block"] > 0
    assert _protectors(house.told, everything) == {
        ("protection.called", "guarantee"): ["10000.00"], ("protection.called", "reserve"): ["20834.78"],
        ("protection.paid", "guarantee"): ["10000.00"], ("protection.paid", "reserve"): ["20834.78"],
        ("protection.reimbursed", "guarantee"): ["10000.00"],
    }  # fmt: skip
    assert loans.kinds() == {"loan.paid_out", "loan.repaid"}
    paid = [json.loads(body)["data"] for _, body in loans.got if b"loan.repaid" in body]
    assert {"loan", "interest", "principal", "surplus", "currency"} <= set(paid[0])
    assert all(each["state"] == "delivered" for each in house.deliveries(hook["webhook"]))


def test_what_happened_before_is_not_told(house: House) -> None:
    with sink() as late, courier(house.gateway):
        house.read_on()
        hook = house.subscribe(late.url)
        time.sleep(1)
        assert late.got == []
        assert house.deliveries(hook["webhook"]) == []


def test_a_sink_that_fails_is_tried_again_with_the_same_message(house: House) -> None:
    with sink(lambda number: 500 if number <= 2 else 200) as weak, courier(house.gateway):
        hook = house.subscribe(weak.url, "loan.voided")
        house.read_on()
        until(lambda: {each["state"] for each in house.deliveries(hook["webhook"])} == {"delivered"})
    delivery, *others = house.deliveries(hook["webhook"])
    assert weak.ids() == [delivery["message"]] * 3 + [each["message"] for each in others]
    assert len({body for _, body in weak.got[:3]}) == 1
    assert [each["status"] for each in delivery["attempts"]] == [500, 500, 200]
    times = [each["at"] for each in delivery["attempts"]]
    assert times[1] - times[0] >= 1
    assert times[2] - times[1] >= 2
    assert [wait_after(n, 5) for n in (1, 2, 3, 20, 60)] == [5, 10, 20, 21_600, 21_600]


def test_a_dead_sink_keeps_nobody_waiting(house: House) -> None:
    dead = f"http://127.0.0.1:{free_port()}/nobody"
    with sink(lambda _: time.sleep(3) or 200) as slow, sink() as alive, courier(house.gateway):
        gone = house.subscribe(dead)
        hanging = house.subscribe(slow.url)
        hook = house.subscribe(alive.url)
        house.read_on()
        until(lambda: len(alive.got) > 0 and len(alive.got) == house.expected(hook["webhook"]))
        assert len(slow.got) < len(alive.got)
    shown = house.http.get(f"/webhooks/{gone['webhook']}").json()
    assert shown["failures"] >= 1
    assert shown["pending"] == house.expected(gone["webhook"]) > 0
    assert house.http.get(f"/webhooks/{hanging['webhook']}").json()["pending"] > 0


def test_a_webhook_whose_row_cannot_be_read_keeps_no_other_waiting(house: House) -> None:
    with sink() as first, sink() as second:
        broken, whole = house.subscribe(first.url), house.subscribe(second.url)
        with house.gateway.engine.begin() as connection:
            mine = webhooks.c.webhook == broken["webhook"]
            connection.execute(update(webhooks).where(mine).values(events="no JSON"))
        house.read_on()
        with courier(house.gateway):
            until(lambda: len(second.got) > 0 and len(second.got) == house.expected(whole["webhook"]))
        assert first.got == []


def test_nothing_is_lost_when_the_worker_stops(house: House) -> None:
    with sink() as later:
        hook = house.subscribe(later.url)
        house.read_on()
        # Made and kept, one of them claimed, and then the process was gone.
        Courier(house.gateway, now).gather()
        kept = house.expected(hook["webhook"])
        assert kept > 10
        assert later.got == []
        with courier(house.gateway):
            until(lambda: len(later.got) >= 5)
        with courier(house.gateway):
            until(lambda: {each["state"] for each in house.deliveries(hook["webhook"])} == {"delivered"})
        assert set(later.ids()) == {each["message"] for each in house.deliveries(hook["webhook"])}


def test_an_index_made_anew_tells_nothing_twice(house: House) -> None:
    with sink() as steady, courier(house.gateway):
        hook = house.subscribe(steady.url, "loan.paid_out", "loan.repaid")
        house.read_on(to_the_end=True)
        until(lambda: len(steady.got) > 0 and len(steady.got) == house.expected(hook["webhook"]))
        told = len(steady.got)
        reindex(house.gateway.engine, house.told.chain)
        time.sleep(1.5)
        assert len(steady.got) == told


def test_no_redirect_is_followed(house: House) -> None:
    with sink(lambda _: 302) as moved, courier(house.gateway):
        hook = house.subscribe(moved.url, "loan.voided")
        house.read_on()
        until(lambda: bool(moved.got) and bool(house.deliveries(hook["webhook"])[0]["attempts"]))
        delivery = house.deliveries(hook["webhook"])[0]
    assert delivery["attempts"][0]["status"] == 302
    assert len(moved.got) == sum(len(each["attempts"]) for each in house.deliveries(hook["webhook"]))


def test_a_sink_that_says_it_is_gone_is_told_no_more(house: House) -> None:
    with sink(lambda _: 410) as gone, courier(house.gateway):
        hook = house.subscribe(gone.url)
        house.read_on()
        until(lambda: house.http.get(f"/webhooks/{hook['webhook']}").json()["stopped_at"] is not None)
        time.sleep(1)
        assert len(gone.got) == 1


def test_one_message_that_is_refused_holds_up_no_other(house: House) -> None:
    with sink(lambda number: 400 if number == 1 else 200) as picky, courier(house.gateway):
        hook = house.subscribe(picky.url)
        house.read_on()
        until(lambda: len(set(picky.ids())) == house.expected(hook["webhook"]) > 1)


def test_a_secret_is_shown_once(house: House) -> None:
    with sink() as any_:
        body = {"url": any_.url, "events": ["title.moved"]}
        first = house.http.post("/webhooks", json=body, headers={"Idempotency-Key": "secret"})
        again = house.http.post("/webhooks", json=body, headers={"Idempotency-Key": "secret"})
        assert first.content == again.content
        hook = first.json()
        assert len(base64.b64decode(hook["secret"].removeprefix("whsec_"))) == 32
        shown = house.http.get(f"/webhooks/{hook['webhook']}")
        listed = house.http.get("/webhooks")
        assert hook["secret"] not in shown.text + listed.text
        assert [each["webhook"] for each in listed.json()["webhooks"]] == [hook["webhook"]]
        gone = house.http.delete(f"/webhooks/{hook['webhook']}", headers={"Idempotency-Key": "go"})
        assert (gone.status_code, gone.json()) == (200, {"webhook": hook["webhook"]})
        assert house.http.get(f"/webhooks/{hook['webhook']}").status_code == 404
        assert house.http.delete(f"/webhooks/{hook['webhook']}").status_code == 400


CORPUS = [
    "http://127.0.0.1/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0177.0.0.1/", "https://localhost/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://0.0.0.0/", "https://[::]/", "https://10.0.0.1/",
    "https://172.16.9.9/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/",
    "https://[fe80::1]/", "https://[fd00::1]/", "https://100.64.0.1/", "https://224.0.0.1/",
    "https://255.255.255.255/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
    "https://[::127.0.0.1]/", "https://192.0.2.1/", "https://198.18.0.1/", "https://[ff02::1]/",
    "https://user:pass@8.8.8.8/", "https://8.8.8.8/#part", "http://8.8.8.8/", "https://no-such-host.invalid/",
    "https:///nothing", "https://[bad/",
]  # fmt: skip


@pytest.mark.parametrize("url", CORPUS)
def test_an_address_that_is_nobodys_sink_is_refused(caller: Caller, url: str) -> None:
    caller.refused(caller.post("/webhooks", {"url": url}), 403, "WEBHOOK-ADDRESS")


@pytest.mark.parametrize("url", ["ftp://8.8.8.8/", "file:///etc/passwd", "8.8.8.8", "", "https://a b/"])
def test_what_is_no_web_address_is_refused(caller: Caller, url: str) -> None:
    caller.refused(caller.post("/webhooks", {"url": url}), 422, "BODY-INVALID")


def test_an_address_is_checked_again_when_it_is_asked(house: House) -> None:
    """A name that meant a sink when it was given means the machine's own network when it is used."""
    with sink() as inside:
        hook = house.subscribe(inside.url)
        closed = Settings(rpc_url=house.gateway.settings.rpc_url, webhook_backoff_seconds=1)
        house.gateway = Gateway(closed, house.gateway.engine, house.told.chain, house.gateway.domain, 0)
        house.read_on()
        with courier(house.gateway):
            until(lambda: any(each["attempts"] for each in house.deliveries(hook["webhook"])))
        assert inside.got == []
        errors = {e["error"] for each in house.deliveries(hook["webhook"]) for e in each["attempts"]}
        assert all(error.startswith("forbidden") for error in errors)
