"""The command line against a running house: everybody acts with keys of their own, and anyone asks the chain."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from eth_account import Account

from gateway.domain.trade import TradeDocument
from gateway.money import number_of
from tests.gateway.documents.trade_builder import BUYER, SELLER, firm, invoice, line, moved, order, receipt
from tests.gateway.documents.ubl_writer import to_ubl
from tests.scenarios.runs import ROOT, Run
from tests.scenarios.terminal import typed, typed_in

DONE, REFUSED, UNUSABLE, UNREACHABLE, ENCUMBERED = 0, 1, 2, 3, 5
CORE, SUPPLIER, SECOND, LENDER, CLEARING, EVIDENCE = 101, 201, 301, 11, 12, 21
FACILITY = 4_711


@dataclass(slots=True)
class House:
    """A running house, its folder, and somebody at a terminal."""

    run: Run
    folder: Path
    made: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str, status: int = DONE, more: Mapping[str, str] | None = None) -> Any:
        """Type a command with --json; answers what it said."""
        ended = typed_in(self.run.folder, *words, "--json", more=more)
        assert (ended.status, ended.complained) == (status, ""), ended.said + ended.complained
        return ended.answer

    @property
    def kept(self) -> Path:
        """Where the demo keeps its databases and keys."""
        return self.run.folder / "kept"

    def key(self, party: int, person: str = "maker") -> str:
        """A person's key file."""
        return str(self.kept / "wallets" / str(party) / f"{person}.key")

    def desk(self, name: str) -> httpx2.Client:
        """The desk of another firm's program."""
        config = json.loads((self.kept / f"{name}.json").read_text())
        return httpx2.Client(
            base_url=f"http://127.0.0.1:{config['port']}", trust_env=False, timeout=30,
            headers={"authorization": f"Bearer {config['desk_token']}"},
        )  # fmt: skip

    def officer(self, bank: str, role: str, act: Path) -> str:
        """A bank's officer signs an act from a file at the bank's own desk."""
        with self.desk(bank) as desk:
            person = next(
                each["person"] for each in desk.get("/signers").json()["signers"] if each["role"] == role
            )
            typed = json.loads(act.read_text())["typed_data"]
            answer = desk.post("/sign", json={"person": person, "typed_data": typed})
            assert answer.status_code == 200, answer.text
            return str(answer.json()["signature"])


@pytest.fixture(scope="module")
def house(shipped: Run, tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(shipped, tmp_path_factory.mktemp("terminal"))


def later(number: str, price: int = 100_000) -> list[TradeDocument]:
    """A deal after the story's end, between its buyer and its first supplier."""
    buyer = firm("京畿轨道装备集团有限公司", "91110115MA0C0RE19E")
    seller = firm("申浦精密部件有限公司", "91310115MA1T1ER19W")
    assert (buyer.identifiers[0], seller.identifiers[0]) == (BUYER.identifiers[0], SELLER.identifiers[0])
    common: dict[str, object] = {"buyers": (buyer,), "sellers": (seller,)}
    made = [
        order(f"PO-{number}", [line("1", 10, price)], issued=date(2026, 8, 1), **common),
        receipt(f"RA-{number}", f"PO-{number}", [line("1", 10, order_line="1")], issued=date(2026, 8, 5), **common),
        invoice(
            f"INV-{number}", f"PO-{number}", [line("1", 10, price, order_line="1")], issued=date(2026, 8, 10),
            due=date(2026, 12, 1), **common,
        ),
    ]  # fmt: skip
    return [moved(each, f"{number}/{each.kind}.xml") for each in made]


def put(folder: Path, documents: list[TradeDocument]) -> Path:
    for each in documents:
        path = folder / each.source.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_ubl(each))
    return folder


def _hex(digest: str) -> str:
    return "0x" + digest.removeprefix("0x")


def register(house: House, proposal: Mapping[str, Any], **changed: Any) -> httpx2.Response:
    """Show an invoice to the evidence service."""
    body = {
        "seller_id": proposal["seller_tax_id"], "document_type": proposal["document_type"],
        "number": proposal["number"], "issue_year": proposal["issue_year"],
        "buyer_id": proposal["buyer"]["identifiers"][0]["value"], "currency": proposal["currency"],
        "cap_minor": proposal["amount_minor"], "document_hash": _hex(proposal["evidence"][0]), **changed,
    }  # fmt: skip
    with house.desk("evidence") as desk:
        return desk.post("/invoices", json=body)


@pytest.fixture(scope="module")
def promised(house: House) -> str:
    """A receivable that was imported, attested, promised and accepted by people at terminals; answers its id."""
    read = house("import", str(put(house.folder / "new", later("9001"))))
    assert [row["status"] for row in read["documents"]] == ["used"] * 3
    proposal = next(row for row in house("confirm")["proposals"] if row["number"] == "INV9001")
    nullifier = register(house, proposal).json()["nullifier"]
    attest(house, proposal, nullifier)
    offered = house(
        "confirm", proposal["key"], "--debtor", str(CORE), "--payee", str(SUPPLIER), "--clearing-bank", str(CLEARING),
        "--nullifier", nullifier, "--key", house.key(CORE), "--key", house.key(CORE, "checker"),
    )  # fmt: skip
    assert offered["state"] == "final"
    root = str(offered["receivable"])
    # What is accepted is read from the chain, where the buyer's two people signed it.
    assert house("accept", root, "--key", house.key(SUPPLIER))["state"] == "final"
    house.made["key"], house.made["nullifier"] = proposal["key"], nullifier
    return root


def attest(house: House, proposal: Mapping[str, Any], nullifier: str) -> None:
    """The evidence service's desk signs the attestation, from a file, without the gateway's help."""
    fields = house.folder / "attestation.json"
    message = {
        "nullifier": nullifier, "cap": proposal["amount_minor"], "seller": SUPPLIER, "debtor": CORE,
        "currency": number_of(proposal["currency"]), "service": EVIDENCE,
        "evidence": _hex(proposal["evidence"][0]),
    }  # fmt: skip
    fields.write_text(json.dumps(message))
    act = house.folder / "attest.act"
    house("act", "attestInvoices", "--message", str(fields), "--signer", "service", "--out", str(act))
    signature = house.officer("evidence", "evidence", act)
    assert house("submit", "--in", str(act), "--signature", f"service={signature}")["state"] == "final"


def test_a_promise_is_made_and_accepted_at_terminals(house: House, promised: str) -> None:
    (row,) = [row for row in house("receivables")["receivables"] if row["root"] == promised]
    assert (row["amount"], row["currency"], row["phase"]) == ("11300.00", "CNY", "live")


def test_the_same_invoice_cannot_be_promised_twice(house: House, promised: str) -> None:
    """The contract refuses what is used up, under whatever number a second promise comes."""
    fields = house.folder / "again.json"
    (row,) = [row for row in house("receivables")["receivables"] if row["root"] == promised]
    receivable = {
        "root": str(CORE << 32 | 9_999_999), "payee": SUPPLIER, "clearingBank": CLEARING, "currency": 156,
        "dueDay": 20_788, "terms": 500, "quantity": 1_130_000, "nullifiers": [house.made["nullifier"]],
        "amounts": [1_130_000], "evidence": "0x" + "11" * 32,
    }  # fmt: skip
    fields.write_text(json.dumps({"debtor": CORE, "receivables": [receivable]}))
    refused = house(
        "act", "issue", "--message", str(fields), "--signer", "maker", "--signer", "checker",
        "--key", house.key(CORE), "--key", house.key(CORE, "checker"), status=REFUSED,
    )  # fmt: skip
    assert refused["reason"] == "INVOICE_EXHAUSTED"
    assert row["phase"] == "live"


@pytest.mark.parametrize("number", ["inv 9001", "ＩＮＶ－9001", "INV/9001"])
def test_a_respelled_and_amended_copy_is_refused_by_name(house: House, promised: str, number: str) -> None:
    assert promised
    proposal = next(row for row in house("confirm")["matches"] if row["key"] == house.made["key"])
    seller, kind, _, year = proposal["key"].split("|")
    with house.desk("evidence") as desk:
        answer = desk.post(
            "/invoices",
            json={
                "seller_id": seller, "document_type": kind, "number": number, "issue_year": int(year),
                "buyer_id": proposal["buyer"]["identifiers"][0]["value"], "currency": "CNY", "cap_minor": 2_260_000,
                "document_hash": "0x" + "22" * 32,
            },
        )  # fmt: skip
    assert (answer.status_code, answer.json()["rule"]) == (409, "INVOICE-AMENDED")
    assert {"cap_minor", "document_hash"} <= {row["field"] for row in answer.json()["differences"]}


def test_a_part_is_offered_by_the_holder_and_taken_by_the_acquirer(house: House, promised: str) -> None:
    act = house.folder / "offer.act"
    offered = house(
        "offer",
        promised,
        "--to",
        str(SECOND),
        "--amount",
        "1300.00",
        "--out",
        str(act),
        "--key",
        house.key(SUPPLIER),
    )
    assert offered["missing"] == ["acquirer"]
    taken = house("submit", "--in", str(act), "--key", house.key(SECOND))
    assert taken["state"] == "final"
    (title,) = [row for row in house("titles")["titles"] if row["title"] == offered["title"]]
    assert (title["holder"], title["amount"], title["parent"]) == (SECOND, "1300.00", promised)
    # The same act again is the same instruction; what it said has happened.
    assert house("submit", "--in", str(act), "--key", house.key(SECOND))["block"] == taken["block"]
    house.made["part"] = offered["title"]


def test_an_offer_that_was_withdrawn_cannot_be_taken(house: House, promised: str) -> None:
    act = house.folder / "withdrawn.act"
    house("offer", promised, "--to", str(SECOND), "--out", str(act), "--key", house.key(SUPPLIER))
    assert house("withdraw", promised, "--key", house.key(SUPPLIER))["state"] == "final"
    refused = house("submit", "--in", str(act), "--key", house.key(SECOND), status=REFUSED)
    assert refused["reason"] == "WRONG_SEQUENCE"


def test_a_keystore_and_its_password_sign_too(house: House, promised: str) -> None:
    store = house.folder / "keystore.json"
    secret = Path(house.key(SUPPLIER)).read_text()
    store.write_text(json.dumps(Account.encrypt(secret, "open sesame", kdf="pbkdf2", iterations=1_000)))
    part = house(
        "split",
        promised,
        "--amount",
        "500.00",
        "--key",
        str(store),
        more={"TALLYSTICK_KEY_PASSWORD": "open sesame"},
    )
    assert part["state"] == "final"
    wrong = house(
        "split", promised, "--amount", "500.00", "--key", str(store), status=UNUSABLE,
        more={"TALLYSTICK_KEY_PASSWORD": "open barley"},
    )  # fmt: skip
    assert secret not in json.dumps(wrong)


@pytest.fixture(scope="module")
def facility(house: House) -> int:
    """A facility of the lender for the supplier, signed at the lender's desk and at the supplier's terminal."""
    with house.desk("lender") as desk:
        body = {"owner_name": "Huaxin lending bank", "owner_reference": "11-terminal", "currency": "CNY"}
        account = desk.post("/accounts", json=body).json()
    fields = house.folder / "facility.json"
    message = {
        "facility": FACILITY, "lender": LENDER, "borrower": SUPPLIER, "currency": 156, "advanceBps": 8_000,
        "limit": 10**9, "endDay": 20_900, "closesWithDebt": True, "form": 0,
                    "entrustor": 0, "agentFeeBps": 0, "collectionBank": LENDER,
        "collectionAccount": account["commitment"], "evidence": "0x" + "33" * 32,
    }  # fmt: skip
    fields.write_text(json.dumps(message))
    act = house.folder / "open.act"
    signers = ("--signer", "maker", "--signer", "checker", "--signer", "borrower")
    house(
        "act",
        "open",
        "--message",
        str(fields),
        *signers,
        "--key",
        f"borrower={house.key(SUPPLIER)}",
        "--out",
        str(act),
    )
    lender_signs(house, act, maker="credit-maker", checker="credit-checker")
    return FACILITY


def lender_signs(house: House, act: Path, **roles: str) -> dict[str, Any]:
    """The lender's officers sign at their own desk; the act is submitted with their signatures."""
    words = [f"--signature={part}={house.officer('lender', role, act)}" for part, role in roles.items()]
    submitted: dict[str, Any] = house("submit", "--in", str(act), *words)
    assert submitted["state"] == "final"
    return submitted


def test_a_pledge_and_a_loan_with_the_lenders_own_desk(house: House, promised: str, facility: int) -> None:
    act = house.folder / "pledge.act"
    words = (
        "--facility",
        str(facility),
        "--amount",
        "5000.00",
        "--key",
        house.key(SUPPLIER),
        "--out",
        str(act),
    )
    pledged = house("pledge", promised, *words)
    lender_signs(house, act, lender="credit-maker")
    house.made["pledged"] = pledged["title"]
    act, declared = house.folder / "draw.act", house.folder / "registry.json"
    declared.write_text('{"number": "0427…8316", "term": 6, "renewal": false}')
    terms = (
        "--amount",
        "3000.00",
        "--rate",
        "5.4",
        "--due",
        "2026-12-10",
        "--terms",
        "equal-principal",
        "--count",
        "2",
        "--grace-days",
        "3",
        "--registration",
        str(declared),
        "--key",
        house.key(SUPPLIER),
        "--out",
        str(act),
    )
    drawn = house("finance", str(facility), *terms)
    lender_signs(house, act, maker="credit-maker", checker="credit-checker")
    (loan,) = [row for row in house("loans")["loans"] if row["loan"] == drawn["loan"]]
    assert (loan["drawn"], loan["phase"], loan["rate_ppm"]) == ("3000.00", "reserved", 54_000)
    assert (loan["terms"], loan["count"], loan["grace_days"]) == ("equal principal", 2, 3)
    found = house("loan", drawn["loan"])["schedule"]
    assert (found["paid_out"], found["due"]["total"]) == (None, "0.00")
    assert [line["principal"] for line in found["instalments"]] == ["1500.00", "1500.00"]
    assert found["instalments"] == [
        {**line, "paid": "0.00", "open": line["total"], "overdue_since": None, "penalty_free_until": after}
        for line, after in zip(drawn["quote"]["instalments"], ("2026-11-13", "2026-12-13"), strict=True)
    ]
    house.made["loan"] = drawn["loan"]


def test_what_is_pledged_is_authentic_but_not_free(house: House, promised: str) -> None:
    free = house("verify", house.made["part"])
    assert (free["authentic"], free["free"], free["holder"]) == (True, True, SECOND)
    pledged = house("verify", house.made["pledged"], status=ENCUMBERED)
    assert (pledged["authentic"], pledged["free"]) == (True, False)
    unknown = house("verify", "77-1", status=REFUSED)
    assert unknown["authentic"] is False
    tree = house("lineage", house.made["part"])
    assert tree["id"] == promised
    assert house.made["part"] in {child["id"] for child in tree["children"]}


def test_a_loan_is_repaid_by_a_payment_order(house: House, promised: str) -> None:
    assert promised
    (loan,) = [
        row
        for row in house(
            "loans",
        )["loans"]
        if row["phase"] == "settled"
    ][:1]
    words = ("--payer", "QSCLCNSH/62001/申浦", "--payee", "HXLDCNBJ/62002/Huaxin", "--amount", "100.00")
    refused = house("repay", loan["loan"], *words, "--out", str(house.folder / "no.xml"), status=REFUSED)
    assert "nothing is owed" in refused["sentence"]


def test_who_signs_wrongly_is_told_so(house: House, promised: str) -> None:
    words = ("split", promised, "--amount", "200.00", "--to", str(SECOND))
    missing = house(*words, "--key", house.key(SUPPLIER), status=UNUSABLE)
    assert missing["missing"] == ["acquirer"]
    stranger = house.folder / "stranger.key"
    stranger.write_text("77" * 32)
    unknown = house(*words, "--key", house.key(SUPPLIER), "--key", str(stranger), status=REFUSED)
    assert unknown["rule"] == "SIGNATURE-UNKNOWN"
    swapped = house(*words, "--key", house.key(SECOND), "--key", house.key(SUPPLIER), status=REFUSED)
    assert swapped["reason"] == "WRONG_PARTY"
    assert house("split", promised, "--amount", "0.001", status=UNUSABLE)
    assert house("split", "not-an-id", "--amount", "1.00", status=UNUSABLE)


def test_an_act_somebody_changed_on_its_way_is_not_signed(house: House, promised: str) -> None:
    act = house.folder / "changed.act"
    house(
        "offer",
        promised,
        "--to",
        str(SECOND),
        "--amount",
        "150.00",
        "--out",
        str(act),
        "--key",
        house.key(SUPPLIER),
    )
    content = json.loads(act.read_text())
    content["typed_data"]["message"]["quantity"] = 900_000
    act.write_text(json.dumps(content))
    refused = house("submit", "--in", str(act), "--key", house.key(SECOND), status=REFUSED)
    assert refused["rule"] == "SIGNATURE-UNKNOWN"
    content["typed_data"]["primaryType"] = "Assign"
    act.write_text(json.dumps(content))
    assert "GATEWAY-ALTERED" in house("submit", "--in", str(act), status=REFUSED)["sentence"]


def test_the_doctor_finds_nothing_and_everything_is_exported(house: House, promised: str) -> None:
    assert promised
    assert house("doctor")["mismatches"] == []
    written = house("export", str(house.folder / "export"))["files"]
    assert {Path(name).stem for name in written} >= {"parties", "receivables", "titles", "loans", "movements"}
    with (house.folder / "export/titles.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(house("titles")["titles"])


def test_files_that_cannot_be_used_end_the_import_with_one(house: House) -> None:
    (house.folder / "bad").mkdir()
    (house.folder / "bad/notes.txt").write_text("nothing")
    read = house("import", str(house.folder / "bad"), status=REFUSED)
    assert [row["status"] for row in read["documents"]] == ["unsupported"]


def test_the_demo_is_handed_its_own_options() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "demo", "--documents", "/no/such/folder"],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (ended.returncode, "is not a folder of documents" in ended.stdout) == (UNUSABLE, True)


def test_a_gateway_that_is_not_there_is_said_to_be_so(house: House) -> None:
    ended = typed("--url", "http://127.0.0.1:9", "parties")
    assert (ended.status, "no gateway answers" in ended.complained) == (UNREACHABLE, True)
    assert house("parties")["parties"]
