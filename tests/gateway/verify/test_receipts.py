"""What a warehouse receipt is good for: from the chain alone, and from the document whose hash the chain bears."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from rich.console import Console
from sqlalchemy import update

from chainsvc.backends.process import Node, start_embedded
from gateway.adapters.ledger.calldata import items_of
from gateway.adapters.ledger.chain import Book, Request, Rpc
from gateway.adapters.ledger.reader import LedgerReader
from gateway.adapters.ledger.words import LOT, ROOT, SIGNER, TITLE
from gateway.console.pages import verdict_page
from gateway.console.verdict_text import verdict_text
from gateway.db.own_storage import receipt_documents
from gateway.db.receipts import keep_document
from gateway.domain.calendar import iso
from gateway.ids import format_id
from gateway.schemas.storage import ReceiptDocument
from gateway.services.storage import canonical, evidence_of
from gateway.services.verdict import Check, Verdict
from gateway.services.verdict_document import document as as_json
from gateway.services.verify import verify
from tests.databases import Databases, migrated, opened
from tests.gateway.conftest import book_of, house_on
from tests.gateway.verify import stored
from tests.gateway.verify.altering import Alter, AlteringRpc
from tests.gateway.verify.conftest import serving
from tests.gateway.verify.stored import GONE, LITTLE, MORE, ORDER, PAPER, PART, POOL, REST
from tests.house.cast import INSPECTOR, KEEPER, TIER_2, TIER_3
from tests.house.house import START
from tests.house.machine import CHAIN_ID


@dataclass(frozen=True, slots=True)
class Store:
    """A node on which receipts lived, the document of the first, and the block before an order froze one."""

    rpc: Rpc
    book: Book
    document: ReceiptDocument
    before_order: int

    def ask(self, receipt: int, **asked: Any) -> Verdict:
        return verify(LedgerReader(self.rpc, self.book), receipt, self.before_order, **asked)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("stored")
    with start_embedded(folder, chain_id=CHAIN_ID, genesis_time=START - 100, controlled_clock=True) as node:
        yield node


@pytest.fixture(scope="module")
def store(node: Node) -> Iterator[Store]:
    with Rpc(node.url) as rpc:
        house = house_on(rpc)
        last_day = house.machine.day() + 180
        document = stored.document_of(iso(last_day))
        stored.tell(house, document, last_day)
        block = int(rpc.call("eth_blockNumber"), 16)
        stored.freeze(house)
        yield Store(rpc, book_of(house), document, block)


def check(verdict: Verdict, name: str) -> Check:
    return next(each for each in verdict.checks if each.id == name)


def failed(verdict: Verdict) -> set[str]:
    return {each.id for each in verdict.checks if not each.holds}


def terminal(verdict: Verdict, language: str = "en") -> str:
    """What a terminal shows of it, on lines as long as they like."""
    printer = Console(width=1_000, no_color=True)
    with printer.capture() as text:
        printer.print(verdict_text(verdict, language=language, evidence=True))
    return text.get()


def receipt_of(verdict: Verdict) -> Mapping[str, Any]:
    said: Mapping[str, Any] = json.loads(json.dumps(as_json(verdict)))["receipt"]
    return said


# ── What is told ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("receipt", [POOL, PART, REST, MORE, LITTLE, PAPER, GONE])
def test_every_receipt_of_the_story_is_authentic(store: Store, receipt: int) -> None:
    verdict = store.ask(receipt)
    assert verdict.authentic, verdict.sentence


def test_of_a_short_lot_it_is_said_what_would_be_handed_over_today(store: Store) -> None:
    verdict = store.ask(PART)
    assert verdict.free
    assert verdict.sentence == (
        f"Receipt {TIER_2.number}-11 is authentic and free: 99.5 KGM would be handed over for it today."
    )
    said = check(verdict, "left").sentence
    assert said.startswith("100.0 KGM are left on it, for which 99.5 KGM would be handed over today")
    assert "because the lot is short by 4.5 KGM" in said
    assert "99.5 KGM were handed over on it so far" in said
    found = receipt_of(verdict)
    sums = ("received", "receipts", "in_store", "shortfall", "deliverable", "delivered")
    assert [found[name] for name in sums] == ["1050.0", "950.0", "945.5", "4.5", "99.5", "99.5"]
    assert (found["unit"], found["decimals"], found["pooled"]) == ("KGM", 1, True)
    assert (as_json(verdict)["kind"], as_json(verdict)["amount"]) == ("receipt", "100.0")


def test_a_split_receipt_is_cancelled_and_its_parts_are_named(store: Store) -> None:
    verdict = store.ask(POOL)
    assert (verdict.authentic, verdict.free) == (True, False)
    parts = f"{TIER_2.number}-11 and {TIER_2.number}-12"
    assert f"it was cancelled, its parts are {parts}" in verdict.sentence
    assert receipt_of(verdict)["heirs"] == [f"{TIER_2.number}-11", f"{TIER_2.number}-12"]


OVER = {
    POOL: f"it was cancelled, its parts are {TIER_2.number}-11 and {TIER_2.number}-12",
    LITTLE: f"it was merged into {KEEPER.number}-2",
    MORE: f"it was lost on paper and cancelled, {KEEPER.number}-4 stands for it",
    GONE: "its goods were handed over",
}
"""Receipts of the story that are over, and in what they ended."""
LIVE_WORDS = (
    "keeps the goods for", "can be endorsed and pledged until", "The goods lie at", "may hold the goods",
    "would be handed over", "That the goods are there", "what the chain says is the receipt",
)  # fmt: skip


@pytest.mark.parametrize("receipt", OVER)
def test_a_receipt_that_is_over_says_so_and_nothing_of_one_that_lives(store: Store, receipt: int) -> None:
    verdict, why = store.ask(receipt, document=store.document if receipt == POOL else None), OVER[receipt]
    assert (verdict.authentic, verdict.free) == (True, False)
    assert why in verdict.sentence
    for name in ("live", "before-due", "medium", "left", "control"):
        assert why in check(verdict, name).sentence, name
    found = receipt_of(verdict)
    assert (found["ended"], found["deliverable"], found["control"], found["place"]) == (
        why,
        "0.0" if receipt != GONE else "0",
        None,
        None,
    )
    page = verdict_page(verdict, url="https://x.example/", style_url="/s.css", language="en")
    assert f'<dt>Over</dt><dd lang="en">{why}</dd>' in page
    assert why in terminal(verdict)
    heirs = receipt in (POOL, LITTLE, MORE)
    for words in LIVE_WORDS:
        if words != "That the goods are there" or not heirs:
            assert words not in page
            assert words not in terminal(verdict)


def test_of_a_receipt_that_is_over_the_document_says_where_its_goods_came_in(store: Store) -> None:
    place = check(store.ask(POOL, document=store.document), "place")
    assert place.sentence.startswith(f"Its goods came in at {store.document.place}, there known as")
    assert place.sentence.endswith(f"; {OVER[POOL]}.")


def test_storage_that_is_owed_and_paper_that_is_out_have_a_hold(store: Store) -> None:
    charged, paper = store.ask(REST), store.ask(PAPER)
    assert (charged.authentic, charged.free, paper.authentic, paper.free) == (True, False, True, False)
    lien = check(charged, "lien")
    assert "owed 75.00 CNY" in lien.sentence
    assert f"party {KEEPER.number}, person" in dict(lien.evidence)["keeper"]
    assert receipt_of(charged)["lien"] == {"amount": "75.00", "currency": "CNY"}
    assert "out on paper" in check(paper, "medium").sentence
    assert receipt_of(paper)["control"]["paper"] is True


@pytest.mark.parametrize(
    ("receipt", "bar", "share", "once"),
    [
        (REST, "lien", "398.1", "its storage is paid"),
        (PAPER, "paper", "447.8", "its paper is back"),
        (PART, "order", "99.5", "the order against it is lifted"),
    ],
)
def test_nothing_is_handed_over_for_a_receipt_that_something_holds(
    store: Store, receipt: int, bar: str, share: str, once: str
) -> None:
    """What it would be is said apart: by page, terminal and JSON."""
    verdict = verify(LedgerReader(store.rpc, store.book), receipt)
    left = check(verdict, "left")
    said = f"0.0 KGM would be handed over today; it would be {share} KGM once {once}"
    assert (left.holds, said in left.sentence) == (False, True)
    found = receipt_of(verdict)
    assert (found["deliverable"], found["share"], found["barred_by"]) == ("0.0", share, [bar])
    page = verdict_page(verdict, url="https://x.example/", style_url="/s.css", language="en")
    assert "<dt>Handed over for it today</dt><dd>0.0 KGM</dd>" in page
    assert f"<dt>Handed over once it is free</dt><dd>{share} KGM</dd>" in page
    assert said in page
    assert said in terminal(verdict)
    assert "can be endorsed and pledged" not in page


def test_an_order_is_named_and_the_keeper_keeps(store: Store) -> None:
    verdict = verify(LedgerReader(store.rpc, store.book), PART)
    assert (verdict.authentic, verdict.free) == (True, False)
    assert (
        f"Party {KEEPER.number} keeps the goods for party {TIER_3.number}"
        in check(verdict, "control").sentence
    )
    control = receipt_of(verdict)["control"]
    assert (control["keeper"], control["frozen_by"]) == (KEEPER.number, "0x" + ORDER.hex())


def test_the_last_count_says_what_changed_and_who_counted(store: Store) -> None:
    verdict = store.ask(REST)
    said = check(verdict, "counted")
    assert "1,045.0 KGM were there, 5.0 KGM less than before" in said.sentence
    assert said.holds
    counted = receipt_of(verdict)["counted"]
    assert (counted["in_store"], counted["change"], counted["problem"]) == ("1045.0", "-5.0", "")
    assert [(each["part"], each["party"]) for each in counted["signatures"]] == [
        ("inspector", INSPECTOR.number)
    ]


def test_each_step_names_who_signed_it(store: Store) -> None:
    tree = store.ask(PART).lineage
    assert tree is not None
    (part,) = tree.branches
    steps = [*tree.steps, *part.steps]
    assert [each.event for each in steps] == [
        "Stored",
        "Assigned",
        "ReceiptSplit",
        "ReceiptSplit",
        "HandedOver",
    ]
    parts = [[each.part for each in step.signatures] for step in steps]
    three = ["holder", "acquirer", "keeper"]
    assert parts == [["depositor", "keeper", "inspector"], three, three, three, ["holder", "keeper"]]
    assert (tree.title, tree.quantity, part.quantity) == (POOL, 0, 1_000)
    merged = store.ask(PAPER).lineage
    assert merged is not None
    assert {merged.title} | {each.title for each in merged.branches} == {MORE, LITTLE, PAPER}


def test_what_the_chain_cannot_know_is_said(store: Store) -> None:
    verdict = store.ask(PART)
    assert "the chain alone does not say where the goods lie" in check(verdict, "place").sentence
    assert (receipt_of(verdict)["place"], receipt_of(verdict)["name"]) == (None, None)
    word = check(verdict, "beyond-chain").sentence
    assert f"the word of party {KEEPER.number} and of party {INSPECTOR.number}" in word


def test_it_is_text_and_a_page(store: Store) -> None:
    verdict = store.ask(PART, document=store.document)
    for language, heading in (("en", "What is left"), ("zh", "剩余数量")):
        assert heading in terminal(verdict, language)
        page = verdict_page(verdict, url="https://x.example/", style_url="/s.css", language=language)
        assert heading in page
        assert store.document.place in page
        assert "99.5 KGM" in page


# ── The document ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_document_says_where_and_the_commitment_agrees(store: Store) -> None:
    for receipt in (PART, REST):
        verdict = store.ask(receipt, document=store.document)
        assert check(verdict, "document").holds
        assert (
            f"lie at {store.document.place}, there known as {store.document.lot}"
            in check(verdict, "place").sentence
        )
        assert receipt_of(verdict)["place"] == store.document.place


@pytest.mark.parametrize(
    "change", [{"place": "4012345000023"}, {"lot": "another"}, {"fee": "nothing"}, {"loss_standard": "0.5 %"}]
)
def test_a_tampered_document_is_not_the_receipts(store: Store, change: dict[str, Any]) -> None:
    tampered = store.document.model_copy(update=change)
    verdict = store.ask(PART, document=tampered)
    assert (verdict.authentic, verdict.free) == (False, False)
    assert "was altered" in check(verdict, "document").sentence
    assert receipt_of(verdict)["place"] is None


def test_anothers_document_is_not_the_receipts(store: Store) -> None:
    assert failed(store.ask(MORE, document=store.document)) >= {"document"}


def test_an_altered_archive_makes_no_difference(store: Store) -> None:
    """A gateway's archive opens the commitment when it has the document; whatever else it has, it is silent."""
    true = store.document.model_dump(mode="json")
    bare = as_json(store.ask(PART))
    digest = evidence_of(store.document).removeprefix("0x")
    assert receipt_of(store.ask(PART, kept={digest: true}.get))["place"] == store.document.place
    for forged in ({**true, "place": "4012345000023"}, {**true, "lot": "other"}, {"lot": 7}, {}):
        assert as_json(store.ask(PART, kept={digest: forged}.get)) == bare


def test_over_http_a_kept_document_says_where_and_an_altered_one_nothing(
    store: Store, node: Node, databases: Databases, database_kind: str
) -> None:
    content, number = canonical(store.document).decode(), format_id(PART)
    row = {
        "sha256": evidence_of(store.document).removeprefix("0x"), "number_hash": "", "keeper": KEEPER.number,
        "place": store.document.place, "lot": store.document.lot, "content": content, "kept_at": 0,
    }  # fmt: skip
    with (
        databases.copy(database_kind, "papers", migrated) as url,
        opened(url) as engine,
        serving(node.url, store.rpc, store.book, engine) as site,
    ):
        assert httpx2.get(f"{site}/verify/{number}").json()["receipt"]["place"] is None
        with engine.begin() as connection:
            keep_document(connection, row)
        told = httpx2.get(f"{site}/verify/{number}").json()
        assert (told["receipt"]["place"], told["receipt"]["name"]) == (
            store.document.place,
            store.document.lot,
        )
        page = httpx2.get(f"{site}/verify/{number}", headers={"accept": "text/html"}).text
        assert f"there known as {store.document.lot}" in page
        with engine.begin() as connection:
            forged = content.replace(store.document.place, "4012345000023")
            connection.execute(update(receipt_documents).values(place="4012345000023", content=forged))
        altered = httpx2.get(f"{site}/verify/{number}").json()
    assert altered["receipt"]["place"] is None
    assert altered["authentic"]


# ── A node that lies ────────────────────────────────────────────────────────────────────────────────────────


def _lied_to(store: Store, node: Node, receipt: int, alter: Alter) -> Verdict:
    with AlteringRpc(node.url, alter) as rpc:
        return verify(LedgerReader(rpc, store.book), receipt, store.before_order)


def _in_logs(store: Store, event: str, change: Callable[[dict[str, Any]], Any]) -> Alter:
    topic = "0x" + store.book["Ledger"].interface.event(event).topic.hex()

    def alter(request: Request, answer: Any) -> Any:
        if request.method != "eth_getLogs":
            return answer
        changed = [change(dict(log)) if log["topics"][0] == topic else log for log in answer]
        return [log for log in changed if log is not None]

    return alter


def _in_view(store: Store, view: str, change: Callable[[int], int]) -> Alter:
    selector = "0x" + store.book["Ledger"].interface.function(view).selector.hex()

    def alter(request: Request, answer: Any) -> Any:
        if request.method != "eth_call" or not request.params[0]["data"].startswith(selector):
            return answer
        return "0x" + change(int(answer, 16)).to_bytes(32, "big").hex()

    return alter


def test_another_keeper_than_the_one_who_signed_fails(store: Store, node: Node) -> None:
    def other(word: int) -> int:
        return ROOT.pack({**ROOT.unpack(word), "debtor": TIER_3.number})

    verdict = _lied_to(store, node, PART, _in_view(store, "rootOf", other))
    assert not verdict.authentic
    assert {"lot", "storing", "lineage"} <= failed(verdict)


@pytest.mark.parametrize(
    ("event", "part", "who"),
    [
        ("Stored", "keeper", KEEPER["keeper"]),
        ("Stored", "inspector", INSPECTOR["inspector"]),
        ("Assigned", "keeper", KEEPER["keeper"]),
        ("ReceiptSplit", "acquirer", TIER_3["maker"]),
        ("HandedOver", "keeper", KEEPER["keeper"]),
    ],
)
def test_a_signature_that_is_not_the_signers_fails(
    store: Store, node: Node, event: str, part: str, who: Any
) -> None:
    """An endorsement without its keeper, or a handover nobody agreed to, is none (CC-910)."""
    found = next(each for each in store.ask(PART).dossier.lineage if each.name == event)
    (item,) = items_of(store.book, store.rpc.call("eth_getTransactionByHash", found.transaction))
    good: bytes = item.parts[part][0]
    bad = bytes([good[0] ^ 1]) + good[1:]

    def alter(request: Request, answer: Any) -> Any:
        if request.method != "eth_getTransactionByHash":
            return answer
        return {**answer, "input": answer["input"].replace(good.hex(), bad.hex())}

    assert found.act is not None
    assert who.address.lower() in {each.key for each in found.act.signatures}
    verdict = _lied_to(store, node, PART, alter)
    assert not verdict.authentic
    assert f"{part}: the signature is of no registered signer" in check(verdict, "lineage").sentence


def test_a_keeper_who_could_not_keep_fails(store: Store, node: Node) -> None:
    keeper = KEEPER["keeper"].address.lower()

    def changed(log: dict[str, Any]) -> dict[str, Any]:
        if not log["topics"][1].endswith(keeper[2:]):
            return log
        word = SIGNER.unpack(int(log["data"], 16)) | {"roles": 8}
        return {**log, "data": "0x" + SIGNER.pack(word).to_bytes(32, "big").hex()}

    verdict = _lied_to(store, node, PART, _in_logs(store, "SignerSet", changed))
    assert not verdict.authentic
    assert "does not hold the role keeping" in check(verdict, "storing").sentence


@pytest.mark.parametrize("event", ["Stored", "ReceiptSplit", "HandedOver", "Counted"])
def test_what_is_hidden_is_noticed(store: Store, node: Node, event: str) -> None:
    verdict = _lied_to(store, node, PART, _in_logs(store, event, lambda _: None))
    assert not verdict.authentic
    assert failed(verdict) & {"lineage", "conservation", "replay", "storing"}


def test_a_lot_with_more_in_store_than_was_counted_is_noticed(store: Store, node: Node) -> None:
    def full(word: int) -> int:
        return LOT.pack({**LOT.unpack(word), "lost": 0})

    verdict = _lied_to(store, node, PART, _in_view(store, "lotOf", full))
    assert "replay" in failed(verdict)


def test_another_holder_than_was_endorsed_to_is_noticed(store: Store, node: Node) -> None:
    """State and event may agree on a thief: the signed act names another."""
    thief = INSPECTOR.number

    def stolen(log: dict[str, Any]) -> dict[str, Any]:
        was = TITLE.pack({**_word_of(store), "holder": TIER_2.number})
        now = TITLE.pack({**_word_of(store), "holder": thief})
        return {**log, "data": log["data"].replace(f"{was:064x}", f"{now:064x}")}

    verdict = _lied_to(store, node, PART, _in_logs(store, "Assigned", stolen))
    assert "another holder" in check(verdict, "lineage").sentence


def _word_of(store: Store) -> Mapping[str, int]:
    event = next(each for each in store.ask(PART).dossier.lineage if each.name == "Assigned")
    assert event.after is not None
    return event.after


def test_a_bounded_number_of_exchanges(store: Store, node: Node) -> None:
    for receipt in (POOL, PART, REST, PAPER):
        with AlteringRpc(node.url) as rpc:
            verify(LedgerReader(rpc, store.book), receipt)
            assert rpc.exchanges <= 14
