"""Orders at a terminal: what was asked for is what is signed, and why stands beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.gateway.orders.conftest import ORDERED, Trade, nullifier_of
from tests.house.cast import CLEARING, CORE, TIER_1, Person


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
        ("publish", "PO-1", "--buyer", "101", "--last-day", "2026-12-01", "--taking", "x"),
        ("take", "none.json"),
    ],
)
def test_what_cannot_be_read_is_told(trade: Trade, words: tuple[str, ...]) -> None:
    assert run(trade, "order", *words, ends=2)["sentence"]
