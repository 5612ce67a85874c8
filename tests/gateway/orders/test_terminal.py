"""Orders at a terminal: what was asked for is what is signed, and why stands beside it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.domain.calendar import iso
from tests.gateway.documents.trade_builder import line
from tests.gateway.orders.conftest import ORDERED, Trade, nullifier_of
from tests.gateway.storage.vehicles import naming
from tests.house.cast import CLEARING, CORE, EVIDENCE, TIER_1, Person

GUIDE = Path(__file__).resolve().parents[3] / "docs/guides/orders.md"


def run(trade: Trade, *words: object, ends: int = 0) -> dict[str, Any]:
    """A command's JSON."""
    named = ["--url", str(trade.desk.http.base_url), *map(str, words), "--json"]
    done = CliRunner().invoke(app, named)
    assert done.exit_code == ends, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def key_of(folder: Path, person: Person) -> Path:
    path = folder / "key"
    path.write_text(person.key.hex())
    return path


def followed(trade: Trade, folder: Path) -> dict[str, list[str]]:
    """The guide's command lines by their word, about this order, with the guide's key files in the folder."""
    people = {
        "service": EVIDENCE["attestor"], "maker": CORE["maker"], "checker": CORE["checker"], "seller": TIER_1["maker"],
    }  # fmt: skip
    for name, person in people.items():
        (folder / f"{name}.key").write_text(person.key.hex())
    known = {
        "PO-2026-0123": trade.number, "PO-2026-0124": trade.number, "INV-2026-0123": trade.invoice, "taking": folder,
        "2026-03-31": iso(trade.house.machine.day() + 60), "0x…": "0x" + nullifier_of(trade.invoice).hex(),
    }  # fmt: skip
    lines = re.findall(r"^tallystick order (\w+) (.*)$", GUIDE.read_text(), re.MULTILINE)
    return {
        word: [str(known.get(each, each)).replace("=", f"={folder}/") for each in shlex.split(rest)]
        for word, rest in lines
    }


def carried(trade: Trade, folder: Path, *words: object) -> dict[str, Any]:
    """An act that a command line signed for everybody, done on the ledger; what the command told."""
    path = folder / "signed.json"
    told = run(trade, "order", *words, "--out", path)
    assert told["missing"] == []
    act = json.loads(path.read_text())
    verb = {"function": act["function"], "typed_data": act["typed_data"], "unsigned": {}}
    parties = {"service": EVIDENCE.number, "seller": TIER_1.number}
    trade.carry({**verb, "signers": {part: parties.get(part, CORE.number) for part in act["parts"]}})
    return told


def test_the_guides_lines_lead_from_an_imported_order_to_a_receivable(trade: Trade, tmp_path: Path) -> None:
    """Nobody types a number of the evidence service's: it is registered, attested and found from the documents."""
    trade.bring(trade.ordered(), trade.answered(lines=[line("1", 90, 1_000, order_line="1")]))
    lines = followed(trade, tmp_path)
    early = run(trade, "order", "confirm", *lines["confirm"], ends=1)
    assert (early["rule"], early["reason"], early["field"]) == ("ORDER-ACT", "INVOICE_UNKNOWN", "nullifier")
    assert run(trade, "order", "show", *lines["show"], ends=1)["document"] == trade.number
    with naming(trade.desk, tmp_path / "evidence"):
        told = carried(trade, tmp_path, "attest", *lines["attest"])
        assert told["amount"] == "1017.00"
        again = run(trade, "order", "attest", *lines["attest"], ends=1)
        assert (again["rule"], again["reason"], again["field"]) == ("ORDER-ACT", "INVOICE_KNOWN", "document")
        trade.bring(trade.answered(2, lines=[line("1", 80, 1_000, order_line="1")]))
        other = run(trade, "order", "attest", *lines["attest"], ends=1)
        assert (other["rule"], other["document"]) == (
            "INVOICE-AMENDED",
            f"order-{trade.number}.xml#{trade.number}",
        )
        assert {each["field"] for each in other["differences"]} == {"cap_minor", "document_hash"}
    made = carried(trade, tmp_path, "confirm", *lines["confirm"])
    shown = run(trade, "order", "show", *lines["show"])
    assert (shown["order"], shown["document"], shown["nullifier"]) == (
        made["order"],
        trade.number,
        told["nullifier"],
    )
    assert (shown["confirmed"], shown["buyer"], shown["seller"]) == ("904.00", CORE.number, TIER_1.number)
    trade.bring(trade.sent(80), trade.came(70), trade.invoiced(70))
    assert carried(trade, tmp_path, "reduce", *lines["reduce"])["amount"] == "113.00"
    trade.attest(trade.invoice, ORDERED)
    trade.desk.mine()
    assert carried(trade, tmp_path, "convert", *lines["convert"])["amount"] == "791.00"


def test_the_guides_list_needs_no_number_either(trade: Trade, tmp_path: Path) -> None:
    trade.bring(trade.ordered())
    lines = followed(trade, tmp_path)
    with naming(trade.desk, tmp_path / "evidence"):
        told = carried(trade, tmp_path, "attest", *lines["attest"])
    words = [each for each in lines["publish"] if each != "PO-2026-0125"]
    run(trade, "order", "publish", *words, "--out", tmp_path / "list.json")
    (source,) = tmp_path.glob(Path(lines["take"][0]).name.replace("…", "*"))
    assert json.loads(source.read_text())["order"]["nullifier"] == told["nullifier"]


def test_an_order_is_not_attested_where_no_evidence_service_is_known(trade: Trade, tmp_path: Path) -> None:
    trade.bring(trade.ordered())
    trade.desk.gateway.settings.evidence_url = ""
    assert run(trade, "order", "attest", *followed(trade, tmp_path)["attest"], ends=3)["sentence"]


def test_an_order_is_confirmed_reduced_and_converted_from_its_documents(trade: Trade, tmp_path: Path) -> None:
    trade.bring(trade.ordered(), trade.sent(100), trade.came(90), trade.invoiced(100))
    for number in (trade.number, trade.invoice):
        trade.attest(number, ORDERED)
    trade.desk.mine()
    act = tmp_path / "act.json"
    found = run(
        trade, "order", "confirm", trade.number, "--buyer", CORE.number, "--last-day", "2026-12-01", "--nullifier",
        "0x" + nullifier_of(trade.number).hex(), "--key", f"seller={key_of(tmp_path, TIER_1['maker'])}", "--out", act,
    )  # fmt: skip
    assert (found["function"], found["amount"], found["missing"]) == (
        "confirmOrders",
        "1130.00",
        ["maker", "checker"],
    )
    written = json.loads(act.read_text())["typed_data"]["message"]
    assert (written["order"]["quantity"], written["debtor"]) == (ORDERED, CORE.number)
    trade.carry(trade.prepare(trade.confirming()))
    assert run(trade, "order", "show", trade.order)["documents"]["received"] == "1017.00"
    (row,) = [each for each in run(trade, "orders")["orders"] if each["order"] == trade.order]
    assert (row["left"], row["status"]) == ("1130.00", "open")
    less = run(trade, "order", "reduce", trade.order, "--out", act)
    assert [(each["rule"], each["amount"]) for each in less["why"]] == [("SHORT-DELIVERY", "113.00")]
    made = run(
        trade, "order", "convert", trade.order, trade.invoice, "--nullifier", "0x" + nullifier_of(trade.invoice).hex(),
        "--clearing-bank", CLEARING.number, "--late-ppm", 500, "--out", act,
    )  # fmt: skip
    assert (made["taken"], made["amount"], made["missing"]) == (
        "1017.00",
        "1017.00",
        ["maker", "checker", "seller"],
    )


def test_a_list_gives_each_seller_a_file_that_takes_its_order(trade: Trade, tmp_path: Path) -> None:
    trade.bring(trade.ordered())
    trade.attest(trade.number, ORDERED)
    trade.desk.mine()
    run(
        trade, "order", "publish", f"{trade.number}=0x{nullifier_of(trade.number).hex()}", "--buyer", CORE.number,
        "--last-day", "2026-12-01", "--taking", tmp_path / "taking", "--out", tmp_path / "list.json",
    )  # fmt: skip
    (source,) = (tmp_path / "taking").iterdir()
    early = run(trade, "order", "take", source, "--out", tmp_path / "act.json", ends=1)
    assert (early["rule"], early["reason"]) == ("ORDER-ACT", "NOT_OFFERED")


@pytest.mark.parametrize(
    "words",
    [
        ("take", "none.json"),
        ("reduce", "101-4294967296"),
    ],
)
def test_what_cannot_be_read_is_told(trade: Trade, words: tuple[str, ...]) -> None:
    assert run(trade, "order", *words, ends=2)["sentence"]
