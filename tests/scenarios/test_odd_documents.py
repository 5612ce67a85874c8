"""A folder of odd and hostile files: the rest goes on, each unusable file is named once, nothing is half done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import pytest

from tests.gateway.documents.test_hostile import HOSTILE
from tests.scenarios import odd_folder
from tests.scenarios.runs import Play, Run, adds_up


@dataclass(frozen=True, slots=True)
class Odd:
    """The run and the names of the files that it was given."""

    run: Run
    names: set[str]

    def match(self, number: str) -> dict[str, str]:
        """The only match of an invoice."""
        (found,) = [row for row in self.run.report["matches"] if row["invoice"].endswith(f"#INV-{number}")]
        return dict(found)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, play: Play) -> Odd:
    folder = tmp_path_factory.mktemp("odd")
    names = odd_folder.build(folder / "documents")
    return Odd(play(folder, "--documents", str(folder / "documents")), names)


def test_the_rest_is_settled(odd: Odd) -> None:
    assert odd.run.status == 0, odd.run.said
    adds_up(odd.run)
    assert {row["status"] for row in odd.run.report["receivables"]} == {"closed"}
    assert {row["status"] for row in odd.run.report["titles"]} == {"settled"}
    assert {row["phase"] for row in odd.run.report["loans"]} == {"settled"}


def test_every_file_is_told_once(odd: Odd) -> None:
    told = Counter(row["file"] for row in odd.run.report["documents"])
    assert set(told) == odd.names
    assert set(told.values()) == {1}


def test_every_unusable_file_is_named_with_its_rule(odd: Odd) -> None:
    named = {row["file"]: row["rule"] for row in odd.run.report["exceptions"]}
    for name, (_, rule) in HOSTILE.items():
        assert named[f"hostile/{name}"] == rule
    assert named[odd_folder.NO_BUYER] == "PARTY-MISSING"
    unusable = {row["file"] for row in odd.run.report["documents"] if row["status"] != "used"}
    named_files = Counter(row["file"] for row in odd.run.report["exceptions"])
    twice = {"amended/second.xml"}  # as a second version, and for what it asks beyond the first
    assert {name: named_files[name] for name in unusable - twice} == dict.fromkeys(unusable - twice, 1)
    assert unusable >= twice | {"amended/invoice.xml", *odd_folder.COPIES}
    unsupported = odd.run.rows("documents", status="unsupported")
    assert {row["file"].partition("/")[0] for row in unsupported} == {"unsupported"}


@pytest.mark.parametrize(
    ("number", "currency", "proposed"),
    [
        ("good", "CNY", "113000.00"),
        ("short", "CNY", "101700.00"),
        ("over", "CNY", "113000.00"),
        ("yen", "JPY", "125000"),
        ("dinar", "KWD", "1234.500"),
        ("prepaid", "CNY", "103000.00"),
        ("credited", "CNY", "67800.00"),
        ("tiny", "CNY", "0.57"),
        ("bare", "CNY", "113000.00"),
        ("table", "CNY", "113000.00"),
        ("unseen", "CNY", "0.00"),
        ("undated", "CNY", "0.00"),
    ],
)
def test_what_is_proposed(odd: Odd, number: str, currency: str, proposed: str) -> None:
    found = odd.match(number)
    assert (found["currency"], found["proposed"]) == (currency, proposed)


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("short/invoice.xml", "OVER-INVOICED"),
        ("over/invoice.xml", "OVER-ORDERED"),
        ("unseen/invoice.xml", "NOT-RECEIVED"),
        ("undated/invoice.xml", "DUE-MISSING"),
        ("amended/second.xml", "DUPLICATE-INVOICE"),
        ("respelled/copy.xml", "DUPLICATE-COPY"),
        ("respelled/same-bytes.xml", "DUPLICATE-COPY"),
    ],
)
def test_what_does_not_agree_is_named(odd: Odd, file: str, rule: str) -> None:
    assert odd.run.rows("exceptions", file=file, rule=rule)


def test_an_invoice_of_two_thousand_lines_is_paid_whole(odd: Odd) -> None:
    assert Fraction(odd.match("long")["proposed"]) * 100 == odd_folder.gross(2 * odd_folder.LINES, 100_000)
    (promised,) = odd.run.rows("receivables", amount="4520000.00")
    paid = [row for row in odd.run.report["settlement"] if _root(odd, row["title"]) == promised["root"]]
    assert sum(Fraction(row["amount"]) for row in paid) == Fraction(promised["amount"])


def test_two_versions_of_an_invoice_wait_for_a_person(odd: Odd) -> None:
    versions = [row for row in odd.run.report["matches"] if row["invoice"].endswith("#INV-amended")]
    assert [row["proposed"] for row in versions] == ["0.00", "0.00"]


def test_a_repeated_invoice_is_promised_once(odd: Odd) -> None:
    promised = [row for row in odd.run.report["receivables"] if row["invoice"].startswith("respelled/")]
    assert len(promised) == 1


def test_yen_have_no_fen_and_dinars_have_fils(odd: Odd) -> None:
    amounts = {
        currency: {row["amount"] for row in odd.run.rows("settlement", currency=currency)}
        for currency in ("JPY", "KWD")
    }
    assert all("." not in amount for amount in amounts["JPY"])
    assert all(len(amount.partition(".")[2]) == 3 for amount in amounts["KWD"])


def _root(odd: Odd, title: str) -> str:
    return str(next(row["root"] for row in odd.run.report["titles"] if row["id"] == title))
