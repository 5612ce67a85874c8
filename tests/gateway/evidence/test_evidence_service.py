"""One invoice, one nullifier: however it is spelled, whoever sends it, whenever the service is killed."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

CONTRACT = "0x" + "ab" * 20
SELLER_ID, BUYER_ID = "91310000MA1FL0X01Y", "91440300MA5EX0Y02Z"
INVOICE: dict[str, Any] = {
    "seller_id": SELLER_ID,
    "document_type": "380",
    "number": "INV-2026/00042",
    "issue_year": 2026,
    "buyer_id": BUYER_ID,
    "currency": "CNY",
    "cap_minor": 1_000_000,
    "document_hash": "0x" + "aa" * 32,
}
STRUCTS = {
    "AttestInvoice": "bytes32 nullifier,uint48 cap,uint32 seller,uint32 debtor,uint16 currency,"
    "uint32 service,bytes32 evidence,uint40 expiresAt",
    "CreditInvoice": "bytes32 nullifier,uint48 cap,uint48 capBefore,bytes32 evidence,uint40 expiresAt",
}


class Service:
    """The real program as a process of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.http = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10, trust_env=False)

    def start(self) -> None:
        command = [sys.executable, "-m", "gateway.adapters.evidence.service"]
        self.process = subprocess.Popen(
            [*command, "--data", str(self.folder), "--port", str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert json.loads(self.process.stdout.readline())["ready"].endswith(str(self.port))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(5)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def post(self, path: str, body: dict[str, Any], expect: int = 200) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("evidence"))
    running.start()
    running.post("/ledger", {"chain_id": 7357, "verifying_contract": CONTRACT})
    for number, value in ((11, SELLER_ID), (12, BUYER_ID)):
        running.post("/parties", {"number": number, "identifiers": [{"scheme": "USCC", "value": value}]})
    yield running
    running.kill()


def typed(kind: str, message: dict[str, Any], chain_id: int = 7357) -> dict[str, Any]:
    fields = [dict(zip(("type", "name"), part.split(), strict=True)) for part in STRUCTS[kind].split(",")]
    domain_type = [{"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}]
    return {
        "types": {"EIP712Domain": domain_type, kind: fields},
        "primaryType": kind,
        "domain": {"chainId": chain_id, "verifyingContract": CONTRACT},
        "message": message,
    }


def attestation(registered: dict[str, Any], document_hash: str, **changes: Any) -> dict[str, Any]:
    message = {
        "nullifier": registered["nullifier"],
        "cap": registered["cap"],
        "seller": 11,
        "debtor": 12,
        "currency": 156,
        "service": 21,
        "evidence": document_hash,
        "expiresAt": 1_800_000_000,
    }
    return typed("AttestInvoice", message | changes)


@pytest.mark.parametrize(
    "number",
    [
        "inv-2026/00042",
        "INV 2026 00042",
        "ＩＮＶ－２０２６／０００４２",
        "Inv.2026–00042",
        "INV\u200b202600042",
        "inv+2026_00042",
    ],
)
def test_a_respelled_number_is_the_same_invoice(service: Service, number: str) -> None:
    first = service.post("/invoices", INVOICE)
    assert (first["cap"], first["status"]) == (1_000_000, "open")
    again = INVOICE | {"number": number, "seller_id": SELLER_ID.lower()}
    assert service.post("/invoices", again) == first
    assert service.post("/check", again)["matches"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"number": "INV-2026/42"},
        {"number": "INV-2026/000042"},
        {"issue_year": 2025},
        {"document_type": "381"},
        {"seller_id": "91310000MA1FL0X02X"},
    ],
)
def test_another_number_zero_year_type_or_seller_is_another_invoice(
    service: Service, change: dict[str, Any]
) -> None:
    assert (
        service.post("/check", INVOICE | change)["nullifier"] != service.post("/check", INVOICE)["nullifier"]
    )


def test_parts_of_the_key_do_not_run_into_each_other(service: Service) -> None:
    one = service.post("/check", INVOICE | {"document_type": "38", "number": "01"})
    other = service.post("/check", INVOICE | {"document_type": "380", "number": "1"})
    assert one["nullifier"] != other["nullifier"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cap_minor", 1_000_001),
        ("document_hash", "0x" + "bb" * 32),
        ("currency", "USD"),
        ("buyer_id", "91440300MA5EX0Y99A"),
    ],
)
def test_an_amended_copy_is_an_exception_that_names_both_values(
    service: Service, field: str, value: Any
) -> None:
    service.post("/invoices", INVOICE)
    problem = service.post("/invoices", INVOICE | {field: value, "number": "inv 2026 00042"}, expect=409)
    assert problem["rule"] == "INVOICE-AMENDED"
    assert problem["differences"] == [{"field": field, "registered": INVOICE[field], "offered": value}]
    check = service.post("/check", INVOICE | {field: value})
    assert (check["registered"], check["matches"]) == (True, False)
    assert service.post("/invoices", INVOICE)["cap"] == 1_000_000


def test_a_number_without_letters_or_digits_is_no_invoice(service: Service) -> None:
    assert service.post("/invoices", INVOICE | {"number": "--/ "}, expect=422)["rule"] == "INVOICE-KEY-EMPTY"
    assert service.post("/invoices", INVOICE | {"cap_minor": 1.5}, expect=422)["rule"] == "BODY-INVALID"


def test_credit_notes_lower_the_cap_once_and_are_signed_step_by_step(service: Service) -> None:
    invoice = INVOICE | {"number": "CN-1"}
    nullifier = service.post("/invoices", invoice)["nullifier"]
    path = f"/invoices/{nullifier}/credit-notes"
    note = {"number": "C 7", "amount_minor": 300_000, "document_hash": "0x" + "c1" * 32}
    first = service.post(path, note)
    assert (first["cap"], first["status"], first["credit_note"]["cap_before"]) == (
        700_000,
        "reduced",
        1_000_000,
    )
    assert service.post(path, note | {"number": "c-7"}) == first
    amended = service.post(path, note | {"amount_minor": 300_001}, expect=409)
    assert amended["rule"] == "CREDIT-NOTE-AMENDED"
    too_much = {"number": "C8", "amount_minor": 700_001, "document_hash": "0x" + "c2" * 32}
    assert service.post(path, too_much, expect=409)["rule"] == "CREDIT-NOTE-EXCEEDS"
    last = service.post(path, too_much | {"amount_minor": 700_000})
    assert (last["cap"], last["status"]) == (0, "credited")

    def lowering(**changes: Any) -> dict[str, Any]:
        message = {
            "nullifier": nullifier,
            "cap": 700_000,
            "capBefore": 1_000_000,
            "evidence": "0x" + "c1" * 32,
            "expiresAt": 1_800_000_000,
        }
        return {"typed_data": typed("CreditInvoice", message | changes)}

    service.post("/sign", lowering())
    service.post("/sign", lowering(cap=0, capBefore=700_000, evidence="0x" + "c2" * 32))
    refusals = {
        "REGISTER-DIFFERS": [{"cap": 700_001}, {"cap": 0}, {"evidence": "0x" + "c2" * 32}],
        "CREDIT-NOTE-UNKNOWN": [{"capBefore": 999_999}],
        "INVOICE-UNKNOWN": [{"nullifier": "0x" + "00" * 32}],
    }
    for rule, changes in refusals.items():
        for change in changes:
            assert service.post("/sign", lowering(**change), expect=403)["rule"] == rule
    stale = attestation({"nullifier": nullifier, "cap": 1_000_000}, invoice["document_hash"])
    assert service.post("/sign", {"typed_data": stale}, expect=403)["rule"] == "REGISTER-DIFFERS"


def test_an_attestation_is_signed_with_a_key_that_recovers(service: Service) -> None:
    registered = service.post("/invoices", INVOICE)
    data = attestation(registered, INVOICE["document_hash"])
    answer = service.post("/sign", {"typed_data": data})
    raw = bytes.fromhex(answer["signature"][2:])
    y_and_s = int.from_bytes(raw[32:], "big")
    full = raw[:32] + (y_and_s & ((1 << 255) - 1)).to_bytes(32, "big") + bytes([27 + (y_and_s >> 255)])
    (signer,) = service.http.get("/signers").json()["signers"]
    assert Account.recover_message(encode_typed_data(full_message=data), signature=full) == signer["address"]
    logged = service.http.get("/sign-log").json()["signed"]
    assert [item["primary_type"] for item in logged if item["digest"] == answer["digest"]] == [
        "AttestInvoice"
    ]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"cap": 1_000_001}, "REGISTER-DIFFERS"),
        ({"currency": 840}, "REGISTER-DIFFERS"),
        ({"evidence": "0x" + "bb" * 32}, "REGISTER-DIFFERS"),
        ({"seller": 12}, "PARTY-MISMATCH"),
        ({"debtor": 11}, "PARTY-MISMATCH"),
        ({"nullifier": "0x" + "11" * 32}, "INVOICE-UNKNOWN"),
    ],
)
def test_what_the_register_does_not_bear_out_is_not_signed(
    service: Service, change: dict[str, Any], rule: str
) -> None:
    registered = service.post("/invoices", INVOICE)
    data = attestation(registered, INVOICE["document_hash"], **change)
    assert service.post("/sign", {"typed_data": data}, expect=403)["rule"] == rule


def test_other_ledgers_kinds_and_structs_are_not_signed(service: Service) -> None:
    registered = service.post("/invoices", INVOICE)
    data = attestation(registered, INVOICE["document_hash"])
    elsewhere = {**data, "domain": {"chainId": 1, "verifyingContract": CONTRACT}}
    assert service.post("/sign", {"typed_data": elsewhere}, expect=403)["rule"] == "DOMAIN-MISMATCH"
    renamed = {**data, "primaryType": "Issue", "types": {"Issue": data["types"]["AttestInvoice"]}}
    assert service.post("/sign", {"typed_data": renamed}, expect=403)["rule"] == "KIND-NOT-ALLOWED"
    fields = [*data["types"]["AttestInvoice"][1:], data["types"]["AttestInvoice"][0]]
    reordered = {**data, "types": data["types"] | {"AttestInvoice": fields}}
    assert service.post("/sign", {"typed_data": reordered}, expect=403)["rule"] == "TYPE-UNKNOWN"
    moved = {"chain_id": 1, "verifying_contract": CONTRACT}
    assert service.post("/ledger", moved, expect=409)["rule"] == "LEDGER-FIXED"


def test_a_vehicle_has_one_name_that_is_none_of_an_invoice(service: Service) -> None:
    vin = "LSVAA49J132047371"
    told = [vin, vin.lower(), f"{vin[:3]}-{vin[3:9]} {vin[9:]}", "1M8GDM9AXKP042788"]
    first, lower, spaced, other = service.post("/vehicles", {"vins": told})["numbers"]
    assert first == lower == spaced != other
    invoice = service.post("/invoices", INVOICE | {"number": vin})
    assert invoice["nullifier"] not in (first, other)
    assert service.post("/vehicles", {"vins": [vin[:-1]]}, expect=422)["rule"] == "VIN-FORM"
    assert service.post("/vehicles", {"vins": ["LSVAA49J13204737O"]}, expect=422)["rule"] == "VIN-FORM"


def test_an_identifier_belongs_to_one_party(service: Service) -> None:
    body = {"number": 13, "identifiers": [{"scheme": "uscc", "value": SELLER_ID.lower()}]}
    assert service.post("/parties", body, expect=409)["rule"] == "IDENTIFIER-TAKEN"


def test_random_kills_lose_no_invoice_and_count_no_credit_note_twice(tmp_path: Path) -> None:
    service, chance = Service(tmp_path), random.Random(20260105)
    service.start()
    before = service.http.get("/signers").json()
    requests: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (
            INVOICE | {"number": f"K{number}", "cap_minor": 10_000},
            {"number": f"N{number}", "amount_minor": 1 + number, "document_hash": "0x" + "dd" * 32},
        )
        for number in range(60)
    ]
    done = threading.Event()

    def insist(path: str, body: dict[str, Any]) -> Any:
        for _ in range(4_000):
            try:
                return service.post(path, body)
            except httpx2.HTTPError:
                threading.Event().wait(0.05)
        raise AssertionError("the service never came back")

    def send_all() -> None:
        for invoice, note in requests:
            nullifier = insist("/invoices", invoice)["nullifier"]
            insist(f"/invoices/{nullifier}/credit-notes", note)
        done.set()

    sender = threading.Thread(target=send_all)
    sender.start()
    for _ in range(3):
        done.wait(chance.uniform(0.05, 0.2))
        service.kill()
        service.start()
    sender.join(240)
    assert done.is_set()
    for invoice, note in requests:
        assert service.post("/check", invoice)["cap"] == 10_000 - note["amount_minor"]
    assert service.http.get("/signers").json() == before
    service.kill()
