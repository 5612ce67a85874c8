"""What storage comes to by a receipt's tariff, beside what its keeper charges (CC-447, CC-909)."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.domain.calendar import day_of_iso, iso
from gateway.ids import format_id, parse_id
from gateway.schemas.storage import StorageTariff
from gateway.services.storage_fees import Storage
from tests.contracts import goods_table
from tests.gateway.http.test_storage import DOCUMENT
from tests.gateway.risk.conftest import Desk
from tests.gateway.storage.test_requests import carried
from tests.house.cast import INSPECTOR, KEEPER, TIER_1, TIER_2
from tests.house.house import EVIDENCE_HASH

SERIALS = count(9_001)
TARIFF = {"rate": "0.60", "currency": "CNY", "per": "1000", "free_days": 2}
"""Of 1,250.500 kg a day: 0.7503, which is 6.0024 for eight days."""
HOLDER, KEEPS = TIER_1["maker"], KEEPER["keeper"]


def stored(desk: Desk, tariff: Any = TARIFF, quantity: str = "1250.500", **changes: Any) -> str:
    """A receipt whose goods came in today."""
    serial = next(SERIALS)
    document = {
        **DOCUMENT, "lot": f"L-{serial}", "goods": {**DOCUMENT["goods"], "quantity": quantity},
        "period": {**DOCUMENT["period"], "first": desk.today}, "tariff": tariff, **changes,
    }  # fmt: skip
    receipt = format_id(KEEPER.number << 32 | serial)
    answer = desk.post(
        "/storage",
        {
            "document": document, "keeper": KEEPER.number, "depositor": TIER_1.number,
            "inspector": INSPECTOR.number, "receipt": receipt, "decimals": 3,
        },
    )  # fmt: skip
    assert answer.status_code == 201, answer.text
    carried(desk, answer.json()["message"])
    return receipt


def fee(desk: Desk, receipt: str, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = desk.get(f"/warehouse-receipts/{receipt}/storage-fee", **params)
    return found


def later(desk: Desk, days: int) -> str:
    """The ledger's day, so many days on."""
    desk.ledger.house.machine.go_to_day(day_of_iso(desk.today) + days)
    desk.mine()
    return desk.today


def charge(desk: Desk, receipt: str, amount: int) -> None:
    house = desk.ledger.house
    act = {
        "title": parse_id(receipt), "currency": 156, "amount": amount, "nonce": house.nonce(),
        "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    house.must("chargeStorage", act, keeper=KEEPS)
    desk.mine()


def split(desk: Desk, receipt: str, quantity: int) -> tuple[str, str]:
    """Part, of so many thousandths, for the second tier, and rest."""
    house = desk.ledger.house
    part, rest = (TIER_1.number << 32 | next(SERIALS) for _ in range(2))
    act = {
        "title": parse_id(receipt), "sequence": 0, "part": part, "quantity": quantity, "rest": rest,
        "to": TIER_2.number, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    house.must("splitReceipt", act, holder=HOLDER, acquirer=TIER_2["maker"], keeper=KEEPS)
    desk.mine()
    return format_id(part), format_id(rest)


# ── What it rests on ────────────────────────────────────────────────────────────────────────────────────────


def test_a_receipt_without_a_tariff_says_what_stands_in_its_document(desk: Desk) -> None:
    path = f"/warehouse-receipts/{stored(desk, None)}/storage-fee"
    found = desk.refused(desk.http.get(path), 404, "TARIFF-MISSING")
    assert DOCUMENT["fee"] in found["title"]


def test_a_receipt_whose_document_nobody_gave_the_gateway(desk: Desk) -> None:
    number = KEEPER.number << 32 | next(SERIALS)
    assert goods_table.store(desk.ledger.house, number).carry(desk.ledger.house) == "None"
    desk.mine()
    path = f"/warehouse-receipts/{format_id(number)}/storage-fee"
    found = desk.refused(desk.http.get(path), 404, "DOCUMENT-UNKNOWN")
    assert found["evidence"] == "0x" + EVIDENCE_HASH.hex()


def test_what_is_no_receipt_or_no_day_is_refused(desk: Desk) -> None:
    desk.refused(desk.http.get("/warehouse-receipts/31-99999/storage-fee"), 404, "UNKNOWN_TITLE")
    path = f"/warehouse-receipts/{stored(desk)}/storage-fee"
    desk.refused(desk.http.get(path, params={"day": "2027-02-30"}), 422, "DAY-FORM")
    desk.refused(desk.http.get(path, params={"day": "tomorrow"}), 422, "BODY-INVALID")


# ── What it comes to ────────────────────────────────────────────────────────────────────────────────────────


def test_storage_is_reckoned_from_the_day_the_goods_came_in(desk: Desk) -> None:
    first = desk.today
    receipt = stored(desk)
    found = fee(desk, receipt)
    assert (found["stored"], found["since"], found["day"], found["paid"]) == (first, first, first, None)
    assert (found["days"], found["periods"], found["amount"]) == (1, 0, "0.00")
    ahead = iso(day_of_iso(first) + 9)
    found = fee(desk, receipt, day=ahead)
    assert (found["days"], found["periods"], found["amount"], found["currency"]) == (10, 8, "6.00", "CNY")
    assert (found["quantity"], found["unit"], found["charged"], found["merged"]) == (
        "1250.500",
        "KGM",
        None,
        [],
    )
    assert found["tariff"] == {**TARIFF, "days": 1}
    assert found["sum"] == (
        f"{first} to {ahead}, the first 2 day(s) of storage free: 8 day(s) × 1250.500 KGM × 0.60 CNY a 1000 KGM "
        "= 6.00 CNY"
    )
    assert (found["keeper"], found["holder"]) == (KEEPER.number, TIER_1.number)
    earlier = fee(desk, receipt, day=iso(day_of_iso(first) - 1))
    assert (earlier["days"], earlier["amount"]) == (0, "0.00")
    later(desk, 9)
    assert fee(desk, receipt)["amount"] == "6.00"


def test_a_month_begun_counts_whole(desk: Desk) -> None:
    receipt = stored(desk, {"rate": "300", "currency": "JPY", "days": 30}, "1")
    at = day_of_iso(desk.today)
    for day, periods, amount in ((at, 1, "300"), (at + 29, 1, "300"), (at + 30, 2, "600")):
        found = fee(desk, receipt, day=iso(day))
        assert (found["periods"], found["amount"]) == (periods, amount)
    assert "2 period(s) of 30 days × 1.000 KGM × 300 JPY a 1 KGM" in found["sum"]


def test_a_charge_stands_beside_the_tariffs_sum_and_its_payment_moves_the_day(desk: Desk) -> None:
    """What was charged on the tenth day and paid two days later is paid to the tenth."""
    receipt = stored(desk)
    first = desk.today
    tenth = later(desk, 9)
    before = fee(desk, receipt)["as_of"]["block"]
    charge(desk, receipt, 7_500)
    later(desk, 2)
    found = fee(desk, receipt)
    assert found["charged"] == {"amount": "75.00", "currency": "CNY", "day": tenth}
    assert (found["since"], found["days"], found["amount"]) == (first, 12, "7.50")
    charge(desk, receipt, 0)
    found = fee(desk, receipt)
    assert (found["charged"], found["paid"], found["since"]) == (None, tenth, iso(day_of_iso(tenth) + 1))
    assert (found["days"], found["periods"], found["amount"]) == (2, 2, "1.50")
    past = fee(desk, receipt, as_of=before)
    assert (past["day"], past["charged"], past["paid"], past["amount"]) == (tenth, None, None, "6.00")


def test_what_was_paid_without_a_charge_is_paid_to_the_day_the_keeper_says_so(desk: Desk) -> None:
    receipt = stored(desk)
    paid = later(desk, 4)
    charge(desk, receipt, 0)
    later(desk, 1)
    found = fee(desk, receipt)
    assert (found["paid"], found["days"], found["amount"]) == (paid, 1, "0.75")


# ── Parts ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_parts_are_reckoned_by_the_document_they_came_from(desk: Desk) -> None:
    """250.500 and 1,000 kg, paid for as long as they were one: 0.1503 and 0.60 a day from then on."""
    receipt = stored(desk)
    whole = fee(desk, receipt)["evidence"]
    paid = later(desk, 5)
    charge(desk, receipt, 300)
    charge(desk, receipt, 0)
    part, rest = split(desk, receipt, 250_500)
    later(desk, 10)
    for each, quantity, amount in ((part, "250.500", "1.50"), (rest, "1000.000", "6.00")):
        found = fee(desk, each)
        assert (found["evidence"], found["paid"], found["quantity"]) == (whole, paid, quantity)
        assert (found["days"], found["amount"]) == (10, amount)
    assert fee(desk, part)["holder"] == TIER_2.number
    cancelled = fee(desk, receipt)
    assert (cancelled["quantity"], cancelled["amount"]) == ("0.000", "0.00")
    charge(desk, part, 150)
    assert (fee(desk, part)["charged"] is None, fee(desk, rest)["charged"]) == (False, None)
    charge(desk, part, 0)
    assert (fee(desk, part)["days"], fee(desk, rest)["days"]) == (0, 10)


def test_what_was_merged_into_a_receipt_is_named(desk: Desk) -> None:
    house = desk.ledger.house
    receipt = stored(desk)
    part, rest = split(desk, receipt, 250_500)
    again = {"title": parse_id(part), "sequence": 0, "to": TIER_1.number, "expiresAt": house.expiry(),
             "evidence": EVIDENCE_HASH}  # fmt: skip
    house.must("endorse", again, holder=TIER_2["maker"], acquirer=HOLDER, keeper=KEEPS)
    merge = {"into": parse_id(rest), "intoSequence": 0, "from": parse_id(part), "fromSequence": 1,
             "expiresAt": house.expiry()}  # fmt: skip
    house.must("mergeReceipts", merge, holder=HOLDER, keeper=KEEPS)
    desk.mine()
    found = fee(desk, rest)
    assert (found["quantity"], found["merged"]) == ("1250.500", [part])


# ── At a terminal ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def key(tmp_path: Path) -> str:
    path = tmp_path / "keeper.key"
    path.write_text(KEEPS.key.hex())
    return str(path)


def typed(desk: Desk, *words: str, status: int = 0) -> str:
    ended = CliRunner().invoke(app, ["--url", str(desk.http.base_url), "receipt", "charge", *words])
    assert ended.exit_code == status, ended.output
    return str(ended.output)


def test_a_keeper_charges_by_the_tariff_and_sees_the_sum(desk: Desk, tmp_path: Path, key: str) -> None:
    receipt, out = stored(desk), str(tmp_path / "act.json")
    later(desk, 9)
    shown = fee(desk, receipt)
    told = typed(desk, receipt, "--out", out, "--key", key)
    assert "8 day(s) × 1250.500 KGM × 0.60 CNY a 1000 KGM = 6.00 CNY" in told
    told_json = json.loads(typed(desk, receipt, "--out", out, "--key", key, "--json"))
    message = told_json["typed_data"]["message"]
    assert (told_json["sum"], told_json["missing"]) == (shown["sum"], [])
    # The document whose tariff it is is what the charge rests on.
    assert (str(message["amount"]), str(message["currency"]), message["evidence"]) == (
        "600", "156", shown["evidence"],
    )  # fmt: skip
    given = json.loads(typed(desk, receipt, "--amount", "75.00", "--out", out, "--key", key, "--json"))
    assert str(given["typed_data"]["message"]["amount"]) == "7500"


def test_no_period_is_told_backwards_where_nothing_is_owed_yet() -> None:
    """Paid today: what is owed counts from tomorrow on."""
    today = day_of_iso("2027-01-13")
    tariff = StorageTariff(rate="0.60", currency="CNY")
    paid = Storage(
        tariff=tariff, quantity="1250.500", unit="KGM", stored=today - 9, since=today + 1, day=today
    )
    assert (paid.in_words(), paid.fee) == ("storage counts from 2027-01-14 on, and it is 2027-01-13", 0)


def test_a_keeper_is_not_made_to_say_that_storage_was_paid(desk: Desk, tmp_path: Path, key: str) -> None:
    """A charge of 0 ends the lien: in the free days there is none to be made by the tariff."""
    receipt, out = stored(desk), str(tmp_path / "act.json")
    assert "nothing is owed" in typed(desk, receipt, "--out", out, "--key", key, status=1)
    assert "tariff has its own" in typed(
        desk, receipt, "--currency", "USD", "--out", out, "--key", key, status=2
    )
    words = stored(desk, None)
    assert "TARIFF-MISSING" in typed(desk, words, "--out", out, "--key", key, status=1)
    assert not Path(out).exists()
