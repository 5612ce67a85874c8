"""Is this certificate authentic and free? From the chain alone, with every signature recovered from calldata."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from chainsvc.backends.process import Node
from gateway.adapters.ledger.calldata import items_of
from gateway.adapters.ledger.chain import Request
from gateway.adapters.ledger.reader import LedgerReader
from gateway.adapters.ledger.words import SIGNER, TITLE
from gateway.console.verdict_text import verdict_text
from gateway.ports.verification import BlockUnknown, ChainMoved
from gateway.services.verdict import FREE, Check, Verdict
from gateway.services.verdict_document import document
from gateway.services.verify import verify
from tests.gateway.conftest import Told
from tests.gateway.story import ORDER
from tests.gateway.verify.altering import Alter, AlteringRpc
from tests.house.cast import CLEARING, CORE, LENDER, TIER_1, TIER_2

TITLES = ["root", "second", "third", "merged", "assigned", "from_list", "frozen", "frozen_part", "co_signed",
          "pledged", "released", "early", "locked"]  # fmt: skip
RECEIPTS = ["pool", "deposit", "single", "part", "rest", "fresh", "pledged_lot", "freed", "sold"]
MOST_EXCHANGES = 14


def reader_of(told: Told) -> LedgerReader:
    return LedgerReader(told.rpc, told.book)


def check(verdict: Verdict, name: str) -> Check:
    return next(each for each in verdict.checks if each.id == name)


def failed(verdict: Verdict) -> set[str]:
    return {each.id for each in verdict.checks if not each.holds}


def block_of(told: Told, title: str, event: str, nth: int = 0) -> int:
    """The block in which something happened to a title of the story."""
    dossier = reader_of(told).dossier(told.story.ids[title])
    return [each.block for each in dossier.lineage if each.name == event][nth]


@pytest.mark.parametrize("name", TITLES)
def test_every_certificate_of_the_story_is_authentic(told: Told, name: str) -> None:
    verdict = verify(reader_of(told), told.story.ids[name])
    assert verdict.authentic, failed(verdict)


def test_a_fresh_certificate_is_authentic_and_free(told: Told) -> None:
    block = block_of(told, "second", "Merged")
    verdict = verify(reader_of(told), told.story.ids["second"], block)
    assert (verdict.authentic, verdict.free) == (True, True)
    assert verdict.place.block_number == block
    assert verdict.sentence == "Certificate 201-1 is authentic and free."
    assert failed(verdict) == set()


def test_the_debtors_two_persons_are_named_from_calldata(told: Told) -> None:
    verdict = verify(reader_of(told), told.story.ids["third"])
    evidence = dict(check(verdict, "confirmation").evidence)
    assert CORE["maker"].address.lower() in evidence["maker"]
    assert CORE["checker"].address.lower() in evidence["checker"]
    assert f"party {CORE.number}, person 1" in evidence["maker"]
    assert f"party {CORE.number}, person 2" in evidence["checker"]
    accepted = dict(check(verdict, "acceptance").evidence)
    assert TIER_1["maker"].address.lower() in accepted["payee"]


def test_a_pledge_names_facility_lender_and_debt(told: Told) -> None:
    block = block_of(told, "pledged", "Carved", 1)
    verdict = verify(reader_of(told), told.story.ids["pledged"], block)
    assert (verdict.authentic, verdict.free) == (True, False)
    pledge = check(verdict, "unlocked")
    assert f"pledged to party {LENDER.number} under facility 7" in pledge.sentence
    assert dict(pledge.evidence)["reserved and outstanding"] == "90,000.00 CNY"


def test_cc_546_whom_the_debtor_pays_and_where_it_goes_since_when(told: Told) -> None:
    block = block_of(told, "pledged", "Carved", 1)
    locked = check(verify(reader_of(told), told.story.ids["pledged"], block), "pay-to")
    assert f"pays its clearing bank, party {CLEARING.number}," in locked.sentence
    assert f"the collection account of facility 7 of party {LENDER.number}, since 20" in locked.sentence
    before = verify(reader_of(told), told.story.ids["second"], block_of(told, "second", "Merged"))
    assert before.dossier.title is not None
    holder = before.dossier.title["holder"]
    assert f"the account that its holder, party {holder}, has bound" in check(before, "pay-to").sentence


def test_a_certificate_bought_with_recourse_is_not_called_pledged(told: Told) -> None:
    bought = check(verify(reader_of(told), told.story.ids["bought_with"]), "unlocked")
    assert "pledged" not in bought.sentence
    assert f"party {LENDER.number}" in bought.sentence


def test_a_frozen_certificate_names_the_order_and_who_gave_it(told: Told) -> None:
    verdict = verify(reader_of(told), told.story.ids["frozen_part"])
    freeze = check(verdict, "unfrozen")
    assert (verdict.free, freeze.holds) == (False, False)
    evidence = dict(freeze.evidence)
    assert evidence["order"] == "0x" + ORDER.hex()
    assert "party 12" in evidence["office 1"]
    assert "party 1," in evidence["office 2"]


@pytest.mark.parametrize(
    ("name", "why"), [("root", "settled"), ("merged", "spent"), ("assigned", "spent"), ("early", "settled")]
)
def test_what_is_over_is_not_free(told: Told, name: str, why: str) -> None:
    verdict = verify(reader_of(told), told.story.ids[name])
    assert verdict.authentic
    assert why in check(verdict, "live").sentence


@pytest.mark.parametrize(("name", "why"), [("declined", "cancelled"), ("expired", "cancelled")])
def test_a_promise_nobody_took_is_no_certificate(told: Told, name: str, why: str) -> None:
    verdict = verify(reader_of(told), told.story.ids[name])
    assert (verdict.authentic, verdict.free) == (False, False)
    assert why in verdict.sentence


def test_an_offer_still_open_is_no_certificate(told: Told) -> None:
    root = told.story.ids["root"]
    opening = reader_of(told).dossier(root).opening
    assert opening is not None
    verdict = verify(reader_of(told), root, opening.block)
    assert not verdict.authentic
    assert "offered" in verdict.sentence


def test_an_unknown_number_is_said_to_be_unknown(told: Told) -> None:
    verdict = verify(reader_of(told), 999 << 32 | 1)
    assert (verdict.authentic, verdict.free) == (False, False)
    assert "the ledger has no certificate and no receipt of this number" in verdict.sentence


def test_lineage_is_a_tree_from_the_root_to_the_certificate(told: Told) -> None:
    ids = told.story.ids
    tree = verify(reader_of(told), ids["third"]).lineage
    assert tree is not None
    (second,) = tree.branches
    (third,) = second.branches
    assert [tree.title, second.title, third.title] == [ids["root"], ids["second"], ids["third"]]
    assert [step.event for step in second.steps] == ["Split"]
    assert (second.steps[0].from_party, second.steps[0].to_party) == (TIER_2.number, 203)
    signers = second.steps[0].signatures
    assert [(each.part, each.party, each.problem) for each in signers] == [
        ("holder", TIER_2.number, ""),
        ("acquirer", 203, ""),
    ]


def test_a_co_signature_and_a_contract_wallet_are_understood(told: Told) -> None:
    steps = reader_of(told).dossier(told.story.ids["co_signed"]).lineage
    by_key, by_wallet = (step.act for step in steps if step.name == "Assigned")
    assert by_key is not None
    assert by_wallet is not None
    assert by_wallet.signatures[0].person == 4
    assert by_wallet.problem == by_key.problem == ""


def test_payments_show_lists_movements_and_who_signed_them(told: Told) -> None:
    evidence = check(verify(reader_of(told), told.story.ids["second"]), "payments").evidence
    labels = [label.split(",")[0] for label, _ in evidence]
    assert labels.count("PaidOut") == 2
    assert {"received", "credited", "late", "LatePaid"} <= set(labels)
    credited = next(value for label, value in evidence if label.startswith("credited"))
    assert credited.startswith("250,000.00 CNY by party 12")
    assert "payments" in credited


def test_a_bounded_number_of_exchanges(told: Told, story_node: Node) -> None:
    for name in TITLES:
        with AlteringRpc(story_node.url) as rpc:
            verify(LedgerReader(rpc, told.book), told.story.ids[name])
            assert rpc.exchanges <= MOST_EXCHANGES, name


def test_a_block_the_node_does_not_have_is_refused(told: Told) -> None:
    with pytest.raises(BlockUnknown):
        verify(reader_of(told), told.story.ids["root"], 10**9)


def test_the_verdict_is_json_and_text(told: Told) -> None:
    verdict = verify(reader_of(told), told.story.ids["third"])
    body = json.loads(json.dumps(document(verdict)))
    assert (body["id"], body["root"], body["amount"], body["currency"]) == (
        "202-1",
        "101-1",
        "150000.00",
        "CNY",
    )
    assert body["place"]["block_hash"] == verdict.place.block_hash
    for language, heading in (("en", "Is it authentic?"), ("zh", "是否真实")):
        printer = Console(width=160, no_color=True)
        with printer.capture() as text:
            printer.print(verdict_text(verdict, language=language, evidence=True))
        assert heading in text.get()
        assert "202-1" in text.get()


# ── A node that lies ────────────────────────────────────────────────────────────────────────────────────────


def _in_calldata(old: bytes, new: bytes) -> Alter:
    """Exchange bytes in every transaction's calldata."""

    def alter(request: Request, answer: Any) -> Any:
        if request.method != "eth_getTransactionByHash":
            return answer
        return {**answer, "input": answer["input"].replace(old.hex(), new.hex())}

    return alter


def _in_logs(told: Told, contract: str, event: str, change: Callable[[dict[str, Any]], Any]) -> Alter:
    """Change, or drop (None), logs of one event."""
    topic = "0x" + told.book[contract].interface.event(event).topic.hex()

    def alter(request: Request, answer: Any) -> Any:
        if request.method != "eth_getLogs":
            return answer
        changed = [change(dict(log)) if log["topics"][0] == topic else log for log in answer]
        return [log for log in changed if log is not None]

    return alter


def _in_view(told: Told, contract: str, view: str, change: Callable[[int], int]) -> Alter:
    selector = "0x" + told.book[contract].interface.function(view).selector.hex()

    def alter(request: Request, answer: Any) -> Any:
        if request.method != "eth_call" or not request.params[0]["data"].startswith(selector):
            return answer
        return "0x" + change(int(answer, 16)).to_bytes(32, "big").hex()

    return alter


def _lied_to(told: Told, node: Node, name: str, alter: Alter) -> Verdict:
    with AlteringRpc(node.url, alter) as rpc:
        return verify(LedgerReader(rpc, told.book), told.story.ids[name])


def _signature(told: Told, name: str, part: str) -> bytes:
    """The first 32 bytes of a signature, out of the calldata of the promise or of its acceptance."""
    dossier = reader_of(told).dossier(told.story.ids[name])
    event = dossier.acceptance if part == "payee" else dossier.issue
    assert event is not None
    (item,) = items_of(told.book, told.rpc.call("eth_getTransactionByHash", event.transaction))
    first: bytes = item.parts[part][0]
    return first


@pytest.mark.parametrize(
    ("part", "fails"), [("maker", "confirmation"), ("checker", "confirmation"), ("payee", "acceptance")]
)
def test_a_signature_that_is_not_the_signers_fails(
    told: Told, story_node: Node, part: str, fails: str
) -> None:
    good = _signature(told, "root", part)
    bad = bytes([good[0] ^ 1]) + good[1:]
    verdict = _lied_to(told, story_node, "root", _in_calldata(good, bad))
    assert not verdict.authentic
    assert "no registered signer" in check(verdict, fails).sentence


def test_another_amount_in_the_signed_promise_fails(told: Told, story_node: Node) -> None:
    quantity = (100_000_000).to_bytes(32, "big")
    verdict = _lied_to(told, story_node, "root", _in_calldata(quantity, (100_000_001).to_bytes(32, "big")))
    assert not verdict.authentic
    assert {"confirmation", "root"} <= failed(verdict)


def test_calldata_that_went_to_a_stranger_fails(told: Told, story_node: Node) -> None:
    def alter(request: Request, answer: Any) -> Any:
        return {**answer, "to": "0x" + "99" * 20} if request.method == "eth_getTransactionByHash" else answer

    verdict = _lied_to(told, story_node, "third", alter)
    assert "none of the contracts" in check(verdict, "confirmation").sentence
    assert "none of the contracts" in check(verdict, "lineage").sentence


def test_a_hidden_split_is_noticed(told: Told, story_node: Node) -> None:
    alter = _in_logs(told, "Ledger", "Split", lambda _: None)
    verdict = _lied_to(told, story_node, "third", alter)
    assert {"lineage", "conservation", "replay"} <= failed(verdict)


def test_another_state_than_the_events_give_is_noticed(told: Told, story_node: Node) -> None:
    def richer(word: int) -> int:
        return word + (1 << 80) if word else 0

    assert TITLE.unpack(richer(1 << 128))["quantity"] == 1
    verdict = _lied_to(told, story_node, "third", _in_view(told, "Ledger", "titleOf", richer))
    assert "replay" in failed(verdict)


def test_two_keys_of_one_person_are_one_person(told: Told, story_node: Node) -> None:
    checker = CORE["checker"].address.lower()

    def same_person(log: dict[str, Any]) -> dict[str, Any]:
        if not log["topics"][1].endswith(checker[2:]):
            return log
        word = SIGNER.unpack(int(log["data"], 16)) | {"person": CORE["maker"].number}
        return {**log, "data": "0x" + SIGNER.pack(word).to_bytes(32, "big").hex()}

    verdict = _lied_to(told, story_node, "root", _in_logs(told, "Ledger", "SignerSet", same_person))
    assert "same person" in check(verdict, "confirmation").sentence


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"flags": 1}, "revoked"),
        ({"flags": 2}, "suspended"),
        ({"valid_until": 1}, "validity"),
        ({"roles": 8}, "role"),
        ({"party": 999}, "party 999"),
        ({"solo_cap": 1}, "mandate"),
    ],
)
def test_a_signer_who_could_not_sign_fails(
    told: Told, story_node: Node, changes: dict[str, int], said: str
) -> None:
    checker = CORE["checker"].address.lower()

    def changed(log: dict[str, Any]) -> dict[str, Any]:
        if not log["topics"][1].endswith(checker[2:]):
            return log
        word = SIGNER.unpack(int(log["data"], 16)) | changes
        return {**log, "data": "0x" + SIGNER.pack(word).to_bytes(32, "big").hex()}

    verdict = _lied_to(told, story_node, "root", _in_logs(told, "Ledger", "SignerSet", changed))
    assert not verdict.authentic
    assert said in check(verdict, "confirmation").sentence


def test_an_invoice_never_attested_fails(told: Told, story_node: Node) -> None:
    alter = _in_logs(told, "Evidence", "InvoicesAttested", lambda _: None)
    verdict = _lied_to(told, story_node, "root", alter)
    assert "never attested" in check(verdict, "invoices").sentence


def test_an_offer_outside_the_published_list_fails(told: Told, story_node: Node) -> None:
    def other_top(log: dict[str, Any]) -> dict[str, Any]:
        return {**log, "data": log["data"][:66] + "ab" * 32 + log["data"][130:]}

    alter = _in_logs(told, "Evidence", "OffersPublished", other_top)
    verdict = _lied_to(told, story_node, "from_list", alter)
    assert "not in the list" in check(verdict, "confirmation").sentence


def test_a_chain_that_turns_while_it_is_read_is_refused(told: Told, story_node: Node) -> None:
    def alter(request: Request, answer: Any) -> Any:
        if request.method != "eth_getBlockByNumber" or request.params[0] == "latest":
            return answer
        return {**answer, "hash": "0x" + "00" * 32}

    with pytest.raises(ChainMoved):
        _lied_to(told, story_node, "assigned", alter)


def test_the_free_group_is_asked_of_every_title(told: Told) -> None:
    verdict = verify(reader_of(told), told.story.ids["locked"])
    assert {each.id for each in verdict.checks if each.group == FREE} == {
        "live",
        "unlocked",
        "unfrozen",
        "before-due",
    }


def test_a_way_that_does_not_reach_the_root_is_not_authentic(told: Told, story_node: Node) -> None:
    hidden = _in_logs(told, "Ledger", "RootAccepted", lambda _: None)
    verdict = _lied_to(told, story_node, "third", hidden)
    assert not verdict.authentic
    assert verdict.lineage is None or verdict.lineage.title == told.story.ids["root"]
    split = _in_logs(told, "Ledger", "Split", lambda _: None)
    for name in ("second", "third", "merged"):
        assert not _lied_to(told, story_node, name, split).authentic


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_warehouse_receipt_is_not_taken_for_a_certificate(told: Told, name: str) -> None:
    verdict = verify(reader_of(told), told.story.ids[name])
    assert verdict.authentic
    assert verdict.sentence.startswith("Receipt ")
    assert (document(verdict)["kind"], document(verdict)["currency"]) == ("receipt", None)
    assert {"confirmation", "invoices", "pay-to"}.isdisjoint(each.id for each in verdict.checks)
