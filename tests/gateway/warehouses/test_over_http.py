"""A keeper's word over real HTTP and at a terminal: uploaded or signed, taken in once, shown with its differences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, insert, update
from typer.testing import CliRunner

from chainsvc.backends.rpc import Rpc
from chainsvc.book import Book
from chainsvc.tables import blocks
from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import Chain
from gateway.adapters.told_stock import stock_discrepancies
from gateway.app import create_app
from gateway.bootstrap import Gateway
from gateway.cli import app
from gateway.db import tables
from gateway.db.own_stock import feeds, messages, tellings
from gateway.demo.processes import free_port
from gateway.settings import Settings
from tests.gateway.banks.wire import Signer, published
from tests.gateway.serving import serving
from tests.gateway.warehouses.shown import GOLDEN, KEEPER

BUYER, WEEKLY, UNSIGNED, SIGNING, SUSPENDED = 101, 502, 503, 504, 505
FULL = "01/04012345123456/10/L-1"
FILE = (GOLDEN / "received-to-shipped.json").read_bytes()
DAY = "2026-11-03"
_KEYS = count(1)


@dataclass(frozen=True, slots=True)
class Door:
    """A gateway with keepers, on a port of its own; a keeper that signs; the database behind."""

    http: httpx2.Client
    signer: Signer
    engine: Engine

    @property
    def url(self) -> str:
        return str(self.http.base_url).rstrip("/")

    def upload(
        self, content: bytes, name: str = "feed.json", keeper: int = KEEPER, key: str = ""
    ) -> httpx2.Response:
        headers = {
            "Idempotency-Key": key or f"upload-{next(_KEYS)}",
            "content-type": "application/octet-stream",
        }
        params = {"keeper": keeper, "name": name}
        return self.http.post("/stock/feeds", params=params, content=content, headers=headers)

    def send(self, content: bytes, message: str, keeper: int = SIGNING, **signed: Any) -> httpx2.Response:
        url = f"{self.url}/callbacks/warehouses/{keeper}"
        headers = self.signer.headers(url, "feed.json", message, content, **signed)
        return self.http.post(url, content=content, headers=headers)

    def rows(self, path: str, name: str, limit: int = 100, **params: Any) -> list[Any]:
        """Every row of a list, page after page."""
        found: list[Any] = []
        url = str(httpx2.URL(path, params={"limit": limit, **params}))
        while url:
            answer = self.http.get(url)
            assert answer.status_code == 200, answer.text
            found += answer.json()[name]
            url = answer.links.get("next", {}).get("url", "")
        return found


@pytest.fixture
def door(database: Engine) -> Iterator[Door]:
    """The node does not answer: nothing here asks it. Its last block is of the morning after the files' day."""
    block = {"number": 1, "hash": bytes(32), "parent_hash": bytes(32), "time": 1_793_664_000}
    with database.begin() as connection:
        connection.execute(insert(blocks).values(block))
        for party, kinds in (
            (BUYER, 1),
            (KEEPER, 8),
            (WEEKLY, 8),
            (UNSIGNED, 8),
            (SIGNING, 8),
            (SUSPENDED, 8),
        ):
            row = {each.name: 0 for each in tables.parties.columns} | {
                "party": party,
                "kinds": kinds,
                "status": 2 if party == SUSPENDED else 1,
            }
            hashes = {"identity": bytes(32), "transaction_hash": bytes(32)}
            connection.execute(insert(tables.parties).values(row | hashes))
    signer = Signer("KEEPER")
    chain = Chain(Rpc(f"http://127.0.0.1:{free_port()}", attempts=1), Book({}, {}))
    with published(signer) as keys:
        settings = Settings(
            warehouse_keys=dict.fromkeys((SIGNING, SUSPENDED, BUYER), keys["KEEPER"]),
            feed_rhythm_days={WEEKLY: 7},
        )
        gateway = Gateway(settings, database, chain, Domain(1, "0x" + "11" * 20), 0)
        with serving(create_app(gateway)) as http:
            yield Door(http, signer, database)


def refused(answer: httpx2.Response, status: int, rule: str) -> None:
    assert (answer.status_code, answer.json()["rule"]) == (status, rule), answer.text


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_taken_in_once_under_any_key_and_shown(door: Door) -> None:
    first = door.upload(FILE, key="k-1")
    assert (first.status_code, first.json()["status"], first.json()["used"]) == (201, "used", 4)
    assert door.upload(FILE, key="k-1").content == first.content
    assert door.upload(FILE, key="k-2").json() == first.json()
    refused(door.upload(FILE + b" ", key="k-1"), 422, "IDEMPOTENCY-KEY")
    again = door.upload((GOLDEN / "received-to-shipped-by-web-address.json").read_bytes())
    assert (again.json()["used"], again.json()["repeated"]) == (0, 4)
    (row,) = door.rows("/stock", "stock", keeper=KEEPER, day=DAY)
    assert {name: row[name] for name in ("lot", "place", "unit", "quantity", "received", "shipped", "counted")} == {
        "lot": FULL, "place": "414/4012345000023", "unit": "KGM", "quantity": "600.5", "received": "1000.5",
        "shipped": "400", "counted": None,
    }  # fmt: skip
    assert row["last_event"] == "2026-11-02T16:00:00+08:00"
    assert row["word"] == {
        "state": "fresh",
        "last_day": "2026-11-02",
        "late_days": 0,
        "drawable_percent": 100,
    }
    assert row["differences"] == []
    assert [each["file"] for each in door.rows("/stock/feeds", "feeds", limit=1)] == ["feed.json"] * 2


def test_each_exception_of_a_file_names_element_rule_and_message(door: Door) -> None:
    answer = door.upload((GOLDEN / "refused-events.json").read_bytes(), "feed.json").json()
    assert (answer["status"], answer["used"]) == ("exception", 1)
    (found,) = [each for each in answer["exceptions"] if each["document"] == "gtin-of-wrong-check-digit"]
    assert (found["rule"], found["field"], found["line"]) == (
        "GS1-KEY", "quantityList/0/epcClass", "epcisBody/eventList/11",
    )  # fmt: skip
    assert door.upload(b"goods came").json()["status"] == "unsupported"
    assert door.upload(b"").json()["exceptions"][0]["rule"] == "FILE-EMPTY"


def test_a_file_sent_many_times_at_once_is_taken_in_once(door: Door) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: door.upload(FILE), range(16)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert len(door.rows("/stock/feeds", "feeds")) == 1
    assert len(door.rows(f"/stock/{KEEPER}/tellings", "tellings")) == 4


@pytest.mark.parametrize("keeper", [BUYER, 999])
def test_nobody_but_a_keeper_tells_of_stock(door: Door, keeper: int) -> None:
    refused(door.upload(FILE, keeper=keeper), 404, "KEEPER-UNKNOWN")
    refused(door.send(FILE, "M-1", keeper), 404, "KEEPER-UNKNOWN")


def test_counts_and_contested_events_show_as_differences(door: Door) -> None:
    door.upload(FILE)
    door.upload((GOLDEN / "counted.json").read_bytes())
    told = {each["rule"] for each in door.rows("/stock/differences", "differences", limit=1)}
    assert told == {"COUNT-DIFFERS"}
    answer = door.upload(FILE.replace(b"1000.5", b"999.5"))
    assert [each["rule"] for each in answer.json()["differences"]] == ["EVENT-DIFFERS"]
    rows = {row["lot"]: row for row in door.rows("/stock", "stock", limit=1)}
    assert rows[FULL]["contested"]
    assert {each["rule"] for each in rows[FULL]["differences"]} >= {"COUNT-DIFFERS", "EVENT-DIFFERS"}
    shown = door.http.get("/rules/EVENT-DIFFERS").json()
    assert (shown["keeps"], shown["kind"]) == ("GI-55", "gateway")


def test_tellings_come_in_pages_by_time_and_by_lot(door: Door) -> None:
    table = (GOLDEN / "warehouse-table.csv").read_bytes()
    assert door.upload(table, "table.csv").json()["status"] == "used"
    whole = door.rows(f"/stock/{KEEPER}/tellings", "tellings")
    assert door.rows(f"/stock/{KEEPER}/tellings", "tellings", limit=3) == whole
    assert [each["at"] for each in whole] == sorted(each["at"] for each in whole)
    assert {each["kind"] for each in whole} >= {"received", "shipped", "moved", "counted", "sensor reading"}
    lot = door.rows(f"/stock/{KEEPER}/tellings", "tellings", lot="L-7")
    assert [(each["event"], each["part"], each["quantity"], each["unit"]) for each in lot] == [
        ("W-1", 2, "12", "C62")
    ]
    assert [each["number"] for each in lot[0]["documents"]][:2] == ["PO-2026-0123", "PO-2026-0124"]
    assert [each["reason"] for each in whole if each["taken_back"]] == ["wrong lorry"]
    assert door.rows("/stock/999/tellings", "tellings") == []
    refused(door.http.get(f"/stock/{KEEPER}/tellings", params={"cursor": "made-up"}), 404, "CURSOR-UNKNOWN")


@pytest.mark.parametrize(
    ("keeper", "day", "state", "percent"),
    [
        (KEEPER, "2026-11-04", "late", 90),
        (KEEPER, "2026-11-20", "silent", 0),
        (WEEKLY, "2026-11-09", "fresh", 100),
    ],
)
def test_gi_55_feed_stock_shows_how_old_its_keepers_word_is(
    door: Door, keeper: int, day: str, state: str, percent: int
) -> None:
    door.upload(FILE, keeper=keeper)
    (row,) = door.rows("/stock", "stock", day=day)
    assert (row["word"]["state"], row["word"]["drawable_percent"]) == (state, percent)


def test_what_was_refused_of_a_file_is_shown_with_it_and_stands_until_it_is_put_right(
    door: Door, tmp_path: Path
) -> None:
    answer = door.upload((GOLDEN / "refused-events.json").read_bytes(), "refused-events.json").json()
    (row,) = door.rows("/stock/feeds", "feeds")
    assert (row["exceptions"], row["notes"], row["standing"]) == (answer["exceptions"], answer["notes"], True)
    found = {each["subject"]: each for each in door.rows("/stock/differences", "differences", day=DAY)}
    amount = found["refused-events.json amount-negative"]
    assert (amount["rule"], amount["found"]) == (
        "FEED-EXCEPTION",
        "NEGATIVE-QUANTITY quantityList/0/quantity",
    )
    door.upload(FILE, "another.json")
    assert [each["standing"] for each in door.rows("/stock/feeds", "feeds")] == [True, False]
    door.upload(put_right(tmp_path).read_bytes(), "refused-events.json")
    assert [each["standing"] for each in door.rows("/stock/feeds", "feeds")] == [False] * 3
    assert door.rows("/stock/differences", "differences", day=DAY) == []


# ── signed messages ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_keepers_signed_message_is_taken_in_once(door: Door) -> None:
    first = door.send(FILE, "M-1")
    assert (first.status_code, first.json()["used"]) == (200, 4)
    assert door.send(FILE, "M-1").content == first.content
    refused(door.send(FILE + b" ", "M-1"), 409, "MESSAGE-REUSED")
    assert [each["message"] for each in door.rows("/stock/feeds", "feeds")] == ["M-1"]


def test_a_signature_over_what_came_in_another_message_is_kept_and_checked_again(door: Door) -> None:
    first = door.send(FILE, "M-0")
    assert door.send(FILE, "M-1").json() == first.json()
    refused(door.send(FILE + b" ", "M-1"), 409, "MESSAGE-REUSED")
    with door.engine.connect() as connection:
        assert list(stock_discrepancies(connection)) == []
        connection.execute(update(messages).values(address="http://elsewhere/"))
        assert {each.element for each in stock_discrepancies(connection)} == {"link", "signature"}
        connection.rollback()
        connection.execute(messages.delete())
        assert [each.element for each in stock_discrepancies(connection)] == ["places"]
        connection.rollback()


def test_what_the_keeper_did_not_sign_so_there_and_now_is_refused(door: Door) -> None:
    url = f"{door.url}/callbacks/warehouses/{SIGNING}"
    headers = door.signer.headers(url, "feed.json", "M-1", FILE)
    refused(door.http.post(url, content=FILE + b" ", headers=headers), 401, "SIGNATURE-INVALID")
    refused(
        door.http.post(url, content=FILE, headers={**headers, "idempotency-key": "M-2"}),
        401,
        "SIGNATURE-INVALID",
    )
    foreign = Signer("KEEPER").headers(url, "feed.json", "M-1", FILE)
    refused(door.http.post(url, content=FILE, headers=foreign), 401, "SIGNATURE-INVALID")
    refused(
        door.send(FILE, "M-1", created=datetime.now(UTC) - timedelta(minutes=16)), 401, "SIGNATURE-INVALID"
    )
    refused(door.send(FILE, "M-1", UNSIGNED), 404, "KEEPER-UNKNOWN")
    assert door.rows("/stock/feeds", "feeds") == []


def test_what_a_keeper_that_signs_is_said_to_have_told_is_not_taken_in_unsigned(door: Door) -> None:
    refused(door.upload(FILE, keeper=SIGNING), 401, "SIGNATURE-MISSING")
    assert door.rows("/stock/feeds", "feeds") == []
    assert door.send(FILE, "M-1").json()["used"] == 4


def test_the_word_of_a_suspended_keeper_is_not_taken_in(door: Door) -> None:
    for answer in (door.send(FILE, "M-1", SUSPENDED), door.upload(FILE, keeper=SUSPENDED)):
        refused(answer, 403, "KEEPER-SUSPENDED")
    with door.engine.begin() as connection:
        connection.execute(update(tables.parties).where(tables.parties.c.party == SUSPENDED).values(status=1))
    assert door.send(FILE, "M-1", SUSPENDED).json()["used"] == 4


# ── the doctor ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_doctor_reads_a_file_as_of_when_it_came(door: Door) -> None:
    """TIME-AHEAD was told when the file came; read today, when its day has come, nothing else follows from it."""
    early = FILE.replace(b"2026-11-02T16", b"2099-11-02T16")
    assert [each["rule"] for each in door.upload(early).json()["exceptions"]] == ["TIME-AHEAD"]
    with door.engine.connect() as connection:
        assert list(stock_discrepancies(connection)) == []


def test_the_doctor_names_what_was_altered_of_what_keepers_told(door: Door) -> None:
    door.send(FILE, "M-1")
    door.upload((GOLDEN / "refused-events.json").read_bytes())

    def found() -> list[str]:
        with door.engine.connect() as connection:
            return [each.element for each in stock_discrepancies(connection)]

    assert found() == []
    alterations = [
        (tellings, {"quantity": "1"}, {"quantity"}),
        (feeds, {"content": FILE.replace(b"400", b"4")}, {"link", "sha256", "signature", "quantity"}),
        (feeds, {"received_at": 1}, {"link"}),
    ]
    for table, values, elements in alterations:
        with door.engine.connect() as connection:
            where = table.c.keeper == SIGNING
            if table is tellings:
                where &= tellings.c.kind == "shipped"
            else:
                where &= feeds.c.message == "M-1"
            connection.execute(update(table).where(where).values(values))
            told = {each.element for each in stock_discrepancies(connection)}
            connection.rollback()
        assert told & elements, (values, told)
        assert told <= elements | {"(row)"}
    with door.engine.connect() as connection:
        connection.execute(tellings.delete().where(tellings.c.kind == "shipped"))
        assert [each.element for each in stock_discrepancies(connection)] == ["(row)"]
        connection.rollback()


# ── at a terminal ───────────────────────────────────────────────────────────────────────────────────────────


def put_right(folder: Path) -> Path:
    """The file with refused events, sent again with the one event that can be used."""
    told = json.loads((GOLDEN / "refused-events.json").read_text())
    events = told["epcisBody"]["eventList"]
    told["epcisBody"]["eventList"] = [each for each in events if each.get("eventID") == "and-this-is-used"]
    (folder / "refused-events.json").write_text(json.dumps(told))
    return folder / "refused-events.json"


def typed(door: Door, *words: str) -> tuple[int, Any]:
    ended = CliRunner().invoke(app, ["--url", door.url, "stock", *words, "--json"])
    return ended.exit_code, json.loads(ended.output)


def test_a_file_that_cannot_be_read_keeps_none_of_the_others_back(door: Door, tmp_path: Path) -> None:
    missing, good, quiet = (
        tmp_path / "none.json",
        GOLDEN / "received-to-shipped.json",
        GOLDEN / "nothing-happened.json",
    )
    words = ["import", str(good), str(missing), str(quiet), "--keeper", str(KEEPER)]
    code, answer = typed(door, *words)
    assert (code, [each["file"] for each in answer["feeds"]]) == (2, [good.name, quiet.name])
    assert [each["file"] for each in answer["not_taken"]] == ["none.json"]
    assert [each["file"] for each in door.rows("/stock/feeds", "feeds")] == [good.name, quiet.name]
    said = CliRunner().invoke(app, ["--url", door.url, "stock", *words]).output
    assert f"used        {good.name}: 4 events new" in said
    assert "not taken   none.json: it cannot be read: No such file or directory" in said


def test_files_are_imported_and_stock_is_shown_at_a_terminal(door: Door, tmp_path: Path) -> None:
    good, bad = str(GOLDEN / "received-to-shipped.json"), str(GOLDEN / "refused-events.json")
    code, answer = typed(door, "import", good, "--keeper", str(KEEPER))
    assert (code, [each["used"] for each in answer["feeds"]]) == (0, [4])
    code, answer = typed(door, "import", bad, good, "--keeper", str(KEEPER))
    assert (code, [each["status"] for each in answer["feeds"]]) == (1, ["exception", "used"])
    assert typed(door, "import", good, "--keeper", "999")[0] == 1
    assert typed(door, "import", str(tmp_path / "none.json"), "--keeper", str(KEEPER))[0] == 2
    code, answer = typed(door, "show", "--keeper", str(KEEPER), "--day", DAY)
    assert (code, [row["quantity"] for row in answer["stock"]]) == (6, ["607.5"])
    assert {each["rule"] for each in answer["differences"]} == {"FEED-EXCEPTION"}
    typed(door, "import", str(put_right(tmp_path)), "--keeper", str(KEEPER))
    assert typed(door, "show", "--keeper", str(KEEPER), "--day", DAY)[0] == 0
    typed(door, "import", str(GOLDEN / "counted.json"), "--keeper", str(KEEPER))
    code, answer = typed(door, "show", "--day", DAY)
    assert (code, [each["rule"] for each in answer["differences"]]) == (6, ["COUNT-DIFFERS"])
    said = CliRunner().invoke(app, ["--url", door.url, "stock", "show", "--day", DAY]).output
    assert "COUNT-DIFFERS: counted, with what moved since, 595.5; movements come to 607.5" in said
    told = (
        CliRunner().invoke(app, ["--url", door.url, "stock", "import", bad, "--keeper", str(KEEPER)]).output
    )
    assert "GS1-KEY: refused-events.json epcisBody/eventList/11 quantityList/0/epcClass" in told
