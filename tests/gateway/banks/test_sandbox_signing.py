"""The bank's officers sign for the ledger only what the bank's rules and books allow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_keys.datatypes import Signature
from eth_utils.crypto import keccak

from tests.gateway.banks.bank_process import LENDER_BIC, START, BankProcess, order

PARTY = 101
CONTRACT = "0x" + "ab" * 20
DOMAIN = {"name": "Tallystick", "version": "1", "chainId": 7357, "verifyingContract": CONTRACT}
DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
STRUCTS = {
    "Fact": "uint8 kind,uint64 subject,uint64 loan,uint32 bank,bytes32 account,uint16 valueDay,uint48 amount,"
    "bool credit,bytes32 entry,uint40 expiresAt",
    "Distribution": "uint64 root,uint48 distributedBefore,uint64[] titles,uint64[] amounts",
    "Draw": "uint64 loan,uint48 principal",
    "Freeze": "uint64 title,bytes32 order",
    "Protect": "uint64 protection,uint48 cap,uint32 custodian",
    "CallProtection": "uint64 protection,uint48 amount",
    "AttestReserve": "uint64 protection,uint48 balance,uint16 day",
    "AddCosts": "uint64 loan,uint48 amount",
}


def typed(kind: str, message: dict[str, Any], domain: dict[str, Any] = DOMAIN) -> dict[str, Any]:
    fields = [dict(zip(("type", "name"), part.split(), strict=True)) for part in STRUCTS[kind].split(",")]
    types = {"EIP712Domain": DOMAIN_TYPE, kind: fields}
    return {"types": types, "primaryType": kind, "domain": domain, "message": message}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BankProcess]:
    staff = [
        {"name": "Chen Wei", "role": "credit-maker"},
        {"name": "Li Na", "role": "credit-checker"},
        {"name": "Chen Wei", "role": "credit-checker"},
        {"name": "Zhao Min", "role": "clearing"},
        {"name": "Sun Lei", "role": "payments"},
        {"name": "Wu Fang", "role": "payments"},
        {"name": "Gao Jun", "role": "office"},
    ]
    process = BankProcess(
        tmp_path_factory.mktemp("signing"),
        bic=LENDER_BIC,
        name="First Lending Bank",
        party_number=PARTY,
        staff=staff,
        credit_limit_minor=50_000_000,
    )
    process.start()
    ledger = {"chain_id": 7357, "verifying_contract": CONTRACT, "name": "Tallystick", "version": "1"}
    early = process.post("/sign", {"person": "Gao Jun", "typed_data": freeze()}, expect=403)
    assert early["rule"] == "LEDGER-UNSET"
    process.post("/ledger", ledger)
    process.post("/ledger", ledger)
    assert process.post("/ledger", ledger | {"chain_id": 1}, expect=409)["rule"] == "LEDGER-FIXED"
    yield process
    process.kill()


def freeze() -> dict[str, Any]:
    return typed("Freeze", {"title": 5, "order": "0x" + "11" * 32})


def sign(bank: BankProcess, person: str, typed_data: dict[str, Any], expect: int = 200, **more: Any) -> Any:
    return bank.post("/sign", {"person": person, "typed_data": typed_data} | more, expect=expect)


def booked_fact(bank: BankProcess, name: str, amount: int = 80_000) -> dict[str, Any]:
    """Pay the borrower and describe the booked credit as the ledger wants it."""
    payer, payee = bank.account("lender's own", 90_000_000), bank.account("borrower")
    bank.pay(order((payer, LENDER_BIC), (payee, LENDER_BIC), amount, end_to_end=name))
    (credit,) = [entry for entry in bank.entries(name) if entry["side"] == "C"]
    commitments = {item["id"]: item["commitment"] for item in bank.books()["accounts"]}
    return {
        "kind": 1,
        "subject": 77,
        "loan": 9,
        "bank": PARTY,
        "account": commitments[payee],
        "valueDay": (START - date(1970, 1, 1)).days,
        "amount": amount,
        "credit": True,
        "entry": "0x" + keccak(credit["entry_reference"].encode()).hex(),
        "expiresAt": 1_800_000_000,
    }


def test_a_booked_credit_is_signed_by_both_payments_officers_with_keys_that_recover(
    bank: BankProcess,
) -> None:
    data = typed("Fact", booked_fact(bank, "fact-1"))
    signable = encode_typed_data(full_message=data)
    digest = keccak(b"\x19" + signable.version + signable.header + signable.body)
    addresses = {item["person"]: item["address"] for item in bank.http.get("/signers").json()["signers"]}
    for person in ("Sun Lei", "Wu Fang"):
        answer = sign(bank, person, data)
        raw = bytes.fromhex(answer["signature"][2:])
        assert len(raw) == 64
        r, y_and_s = raw[:32], int.from_bytes(raw[32:], "big")
        s, v = (y_and_s & ((1 << 255) - 1)).to_bytes(32, "big"), y_and_s >> 255
        recovered = Signature(r + s + bytes([v])).recover_public_key_from_msg_hash(digest)
        assert recovered.to_checksum_address() == answer["address"] == addresses[person]
        full = r + s + bytes([27 + v])
        assert Account.recover_message(signable, signature=full) == addresses[person]
    logged = [
        item for item in bank.http.get("/sign-log").json()["signed"] if item["digest"] == answer["digest"]
    ]
    assert [item["person"] for item in logged] == ["Sun Lei", "Wu Fang"]
    assert logged[0]["typed_data"]["message"]["amount"] == 80_000


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"amount": 80_001}, "FACT-DIFFERS"),
        ({"amount": "0x13881"}, "FACT-DIFFERS"),
        ({"valueDay": (START - date(1970, 1, 1)).days + 1}, "FACT-DIFFERS"),
        ({"account": "0x" + "22" * 32}, "FACT-DIFFERS"),
        ({"credit": False}, "FACT-DIFFERS"),
        ({"bank": PARTY + 1}, "FACT-DIFFERS"),
        ({"entry": "0x" + "33" * 32}, "FACT-NOT-BOOKED"),
        ({"subject": 78}, "ENTRY-USED"),
        ({"loan": 10}, "ENTRY-USED"),
        ({"kind": 2}, "ENTRY-USED"),
    ],
)
def test_a_fact_that_differs_from_the_books_or_uses_an_entry_twice_is_refused(
    bank: BankProcess, change: dict[str, Any], rule: str
) -> None:
    fact = booked_fact(bank, "fact-2")
    sign(bank, "Sun Lei", typed("Fact", fact))
    refused = sign(bank, "Sun Lei", typed("Fact", fact | change), expect=403)
    assert refused["rule"] == rule
    if rule == "FACT-DIFFERS":
        assert refused["field"] == next(iter(change))
    sign(bank, "Wu Fang", typed("Fact", fact | {"expiresAt": 1_900_000_000}))


def test_a_refused_fact_does_not_use_the_entry_up(bank: BankProcess) -> None:
    fact = booked_fact(bank, "fact-3")
    sign(bank, "Sun Lei", typed("Fact", fact | {"subject": 5, "amount": 1}), expect=403)
    sign(bank, "Sun Lei", typed("Fact", fact))


def test_an_opening_balance_and_an_unknown_struct_are_no_payment_fact(bank: BankProcess) -> None:
    fact = booked_fact(bank, "fact-4")
    (opening,) = [
        item for item in bank.books()["entries"] if item["kind"] == "opening" and item["side"] == "C"
    ]
    wrong = fact | {"entry": opening["entry_hash"]}
    assert sign(bank, "Sun Lei", typed("Fact", wrong), expect=403)["rule"] == "FACT-NOT-A-PAYMENT"
    renamed = typed("Fact", fact | {"value": fact["amount"]})
    renamed["types"]["Fact"][6] = {"name": "value", "type": "uint48"}
    assert sign(bank, "Sun Lei", renamed, expect=403)["rule"] == "FACT-TYPE-UNKNOWN"


@pytest.mark.parametrize(
    "change", [{"chainId": 1}, {"verifyingContract": "0x" + "cd" * 20}, {"name": "Other"}, {"version": "2"}]
)
def test_an_instruction_for_another_ledger_is_not_signed(bank: BankProcess, change: dict[str, Any]) -> None:
    data = freeze() | {"domain": DOMAIN | change}
    assert sign(bank, "Gao Jun", data, expect=403)["rule"] == "DOMAIN-MISMATCH"


@pytest.mark.parametrize(
    ("person", "kind", "message"),
    [
        ("Sun Lei", "Draw", {"loan": 1, "principal": 100}),
        ("Gao Jun", "Draw", {"loan": 1, "principal": 100}),
        ("Li Na", "Freeze", {"title": 5, "order": "0x" + "11" * 32}),
        ("Zhao Min", "Freeze", {"title": 5, "order": "0x" + "11" * 32}),
        ("Li Na", "Distribution", {"root": 1, "distributedBefore": 0, "titles": [1], "amounts": [1]}),
    ],
)
def test_a_role_signs_its_own_acts_only(
    bank: BankProcess, person: str, kind: str, message: dict[str, Any]
) -> None:
    assert sign(bank, person, typed(kind, message), expect=403)["rule"] == "ROLE-NOT-ALLOWED"


def test_office_persons_sign_office_acts_and_strangers_sign_nothing(bank: BankProcess) -> None:
    assert sign(bank, "Gao Jun", freeze())["address"].startswith("0x")
    assert sign(bank, "Nobody", freeze(), expect=403)["rule"] == "PERSON-UNKNOWN"


def test_maker_and_checker_are_two_persons_even_when_one_holds_two_keys(bank: BankProcess) -> None:
    draw = typed("Draw", {"loan": 1, "principal": 40_000_000})
    assert sign(bank, "Chen Wei", draw, expect=422)["rule"] == "PERSON-AMBIGUOUS"
    sign(bank, "Chen Wei", draw, role="credit-maker")
    assert sign(bank, "Chen Wei", draw, expect=403, role="credit-checker")["rule"] == "MAKER-IS-CHECKER"
    sign(bank, "Li Na", draw)
    high = typed("Draw", {"loan": 1, "principal": 50_000_001})
    assert sign(bank, "Li Na", high, expect=403)["rule"] == "CREDIT-LIMIT"


TODAY = (START - date(1970, 1, 1)).days


@pytest.mark.parametrize(
    ("kind", "message", "rule"),
    [
        ("Protect", {"cap": 9, "custodian": PARTY}, ""),
        ("Protect", {"cap": 9, "custodian": PARTY + 1}, "RESERVE-NOT-HERE"),
        ("Protect", {"protection": 17 << 32 | 2, "cap": 9, "custodian": PARTY}, "RESERVE-NOT-HERE"),
        ("CallProtection", {"amount": 15_000}, ""),
        ("CallProtection", {"amount": 15_001}, "RESERVE-EXCEEDED"),
        ("CallProtection", {"protection": 18 << 32 | 1, "amount": 1}, "RESERVE-NOT-HERE"),
        ("AttestReserve", {"balance": 15_000, "day": TODAY}, ""),
        ("AttestReserve", {"balance": 14_999, "day": TODAY}, "RESERVE-DIFFERS"),
        ("AttestReserve", {"balance": 15_000, "day": TODAY + 1}, "RESERVE-DIFFERS"),
    ],
)
def test_a_custodian_signs_about_a_reserve_what_its_own_books_show(
    bank: BankProcess, kind: str, message: dict[str, Any], rule: str
) -> None:
    """S19: balance and day as booked, a call of no more than there is, and only of a reserve that lies here."""
    bank.account("17-reserve-1", 15_000)
    data = typed(kind, {"protection": 17 << 32 | 1} | message)
    answer = sign(bank, "Sun Lei", data, expect=403 if rule else 200)
    assert answer.get("rule", "") == rule


def test_the_lenders_credit_people_call_and_add_costs_and_attest_no_reserve(bank: BankProcess) -> None:
    costs = typed("AddCosts", {"loan": 5, "amount": 1})
    sign(bank, "Li Na", typed("CallProtection", {"protection": 5, "amount": 50_000_000}))
    sign(bank, "Li Na", costs)
    high = typed("CallProtection", {"protection": 5, "amount": 50_000_001})
    assert sign(bank, "Li Na", high, expect=403)["rule"] == "CREDIT-LIMIT"
    attest = typed("AttestReserve", {"protection": 5, "balance": 1, "day": TODAY})
    assert sign(bank, "Li Na", attest, expect=403)["rule"] == "ROLE-NOT-ALLOWED"
    assert sign(bank, "Sun Lei", costs, expect=403)["rule"] == "ROLE-NOT-ALLOWED"


def test_a_distribution_pays_out_no_more_than_the_named_entries_brought_in(bank: BankProcess) -> None:
    booked_fact(bank, "root-1", 30_000)
    (credit,) = [entry for entry in bank.entries("root-1") if entry["side"] == "C"]
    reference = credit["entry_reference"]
    whole = {"root": 1, "distributedBefore": 10_000, "titles": [1, 2], "amounts": [15_000, 5_000]}
    sign(bank, "Zhao Min", typed("Distribution", whole), entries=[reference, reference])
    more = typed("Distribution", whole | {"amounts": [15_000, 5_001]})
    assert sign(bank, "Zhao Min", more, expect=403, entries=[reference])["rule"] == "DISTRIBUTION-EXCEEDS"
    assert sign(bank, "Zhao Min", more, expect=403, entries=["E-none"])["rule"] == "ENTRY-UNKNOWN"


def test_keys_stay_encrypted_on_disk_and_the_same_after_a_kill(bank: BankProcess, tmp_path: Path) -> None:
    before = bank.http.get("/signers").json()
    log = bank.http.get("/sign-log").json()
    bank.kill()
    bank.start()
    assert bank.http.get("/signers").json() == before
    assert bank.http.get("/sign-log").json() == log
    assert tmp_path.exists()


def test_staff_requests_need_the_desk_token_when_one_is_set(tmp_path: Path) -> None:
    process = BankProcess(
        tmp_path, bic=LENDER_BIC, name="First Lending Bank", party_number=PARTY, desk_token="s3cret-desk"
    )
    process.start()
    try:
        for path in ("/sign", "/clock", "/behaviour", "/ledger", "/accounts", "/releases"):
            assert process.http.post(path, json={}).status_code == 401, path
        process.http.headers["authorization"] = "Bearer s3cret-desk"
        assert process.post("/clock", {"day": "2026-01-06"})["business_day"] == "2026-01-06"
    finally:
        process.kill()


def test_a_message_between_banks_needs_the_sending_banks_signature(bank: BankProcess) -> None:
    account = bank.account("borrower")
    body = {
        "id": "T1",
        "sender": "CLRGCNSH",
        "kind": "credit",
        "creditor_account": account,
        "debtor_account": "1",
        "debtor_name": "Thief",
        "amount_minor": 1,
        "instructed_minor": 1,
        "currency": "CNY",
        "end_to_end": "x",
        "instruction_id": "",
        "remittance": "",
    }
    assert bank.post("/interbank", body, expect=401)["rule"] == "SIGNATURE-INVALID"
