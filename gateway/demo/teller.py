"""How the story is told on a screen or into a file: chapters with their time and gas, tables, progress."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gateway.demo import report
from gateway.demo.flows import flows
from gateway.demo.people import Wallet
from gateway.demo.stage import Stage, listed
from gateway.demo.story import Story
from gateway.domain.calendar import iso
from gateway.domain.trade import decimal_text
from gateway.money import exponent

PAGE_COLUMNS = 140
"""Width where nothing is a screen: a table in a file or a pipe is not broken to 80 columns."""
SHOWN = 25
"""Rows of a table on the screen; the report has them all."""
EVERY = 250
"""Files between two words of progress."""


class Teller:
    """Prints; keeps what each chapter took."""

    def __init__(self) -> None:
        self._console = Console(
            highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PAGE_COLUMNS
        )
        self._started = time.monotonic()
        self._chapter_started = self._started
        self._title = ""
        self._stage: Stage | None = None
        self._block = 0
        self.chapters: list[dict[str, Any]] = []

    def chapter(self, title: str) -> None:
        """Close the chapter before, with its time, transactions and gas, and open one."""
        self._close()
        self._title, self._chapter_started = title, time.monotonic()
        self._console.print(f"\n[bold]{escape(title)}[/bold]")

    def raised(self, stage: Stage) -> None:
        """From now on there is a chain whose work can be counted."""
        self._stage, self._block = stage, stage.deployment.first_block

    def _close(self) -> None:
        if not self._title:
            return
        seconds = time.monotonic() - self._chapter_started
        transactions = gas = 0
        if self._stage is not None:
            head, transactions, gas = report.work_since(self._stage, self._block)
            self._block = head + 1
        self.chapters.append(
            {"title": self._title, "seconds": f"{seconds:.1f}", "transactions": transactions, "gas": gas}
        )
        work = f", {transactions} transactions, {gas:,} gas" if transactions else ""
        self._console.print(f"  [dim]took {seconds:.1f} s{work}[/dim]")
        self._title = ""

    def say(self, text: str) -> None:
        """One line of the story."""
        self._console.print(f"  {escape(text)}")

    def warn(self, text: str) -> None:
        """One line that somebody should look at."""
        self._console.print(f"  [yellow]{escape(text)}[/yellow]")

    def fail(self, text: str) -> None:
        """One line that says what went wrong."""
        self._console.print(f"[red]{escape(text)}[/red]")

    def read(self, count: int) -> None:
        """Progress of the import."""
        if count % EVERY == 0:
            self.say(f"{count} files read")

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows under headings, amounts to the right; long ones are cut, and it is said how many are left out."""
        if not rows:
            return
        table = Table(box=None, padding=(0, 0, 0, 2))
        for heading in headings:
            right = heading in _RIGHT
            table.add_column(heading, justify="right" if right else "left", no_wrap=right, overflow="fold")
        for row in rows[:SHOWN]:
            table.add_row(*map(escape, row))
        self._console.print(table)
        if len(rows) > SHOWN:
            self.say(f"… and {len(rows) - SHOWN} more: see the report")

    # ── what each chapter shows ─────────────────────────────────────────────────────────────────────────────

    def documents(self, story: Story) -> None:
        """What the buyer's clerk sees: what became of each file, what may be confirmed, what does not agree."""
        statuses: dict[str, int] = defaultdict(int)
        for file in story.files:
            statuses[file["status"]] += 1
        self.say(
            ", ".join(f"{count} files {status}" for status, count in sorted(statuses.items())) or "no files"
        )
        self.table(
            ("invoice", "from", "invoiced", "prepaid", "credited", "received", "proposed", "currency"),
            [
                (
                    each["invoice"].partition("#")[2], (each["seller"] or {}).get("name", ""), each["invoiced"],
                    each["prepaid"], each["credited"], each["received"], each["proposed"], each["currency"],
                )
                for each in story.matched["matches"]
            ],
        )  # fmt: skip
        self._exceptions(report.exceptions(story))

    def _exceptions(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for each in rows[:SHOWN]:
            place = "".join(f" {name} {each[name]}" for name in ("line", "field") if each[name])
            values = [f"{name} {each[name]}" for name in ("expected", "found") if each[name]]
            where = f"{each['file']} {each['document']}".strip()
            told = f"{each['rule']}: {where}{place}: {each['message']}"
            told += f" ({', '.join(values)})" if values else ""
            self.warn(" ".join(told.split()))
        if len(rows) > SHOWN:
            self.say(f"… and {len(rows) - SHOWN} more exceptions: see the report")

    def cast(self, story: Story) -> None:
        """Who takes part, and where their keys are."""
        firms = sorted(story.stage.firms.values(), key=lambda firm: firm.number)
        rows = []
        for firm in firms:
            own = any(isinstance(member.signer, Wallet) for member in firm.members.values())
            desk = any(not isinstance(member.signer, Wallet) for member in firm.members.values())
            keys = " and ".join(["own wallets"] * own + ["its own signing desk"] * desk)
            rows.append(
                (str(firm.number), firm.name, story.role(firm), f"{len(firm.members)} persons, {keys}")
            )
        self.table(("party", "name", "in this story", "signs by"), rows)

    def payables(self, story: Story) -> None:
        """What the core enterprise now owes irrevocably."""
        self.table(
            ("receivable", "debtor", "owes", "amount", "currency", "due"),
            [
                (
                    report.format_root(each.root), each.debtor.name, each.supplier.name, each.proposal["amount"],
                    each.proposal["currency"], iso(each.due),
                )
                for each in story.payables
            ],
        )  # fmt: skip

    def holdings(self, story: Story) -> None:
        """What each supplier sees: its certificates."""
        sums: dict[tuple[int, str], tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
        for title in story.titles().values():
            if title["status"] == "live":
                count, amount, locked = sums[title["holder"], title["currency"]]
                minor = int(title["amount_minor"])
                key = (title["holder"], title["currency"])
                sums[key] = (count + 1, amount + minor, locked + (minor if title["lock"] else 0))
        firms = story.stage.firms
        self.table(
            ("holder", "in this story", "certificates", "amount", "pledged", "currency"),
            [
                (
                    firms[holder].name, story.role(firms[holder]), str(count),
                    decimal_text(amount, exponent(currency)), decimal_text(locked, exponent(currency)), currency,
                )
                for (holder, currency), (count, amount, locked) in sorted(sums.items())
            ],
        )  # fmt: skip

    def loans(self, story: Story) -> None:
        """What lender and borrower see."""
        firms = story.stage.firms
        self.table(
            ("loan", "borrower", "drawn", "outstanding", "interest paid", "currency", "rate", "due", "state"),
            [
                (
                    each["loan"], firms[each["borrower"]].name, each["drawn"], each["principal"],
                    each["interest_paid"], each["currency"], f"{each['rate_ppm'] / 10_000:g} %", each["due"],
                    each["phase"],
                )
                for each in listed(story.stage.gateway, "/loans")
            ],
        )  # fmt: skip

    def settled(self, story: Story, rows: Sequence[Mapping[str, Any]]) -> None:
        """Who got how much, and each payment with its bank's own reference."""
        names = {firm.number: firm.name for firm in story.stage.firms.values()}
        sums: dict[tuple[int, str, str], int] = defaultdict(int)
        for row in rows:
            sums[row["payee"], row["as"], row["currency"]] += int(row["amount"].replace(".", ""))
        self.table(
            ("paid to", "as", "amount", "currency"),
            [
                (names.get(payee, str(payee)), as_, decimal_text(amount, exponent(currency)), currency)
                for (payee, as_, currency), amount in sorted(sums.items())
            ],
        )
        self._console.print()
        self.table(
            ("title", "paid to", "as", "amount", "currency", "bank's reference"),
            [
                (
                    row["title"], names.get(row["payee"], str(row["payee"])), row["as"], row["amount"],
                    row["currency"], row["bank_reference"] or "",
                )
                for row in rows
            ],
        )  # fmt: skip

    def outcome(self, story: Story, lost: Sequence[tuple[int, int, str, str]]) -> None:
        """Who paid, who received, who lost and why."""
        firms = story.stage.firms
        self.table(
            ("party", "in this story", "paid out", "received", "currency"),
            [
                (
                    firms[party].name, story.role(firms[party]), decimal_text(flow.paid, exponent(currency)),
                    decimal_text(flow.received, exponent(currency)), currency,
                )
                for (party, currency), flow in sorted(flows(story).items())
                if flow.paid or flow.received
            ],
        )  # fmt: skip
        for party, minor, currency, why in lost:
            self.warn(
                f"{firms[party].name} loses {decimal_text(minor, exponent(currency))} {currency}: {why}"
            )
        if not lost:
            self.say("nobody lost anything")

    def accounts(self, story: Story, document: Mapping[str, Any]) -> bool:
        """Totals, laws and what is left open; whether everything adds up."""
        good = True
        for total in document["totals"]:
            good &= total["equal"]
            sign = "=" if total["equal"] else "≠"
            unpaid = f" + unpaid {total['unpaid']}" if total["unpaid"].strip("0.") else ""
            told = f"due {total['due']} {sign} settled {total['settled']}{unpaid} {total['currency']}"
            (self.say if total["equal"] else self.warn)(told)
        for row in document["invariants"]:
            good &= row["holds"]
            mark = "[green]holds[/green] " if row["holds"] else "[red]BROKEN[/red]"
            self._console.print(f"  {row['id']:<8} {mark} in {row['cases']:>5} cases: {escape(row['says'])}")
        facts = document["chain"]
        self.say(
            f"{facts['transactions']} transactions in {facts['blocks']} blocks, {facts['gas']:,} gas "
            f"on {facts['backend']}"
        )
        self._exceptions([each.row() for each in story.money.exceptions])
        return good and not any(each.open for each in story.money.exceptions)


_RIGHT = {
    "invoiced", "prepaid", "credited", "received", "proposed", "amount", "pledged", "drawn", "outstanding",
    "interest paid", "paid out", "rate", "party", "certificates",
}  # fmt: skip
