"""Every kind of event that a warehouse tells and every refusal, as files: what is read of each stands beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gateway.adapters.rulebook import shipped
from gateway.adapters.warehouses import FORMATS
from gateway.adapters.warehouses.epcis import STEPS_TOLD, UNFIT
from gateway.domain.rules import find
from gateway.domain.stock import Kind
from gateway.domain.stock_fold import fold
from gateway.domain.trade_rules import RULES, Effect
from tests.gateway.warehouses.shown import GOLDEN, document, feed

SUFFIX = ".told.json"
FILES = sorted(each.name for each in GOLDEN.iterdir() if not each.name.endswith(SUFFIX))


@pytest.mark.parametrize("name", FILES)
def test_what_is_read_of_a_file_is_what_stands_beside_it(name: str) -> None:
    expected = json.loads((GOLDEN / f"{name}{SUFFIX}").read_text(encoding="utf-8"))
    assert document(feed(name)) == expected


def test_every_format_and_every_kind_of_telling_has_a_file() -> None:
    read = [feed(name) for name in FILES]
    assert {each.form for each in read} == {each.name for each in FORMATS}
    epcis = [each for each in read if each.form.startswith("EPCIS")]
    told = {part.kind for each in epcis for event in each.events for part in event.tellings}
    assert told == set(Kind) - {Kind.ADJUSTED}  # EPCIS knows no books
    table = feed("warehouse-table.csv")
    assert {part.kind for event in table.events for part in event.tellings} == set(Kind)


def test_two_spellings_of_the_same_events_are_the_same_events() -> None:
    urns, addresses = feed("received-to-shipped.json"), feed("received-to-shipped-by-web-address.json")
    assert urns.sha256 != addresses.sha256
    content = [(each.name, each.content) for each in urns.events]
    assert [(each.name, each.content) for each in addresses.events] == content
    assert fold([*urns.events, *addresses.events]) == fold(urns.events)


def test_a_refused_event_names_its_element_and_the_others_are_used() -> None:
    read = feed("refused-events.json")
    assert [event.id for event in read.events] == ["and-this-is-used"]
    given = json.loads((GOLDEN / "refused-events.json").read_text())["epcisBody"]["eventList"]
    refused = {each.document for each in read.refused}
    assert refused == {each["eventID"] for each in given} - {"and-this-is-used"}
    assert all(each.line.startswith("epcisBody/eventList/") and each.field for each in read.refused)
    assert all(RULES[each.rule].effect is Effect.REFUSE for each in read.refused)


def test_gi_55_feed_the_guide_says_the_figures_of_the_shipped_rule_and_every_step_that_moves_stock() -> None:
    guide = " ".join(
        (Path(__file__).parents[3] / "docs/guides/warehouse.md").read_text(encoding="utf-8").split()
    )
    given = find(shipped().pack, "GI-55-feed").parameters
    words = {0: "none", 1: "one", 3: "three", 7: "seven"}
    parts = [
        f"{given['late_percent']} from {words[given['late_from_days']]} day late",
        f"{given['stale_percent']} from {words[given['stale_from_days']]}",
        f"{words[given['silent_percent']]} from {words[given['silent_from_days']]}",
    ]
    assert ", ".join(parts) in guide
    named = set(re.findall(r"`([a-z_]+)`", guide))
    assert {*STEPS_TOLD, *UNFIT} <= named
