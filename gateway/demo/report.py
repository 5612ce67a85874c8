"""The report: what went in, what was decided, who was paid, and whether every account adds up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.adapters.kit.iso20022 import read_camt053
from gateway.demo.money_desk import MoneyDesk
from gateway.demo.stage import Stage, expect
from gateway.demo.story import Story
from gateway.domain.calendar import iso
from gateway.domain.trade import decimal_text
from gateway.money import exponent


@dataclass(frozen=True, slots=True)
class Booked:
    """A credit entry of a bank's own statement."""

    reference: str
    amount: int
    currency: str


def bank_entries(stage: Stage, money: MoneyDesk, first_day: int) -> dict[str, list[Booked]]:
    """Every credit that the banks' statements (camt.053) of all closed days show, by end-to-end id."""
    found: dict[str, list[Booked]] = defaultdict(list)
    for account, _ in money.accounts():
        for day in stage_days(stage, first_day):
            answer = stage.banks[account.bic].get(f"/statements/{account.number}/{iso(day)}")
            if answer.status_code == 404:
                continue
            for statement in read_camt053(expect(answer), document=f"{account.number}/{iso(day)}"):
                for entry in statement.entries:
                    if entry.side == "CRDT" and len(entry.details) == 1:
                        found[entry.details[0].end_to_end].append(
                            Booked(entry.servicer_reference, entry.amount_minor, entry.currency)
                        )
    return found


def stage_days(stage: Stage, first_day: int) -> list[int]:
    """Days on which the clocks stood and that are closed by now."""
    return [day for day in sorted(stage.days) if first_day <= day < stage.day]


def settlement(story: Story, entries: Mapping[str, list[Booked]]) -> list[dict[str, Any]]:
    """Who was paid for which title: read from the banks' own statement entries."""
    titles = story.titles()
    surplus = {end_to_end: booked for end_to_end, booked in entries.items() if end_to_end.startswith("SURP-")}
    rows: list[dict[str, Any]] = []
    for end_to_end, booked in sorted(entries.items()):
        if not end_to_end.startswith("LINE-"):
            continue
        number = int(end_to_end.split("-")[1], 16)
        title = titles[number]
        back = [
            each for key, found in surplus.items() if key.startswith(f"SURP-{number:x}-") for each in found
        ]
        lender = title["collected"] != decimal_text(0, exponent(title["currency"]))
        for each in booked:
            amount = each.amount - (sum(one.amount for one in back) if lender else 0)
            if amount:
                rows.append(_row(title, "lender" if lender else "holder", amount, each))
        if lender:
            rows += [_row(title, "holder", one.amount, one) for one in back]
    for title in titles.values():
        if title["held"] != decimal_text(0, exponent(title["currency"])):
            rows.append(
                {
                    "title": title["title"], "payee": title["holder"], "as": "held", "amount": title["held"],
                    "currency": title["currency"], "bank_reference": None,
                }
            )  # fmt: skip
    return rows


def _row(title: Mapping[str, Any], as_: str, amount: int, booked: Booked) -> dict[str, Any]:
    return {
        "title": title["title"], "payee": title["holder"] if as_ == "holder" else 11, "as": as_,
        "amount": decimal_text(amount, exponent(booked.currency)), "currency": booked.currency,
        "bank_reference": booked.reference,
    }  # fmt: skip


def totals(story: Story, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per currency: what fell due, and what was settled."""
    due: dict[str, int] = defaultdict(int)
    settled: dict[str, int] = defaultdict(int)
    for payable in story.payables:
        due[payable.proposal["currency"]] += payable.amount
    for row in rows:
        settled[row["currency"]] += int(row["amount"].replace(".", ""))
    return [
        {
            "currency": currency,
            "due": decimal_text(due[currency], exponent(currency)),
            "settled": decimal_text(settled[currency], exponent(currency)),
            "equal": due[currency] == settled[currency],
        }
        for currency in sorted(due)
    ]


def documents(story: Story) -> list[dict[str, Any]]:
    """Every input file once: used, exception or unsupported."""
    return [
        {
            "file": each["file"],
            "status": each["status"],
            "documents": each["documents"],
            "sha256": each["sha256"],
        }
        for each in story.files
    ]


def exceptions(story: Story) -> list[dict[str, Any]]:
    """Every exception of import, match and ledger rules, each naming document, line, field, rule and both values."""
    found = [each for file in story.files for each in file["exceptions"]]
    return found + story.matched["exceptions"] + story.refusals


def chain(stage: Stage) -> dict[str, Any]:
    """Backend, blocks, transactions, gas."""
    head = int(stage.rpc.call("eth_blockNumber"), 16)
    transactions = gas = 0
    for number in range(head + 1):
        block = stage.rpc.call("eth_getBlockByNumber", hex(number), False)
        transactions += len(block["transactions"])
        gas += int(block["gasUsed"], 16)
    return {
        "backend": stage.rpc.call("web3_clientVersion"),
        "chain_id": int(stage.rpc.call("eth_chainId"), 16),
        "ledger": stage.domain.ledger,
        "blocks": head,
        "transactions": transactions,
        "gas": gas,
    }


def build(story: Story, first_day: int, invariants: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole report, as docs/report.schema.json fixes it."""
    stage = story.stage
    entries = bank_entries(stage, story.money, first_day)
    rows = settlement(story, entries)
    receivables = _pages(stage, "/receivables", "receivables")
    return {
        "documents": documents(story),
        "matches": story.matched["matches"],
        "exceptions": exceptions(story),
        "parties": [
            {"party": firm.number, "name": firm.name} for firm in sorted(stage.firms.values(), key=lambda f: f.number)
        ],
        "receivables": [
            {
                "root": each["root"], "amount": each["amount"], "currency": each["currency"], "debtor": each["debtor"],
                "due": each["due"], "status": each["phase"], "invoice": invoice,
            }
            for each in receivables
            for invoice in [_invoice_of(story, int(each["id"]))]
        ],
        "titles": [
            {
                "id": each["title"], "root": each["root"], "parent": each["parent"], "holder": each["holder"],
                "amount": each["amount"], "currency": each["currency"], "status": each["status"],
            }
            for each in story.titles().values()
        ],
        "pledges": [
            {
                "facility": each["facility"], "lender": each["lender"], "borrower": each["borrower"],
                "titles": [format_root(p.root) for p in story.payables if p.facility == each["facility"]],
                "still_locked": each["collateral_face"], "currency": each["currency"],
            }
            for each in expect(stage.gateway.get("/facilities"))["facilities"]
        ],
        "loans": expect(stage.gateway.get("/loans"))["loans"],
        "payments": [
            {
                "end_to_end": end_to_end, "bank_reference": each.reference,
                "amount": decimal_text(each.amount, exponent(each.currency)), "currency": each.currency,
            }
            for end_to_end, found in sorted(entries.items())
            for each in found
        ],
        "settlement": rows,
        "totals": totals(story, rows),
        "chain": chain(stage),
        "invariants": invariants,
    }  # fmt: skip


def format_root(number: int) -> str:
    """A root's id as people write it."""
    return f"{number >> 32}-{number & 0xFFFFFFFF}"


def _invoice_of(story: Story, root: int) -> str:
    return next((str(each.proposal["invoice"]) for each in story.payables if each.root == root), "")


def _pages(stage: Stage, path: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = 0
    while after is not None:
        page = expect(stage.gateway.get(path, params={"after": after, "limit": 1000}))
        found += page[name]
        after = page["next"]
    return found
