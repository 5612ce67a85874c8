"""The shipped stories: each plays systems of the brief, tells who paid, who lost and why, and every account adds up."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from gateway.demo.stories import STORIES
from tests.scenarios import order_folder
from tests.scenarios.runs import SHIPPED, Play, Run

TOLD: Mapping[str, Mapping[str, Sequence[str]]] = {
    "core-stopped": {
        "CN77-15 a core enterprise is stopped": [
            "is stopped by the platform and a bank (CN77-15)",
            "its third promise is refused: CN77-15",
            "the debtor's money is booked 10 days late; 3 lines distributed",
            "it confirms 1 more receivable",
        ],
    },
    "partial-then-reversed": {
        "a booking that its bank takes back": [
            "the booking is undone, whole: outstanding 450177.08 CNY, interest paid 0.00",
            "the loan is settled: outstanding 0.00 CNY, interest paid 8103.19",
            "120 days on the whole sum, as if nothing had been repaid in between, are 8103.19 CNY",
        ],
    },
    "joint-funding": {
        "S17 joint factoring": [
            "Huaxin lending bank takes 50 % of it: 321555.06 CNY",
            "Jiangyu Factoring Co. takes 30 % of it: 192933.04 CNY",
            "Heshun Factoring Co. takes 20 % of it: 128622.02 CNY",
            "each lender bears its own",
        ],
    },
    "guarantor-pays": {
        "S18 guarantee of a third party": [
            "on the due day nobody is called yet: It is not due yet.",
            "Yuanda Guarantee Co. is called for 300000.00 CNY and pays 300000.00: 243620.54 CNY is left",
            "'GUARANTEE-2026-7' on it: REFERENCE-UNKNOWN, it counts for nothing until Chen Yu and Wu Min",
            "two persons of the lender write it off",
            "the loan that was written off is settled: the lender is whole",
            "Yuanda Guarantee Co. paid 300000.00 in the debtor's place and is reimbursed 300000.00 (CC-700)",
        ],
        "S19 risk reserve": [
            "the reserve is not called before the guarantor: Somebody else comes first",
            "Harbour Risk Reserve Fund is called for 150000.00 CNY and pays 150000.00: 93620.54 CNY is left",
            "Harbour Risk Reserve Fund loses 96148.30 CNY",
        ],
        "the banks' own books": [
            "HXLDCNBJ: 3 statements of 2 accounts, 6 entries: ledger, database and bank agree",
            "QSCLCNSH: 7 statements of 5 accounts, 8 entries: ledger, database and bank agree",
        ],
    },
    "warehouse": {
        "S4 warehouse-in financing": [
            "Receipt 31-17 is authentic and free: 100,000 KGM would be handed over for it today.",
            "the goods count for 1800000.00 CNY; 0.00 are used",
            "the gateway does not carry the draw: more than keepers' words bear out: keeper 31 of lot "
            "31-17 missed its heartbeat: the keeper's word is 1 day late: 90 percent may be drawn on; "
            "1134000.00 CNY may be drawn, not 1200000.00 (GI-55-feed)",
        ],
        "S8 movable-asset financing": [
            "values aluminium at 14.00 CNY a kilogram: 1260000.00 CNY; 1200000.00 are used",
            "a further draw is refused: draw: More collateral is called for",
            "new goods came in first, and the call is met: both count for 2361600.00 CNY",
        ],
        "S14.4 movable property": [
            "all the aluminium for it is refused: What is pledged would not cover what is owed. (DEC-7)",
            "lender and keeper release 60000 KGM of aluminium; what stays counts for 1605600.00 CNY; "
            "1052400.00 are used",
            "holder and keeper free the last 40000 KGM",
        ],
        "S14.5 warehouse receipt": [
            "a sale on the same day is refused",
            "a sale to the lender itself is refused",
            "the loan is settled, interest paid 7872.48; the receipt is held by Ningbo Nonferrous Trading",
            "what the lender did not need, 122127.52 CNY, is paid to",
        ],
    },
    "dealer": {
        "S22 automotive chain": [
            "the first of them once more, at Beigang Car Park: refused, these goods have a receipt already",
            "a pledge without its certificate: refused, the facility's control agent does not hold the "
            "vehicle's certificate (CERTIFICATE-CUSTODY)",
            "4 cars behind the loan, their certificates with Haitong Collateral Control: they count for "
            "460800.00 CNY",
            "81000.00 CNY are repaid for the car …047402: 115200.00 of 115714.28 CNY go free, and its "
            "certificate goes back to 申浦精密部件有限公司",
            "3 cars behind the loan, their certificates with Haitong Collateral Control: they count for "
            "345600.00 CNY against 239320.00, covered",
            "sees 2 cars of the loan, not …047635, and …047402, which secures it no more; Jinmen Car "
            "Yard counts none",
            "they count for 230400.00 CNY against 239320.00, call",
            "they count for 230400.00 CNY against 159559.32, covered",
            "nothing is owed: 3 receipts are free, and their certificates handed back",
        ],
    },
    "lease": {
        "S14.8 financial leasing": [
            "a draw that nobody registered is refused: draw: Nothing is paid out on what is pledged or "
            "leased before",
            "drawn, and not paid yet: receipt 33-19 is held by Shenyang Machine Tools",
            "600000.00 CNY came to Shenyang Machine Tools: receipt 33-19 is held by Huaxin lending bank",
            "it is leased by party 11 to party 403, whose it is with the last rental, under facility 3003",
            "its maker's withdrawal is refused: withdrawLease: A draw buys this title",
            "its end, while nothing is overdue, is refused: endLease: It is not due yet.",
            "rental 2 of 3, 202351.04 CNY, is paid on 2026-04-12: receipt 33-19 is held by Huaxin "
            "lending bank",
            "rental 3 of 3, 202351.04 CNY, is paid on 2026-05-12: receipt 33-19 is held by Baoding "
            "Precision Parts",
            "the lease is settled, interest paid 7053.12: Receipt 33-19 is authentic and free",
        ],
    },
    "merchant": {
        "S15 e-order financing": [
            "confirms 3 orders of 申浦精密部件有限公司 under one commitment, for 704850.00 CNY; the merchant takes "
            "PO-2026-0123",
            "150000.00 CNY may be used at once, the rest as sales carry it; Platform Merchant Review "
            "approves each stage",
            "a draw above the first stage is refused: draw: More would be used than the stage that is "
            "open allows",
            "a second stage before anything was sold is refused: openStage: Too little sales cash has "
            "come in",
        ],
        "S16 e-warehouse-receipt pledge": [
            "the first stage is paid out to the special account: 150000.00 used on 559350.00 CNY",
            "150900.00 CNY of sales cash came in from the shop, and repaid the first loan: 0.00 used on "
            "604800.00 CNY",
            "the bank's key alone is refused",
            "platform and bank opened the second stage, and it is paid out: 290000.00 used on 604800.00 CNY",
            "3000 KGM for it are refused: Too little sales cash has come in",
            "1000 KGM go free and to the merchant's shop: 290000.00 used on 554400.00 CNY",
        ],
        "S9 pre-sale stock support": [
            "nothing of the order secures it beside them: 150000.00 used on 604800.00 CNY",
            "secure the loan in their place: 290000.00 used on 604215.00 CNY",
            "the loan is settled, interest paid 9280.00 CNY; the last 2000 KGM go free and leave the "
            "warehouse",
        ],
    },
    "procurement": {
        "S14.3 procurement financing": [
            "Tianjin Pump Wholesale may use 400000.00 CNY, paid out to Jinzhou Water Pumps alone, whose "
            "goods it buys",
            "Cangzhou Pump Retail may use 140000.00 CNY, paid out to Tianjin Pump Wholesale alone, whose "
            "goods it buys",
            "400000.00 CNY came to Jinzhou Water Pumps, for 12000 KGM of Tianjin Pump Wholesale's: "
            "400000.00 used on 604800.00",
            "4000 KGM before they are paid for are refused: What is pledged would not cover what is owed.",
            "Cangzhou Pump Retail paid 201600.00 CNY and holds 4000 KGM, free: 199200.00 used on "
            "403200.00 CNY",
            "140000.00 CNY came to Tianjin Pump Wholesale, which Cangzhou Pump Retail buys from: "
            "140000.00 used on 201600.00",
            "repaid with it, and 2500 KGM more went to Cangzhou Pump Retail: 59598.40 used on 277200.00 CNY",
            "Cangzhou Pump Retail's loan is settled, interest paid 560.00 CNY; its 4000 KGM are free and "
            "leave the warehouse",
            "Tianjin Pump Wholesale's loan is settled, interest paid 1436.79 CNY; its 5500 KGM are free "
            "and leave the warehouse",
        ],
    },
    "order-to-cash": {
        "S3 order financing": [
            "the advance is paid out: 419512.50 CNY financed on 559350.00 CNY, 75.00% of at most 80%",
            "nobody signs anything: 419512.50 CNY financed on 559350.00 CNY",
            "55935.00 CNY of it did not come: so much less secures the advance, and 16780.50 CNY is to be prepaid",
            "prepays it, and the interest so far: 402732.00 CNY financed on 559350.00 CNY, 72.00% of at "
            "most 80%",
            "the order is reduced: 402732.00 CNY financed on 503415.00 CNY, 80.00% of at most 80%",
            "a further draw is refused: draw: What is pledged would not cover what is owed.",
            "the whole invoice is refused",
            "503415.00 CNY of the order is a receivable now, under the same lock",
            "paid 503415.00 CNY for what it received; the advance is settled, interest paid 15424.64 CNY",
        ],
    },
    "default-and-recourse": {
        "S2 with recourse and without": [
            "day 91 after its due day: the loan is substandard",
            "recourse on 申浦精密部件有限公司, the seller that the funding names, and on nobody else",
            "sold with recourse, it took the receivable back",
            "Jiangyu Factoring Co. loses",
            "bought without recourse",
        ],
    },
}
"""What each story says, by the system of the brief that it plays, or by what else it is about."""


LOSERS = {"joint-funding", "guarantor-pays", "default-and-recourse"}
"""Stories in which somebody loses money."""
OF_GOODS = ("S3", "S4", "S8", "S9", "S14.3", "S14.4", "S14.5", "S14.8", "S15", "S16", "S22")


@pytest.fixture(scope="module")
def told(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """Each story once, however many of its systems are asked for."""

    @cache
    def tell(name: str) -> Run:
        return play(tmp_path_factory.mktemp(name, numbered=False), "--scenario", name)

    return tell


def test_every_story_that_ships_is_played() -> None:
    assert set(TOLD) == set(STORIES)


def test_every_system_of_goods_has_its_story() -> None:
    played = {system.split()[0] for story in TOLD.values() for system in story}
    assert played >= set(OF_GOODS)


@pytest.mark.parametrize(("name", "system"), [(name, system) for name in TOLD for system in TOLD[name]])
def test_a_system_runs_from_end_to_end(name: str, system: str, told: Callable[[str], Run]) -> None:
    run = told(name)
    assert run.status == 0, run.said
    for sentence in TOLD[name][system]:
        assert sentence in run.said


@pytest.mark.parametrize("name", TOLD)
def test_every_account_adds_up(name: str, told: Callable[[str], Run]) -> None:
    run = told(name)
    assert run.status == 0, run.said
    assert ("nobody lost anything" in run.said) == (name not in LOSERS)
    assert all(row["holds"] for row in run.report["invariants"])
    assert {"SUMS", "INV-4c", "INV-5c", "INV-6", "INV-9", "DOCTOR"} <= {
        row["id"] for row in run.report["invariants"]
    }
    for total in run.report["totals"]:
        assert _exact(total["due"]) == _exact(total["settled"]) + _exact(total["unpaid"])
    if name == "joint-funding":
        _shared_to_the_fen(run)
    if name == "guarantor-pays":
        _borne_in_order(run)


@pytest.mark.parametrize(
    ("chain", "sentences"),
    [
        (
            "po-2026-0131",
            [
                "all of it came: 1064290.50 CNY financed on 1419054.00 CNY, 75.00% of at most 80%",
                "425716.20 CNY of it was paid before, so 269620.26 CNY is to be prepaid first",
                "993337.80 CNY of the order is a receivable now, under the same lock, due 2026-07-14: 794670.24",
            ],
        ),
        (
            "po-2026-0152",
            [
                "312060.80 CNY of the order is a receivable now, under the same lock, due 2026-08-20: 234045.60"
            ],
        ),
    ],
    ids=["a prepaid part", "tables instead of UBL"],
)
def test_an_order_is_carried_to_cash_on_whatever_documents_a_folder_holds(
    chain: str, sentences: Sequence[str], play: Play, tmp_path: Path
) -> None:
    folder = tmp_path / chain
    shutil.copytree(SHIPPED / chain, folder / "documents" / chain)
    run = play(folder, "--scenario", "order-to-cash", "--documents", str(folder / "documents"))
    assert run.status == 0, run.said
    for sentence in sentences:
        assert sentence in run.said
    (total,) = run.report["totals"]
    assert _exact(total["unpaid"]) == 0


@pytest.fixture(scope="module")
def side_by_side(play: Play, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Ten orders of one folder, in one story."""
    folder = tmp_path_factory.mktemp("side-by-side", numbered=False)
    order_folder.build(folder / "documents")
    return play(folder, "--scenario", "order-to-cash", "--documents", str(folder / "documents"))


@pytest.mark.parametrize(
    ("order", "sentences"),
    [
        (
            "honest",
            [
                "11300.00 CNY of it did not come: so much less secures the advance, and 3390.00 CNY is to be prepaid",
                "101700.00 CNY of the order is a receivable now, under the same lock, due 2026-06-30: 81360.00 CNY",
            ],
        ),
        (
            "part",
            [
                "90400.00 CNY of the order is a receivable now, under the same lock, due 2026-06-30: 84750.00 CNY",
                "22600.00 CNY of it was not received and invoiced by its last day: so much less secures the advance",
            ],
        ),
        (
            "twice",
            [
                "67800.00 CNY of the order is a receivable now",
                "the whole invoice is refused: 33900.00 CNY was received of what is invoiced",
                "33900.00 CNY of the order is a receivable now",
            ],
        ),
        (
            "cheap",
            [
                "20340.00 CNY of it is invoiced at less, so 10622.00 CNY is to be prepaid first",
                "81360.00 CNY of the order is a receivable now",
            ],
        ),
        (
            "credited",
            [
                "11300.00 CNY of it was credited, so 3390.00 CNY is to be prepaid first",
                "90400.00 CNY of the order is a receivable now",
            ],
        ),
        (
            "returned",
            ["101700.00 CNY of it was credited: so much less", "owes nothing; the advance is settled"],
        ),
        ("empty", ["113000.00 CNY of it did not come: so much less", "owes nothing; the advance is settled"]),
        (
            "unseen",
            ["no receipt advice is here: nothing of it was received", "owes nothing; the advance is settled"],
        ),
    ],
)
def test_an_order_stops_at_what_was_received_whatever_was_invoiced(
    order: str, sentences: Sequence[str], side_by_side: Run
) -> None:
    assert side_by_side.status == 0, side_by_side.said
    said = [told for told in side_by_side.said.splitlines() if f" PO-{order}: " in told]
    for sentence in sentences:
        assert any(sentence in told for told in said), said
    assert any("the advance is settled" in told for told in said)


def test_every_order_is_told_to_its_end_or_said_not_to_be(side_by_side: Run) -> None:
    run = side_by_side
    assert "PO-rejected goes no further: nothing of it can be confirmed (ORDER-REJECTED" in run.said
    assert "PO-late goes no further: its documents are of another season" in run.said
    assert {each["phase"] for each in run.report["loans"]} == {"settled"}
    laws = {row["id"]: row for row in run.report["invariants"]}
    assert (laws["INV-1c"]["cases"], laws["INV-1c"]["holds"]) == (8, True)
    assert laws["INV-4c"]["holds"]
    (total,) = run.report["totals"]
    assert (total["due"], total["unpaid"]) == ("465560.00", "0.00")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (
            "order-to-cash",
            "rejected/0-order.xml#PO-rejected goes no further: nothing of it can be confirmed (ORDER-REJECTED",
        ),
        ("warehouse", "it needs 1 invoice of which something is to be paid, and 0 are among the documents"),
    ],
)
def test_a_story_that_cannot_be_told_says_why_and_does_not_end_well(
    name: str, why: str, play: Play, tmp_path: Path
) -> None:
    order_folder.build(tmp_path / "documents", "rejected")
    run = play(tmp_path, "--scenario", name, "--documents", str(tmp_path / "documents"))
    assert run.status == 2, run.said
    assert f"the story {name} is not told: {why}" in run.said
    assert "Everything adds up" not in run.said
    (untold,) = run.rows("exceptions", rule="STORY-UNTOLD")
    assert why in untold["message"]


def _shared_to_the_fen(run: Run) -> None:
    """What the debtor paid came to each lender by its part of the receivable, within one fen."""
    paid = sum(_exact(row["amount"]) for row in run.rows("settlement"))
    whole = _exact(run.report["receivables"][0]["amount"])
    for title in run.report["titles"]:
        got = sum(_exact(row["amount"]) for row in run.rows("settlement", title=title["id"]))
        assert abs(got - _exact(title["amount"]) * paid / whole) <= Decimal("0.01")


def _borne_in_order(run: Run) -> None:
    """CC-392, CC-692, CC-700: guarantor before reserve, both after the lender; who loses bears what is "
    "still owed."""
    guarantor, reserve = run.report["protections"]
    assert (guarantor["kind"], guarantor["paid"], guarantor["reimbursed"]) == (
        "guarantee", "300000.00", "300000.00",
    )  # fmt: skip
    assert (reserve["kind"], reserve["paid"]) == ("reserve", "150000.00")
    for named, kind in (("protected", "paid"), ("reimbursed", "reimbursed")):
        booked = [_exact(each["amount"]) for each in run.rows("payments", counted_as=named)]
        assert booked == [_exact(guarantor[kind]), _exact(reserve[kind])]
    (loan,) = run.report["loans"]
    assert (loan["phase"], loan["principal"]) == ("settled", "0.00")
    (total,) = run.report["totals"]
    lost = [Decimal(each) for each in re.findall(r" loses ([0-9.]+) CNY", run.said)]
    assert lost[0] == _exact(reserve["paid"]) - _exact(reserve["reimbursed"])
    assert sum(lost) == _exact(total["unpaid"])


def _exact(text: str) -> Decimal:
    return Decimal(text)
