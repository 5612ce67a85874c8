"""What a customer's system sees of the bank: statuses, notifications, statements, ordered behaviour."""

from __future__ import annotations

from datetime import date, timedelta
from importlib.resources import files

import pytest
from eth_utils.crypto import keccak
from lxml import etree
from stdnum import luhn

from gateway.adapters.kit.iso20022 import read_camt053, read_camt054, read_pain002
from tests.gateway.banks.bank_process import CLEARER_BIC, LENDER_BIC, order, wait_until
from tests.gateway.banks.conftest import Pair

SCHEMAS = {
    "pain.001.001.09": ("sepaxml", "schemas/pain.001.001.09.xsd"),
    "pain.002.001.12": ("pain001", "pain002/schemas/pain.002.001.12.xsd"),
    "camt.053.001.08": ("camt053", "xsd/camt.053.001.08.xsd"),
    "camt.054.001.08": ("camt053", "xsd/camt.054.001.08.xsd"),
}


def assert_schema_valid(raw: bytes) -> str:
    """Judge a message by somebody else's schema file; returns its name."""
    document = etree.fromstring(raw)
    name = etree.QName(document).namespace.rpartition(":")[2]
    package, path = SCHEMAS[name]
    schema = etree.XMLSchema(etree.fromstring(files(package).joinpath(path).read_bytes()))
    schema.assertValid(document)
    return name


def status_of(raw: bytes) -> tuple[str, tuple[str, ...]]:
    (payment,) = read_pain002(raw).payments
    return payment.status, payment.reasons


def tomorrow(pair: Pair) -> date:
    return date.fromisoformat(pair.lender.books()["business_day"]) + timedelta(days=1)


def to_day(pair: Pair, day: date) -> None:
    for bank in (pair.lender, pair.clearer):
        bank.post("/clock", {"day": day.isoformat()})


def test_a_payment_between_two_customers_of_one_bank_settles_and_every_message_is_schema_valid(
    pair: Pair,
) -> None:
    name, today = pair.new_id("local"), tomorrow(pair) - timedelta(days=1)
    before = pair.lender.balances()
    raw = pair.order(pair.borrower, pair.supplier, 123_456, name)
    answer = pair.lender.pay(raw)
    assert answer.status_code == 200
    assert status_of(answer.content) == ("ACSC", ())
    after = pair.lender.balances()
    assert after[pair.borrower[0]] == before[pair.borrower[0]] - 123_456
    assert after[pair.supplier[0]] == before[pair.supplier[0]] + 123_456

    to_day(pair, today + timedelta(days=1))
    statement = pair.lender.http.get(f"/statements/{pair.supplier[0]}/{today}").content
    notices = [item["body"].encode() for item in pair.lender.messages("camt.054")]
    (credit,) = [
        entry
        for notice in notices
        for found in read_camt054(notice)
        for entry in found.entries
        if entry.details[0].end_to_end == name and entry.side == "CRDT"
    ]
    assert credit.amount_minor == 123_456
    assert credit.value_day == today
    assert credit.details[0].debtor_account is not None
    assert credit.details[0].debtor_name == "borrower Trading Co", (
        "the account's holder, not the order's word"
    )
    assert credit.details[0].debtor_account.number == pair.borrower[0]
    (read,) = read_camt053(statement)
    assert credit.servicer_reference in [entry.servicer_reference for entry in read.entries]
    assert read.closing_minor == after[pair.supplier[0]]
    assert pair.lender.http.get(f"/statements/{pair.supplier[0]}/{today}").content == statement
    kinds = {assert_schema_valid(item) for item in (raw, answer.content, statement, *notices)}
    assert kinds == set(SCHEMAS)


def test_money_to_another_bank_arrives_once_and_both_banks_agree(pair: Pair) -> None:
    name = pair.new_id("cross")
    answer = pair.lender.pay(pair.order(pair.borrower, pair.core, 700_000, name))
    assert status_of(answer.content)[0] in ("ACCP", "ACSC")
    wait_until(lambda: status_of(pair.lender.http.get(f"/payments/M-{name}/status").content) == ("ACSC", ()))
    (debit,), (credit,) = pair.lender.entries(name), pair.clearer.entries(name)
    assert (debit["side"], debit["amount"], credit["side"], credit["amount"]) == ("D", 700_000, "C", 700_000)
    told = [read_pain002(item["body"].encode()) for item in pair.lender.messages("pain.002")]
    assert [item.payments[0].status for item in told if item.original_message_id == f"M-{name}"][-1] == "ACSC"
    assert_banks_agree(pair)


def assert_banks_agree(pair: Pair) -> None:
    """Both books balance, nothing is under way, and each bank's claim is the other's debt."""
    books = [bank.books() for bank in (pair.lender, pair.clearer)]
    for book in books:
        assert book["debit_minor"] == book["credit_minor"]
    lender, clearer = pair.lender.balances(), pair.clearer.balances()
    assert lender.get(f"TRANSIT-{CLEARER_BIC}-CNY", 0) == clearer.get(f"TRANSIT-{LENDER_BIC}-CNY", 0) == 0
    assert lender.get(f"SETTLEMENT-{CLEARER_BIC}-CNY", 0) == -clearer.get(f"SETTLEMENT-{LENDER_BIC}-CNY", 0)


def test_a_repeated_order_pays_once_and_an_altered_one_is_refused(pair: Pair) -> None:
    name = pair.new_id("repeat")
    raw = pair.order(pair.borrower, pair.supplier, 5_000, name)
    assert [pair.lender.pay(raw).status_code for _ in range(3)] == [200, 200, 200]
    assert len(pair.lender.entries(name)) == 2

    altered = pair.lender.pay(pair.order(pair.borrower, pair.supplier, 5_001, name))
    assert altered.status_code == 409
    assert read_pain002(altered.content).group_reasons == ("DUPL",)
    assert_schema_valid(altered.content)

    other_message = order(pair.borrower, pair.supplier, 5_000, end_to_end=name, message_id=f"N-{name}")
    assert status_of(pair.lender.pay(other_message).content) == ("ACSC", ())
    other_amount = order(pair.borrower, pair.supplier, 4_999, end_to_end=name, message_id=f"O-{name}")
    refused = pair.lender.pay(other_amount)
    assert (refused.status_code, status_of(refused.content)) == (409, ("RJCT", ("DUPL",)))
    assert len(pair.lender.entries(name)) == 2


@pytest.mark.parametrize(
    ("debtor", "creditor", "amount", "currency", "reason"),
    [
        ("borrower", "supplier", 10**12, "CNY", "AM04"),
        ("borrower", "supplier", 100, "EUR", "AM03"),
        ("nobody", "supplier", 100, "CNY", "AC02"),
        ("borrower", "nobody", 100, "CNY", "AC03"),
        ("borrower", "stranger", 100, "CNY", "RC04"),
    ],
)
def test_an_order_the_books_do_not_support_is_rejected_with_its_reason(
    pair: Pair, debtor: str, creditor: str, amount: int, currency: str, reason: str
) -> None:
    parties = {
        "borrower": pair.borrower,
        "supplier": pair.supplier,
        "nobody": ("6200000000000000000", LENDER_BIC),
        "stranger": ("6200000000000000000", "STRGCNBJ"),
    }
    name = pair.new_id("bad")
    raw = order(parties[debtor], parties[creditor], amount, end_to_end=name, currency=currency)
    assert status_of(pair.lender.pay(raw).content) == ("RJCT", (reason,))
    assert pair.lender.entries(name) == []


def test_an_unknown_account_at_the_other_bank_gives_the_money_back(pair: Pair) -> None:
    name = pair.new_id("gone")
    before = pair.lender.balances()[pair.borrower[0]]
    pair.lender.pay(pair.order(pair.borrower, ("6200000000000000000", CLEARER_BIC), 9_900, name))
    wait_until(lambda: len(pair.lender.entries(name)) == 2)
    assert pair.lender.balances()[pair.borrower[0]] == before
    wait_until(lambda: status_of(pair.lender.http.get(f"/payments/M-{name}/status").content)[0] == "RJCT")
    assert status_of(pair.lender.http.get(f"/payments/M-{name}/status").content) == ("RJCT", ("AC01",))
    assert_banks_agree(pair)


def test_xml_that_is_not_the_message_or_carries_entities_is_refused(pair: Pair) -> None:
    raw = pair.order(pair.borrower, pair.supplier, 100, pair.new_id("xml"))
    bomb = raw.replace(b"<Document", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document', 1)
    cases = {
        bomb: "XML-FORBIDDEN",
        raw[:-20]: "XML-MALFORMED",
        raw.replace(b"EndToEndId>", b"EndToEnd>"): "XML-NOT-THE-MESSAGE",
        b"": "XML-MALFORMED",
    }
    for body, rule in cases.items():
        answer = pair.lender.pay(body)
        assert (answer.status_code, answer.json()["rule"]) == (400, rule)


def test_reject(pair: Pair) -> None:
    name = pair.new_id("reject")
    pair.lender.post("/behaviour", {"action": "reject", "end_to_end": name, "reason": "AC06"})
    answer = pair.lender.pay(pair.order(pair.borrower, pair.supplier, 100, name))
    assert status_of(answer.content) == ("RJCT", ("AC06",))
    assert pair.lender.entries(name) == []


def test_delay_until_a_day_and_until_release(pair: Pair) -> None:
    first, second, day = pair.new_id("delay"), pair.new_id("delay"), tomorrow(pair) + timedelta(days=2)
    pair.lender.post("/behaviour", {"action": "delay", "end_to_end": first, "until": day.isoformat()})
    pair.lender.post("/behaviour", {"action": "delay", "end_to_end": second})
    for name in (first, second):
        assert (
            status_of(pair.lender.pay(pair.order(pair.borrower, pair.supplier, 100, name)).content)[0]
            == "PDNG"
        )
    assert pair.lender.post("/releases", {"end_to_end": second}) == {"released": 1}
    assert len(pair.lender.entries(second)) == 2
    assert pair.lender.entries(first) == []
    to_day(pair, day + timedelta(days=5))
    assert {entry["value_day"] for entry in pair.lender.entries(first)} == {day.isoformat()}


def test_short_and_twice(pair: Pair) -> None:
    short, twice = pair.new_id("short"), pair.new_id("twice")
    pair.lender.post("/behaviour", {"action": "short", "end_to_end": short, "amount_minor": 90_00})
    pair.lender.post("/behaviour", {"action": "twice", "end_to_end": twice})
    for name in (short, twice):
        pair.lender.pay(pair.order(pair.borrower, pair.core, 100_00, name))
    wait_until(lambda: len(pair.clearer.entries(twice)) == 2)
    assert [entry["amount"] for entry in pair.clearer.entries(short)] == [90_00]
    first, second = pair.clearer.entries(twice)
    assert first["entry_reference"] != second["entry_reference"]
    assert (first["amount"], second["amount"]) == (100_00, 100_00)
    wait_until(lambda: pair.lender.balances()[f"TRANSIT-{CLEARER_BIC}-CNY"] == 0)
    assert_banks_agree(pair)


@pytest.mark.parametrize("where", ["lender", "clearer", "local"])
@pytest.mark.parametrize(
    ("action", "kind", "reversal"), [("return", "return", False), ("reverse", "reversal", True)]
)
def test_a_paid_amount_comes_back_later_as_an_entry_of_its_own(
    pair: Pair, where: str, action: str, kind: str, reversal: bool
) -> None:
    name, day = pair.new_id(action), tomorrow(pair)
    payee = pair.supplier if where == "local" else pair.core
    rule = {"action": action, "end_to_end": name, "until": day.isoformat()}
    if where == "clearer":
        pair.clearer.post("/behaviour", rule | {"direction": "in"})
    else:
        pair.lender.post("/behaviour", rule)
    before = pair.lender.balances()[pair.borrower[0]]
    pair.lender.pay(pair.order(pair.borrower, payee, 50_000, name))
    payees_bank = pair.lender if where == "local" else pair.clearer
    wait_until(lambda: any(entry["side"] == "C" for entry in payees_bank.entries(name)))
    assert pair.lender.balances()[pair.borrower[0]] == before - 50_000
    to_day(pair, day)
    back = wait_until(
        lambda: [e for e in pair.lender.entries(name) if e["kind"] == kind and e["side"] == "C"]
    )
    assert pair.lender.balances()[pair.borrower[0]] == before
    (taken,) = [e for e in payees_bank.entries(name) if e["kind"] == kind and e["side"] == "D"]
    notices = {
        entry.servicer_reference: entry
        for bank in (pair.lender, payees_bank)
        for item in bank.messages("camt.054")
        for notice in read_camt054(item["body"].encode())
        for entry in notice.entries
    }
    for booked, side in ((back[0], "CRDT"), (taken, "DBIT")):
        notice = notices[booked["entry_reference"]]
        assert (notice.side, notice.reversal, notice.amount_minor) == (side, reversal, 50_000)
        assert notice.details[0].return_reason == {"return": "AC04", "reverse": "TECH"}[action]
    wait_until(lambda: pair.clearer.balances().get(f"TRANSIT-{LENDER_BIC}-CNY", 0) == 0)
    assert_banks_agree(pair)


@pytest.mark.parametrize(("outcome", "status", "moved"), [("booked", "ACSC", 7_700), ("lost", "RJCT", 0)])
def test_of_an_unknown_payment_only_the_statement_tells(
    pair: Pair, outcome: str, status: str, moved: int
) -> None:
    name, today = pair.new_id("unknown"), tomorrow(pair) - timedelta(days=1)
    pair.lender.post("/behaviour", {"action": "unknown", "next": 1, "outcome": outcome})
    raw = pair.order(pair.borrower, pair.supplier, 7_700, name)
    assert (pair.lender.pay(raw).status_code, pair.lender.pay(raw).status_code) == (202, 202)
    assert pair.lender.http.get(f"/payments/M-{name}/status").status_code == 404
    debits = [
        entry
        for item in pair.lender.messages("camt.054")
        for notice in read_camt054(item["body"].encode())
        for entry in notice.entries
        if entry.side == "DBIT" and entry.details[0].end_to_end == name
    ]
    assert debits == []
    to_day(pair, today + timedelta(days=1))
    (statement,) = read_camt053(pair.lender.http.get(f"/statements/{pair.borrower[0]}/{today}").content)
    told = [entry.amount_minor for entry in statement.entries if entry.details[0].end_to_end == name]
    assert sum(told) == moved
    assert status_of(pair.lender.http.get(f"/payments/M-{name}/status").content)[0] == status
    pushed = [item for item in pair.lender.messages("camt.053") if item["account"] == pair.borrower[0]]
    assert read_camt053(pushed[-1]["body"].encode())[0] == statement


def test_the_business_day_only_moves_forward(pair: Pair) -> None:
    yesterday = tomorrow(pair) - timedelta(days=2)
    assert pair.lender.post("/clock", {"day": yesterday.isoformat()}, expect=409)["rule"] == "DAY-PAST"


def test_account_commitment_hides_the_number_from_those_without_the_salt(pair: Pair) -> None:
    body = {"owner_name": "New Co", "owner_reference": "new-co", "currency": "CNY"}
    opened = pair.lender.post("/accounts", body)
    assert pair.lender.post("/accounts", body) == opened
    account, salt = opened["account_id"], bytes.fromhex(opened["salt"][2:])
    assert luhn.is_valid(account)
    assert len(salt) == 32
    assert opened["commitment"] == "0x" + keccak(f"{LENDER_BIC}|{account}|".encode() + salt).hex()
    listed = [item for item in pair.lender.books()["accounts"] if item["id"] == account]
    assert [item["commitment"] for item in listed] == [opened["commitment"]]
    assert opened["salt"] not in pair.lender.http.get("/books").text
    assert (
        pair.lender.post("/accounts", body | {"owner_name": "Other"}, expect=409)["rule"]
        == "ACCOUNT-CONFLICT"
    )
