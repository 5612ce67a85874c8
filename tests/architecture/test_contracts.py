"""The contracts' outside: sizes, access table, reasons, events. (That the committed artifacts are what the
sources compile to is checked with the compiler, in tests/chainsvc/test_artifacts.py.)"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chainsvc.artifacts import MAX_DEPLOYED_BYTES, load
from gateway.adapters.ledger import acts
from gateway.domain.reasons import Reason
from gateway.projections import HANDLERS
from tests.contracts.table import CARRIED_BY_ANYONE, MODULES_ONLY, OPEN_TO_ALL, TABLE, UNSIGNED
from tests.house.house import House, reason_names
from tests.house.machine import PAGES

ROOT = Path(__file__).parents[2]
SPARE = 250
"""Bytes that every contract keeps below the limit (decision 22)."""

DECISION_5 = {
    "attestInvoices": "ATTEST",
    "creditInvoices": "ATTEST",
    "issue": "ISSUE_MAKER ISSUE_CHECKER",
    "accept": "TITLE",
    "decline": "TITLE",
    "publishOffers": "ISSUE_MAKER ISSUE_CHECKER",
    "acceptOffer": "TITLE",
    "assign": "TITLE TITLE",
    "split": "TITLE TITLE",
    "merge": "TITLE",
    "withdraw": "TITLE",
    "open": "CREDIT_MAKER CREDIT_CHECKER BORROW",
    "open entrusted": "CREDIT_MAKER CREDIT_CHECKER BORROW TITLE TITLE",
    "share": "CREDIT_MAKER CREDIT_CHECKER CREDIT_CHECKER CREDIT_CHECKER",
    "lock": "TITLE CREDIT_MAKER",
    "draw": "BORROW CREDIT_MAKER CREDIT_CHECKER",
    "void": "CREDIT_MAKER CREDIT_CHECKER",
    "release": "CREDIT_MAKER CREDIT_CHECKER",
    "unlock": "TITLE",
    "carve": "CREDIT_MAKER",
    "writeOff": "CREDIT_MAKER CREDIT_CHECKER",
    "addCosts": "CREDIT_MAKER CREDIT_CHECKER",
    "protect": "ISSUE_MAKER ISSUE_CHECKER CREDIT_MAKER CREDIT_CHECKER",
    "protect by reserve": "ISSUE_MAKER ISSUE_CHECKER CREDIT_MAKER CREDIT_CHECKER PAYMENTS",
    "consent": "ISSUE_MAKER ISSUE_CHECKER",
    "callProtection": "CREDIT_MAKER CREDIT_CHECKER",
    "callProtection of a reserve": "CREDIT_MAKER CREDIT_CHECKER PAYMENTS",
    "endCall": "ISSUE_MAKER ISSUE_CHECKER",
    "waive": "ISSUE_MAKER ISSUE_CHECKER",
    "attestReserve": "PAYMENTS",
    "bindAccount": "ADMIN ADMIN PAYMENTS",
    "record": "PAYMENTS",
    "record own payout": "PAYMENTS BORROW",
    "reverse": "PAYMENTS",
    "reverse own repayment": "PAYMENTS BORROW",
    "distribute": "CLEARING",
    "distributeLate": "CLEARING",
    "settleEarly": "ISSUE_CHECKER TITLE CREDIT_MAKER CLEARING",
    "releaseHeld": "CLEARING",
    "writeOffTitle": "TITLE TITLE",
    "admit": "OFFICE OFFICE",
    "admit a bank": "OFFICE OFFICE",
    "setSigners": "ADMIN ADMIN",
    "recover": "OFFICE OFFICE",
    "veto": "any",
    "suspend": "OFFICE OFFICE",
    "reinstate": "OFFICE OFFICE",
    "freeze": "OFFICE OFFICE",
    "lift": "OFFICE OFFICE",
    "stop": "OFFICE OFFICE",
    "cure": "OFFICE OFFICE",
    "setLimit": "OFFICE OFFICE",
    "publishPolicy": "OFFICE OFFICE",
    "store": "TITLE KEEP ATTEST",
    "endorse": "TITLE TITLE KEEP",
    "splitReceipt": "TITLE TITLE KEEP",
    "mergeReceipts": "TITLE KEEP",
    "handOver": "TITLE KEEP",
    "count": "KEEP ATTEST",
    "chargeStorage": "KEEP",
    "changeMedium": "TITLE KEEP",
    "replace": "TITLE KEEP",
    "agreeGoods": "CREDIT_MAKER CREDIT_CHECKER BORROW KEEP",
    "appraise": "ATTEST",
    "pledgeGoods": "TITLE CREDIT_MAKER KEEP KEEP",
    "releaseGoods": "CREDIT_MAKER CREDIT_CHECKER KEEP",
    "unlockGoods": "TITLE KEEP",
    "carveGoods": "CREDIT_MAKER KEEP",
    "markGoods": "",
    "callMargin": "CREDIT_MAKER CREDIT_CHECKER",
    "waiveCall": "CREDIT_MAKER CREDIT_CHECKER",
    "enforce": "CREDIT_MAKER CREDIT_CHECKER",
    "sellGoods": "CREDIT_MAKER CREDIT_CHECKER KEEP ATTEST ATTEST TITLE",
    "completeSales": "",
    "endSales": "",
    "leaseGoods": "TITLE BORROW CREDIT_MAKER KEEP",
    "withdrawLease": "TITLE KEEP",
    "giveNotice": "CREDIT_MAKER CREDIT_CHECKER",
    "endLease": "CREDIT_MAKER CREDIT_CHECKER ATTEST",
    "agreeStages": "CREDIT_MAKER CREDIT_CHECKER BORROW ATTEST",
    "openStage": "CREDIT_MAKER ATTEST",
    "openStage by the lender alone": "CREDIT_MAKER CREDIT_CHECKER",
    "confirmOrders": "ISSUE_MAKER ISSUE_CHECKER TITLE",
    "publishOrders": "ISSUE_MAKER ISSUE_CHECKER",
    "takeOrder": "TITLE",
    "reduceOrder": "ISSUE_CHECKER TITLE",
    "convert": "ISSUE_MAKER ISSUE_CHECKER TITLE CREDIT_MAKER",
    "convertGoods": "ISSUE_MAKER ISSUE_CHECKER TITLE KEEP CREDIT_MAKER",
    "expire": "",
    "closeOffers": "",
    "complete": "",
}
"""Who signs what (decision 5), by role, in the order of the act's item."""


def test_the_access_table_says_what_was_decided() -> None:
    assert set(DECISION_5) == set(TABLE)
    for name, build in TABLE.items():
        slots = build(House()).slots
        assert " ".join(slot.role for slot in slots) == DECISION_5[name], name
        assert bool(slots) == (name not in UNSIGNED)


def test_every_changing_function_is_a_verb_a_modules_or_explained() -> None:
    for contract in acts.CONTRACTS:
        for entry in load(contract).abi:
            if entry["type"] != "function" or entry["stateMutability"] in ("view", "pure"):
                continue
            name = f"{contract}.{entry['name']}"
            homes = [
                name in MODULES_ONLY,
                name in OPEN_TO_ALL,
                entry["name"] in acts.verbs() and acts.verbs()[entry["name"]].contract == contract,
            ]
            assert sum(homes) == 1, name
    assert set(acts.verbs()) >= CARRIED_BY_ANYONE


def test_nothing_takes_money_of_the_chain() -> None:
    for contract in acts.CONTRACTS:
        kinds = {entry["type"] for entry in load(contract).abi}
        # A contract with a second page turns to it for what it does not know itself.
        assert not kinds & ({"receive"} if contract in PAGES else {"receive", "fallback"})
        assert all(entry.get("stateMutability") != "payable" for entry in load(contract).abi)


@pytest.mark.parametrize("contract", [*acts.CONTRACTS, *PAGES.values()])
def test_every_contract_has_room_to_spare(contract: str) -> None:
    assert len(load(contract).deployed_bytecode) <= MAX_DEPLOYED_BYTES - SPARE


def test_reasons_agree_between_contracts_and_domain() -> None:
    names = [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() for name in reason_names()]
    assert [member.name for member in Reason] == [_known(name) for name in names]
    assert [member.value for member in Reason] == list(range(len(names)))


def _known(name: str) -> str:
    """`NotABank` has a word of one letter."""
    return name.replace("NOT_ABANK", "NOT_A_BANK")


def test_every_event_has_its_handler() -> None:
    declared = {
        (contract, entry["name"])
        for contract in ("AccessManager", *acts.CONTRACTS)
        for entry in load(contract).abi
        if entry["type"] == "event"
    }
    assert declared == set(HANDLERS)


def test_no_file_or_function_outgrows_a_reader() -> None:
    """No function over 60 lines, no file over 450 but those that only declare and hash the acts."""
    for path in (ROOT / "contracts").rglob("*.sol"):
        if "node_modules" in path.parts:
            continue
        lines = path.read_text().splitlines()
        if path.parent.name != "types" or "Act" not in path.name:
            assert len(lines) <= 450, path.name
        start = None
        for at, line in enumerate(lines):
            if re.match(r"    function \w+", line):
                start = at
            elif line == "    }" and start is not None:
                assert at - start < 60, f"{path.name}:{start + 1}"
                start = None
