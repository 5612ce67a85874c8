"""What is financed against what secures it, at every block: walked through the chain's own facts, one after another.

What a debtor paid secures a facility from the day its line is distributed until the lender's bank has booked it as
repaid: the certificate is paid by then, and the loan is not yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import FILLED, LOAN, POSITION

_WHOLE_BPS = 10_000


@dataclass(frozen=True, slots=True)
class Cover:
    """One facility after one block in which something of it changed; minor units.

    Attributes:
        paid: what debtors paid of its certificates and its bank has not booked as repaid.
        raised: something was drawn in the block, or released.
    """

    block: int
    facility: int
    used: int
    face: int
    advance_bps: int
    paid: int
    raised: bool

    @property
    def holds(self) -> bool:
        """Whether what is used is within the advance rate."""
        return (self.used - self.paid) * _WHOLE_BPS <= self.face * self.advance_bps

    def __str__(self) -> str:
        return f"block {self.block}: facility {self.facility} is used for {self.used} on {self.face}"


def walk(facts: Iterable[Fact]) -> Iterator[Cover]:
    """Every facility after every block that changed it, in the chain's order."""
    known: dict[int, dict[str, int]] = {}
    paid: dict[int, int] = defaultdict(int)
    for block, among in groupby(facts, key=lambda fact: fact.block_number):
        before, raised = dict(known), set()
        cause = None
        for fact in among:
            if fact.contract == "Ledger":
                cause = fact  # what follows it says what it did to each facility
                continue
            facility, word = _position(fact)
            if word is None:
                continue
            last, known[facility] = known.get(facility), POSITION.unpack(word)
            fell = max(0, last["face"] - known[facility]["face"]) if last else 0
            if fell and cause is not None and cause.event == "PaidOut":
                paid[facility] += fell
            if fact.event == "Repaid":
                booked = sum(FILLED.unpack(fact.args["filled"]).values())
                paid[facility] = max(0, paid[facility] - booked)
            if fact.event == "Drawn" or (fell and cause is not None and cause.event == "Unlocked"):
                raised.add(facility)
        for facility, now in known.items():
            if now != before.get(facility):
                yield Cover(
                    block,
                    facility,
                    now["used"],
                    now["face"],
                    now["advance_bps"],
                    paid[facility],
                    facility in raised,
                )


def _position(fact: Fact) -> tuple[int, Any]:
    """The facility whose position a fact says, and the packed position; None where it says none."""
    if fact.contract != "Credit":
        return 0, None
    word = fact.args.get("word" if fact.event == "PositionChanged" else "position")
    if word is None or "facility" in fact.args:
        return fact.args.get("facility", 0), word
    return LOAN.unpack(fact.args["word"])["facility"], word
