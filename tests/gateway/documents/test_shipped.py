"""The chains we ship, and any folder a developer points at: read whole, matched, never above receipt."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.adapters.documents import FileStatus, read_folder
from gateway.domain.matching import match
from gateway.domain.trade_rules import RULES
from tests.gateway.documents.shipped import CORE, FOLDER, files

GIVEN = [Path(p) for p in filter(None, [os.environ.get("TALLYSTICK_TRADE_DOCUMENTS", "")])]


def test_the_shipped_files_are_the_described_ones() -> None:
    shipped = {p.relative_to(FOLDER).as_posix(): p.read_bytes() for p in FOLDER.rglob("*") if p.is_file()}
    assert shipped == dict(files())


def test_every_shipped_file_is_used_without_exception() -> None:
    result = read_folder(FOLDER)
    assert {f.status for f in result.files} == {FileStatus.USED}
    assert not result.exceptions
    assert len(result.documents) == 31


def test_the_shipped_chains_propose_what_the_story_tells() -> None:
    report = match(read_folder(FOLDER).documents)
    amounts = {
        r.invoice.number: (r.currency, r.invoiced, r.prepaid, r.net, r.proposed) for r in report.results
    }
    assert amounts == {
        "SP26-000301": ("CNY", 643_110_12, 0, 643_110_12, 643_110_12),
        "SP26-000318": ("CNY", 559_350_00, 0, 559_350_00, 503_415_00),
        "SP26-000329": ("CNY", 93_225_00, 0, 0, 0),
        "SP26-000342": ("CNY", 1_419_054_00, 425_716_20, 993_337_80, 993_337_80),
        "SP26-000377": ("CNY", 312_060_80, 0, 312_060_80, 312_060_80),
        "RE-2026-0457": ("EUR", 98_468_00, 0, 98_468_00, 98_468_00),
    }
    assert {p.buyer for p in report.proposals} == {CORE}
    for payable in report.proposals:
        days = payable.due - next(r.issued for r in report.results if r.invoice == payable.invoice)
        assert timedelta(90) <= days <= timedelta(170)
    assert {f.rule for f in report.exceptions} == {"OVER-INVOICED", "SHORT-DELIVERY", "NOT-PAYABLE"}


@pytest.mark.parametrize("folder", [FOLDER, *GIVEN], ids=str)
def test_any_folder_ends_in_named_exceptions_and_bounded_proposals(folder: Path) -> None:
    result = read_folder(folder)
    inputs = [p for p in folder.rglob("*") if p.is_file()]
    assert len(result.files) == len(inputs)
    for file in result.files:
        refused = [e for e in file.exceptions if e.effect == "refuse"]
        assert bool(refused) is (file.status is not FileStatus.USED)
    report = match(result.documents, refused=result.refused)
    for row in report.results:
        assert 0 <= row.proposed <= max(0, row.net)
        assert row.proposed <= row.received
        if not (row.chain.receipts or row.chain.recorded):
            assert row.proposed == 0
            assert "NOT-RECEIVED" in {e.rule for e in row.exceptions}
    assert {e.rule for e in (*result.exceptions, *report.exceptions)} <= RULES.keys()
    assert match(reversed(result.documents), refused=result.refused) == report
