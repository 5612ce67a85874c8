"""Who paid and who received, out of the banks' own double-entry books: what all parties paid is what all received."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from gateway.demo.stage import expect
from gateway.demo.story import Story


@dataclass(slots=True)
class Flow:
    """A party's money over the whole story, in minor units of one currency; opening balances are no movement."""

    paid: int = 0
    received: int = 0


def flows(story: Story) -> dict[tuple[int, str], Flow]:
    """By party and currency."""
    owners = {account.number: account for account, _ in story.money.accounts()}
    found: dict[tuple[int, str], Flow] = defaultdict(Flow)
    for bank in story.stage.banks.values():
        for entry in expect(bank.get("/books"))["entries"]:
            account = owners.get(entry["account"])
            if account is None or entry["kind"] == "opening":
                continue
            flow = found[account.owner, account.currency]
            if entry["side"] == "D":
                flow.paid += entry["amount"]
            else:
                flow.received += entry["amount"]
    return dict(found)


def sums(found: dict[tuple[int, str], Flow]) -> dict[str, Flow]:
    """All parties together, by currency."""
    total: dict[str, Flow] = defaultdict(Flow)
    for (_, currency), flow in found.items():
        total[currency].paid += flow.paid
        total[currency].received += flow.received
    return dict(total)
