"""The report: what went in, what was decided, who was paid, and whether every account adds up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from gateway.adapters.kit.iso20022 import read_camt053
from gateway.demo.money_desk import MoneyDesk
from gateway.demo.stage import Stage, expect, listed
from gateway.demo.story import Story
from gateway.domain.trade import decimal_text
from gateway.money import exponent
from gateway.services.payments import FactKind, subject_of

NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Booked:
    """A credit entry of a bank's own statement; `kind` is what the ledger took it for, None when it took it not."""

    end_to_end: str
    owner: int
    bank: int
    reference: str
    amount: int
    currency: str
    kind: FactKind | None


def bank_entries(stage: Stage, money: MoneyDesk) -> list[Booked]:
    """Every credit of a payment that the banks' statements (camt.053) of all closed days show."""
    # Early settlement, late interest and reversals are acts of their own: no entry counts as one of them here.
    facts = {int(kind) for kind in FactKind}
    movements = listed(stage.gateway, "/movements")
    taken = {each["entry"]: FactKind(each["kind"]) for each in movements if each["kind"] in facts}
    found = []
    # A bank books on days of its own too, on which no clock of the story stood.
    days = {
        bic: sorted({each["booking_day"] for each in expect(bank.get("/books"))["entries"]})
        for bic, bank in stage.banks.items()
    }
    for account, _ in money.accounts():
        for day in days[account.bic]:
            answer = stage.banks[account.bic].get(f"/statements/{account.number}/{day}")
            if answer.status_code == NOT_FOUND:
                continue
            for statement in read_camt053(expect(answer), document=f"{account.number}/{day}"):
                for entry in statement.entries:
                    if entry.side == "CRDT" and len(entry.details) == 1 and entry.details[0].end_to_end:
                        name = "0x" + keccak(entry.servicer_reference.encode()).hex()
                        found.append(
                            Booked(
                                entry.details[0].end_to_end, account.owner, account.bank,
                                entry.servicer_reference, entry.amount_minor, entry.currency, taken.get(name),
                            )
                        )  # fmt: skip
    return sorted(found, key=lambda each: (each.end_to_end, each.reference))


def settlement(story: Story, entries: Sequence[Booked]) -> list[dict[str, Any]]:
    """Who was paid for which title: from the banks' own statement entries that the ledger took, each once."""
    by_title: dict[int, list[Booked]] = defaultdict(list)
    for each in entries:
        if each.kind in (FactKind.CREDITED, FactKind.COLLECTED, FactKind.SURPLUS, FactKind.RETURNED):
            by_title[subject_of(each.end_to_end).subject].append(each)
    rows: list[dict[str, Any]] = []
    for number, title in sorted(story.titles().items()):
        rows += _title_rows(title, by_title[number])
    return rows


def _title_rows(title: Mapping[str, Any], booked: Sequence[Booked]) -> Iterator[dict[str, Any]]:
    holder, currency = title["holder"], title["currency"]

    def row(as_: str, payee: int, amount: int, reference: str | None) -> dict[str, Any]:
        return {
            "title": title["title"], "payee": payee, "as": as_, "amount": decimal_text(amount, exponent(currency)),
            "currency": currency, "bank_reference": reference,
        }  # fmt: skip

    def of(kind: FactKind) -> list[Booked]:
        return [each for each in booked if each.kind is kind]

    collected = of(FactKind.COLLECTED)
    # What a lender handed on, or still owes the holder, came out of the last money it collected.
    kept_back = _minor(title["surplus"])
    passed_on = kept_back + sum(each.amount for each in of(FactKind.SURPLUS))
    lender_rows = []
    for each in reversed(collected):
        left = max(0, each.amount - passed_on)
        passed_on -= each.amount - left
        if left:
            lender_rows.append(row("lender", each.owner, left, each.reference))
    yield from reversed(lender_rows)
    # What the payee's bank gave back after crediting it is held now, and was not paid.
    back = {each.end_to_end for each in of(FactKind.RETURNED)}
    for each in booked:
        if each.kind is FactKind.SURPLUS or (each.kind is FactKind.CREDITED and each.end_to_end not in back):
            yield row("holder", holder, each.amount, each.reference)
    if kept_back:
        yield row("held", holder, kept_back, collected[-1].reference if collected else None)
    held = _minor(title["held"])
    if held:
        returned = of(FactKind.RETURNED)
        yield row("held", holder, held, returned[-1].reference if returned else None)


def _minor(text: str) -> int:
    return int(text.replace(".", ""))


def totals(story: Story, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per currency: what fell due, what the banks' statements show as settled, and what the ledger says is unpaid."""
    due: dict[str, int] = defaultdict(int)
    settled: dict[str, int] = defaultdict(int)
    for payable in story.payables:
        due[payable.proposal["currency"]] += payable.amount
    for row in rows:
        settled[row["currency"]] += _minor(row["amount"])
    unpaid: dict[str, int] = defaultdict(int)
    for each in listed(story.stage.gateway, "/receivables"):
        if each["phase"] in ("live", "closed"):
            gone = _minor(each["distributed"]) + _minor(each["settled_early"])
            unpaid[each["currency"]] += _minor(each["amount"]) - gone
    return [
        {
            "currency": currency,
            "due": decimal_text(due[currency], exponent(currency)),
            "settled": decimal_text(settled[currency], exponent(currency)),
            "unpaid": decimal_text(unpaid[currency], exponent(currency)),
            "equal": due[currency] == settled[currency] + unpaid[currency],
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
    found: list[dict[str, Any]] = [each for file in story.files for each in file["exceptions"]]
    found += story.matched.get("exceptions", []) + story.refusals
    return found + [each.row() for each in story.money.exceptions]


def work_since(stage: Stage, first: int) -> tuple[int, int, int]:
    """The chain's last block, and the transactions and gas of blocks `first` and later."""
    head = int(stage.rpc.call("eth_blockNumber"), 16)
    transactions = gas = 0
    for number in range(first, head + 1):
        block = stage.rpc.call("eth_getBlockByNumber", hex(number), False)
        transactions += len(block["transactions"])
        gas += int(block["gasUsed"], 16)
    return head, transactions, gas


def chain(stage: Stage, chapters: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Backend, blocks, transactions, gas since the deployment's first block, and what each chapter took."""
    first = stage.deployment.first_block
    head, transactions, gas = work_since(stage, first)
    return {
        "backend": stage.rpc.call("web3_clientVersion"),
        "chain_id": stage.domain.chain_id,
        "ledger": stage.domain.ledger,
        "blocks": head - first + 1,
        "transactions": transactions,
        "gas": gas,
        "chapters": list(chapters),
    }


def build(
    story: Story, invariants: Sequence[Mapping[str, Any]], chapters: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The whole report, as docs/report.schema.json fixes it."""
    stage = story.stage
    entries = bank_entries(stage, story.money)
    rows = settlement(story, entries)
    receivables = listed(stage.gateway, "/receivables")
    return {
        "documents": documents(story),
        "matches": story.matched.get("matches", []),
        "exceptions": exceptions(story),
        "parties": [
            {"party": firm.number, "name": firm.name, "role": story.role(firm)}
            for firm in sorted(stage.firms.values(), key=lambda f: f.number)
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
            for each in listed(stage.gateway, "/facilities")
        ],
        "loans": listed(stage.gateway, "/loans"),
        "protections": _protections(stage),
        "payments": [
            {
                "end_to_end": each.end_to_end, "bank": each.bank, "payee": each.owner, "bank_reference": each.reference,
                "amount": decimal_text(each.amount, exponent(each.currency)), "currency": each.currency,
                "counted_as": None if each.kind is None else each.kind.name.lower(),
            }
            for each in entries
        ],
        "settlement": rows,
        "totals": totals(story, rows),
        "chain": chain(stage, chapters),
        "invariants": list(invariants),
    }  # fmt: skip


def _protections(stage: Stage) -> list[dict[str, Any]]:
    """Who stood behind each facility, what it was called for, what it paid and what came back to it."""
    names = ("protection", "protector", "facility", "kind", "currency", "cap", "called", "paid", "reimbursed")
    return [
        {name: row[name] for name in names}
        for each in listed(stage.gateway, "/facilities")
        for row in expect(stage.gateway.get(f"/facilities/{each['facility']}/protections"))["protections"]
    ]


def format_root(number: int) -> str:
    """A root's id as people write it."""
    return f"{number >> 32}-{number & 0xFFFFFFFF}"


def _invoice_of(story: Story, root: int) -> str:
    return next((str(each.proposal["invoice"]) for each in story.payables if each.root == root), "")
