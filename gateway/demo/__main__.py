"""`scripts/demo`: one command from document files to settled money, with a readable story and a report."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from gateway.demo import report
from gateway.demo.audit import recompute
from gateway.demo.processes import Processes
from gateway.demo.scenario import Scenario
from gateway.demo.stage import raise_stage
from gateway.demo.story import Story, as_of
from gateway.domain.calendar import iso

SHIPPED = Path(__file__).parent / "documents"


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The options people rely on."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--scenario", type=Path, help="JSON file; see gateway/demo/scenario.py for its fields"
    )
    parser.add_argument("--documents", type=Path, default=SHIPPED, help="folder of trade documents")
    parser.add_argument("--database", help="database URL; SQLite in a fresh folder by default")
    parser.add_argument("--rpc", help="JSON-RPC node whose clock can be set; the embedded chain by default")
    parser.add_argument("--json", type=Path, help="write the report here")
    parser.add_argument("--no-serve", action="store_true", help="stop everything at the end")
    parser.add_argument(
        "--keep", type=Path, help="folder for databases, keys and logs; a temporary one by default"
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 everything adds up, 1 something does not, 2 unusable input."""
    options = arguments(argv)
    console = Console(highlight=False)
    if not options.documents.is_dir():
        console.print(f"[red]{options.documents} is not a folder of documents[/red]")
        return 2
    try:
        scenario = Scenario.read(options.scenario)
    except (OSError, ValueError) as error:
        console.print(f"[red]the scenario cannot be used:[/red] {error}")
        return 2
    folder = options.keep or Path(tempfile.mkdtemp(prefix="tallystick-"))
    folder.mkdir(parents=True, exist_ok=True)
    with Processes(folder / "logs") as processes:
        good = run(console, options, scenario, folder.resolve(), processes)
    if options.keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


def run(
    console: Console, options: argparse.Namespace, scenario: Scenario, folder: Path, processes: Processes
) -> bool:
    """The story from curtain to curtain; answers whether every account adds up."""
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(text)

    def chapter(title: str) -> None:
        console.print(f"\n[bold]{title}[/bold]  [dim]{time.monotonic() - started:.1f} s[/dim]")

    first = as_of(scenario, options.documents)
    chapter(f"The stage, as of {first.isoformat()}")
    stage = raise_stage(folder, processes, first, database_url=options.database, rpc_url=options.rpc)
    first_day = stage.day
    say(
        f"  chain {stage.domain.chain_id}, ledger {stage.domain.ledger}; two banks, one evidence service, one gateway"
    )
    story = Story(stage, scenario, say)
    story.open_house()
    chapter("Documents")
    story.read_documents(options.documents)
    story.cast()
    _tell_documents(console, story)
    if story.payables:
        chapter("Confirmation: maker and checker promise, tier 1 accepts")
        story.confirm()
        _tell_payables(console, story)
        chapter("Circulation: tier 1 pays tier 2, tier 2 pays tier 3, with parts of what they hold")
        story.circulate()
        if scenario.finance:
            chapter(
                "Finance: tier 1 pledges the rest; the lender's pay-out counts when the payee's bank attests it"
            )
            story.finance()
            story.repay_early()
            _tell_loans(console, stage)
        chapter("Maturity: debtors pay, the clearing bank distributes, lender and holders are credited")
        story.mature()
    chapter("The end: everything recomputed")
    invariants = recompute(story)
    document = report.build(story, first_day, invariants)
    good = _tell_end(console, story, document)
    if options.json is not None:
        options.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        say(f"  report: {options.json}")
    chapter("Done")
    if not options.no_serve:
        say(f"  console and API: {stage.urls['gateway']}   (OpenAPI at /docs; end with Ctrl-C)")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return good


def _tell_documents(console: Console, story: Story) -> None:
    statuses: dict[str, int] = {}
    for file in story.files:
        statuses[file["status"]] = statuses.get(file["status"], 0) + 1
    console.print("  " + ", ".join(f"{count} files {status}" for status, count in sorted(statuses.items())))
    for match in story.matched["matches"]:
        console.print(
            f"  {match['invoice']}: invoiced {match['invoiced']}, credited {match['credited']}, prepaid "
            f"{match['prepaid']}, received {match['received']} → proposed [bold]{match['proposed']}[/bold] "
            f"{match['currency']}"
        )
    for each in report.exceptions(story):
        place = "".join(f" {name} {each[name]}" for name in ("line", "field") if each[name])
        values = (
            f" (expected {each['expected']}, found {each['found']})"
            if each["expected"] or each["found"]
            else ""
        )
        console.print(
            f"  [yellow]{each['rule']}[/yellow] {each['file']} {each['document']}{place}: {each['message']}{values}",
            markup=True,
        )


def _tell_payables(console: Console, story: Story) -> None:
    for payable in story.payables:
        console.print(
            f"  {report.format_root(payable.root)}: {payable.debtor.name} owes {payable.supplier.name} "
            f"{payable.proposal['amount']} {payable.proposal['currency']} on {iso(payable.due)}"
        )


def _tell_loans(console: Console, stage: Any) -> None:
    for loan in report.expect(stage.gateway.get("/loans"))["loans"]:
        console.print(
            f"  loan {loan['loan']}: {loan['drawn']} {loan['currency']} drawn, {loan['principal']} outstanding, "
            f"interest paid {loan['interest_paid']}, {loan['phase']}"
        )


def _tell_end(console: Console, story: Story, document: dict[str, Any]) -> bool:
    table = Table("title", "paid to", "as", "amount", "bank's reference", box=None, padding=(0, 2))
    names = {firm.number: firm.name for firm in story.stage.firms.values()}
    for row in document["settlement"]:
        table.add_row(
            row["title"], names.get(row["payee"], str(row["payee"])), row["as"],
            f"{row['amount']} {row['currency']}", row["bank_reference"] or "",
        )  # fmt: skip
    console.print(table)
    good = True
    for total in document["totals"]:
        good &= total["equal"]
        mark = "=" if total["equal"] else "[red]≠[/red]"
        console.print(f"  due {total['due']} {mark} settled {total['settled']} {total['currency']}")
    for row in document["invariants"]:
        good &= row["holds"]
        mark = "[green]holds[/green]" if row["holds"] else "[red]BROKEN[/red]"
        console.print(f"  {row['id']:<10} {mark} in {row['cases']} cases: {row['says']}")
    facts = document["chain"]
    console.print(
        f"  {facts['transactions']} transactions in {facts['blocks']} blocks, {facts['gas']:,} gas on {facts['backend']}"
    )
    for exception in story.money.exceptions:
        good = False
        console.print(f"  [red]exception[/red] {exception}")
    return good


if __name__ == "__main__":
    sys.exit(main())
