"""Every exception that a person can resolve, resolved in one scenario, from its documents to settled money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.trade import TradeDocument, decimal_text
from tests.gateway.documents.ubl_writer import to_ubl
from tests.gateway.matching.test_ways_out import WAYS, Way
from tests.scenarios.runs import Play, Run, adds_up

PERSON = {"person": "Li Na", "reason": "seen, asked, and agreed"}


def _apart(text: str, rule: str) -> str:
    """A document number of one deal, told from those of the others."""
    stem, dash, rest = text.rpartition("-")
    return f"{stem}-{rule}-{rest}" if dash else text


def _renamed(document: TradeDocument, rule: str) -> TradeDocument:
    return replace(
        document,
        number=f"INV-{rule}-1" if document.number == "inv 1" else _apart(document.number, rule),
        order=_apart(document.order, rule),
        despatches=tuple(_apart(number, rule) for number in document.despatches),
        billed=tuple(_apart(number, rule) for number in document.billed),
    )


def _decision(rule: str, way: Way) -> dict[str, Any]:
    said = {name: str(value) for name, value in way.decision.items()}
    file = said.get("chosen", "").endswith(".xml")
    if "chosen" in said and "line" not in said:
        said["chosen"] = f"{rule}/{said['chosen']}" if file else _apart(said["chosen"], rule)
    return {"rule": rule, **said, "document": _apart(said["document"], rule), **PERSON}


def _write(folder: Path, rule: str, way: Way) -> None:
    for document in way.documents():
        (folder / rule / document.source.file).write_bytes(to_ubl(_renamed(document, rule)))
    for document in way.refused():
        # A total that its lines do not add up to: read, and refused.
        broken = to_ubl(_renamed(document, rule)).replace(
            b"113.00</cbc:PayableAmount>", b"112.00</cbc:PayableAmount>"
        )
        (folder / rule / document.source.file).write_bytes(broken)


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, play: Play) -> Run:
    folder = tmp_path_factory.mktemp("ways")
    for rule, way in WAYS.items():
        (folder / "documents" / rule).mkdir(parents=True)
        _write(folder / "documents", rule, way)
    scenario: Mapping[str, Any] = {
        "finance": False,
        "tier2_share": "0",
        "decisions": [_decision(rule, way) for rule, way in WAYS.items()],
    }
    return play(folder, "--documents", str(folder / "documents"), scenario=scenario)


def test_everything_decided_is_promised_and_paid(decided: Run) -> None:
    assert decided.status == 0, decided.said
    adds_up(decided)
    promised = {row["invoice"].partition("/")[0]: row["amount"] for row in decided.report["receivables"]}
    assert promised == {rule: decimal_text(way.after, 2) for rule, way in WAYS.items()}
    assert {row["status"] for row in decided.report["receivables"]} == {"closed"}


def test_no_decision_was_without_effect(decided: Run) -> None:
    assert not {"DECISION-UNKNOWN", "DECISION-REFUSED"} & decided.rules()
