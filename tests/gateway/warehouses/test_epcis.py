"""What single EPCIS events come to: unfit goods, words of nobody, numbers of logistic units."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stdnum import ean

from gateway.adapters.warehouses import read_feed
from gateway.adapters.warehouses.epcis import UNFIT
from gateway.adapters.warehouses.epcis_form import DISPOSITIONS
from gateway.domain.stock_fold import Stock, differences_of, fold
from gateway.ports.stock import FeedRead
from tests.gateway.warehouses.shown import KEEPER

LOT, PLACE = "https://id.gs1.org/01/04012345123456/10/L-1", {"id": "https://id.gs1.org/414/4012345000023"}
_UNIT = "04012345000000001"
UNIT = f"https://id.gs1.org/00/{_UNIT}{ean.calc_check_digit(_UNIT)}"


def told(hour: int, step: str, quantity: int | None = None, **more: Any) -> dict[str, Any]:
    """An ObjectEvent about a lot, or about what `more` names."""
    amount = {"epcClass": LOT, "uom": "KGM"} | ({} if quantity is None else {"quantity": quantity})
    given = {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": step, "quantityList": [amount], "readPoint": PLACE,
        "eventTime": f"2026-11-02T{hour:02}:00:00+08:00", "eventTimeZoneOffset": "+08:00", "bizLocation": PLACE,
    } | more  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def of_unit(hour: int, step: str, action: str = "OBSERVE") -> dict[str, Any]:
    return told(hour, step, action=action, quantityList=None, epcList=[UNIT])


def packed(hour: int, quantity: int) -> dict[str, Any]:
    amount = {"epcClass": LOT, "quantity": quantity, "uom": "KGM"}
    return told(
        hour, "packing", type="AggregationEvent", action="ADD", parentID=UNIT, childQuantityList=[amount],
        quantityList=None,
    )  # fmt: skip


def read(*events: dict[str, Any]) -> FeedRead:
    document = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", "type": "EPCISDocument",
        "schemaVersion": "2.0", "creationDate": "2026-11-02T20:00:00+08:00", "epcisBody": {"eventList": list(events)},
    }  # fmt: skip
    return read_feed(json.dumps(document).encode(), "f", KEEPER)


def lot(stock: Stock) -> tuple[str, str]:
    """What is told to lie there and what of it may be relied on."""
    (held,) = (each for place, each in stock.positions.items() if place.lot.endswith("/10/L-1"))
    return str(held.quantity), str(held.sound)


@pytest.mark.parametrize("step", ["inspecting", "storing", "holding"])
def test_unfit_goods_are_told_with_how_much_they_are(step: str) -> None:
    """FIELD-MISSING: it would say nothing, and pass."""
    read_whole = read(told(8, "receiving", 100), told(9, step, 40, disposition="damaged"))
    assert (read_whole.refused, lot(fold(read_whole.events))) == ((), ("100", "60"))
    without = read(told(8, "receiving", 100), told(9, step, disposition="damaged"))
    (found,) = without.refused
    assert (found.rule, found.field, found.line) == (
        "FIELD-MISSING", "quantityList/0/quantity", "epcisBody/eventList/1",
    )  # fmt: skip
    assert read(told(9, step, disposition="conformant")).refused == ()


@pytest.mark.parametrize("disposition", sorted(UNFIT))
def test_what_is_wrong_with_goods_in_words_of_the_vocabulary_is_not_relied_on(disposition: str) -> None:
    for spelled in (
        disposition,
        f"urn:epcglobal:cbv:disp:{disposition}",
        f"https://ref.gs1.org/cbv/Disp-{disposition}",
    ):
        assert lot(fold(read(told(8, "receiving", 100, disposition=spelled)).events)) == ("100", "0")
    lasting = {"set": [disposition]}
    assert lot(fold(read(told(8, "receiving", 100, persistentDisposition=lasting)).events)) == ("100", "0")


def test_every_other_disposition_of_the_vocabulary_leaves_goods_sound() -> None:
    assert len(DISPOSITIONS) == 33
    for disposition in DISPOSITIONS - UNFIT:
        assert lot(fold(read(told(8, "receiving", 100, disposition=disposition)).events)) == ("100", "100")


@pytest.mark.parametrize(
    "text", ["Damaged", "urn:epcglobal:cbv:disp:damage", "quarantined", "https://k.example/d/bad"]
)
def test_a_disposition_that_the_vocabulary_does_not_have_is_refused(text: str) -> None:
    """TERM-UNKNOWN: it may say that goods are not to be relied on."""
    (found,) = read(told(8, "receiving", 100, disposition=text)).refused
    assert (found.rule, found.field) == ("TERM-UNKNOWN", "disposition")
    (found,) = read(
        told(8, "receiving", 100, persistentDisposition={"unset": ["active"], "set": [text]})
    ).refused
    assert (found.rule, found.field) == ("TERM-UNKNOWN", "persistentDisposition/set/0")


@pytest.mark.parametrize("hour", [9, 10, 11])
def test_the_number_of_a_logistic_unit_moves_nothing_when_it_is_given_or_given_up(hour: int) -> None:
    """Before, with and after the packing at 10."""
    feed = read(
        told(8, "receiving", 500), packed(10, 500), of_unit(hour, "commissioning", "ADD"),
        of_unit(hour, "decommissioning", "DELETE"),
    )  # fmt: skip
    stock = fold(feed.events)
    assert (lot(stock), list(differences_of(stock))) == (("500", "500"), [])
    assert [(each.rule, each.line) for each in feed.findings] == [
        ("NOT-USED", "epcisBody/eventList/2"), ("NOT-USED", "epcisBody/eventList/3"),
    ]  # fmt: skip


def test_a_logistic_unit_that_is_destroyed_is_so_with_what_is_in_it() -> None:
    stock = fold(read(told(8, "receiving", 500), packed(9, 200), of_unit(10, "destroying", "DELETE")).events)
    assert lot(stock) == ("300", "300")


def test_a_step_told_by_an_object_event_and_by_a_transaction_event_counts_for_both() -> None:
    """As the guide says: one event tells a step."""
    linked = {
        "type": "TransactionEvent",
        "action": "ADD",
        "bizTransactionList": [{"type": "po", "bizTransaction": "1"}],
    }
    assert lot(fold(read(told(8, "receiving", 100), told(9, "receiving", 100, **linked)).events)) == (
        "200",
        "200",
    )
    ended = linked | {"action": "DELETE"}
    assert lot(fold(read(told(8, "receiving", 100), told(9, "receiving", 100, **ended)).events)) == (
        "100",
        "100",
    )


def test_what_is_refused_is_named_by_the_number_under_which_it_would_count() -> None:
    """So that the mended event of this number puts it right, in whatever letters it is written."""
    uuid = "urn:uuid:6b1b1c4e-0000-4000-8000-00000000000a"
    (found,) = read(told(8, "receiving", -1, eventID=uuid.upper().replace("URN:UUID", "urn:uuid"))).refused
    assert found.document == uuid
