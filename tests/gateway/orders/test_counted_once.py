"""The same goods through an order and through an invoice: they count once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateway.services.json_acts import write_message
from tests.gateway.orders.conftest import DUE, ORDERED, Trade, nullifier_of
from tests.house.cast import CLEARING, CORE, LENDER, TIER_1
from tests.house.house import CNY, EVIDENCE_HASH


def key_of(trade: Trade) -> str:
    (match,) = [
        each for each in trade.desk.get("/matches", limit=1000)["matches"] if trade.invoice in each["invoice"]
    ]
    return str(match["key"])


def confirmation(trade: Trade) -> dict[str, Any]:
    return {
        "key": key_of(trade), "nullifier": "0x" + nullifier_of(trade.invoice).hex(), "debtor": CORE.number,
    }  # fmt: skip


def issuing(trade: Trade) -> dict[str, Any]:
    receivable = {
        "root": CORE.number << 32 | trade.serial + 20_000, "payee": TIER_1.number, "clearingBank": CLEARING.number,
        "currency": CNY, "dueDay": trade.house.machine.day() + 90, "terms": 500, "quantity": ORDERED,
        "nullifiers": [nullifier_of(trade.invoice)], "amounts": [ORDERED], "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    message = {"debtor": CORE.number, "receivables": [receivable], "expiresAt": trade.house.expiry()}
    found: dict[str, Any] = write_message({"function": "issue", "message": message})
    return found


def test_an_invoice_is_not_promised_beside_its_order(trade: Trade) -> None:
    trade.confirmed(trade.came(100), trade.invoiced(100))
    found = trade.desk.refused(trade.desk.post("/confirmations", confirmation(trade)), 409, "ORDER-OPEN")
    assert (found["order"], found["left"], found["field"]) == (trade.order, "1130.00", "key")
    assert found["document"] == f"invoice-{trade.invoice}.xml#{trade.invoice}"
    assert trade.number in found["title"]


def test_nor_after_it_was_given_a_number_or_attested_before_the_order_was_confirmed(trade: Trade) -> None:
    trade.bring(trade.ordered(), trade.came(100), trade.invoiced(100))
    assert trade.desk.post("/confirmations", confirmation(trade)).status_code == 201
    assert trade.desk.post("/instructions/prepare", issuing(trade)).status_code == 200
    trade.attest(trade.number, ORDERED)
    trade.desk.mine()
    trade.carry(trade.prepare(trade.confirming()))
    found = trade.desk.refused(trade.desk.post("/instructions/prepare", issuing(trade)), 409, "ORDER-OPEN")
    assert (found["order"], found["field"]) == (trade.order, "message.receivables")


def test_an_invoice_is_known_by_the_hash_it_was_attested_under(trade: Trade) -> None:
    trade.confirmed(trade.came(100), trade.invoiced(100))
    (file,) = [
        each
        for each in trade.desk.get("/documents", limit=1000)["documents"]
        if trade.invoice in each["file"]
    ]
    trade.attest(trade.invoice, ORDERED, bytes.fromhex(file["sha256"]))
    trade.desk.mine()
    trade.desk.refused(trade.desk.post("/instructions/prepare", issuing(trade)), 409, "ORDER-OPEN")


def test_goods_that_were_converted_are_not_promised_again(trade: Trade) -> None:
    trade.confirmed(trade.came(100), trade.invoiced(100))
    trade.attest(trade.invoice, ORDERED)
    trade.desk.mine()
    trade.carry(trade.prepare(trade.converting(), trade.order))
    house = trade.house
    again = house.issue(
        CORE.number << 32 | trade.serial + 30_000,
        CORE,
        TIER_1,
        ORDERED,
        nullifiers=[nullifier_of(trade.invoice)],
    )
    assert again == "InvoiceExhausted"


def test_what_became_of_no_order_is_promised_by_itself(trade: Trade) -> None:
    trade.confirmed(trade.came(100), trade.invoiced(100))
    trade.carry(trade.prepare({"act": "reduce", "amount": "1130.00"}, trade.order))
    answer = trade.desk.post("/confirmations", confirmation(trade))
    assert answer.status_code == 201, answer.text
    assert (answer.json()["amount"], answer.json()["due"]) == ("1130.00", DUE.isoformat())


def test_what_is_lent_on_an_order_is_exposure_to_its_buyer(trade: Trade) -> None:
    trade.confirmed()
    before = used_of_the_buyer(trade)
    trade.financed(trade.serial, 50_000)
    assert used_of_the_buyer(trade) == before + 500


def used_of_the_buyer(trade: Trade) -> Decimal:
    """The lender's exposure to the core, other orders of the same ledger with it; nothing before the first."""
    found = trade.desk.get("/exposures", lender=LENDER.number)["exposures"]
    return sum(
        (
            Decimal(each["used"])
            for each in found
            if (each["dimension"], each["subject"]) == ("debtor", CORE.number)
        ),
        Decimal(0),
    )
