"""Identifiers of parties: what the published and the shipped numbers must answer."""

from __future__ import annotations

import pytest

from gateway.adapters.documents.party_ids import identifier, scheme_name
from gateway.adapters.documents.reading import Reading
from gateway.domain.identifiers import organisation_code_valid, uscc_inner_valid
from gateway.domain.trade import DocumentKind, Origin
from tests.gateway.documents.trade_builder import source

GOOD_USCC = [
    "91110000600037341L", "121200004013590816", "91152201078377449P", "91110115MA0C0RE19E",
    "91310115MA1T1ER19W", "91440300MA5T1ER24W", "91330100MA2T1ER37F", "91120116MA06WH5EXQ",
    "91110000100001BK4F", "91320000MA1GUAR06C", "91110108MA00PLAT1K",
]  # fmt: skip
BAD_USCC = ["91110000600037341N", "A1110000600037341L", "9111000060003IOZSV", "12345", "91110115MA0C0RE28A"]


def checked(
    scheme: str, value: str, country: str = "", origin: Origin = Origin.LEGAL
) -> tuple[str, bool | None, list[str]]:
    reading = Reading(source("x.xml"), DocumentKind.INVOICE, "1")
    found = identifier(reading, "field", origin, scheme, value, country)
    assert found is not None
    return found.scheme, found.valid, [f.rule for f in reading.findings]


@pytest.mark.parametrize("value", GOOD_USCC)
def test_published_and_synthetic_uscc_pass_both_checks(value: str) -> None:
    assert uscc_inner_valid(value)
    assert checked("USCC", value) == ("USCC", True, [])


@pytest.mark.parametrize("value", BAD_USCC)
def test_a_wrong_uscc_refuses_the_document(value: str) -> None:
    assert checked("USCC", value) == ("USCC", False, ["LEGAL-ID-CHECK"])


def test_a_uscc_right_outside_and_wrong_inside_is_refused() -> None:
    """The outer check character is recomputed over a broken organisation code."""
    from stdnum.cn import uscc

    body = "91110115MA0C0RE18"
    forged = body + uscc.calc_check_digit(body)
    assert uscc.is_valid(forged)
    assert not uscc_inner_valid(forged)
    assert checked("USCC", forged) == ("USCC", False, ["LEGAL-ID-CHECK"])


@pytest.mark.parametrize(
    ("code", "valid"), [("600037341", True), ("60003734X", False), ("60003734", False), ("6000373-1", False)]
)
def test_organisation_codes(code: str, valid: bool) -> None:
    assert organisation_code_valid(code) is valid


@pytest.mark.parametrize(
    ("scheme", "value", "expected"),
    [
        ("0199", "213800KUD8LAJWSQ9D15", ("LEI", True, [])),
        ("LEI", "213800KUD8LXJWSQ9D15", ("LEI", False, ["LEGAL-ID-CHECK"])),
        ("0199", "300300TESTCORE000188", ("LEI", True, [])),
        ("0088", "6901234500011", ("GLN", True, [])),
        ("GLN", "6901234500012", ("GLN", False, ["IDENTIFIER-CHECK"])),
        ("VAT", "DE814592030", ("VAT", True, [])),
        ("9930", "DE814592031", ("VAT", False, ["IDENTIFIER-CHECK"])),
        ("VAT", "ZZ123", ("VAT", None, [])),
        ("ZZZ", "Supp123", ("ZZZ", None, [])),
        ("", "99887766", ("", None, [])),
    ],
)
def test_schemes_have_one_name_and_their_own_check(
    scheme: str, value: str, expected: tuple[str, bool | None, list[str]]
) -> None:
    assert checked(scheme, value) == expected


def test_a_chinese_tax_number_of_eighteen_characters_is_a_uscc() -> None:
    assert checked("VAT", "91110115MA0C0RE19E", "CN", Origin.TAX)[0] == "USCC"
    assert checked("VAT", "91110115MA0C0RE19A", "CN", Origin.TAX)[1] is False


def test_an_endpoint_or_empty_identifier() -> None:
    reading = Reading(source("x.xml"), DocumentKind.INVOICE, "1")
    assert identifier(reading, "f", Origin.ENDPOINT, "0088", "") is None
    assert scheme_name(" gb32100 ") == "USCC"
