"""A receipt passes on when holder, acquirer and keeper signed; the keeper has five business days (CC-910-answer)."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from chainsvc.api import Settings as SubmitterSettings
from chainsvc.signing import KeySigner
from gateway.adapters.ledger import acts
from gateway.adapters.rulebook import shipped
from gateway.cli import app
from gateway.db.own import instructions
from gateway.db.own_storage import endorsement_signatures
from gateway.domain.business_days import BusinessCalendar
from gateway.domain.calendar import day_of_iso, iso
from gateway.domain.endorsements import answer_by
from gateway.domain.rules import find
from gateway.ids import format_id
from gateway.risk.endorsements import endorsement_discrepancies
from gateway.services.json_acts import read_message
from tests.contracts import goods_table
from tests.contracts.instructions import Instruction, Slot
from tests.gateway.risk.conftest import DOCUMENT, Desk
from tests.house.cast import KEEPER, TIER_1, TIER_2, TIER_3, Person, person
from tests.house.machine import CHAIN_ID
from tests.house.node_machine import RELAYER_KEY, NodeMachine

SERIALS = count(8_001)
HOLDER, ACQUIRER, KEEPS = TIER_1["maker"], TIER_2["maker"], KEEPER["keeper"]
NOBODY = person(KEEPER.number, "nobody whom the registry knows", 9, "KEEP")


def stored(desk: Desk) -> str:
    """A new receipt of the first tier for a thousand kilograms."""
    number = KEEPER.number << 32 | next(SERIALS)
    assert goods_table.store(desk.ledger.house, number).carry(desk.ledger.house) == "None"
    desk.mine()
    return format_id(number)


def prepared(desk: Desk, receipt: str, **asked: Any) -> dict[str, Any]:
    answer = desk.post(
        f"/warehouse-receipts/{receipt}/prepare", {"act": "endorse", "to": TIER_2.number, **asked}
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["typed_data"]["message"]
    return found


def try_sign(desk: Desk, message: dict[str, Any], who: Person) -> httpx2.Response:
    digest = acts.digest(
        desk.gateway.domain, "Endorse", read_message(acts.act_types()["Endorse"], "Endorse", message)
    )
    signature = "0x" + b"".join(acts.sign(who.key, digest)).hex()
    return desk.post("/endorsements", {"message": message, "signature": signature})


def signed(desk: Desk, message: dict[str, Any], *people: Person) -> dict[str, Any]:
    """The endorsement after these signatures, each of which must be taken."""
    found: dict[str, Any] = {}
    for who in people:
        answer = try_sign(desk, message, who)
        assert answer.status_code == 201, answer.text
        found = answer.json()
    return found


def refusal(desk: Desk, name: str, **changes: str) -> httpx2.Response:
    fields = {
        "endorsement": name,
        "keeper": str(KEEPER.number),
        "reason": "the acquirer is not known here",
        **changes,
    }
    return desk.try_declare("endorsement refusal", fields, KEEPS)


def carried(desk: Desk, message: dict[str, Any]) -> str:
    """What the ledger says to the act with all three signatures."""
    act = read_message(acts.act_types()["Endorse"], "Endorse", message)
    slots = (
        Slot("holder", HOLDER, "TITLE"),
        Slot("acquirer", ACQUIRER, "TITLE"),
        Slot("keeper", KEEPS, "KEEP"),
    )
    return Instruction("endorse", act, slots, "").carry(desk.ledger.house)


def on_day(desk: Desk, day: int) -> None:
    desk.ledger.house.machine.go_to_day(day)
    desk.mine()


def on_the_way(desk: Desk) -> int:
    with desk.gateway.engine.connect() as connection:
        query = select(func.count()).select_from(instructions).where(instructions.c.function == "endorse")
        return int(connection.execute(query).scalar_one())


def step_refused(desk: Desk, answer: httpx2.Response, field: str, name: str) -> dict[str, Any]:
    found = desk.refused(answer, 409, "ENDORSEMENT-STEP")
    assert (found["field"], found["keeps"], found["document"]) == (field, "CC-910-answer", name)
    return found


# ── Days ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        ("2026-09-07", "2026-09-14"),  # a Monday
        ("2026-09-14", "2026-09-20"),  # Sunday the 20th is worked
        ("2026-09-23", "2026-10-08"),  # Mid-Autumn and the National Day between
        ("2026-09-26", "2026-10-09"),  # asked on a holiday
    ],
)
def test_five_business_days_of_china(asked: str, last: str) -> None:
    """CC-910-answer: holidays do not count, weekend days worked in their place do, nor does the day of asking."""
    days = find(shipped().pack, "CC-910-answer").parameters["answer_business_days"]
    found = answer_by(shipped().pack.calendar, day_of_iso(asked), days)
    assert (iso(found.last_day), found.provisional) == (last, False)


def test_a_year_whose_calendar_is_not_published_is_provisional() -> None:
    calendar = shipped().pack.calendar
    found = answer_by(calendar, day_of_iso("2026-12-29"), 5)
    assert (iso(found.last_day), found.provisional) == ("2027-01-05", True)
    known = BusinessCalendar(
        calendar.years | {2027}, calendar.holidays | {day_of_iso("2027-01-01")}, calendar.worked
    )
    found = answer_by(known, day_of_iso("2026-12-29"), 5)
    assert (iso(found.last_day), found.provisional) == ("2027-01-06", False)


# ── Three signatures ────────────────────────────────────────────────────────────────────────────────────────


def test_three_signatures_carry_the_receipt(desk: Desk) -> None:
    receipt = stored(desk)
    message = prepared(desk, receipt)
    found = signed(desk, message, HOLDER)
    assert (found["stage"], found["answer_by"], found["operation"]) == ("offered", None, None)
    found = signed(desk, message, ACQUIRER)
    assert (found["stage"], found["asked"], found["operation"], on_the_way(desk)) == (
        "asked",
        desk.today,
        None,
        0,
    )
    found = signed(desk, message, KEEPS)
    assert (found["stage"], on_the_way(desk)) == ("countersigned", 1)
    assert desk.get(found["operation"])["function"] == "endorse"
    assert carried(desk, message) == "None"
    desk.mine()
    assert desk.get(f"/warehouse-receipts/{receipt}")["holder"] == TIER_2.number
    assert desk.get(f"/endorsements/{found['endorsement']}")["stage"] == "countersigned"


def test_a_signature_that_comes_again_changes_nothing(desk: Desk) -> None:
    """Who is not sure of an answer sends once more: it is no second signature, and carries nothing twice."""
    message = prepared(desk, stored(desk))
    for who, stage in ((HOLDER, "offered"), (ACQUIRER, "asked"), (KEEPS, "countersigned")):
        first = signed(desk, message, who)
        assert signed(desk, message, who) == first
        assert first["stage"] == stage
    assert signed(desk, message, HOLDER)["stage"] == "countersigned"
    assert on_the_way(desk) == 1


def test_nobody_signs_before_his_turn_or_twice(desk: Desk) -> None:
    message = prepared(desk, stored(desk))
    for early in (ACQUIRER, KEEPS):
        found = desk.refused(try_sign(desk, message, early), 422, "SIGNATURE-UNKNOWN")
        assert (found["field"], found["party"]) == ("signature", TIER_1.number)
    signed(desk, message, HOLDER)
    for wrong in (KEEPS, TIER_3["maker"]):
        found = desk.refused(try_sign(desk, message, wrong), 422, "SIGNATURE-UNKNOWN")
        assert (found["keeps"], found["party"]) == ("DEC-5", TIER_2.number)
    name = signed(desk, message, ACQUIRER)["endorsement"]
    desk.refused(try_sign(desk, message, NOBODY), 422, "SIGNATURE-UNKNOWN")
    signed(desk, message, KEEPS)
    step_refused(desk, try_sign(desk, message, NOBODY), "signature", name)
    step_refused(desk, refusal(desk, name), "fields.endorsement", name)
    assert on_the_way(desk) == 1


# ── The keeper's five business days ─────────────────────────────────────────────────────────────────────────


def test_the_fifth_day_is_in_time(desk: Desk) -> None:
    message = prepared(desk, stored(desk))
    found = signed(desk, message, HOLDER, ACQUIRER)
    on_day(desk, day_of_iso(found["answer_by"]))
    assert desk.get(f"/endorsements/{found['endorsement']}")["stage"] == "asked"
    assert signed(desk, message, KEEPS)["stage"] == "countersigned"
    assert carried(desk, message) == "None"


def test_the_sixth_is_late_and_silence_moves_nothing(desk: Desk) -> None:
    """CC-910-answer: neither signature nor refusal is taken, the act is dead on the ledger, and people are told."""
    receipt = stored(desk)
    message = prepared(desk, receipt)
    found = signed(desk, message, HOLDER, ACQUIRER)
    name = found["endorsement"]
    on_day(desk, day_of_iso(found["answer_by"]) + 1)
    late = desk.get("/endorsements", stage="overdue", party=KEEPER.number)["endorsements"]
    assert [each["endorsement"] for each in late] == [name]
    told = step_refused(desk, try_sign(desk, message, KEEPS), "signature", name)
    assert found["answer_by"] in told["title"]
    step_refused(desk, refusal(desk, name), "fields.endorsement", name)
    assert (carried(desk, message), on_the_way(desk)) == ("InstructionExpired", 0)
    desk.mine()
    assert desk.get(f"/warehouse-receipts/{receipt}")["holder"] == TIER_1.number


def test_a_refusal_has_a_reason_and_ends_it(desk: Desk) -> None:
    message = prepared(desk, stored(desk))
    name = signed(desk, message, HOLDER)["endorsement"]
    step_refused(desk, refusal(desk, name), "fields.endorsement", name)
    signed(desk, message, ACQUIRER)
    body = {
        "kind": "endorsement refusal",
        "fields": {"endorsement": name, "keeper": str(KEEPER.number), "reason": " ", "document": DOCUMENT},
    }
    empty = desk.refused(desk.post("/declarations/prepare", body), 422, "DECLARATION-FIELD")
    assert empty["field"] == "fields.reason"
    assert refusal(desk, name).status_code == 201
    found = desk.get(f"/endorsements/{name}")
    assert (found["stage"], found["reason"]) == ("refused", "the acquirer is not known here")
    step_refused(desk, try_sign(desk, message, KEEPS), "signature", name)
    assert on_the_way(desk) == 0


@pytest.mark.parametrize("acquirer_days", [0, 5])
def test_what_was_refused_is_offered_anew_the_same_day(desk: Desk, acquirer_days: int) -> None:
    """A fresh offer is another act than the one that was refused, however often that happens in a day."""
    receipt = stored(desk)
    names = []
    for _ in range(3):
        message = prepared(desk, receipt, acquirer_days=acquirer_days)
        assert prepared(desk, receipt, acquirer_days=acquirer_days) == message
        names.append(signed(desk, message, HOLDER, ACQUIRER)["endorsement"])
        assert refusal(desk, names[-1]).status_code == 201
        told = step_refused(desk, try_sign(desk, message, HOLDER), "signature", names[-1])
        assert told["title"].endswith("the holder may offer the receipt anew")
    assert len(set(names)) == 3
    message = prepared(desk, receipt, acquirer_days=acquirer_days)
    assert signed(desk, message, HOLDER, ACQUIRER, KEEPS)["stage"] == "countersigned"
    assert carried(desk, message) == "None"


def test_what_the_holder_takes_back_cannot_be_answered(desk: Desk) -> None:
    """Decision 4: withdrawal raises the receipt's sequence."""
    receipt = stored(desk)
    message = prepared(desk, receipt)
    name = signed(desk, message, HOLDER, ACQUIRER)["endorsement"]
    house = desk.ledger.house
    act = {"title": int(message["title"]), "sequence": 0, "expiresAt": house.expiry()}
    assert Instruction("withdraw", act, (Slot("holder", HOLDER, "TITLE"),), "").carry(house) == "None"
    desk.mine()
    assert desk.get(f"/endorsements/{name}")["stage"] == "withdrawn"
    step_refused(desk, try_sign(desk, message, KEEPS), "signature", name)


def test_an_offer_that_nobody_took_expires(desk: Desk) -> None:
    message = prepared(desk, stored(desk))
    name = signed(desk, message, HOLDER)["endorsement"]
    on_day(desk, day_of_iso(desk.today) + 30)
    assert desk.get(f"/endorsements/{name}")["stage"] == "expired"
    step_refused(desk, try_sign(desk, message, ACQUIRER), "signature", name)


def test_the_acquirer_leaves_the_keeper_its_five_days(desk: Desk) -> None:
    receipt = stored(desk)
    today = prepared(desk, receipt)
    patient = prepared(desk, receipt, acquirer_days=1)
    for message in (today, patient):
        signed(desk, message, HOLDER)
    on_day(desk, answer_by(shipped().pack.calendar, day_of_iso(desk.today), 1).last_day)
    found = desk.refused(try_sign(desk, today, ACQUIRER), 422, "ENDORSEMENT-LIFE")
    assert (found["field"], found["keeps"]) == ("message.expiresAt", "CC-910-answer")
    assert signed(desk, patient, ACQUIRER)["stage"] == "asked"


def test_an_offer_lives_neither_shorter_nor_much_longer(desk: Desk) -> None:
    message = prepared(desk, stored(desk))
    for wrong in (int(message["expiresAt"]) - 1, int(message["expiresAt"]) + 40 * 86_400):
        changed = {**message, "expiresAt": wrong}
        desk.refused(try_sign(desk, changed, HOLDER), 422, "ENDORSEMENT-LIFE")


def test_what_the_ledger_would_refuse_is_not_offered(desk: Desk) -> None:
    receipt = stored(desk)
    found = desk.refused(
        desk.post(f"/warehouse-receipts/{receipt}/prepare", {"act": "endorse", "to": TIER_1.number}), 409,
        "RECEIPT-ACT",
    )  # fmt: skip
    assert (found["reason"], found["document"]) == ("SELF_ASSIGNMENT", receipt)


def test_the_doctor_sees_a_signature_that_was_altered(desk: Desk) -> None:
    signed(desk, prepared(desk, stored(desk)), HOLDER, ACQUIRER)
    with desk.gateway.engine.begin() as connection:
        assert list(endorsement_discrepancies(connection)) == []
        table = endorsement_signatures
        connection.execute(update(table).where(table.c.part == "acquirer").values(day=1))
        assert [each.element for each in endorsement_discrepancies(connection)] == ["link"]


# ── What else holders and keepers do ────────────────────────────────────────────────────────────────────────


def test_a_lien_forbids_the_hand_over_until_it_is_paid(desk: Desk) -> None:
    """CC-447: charge by the tariff, refused with the amount, paid, handed over."""
    receipt, house = stored(desk), desk.ledger.house

    def made(asked: dict[str, Any], act: str, *slots: Slot) -> None:
        answer = desk.post(f"/warehouse-receipts/{receipt}/prepare", asked)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert list(found["signers"]) == [each.part for each in slots]
        message = read_message(acts.act_types()[act], act, found["typed_data"]["message"])
        assert Instruction(found["function"], message, slots, "").carry(house) == "None"
        desk.mine()

    keeper, holder = Slot("keeper", KEEPS, "KEEP"), Slot("holder", HOLDER, "TITLE")
    made({"act": "charge", "amount": "75.00", "currency": "CNY"}, "ChargeStorage", keeper)
    for asked in ({"act": "hand over"}, {
        "act": "split", "quantity": "300", "part": f"{TIER_1.number}-90001", "rest": f"{TIER_1.number}-90002",
    }):  # fmt: skip
        found = desk.refused(desk.post(f"/warehouse-receipts/{receipt}/prepare", asked), 409, "RECEIPT-ACT")
        assert (found["reason"], found["keeps"], found["document"], found["lien"], found["currency"]) == (
            "STORAGE_UNPAID", "CC-447", receipt, "75.00", "CNY",
        )  # fmt: skip
        assert f"receipt {receipt}" in found["title"]
        assert "a lien of 75.00 CNY" in found["title"]
    made({"act": "charge", "amount": "0", "currency": "CNY"}, "ChargeStorage", keeper)
    assert desk.get(f"/warehouse-receipts/{receipt}")["lien"] is None
    made({"act": "hand over", "quantity": "400"}, "HandOver", holder, keeper)
    assert desk.get(f"/warehouse-receipts/{receipt}")["quantity"] == "600"
    made({"act": "change medium", "paper": True}, "ChangeMedium", holder, keeper)
    found = desk.refused(
        desk.post(f"/warehouse-receipts/{receipt}/prepare", {"act": "hand over"}), 409, "RECEIPT-ACT"
    )
    assert (found["reason"], found["keeps"]) == ("ON_PAPER", "MLWR")
    fresh = format_id(KEEPER.number << 32 | next(SERIALS))
    made({"act": "replace", "replacement": fresh}, "Replace", holder, keeper)
    assert desk.get(f"/warehouse-receipts/{fresh}")["quantity"] == "600"


@pytest.mark.parametrize(
    ("asked", "status", "rule"),
    [
        ({"act": "charge", "amount": "7.001", "currency": "CNY"}, 422, "AMOUNT-FORM"),
        ({"act": "hand over", "quantity": "1.5"}, 422, "LOT-QUANTITY"),
        ({"act": "take"}, 422, "BODY-INVALID"),
    ],
)
def test_acts_that_cannot_be_done_are_refused_before_anybody_signs(
    desk: Desk, asked: dict[str, Any], status: int, rule: str
) -> None:
    desk.refused(desk.post(f"/warehouse-receipts/{stored(desk)}/prepare", asked), status, rule)


def typed_at(desk: Desk, *words: str, status: int = 0) -> Any:
    ended = CliRunner().invoke(app, ["--url", str(desk.http.base_url), *words, "--json"])
    assert ended.exit_code == status, ended.output
    return json.loads(ended.output)


def key_of(who: Person, folder: Path) -> str:
    path = folder / f"{who.party}.key"
    path.write_text(who.key.hex())
    return str(path)


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        (
            {"act": "hand over", "quantity": "1001"}, "quantity",
            "{0} is for 1000 KGM: no more is handed over for it, and 1001 KGM is asked for",
        ),
        (
            {"act": "split", "quantity": "5000", "part": "201-90003", "rest": "201-90004"}, "quantity",
            "{0} is for 1000 KGM: a part is for less, and 5000 KGM is asked for",
        ),
        ({"act": "endorse", "to": TIER_1.number}, "to", "{0} is held by party 201 already"),
        ({"act": "merge", "absorbed": "31-1"}, "absorbed", "{0} and 31-1 are not receipts for one lot"),
        (
            {"act": "replace", "replacement": "31-99999"}, "receipt",
            "{0} is not out on paper: nothing can be lost",
        ),
        (
            {"act": "change medium", "paper": False}, "receipt",
            "{0} is not out on paper: nothing comes back",
        ),
    ],
)  # fmt: skip
def test_why_an_act_cannot_be_done_is_said_of_this_receipt_and_this_act(
    desk: Desk, asked: dict[str, Any], field: str, said: str
) -> None:
    receipt = stored(desk)
    answer = desk.post(f"/warehouse-receipts/{receipt}/prepare", asked)
    found = desk.refused(answer, 409, "RECEIPT-ACT")
    assert (found["title"], found["field"], found["document"]) == (
        said.format(f"receipt {receipt}"),
        field,
        receipt,
    )


def test_a_hand_over_from_a_short_lot_says_how_much_leaves(desk: Desk, tmp_path: Path) -> None:
    """Before anybody signs: every receipt of a short lot gets the same part of what it says."""
    receipt, house = stored(desk), desk.ledger.house
    lot = int(receipt.split("-")[0]) << 32 | int(receipt.split("-")[1])
    assert (
        goods_table.count_of(house, 908, goods_table.keeper(), goods_table.inspector(), lot=lot).carry(house)
        == "None"
    )
    desk.mine()
    path = f"/warehouse-receipts/{receipt}/prepare"
    found = desk.post(path, {"act": "hand over", "quantity": "20"}).json()
    assert found["leaves"] == {"delivered": "18", "quantity": "20", "unit": "KGM"}
    words = ["receipt", "hand-over", receipt, "--quantity", "20", "--out", str(tmp_path / "act.json")]
    told = CliRunner().invoke(app, ["--url", str(desk.http.base_url), *words])
    assert (told.exit_code, told.output.splitlines()[0]) == (0, "18 KGM leave for 20 KGM of the receipt")
    assert desk.post(path, {"act": "change medium", "paper": True}).json()["leaves"] is None


def test_an_endorsement_at_a_terminal(desk: Desk, tmp_path: Path) -> None:
    def typed(*words: str, status: int = 0) -> Any:
        return typed_at(desk, *words, status=status)

    receipt = stored(desk)
    offered = typed("endorse", receipt, "--to", str(TIER_2.number), "--key", key_of(HOLDER, tmp_path))
    name = offered["endorsement"]
    assert typed("endorsement", name, "--key", key_of(ACQUIRER, tmp_path))["stage"] == "asked"
    rows = typed("endorsements", "--party", str(KEEPER.number), "--stage", "asked")["endorsements"]
    assert [each["endorsement"] for each in rows] == [name]
    assert typed("endorsement", name, "--key", key_of(KEEPS, tmp_path))["stage"] == "countersigned"
    other, third = stored(desk), str(tmp_path / "act.json")
    for words in (
        ("split", other, "--quantity", "300", "--to", str(TIER_2.number)), ("hand-over", other),
        ("charge", other, "--amount", "75.00"), ("paper", other),
    ):  # fmt: skip
        act = typed("receipt", *words, "--out", third)
        assert act["missing"][-1] == "keeper"
    typed("receipt", "merge", other, receipt, "--out", third, status=1)
    typed("receipt", "replace", other, "--evidence", third, "--out", third, status=1)


def test_an_offered_endorsement_is_withdrawn_at_a_terminal(desk: Desk, tmp_path: Path) -> None:
    """Decision 4: the holder's one command takes the offer of a receipt back; the keeper can answer it no more."""
    receipt, pending = stored(desk), 4
    words = ("endorse", receipt, "--to", str(TIER_2.number), "--key", key_of(HOLDER, tmp_path))
    name = typed_at(desk, *words)["endorsement"]
    taken = typed_at(
        desk, "withdraw", receipt, "--key", key_of(HOLDER, tmp_path), "--wait", "0", status=pending
    )
    assert taken["title"] == receipt
    gateway = desk.gateway
    worker = gateway.chain.worker(
        gateway.engine, KeySigner(RELAYER_KEY), SubmitterSettings(chain_id=CHAIN_ID)
    )
    for now in range(1_000, 1_020):
        worker.step(now)
    worker.close()
    machine = desk.ledger.house.machine
    assert isinstance(machine, NodeMachine)
    machine.catch_up()
    desk.mine()
    assert desk.get(f"/operations/{taken['key']}")["state"] == "final"
    assert desk.get(f"/endorsements/{name}")["stage"] == "withdrawn"
    typed_at(desk, "endorsement", name, "--key", key_of(ACQUIRER, tmp_path), status=1)


def test_a_withdrawal_of_what_is_neither_certificate_nor_receipt_is_refused(desk: Desk) -> None:
    assert typed_at(desk, "withdraw", "31-404", status=1)["rule"] == "UNKNOWN_TITLE"
