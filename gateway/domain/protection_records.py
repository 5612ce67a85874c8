"""Records of protection: who stands behind a facility, what was called of it, what it may recover.

Amounts are minor units of the facility's currency, days are those of `calendar`. Names and units are those of
contracts/protection/ProtectionWords.sol.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ProtectionKind(IntEnum):
    """Who bears the loss, in the order in which they bear it (2-ledger 2.4)."""

    NONE = 0
    GUARANTEE = 1
    SHARE = 2
    RESERVE = 3
    INSURANCE = 4


@dataclass(frozen=True, slots=True)
class Protection:
    """One protector behind one facility. `bps` is a share's part of the loss; within a kind the lower `order` is
    called first. `until_day` 0 is six months after the due day of the loan called for (CC-692); `rate` (parts
    per million a year) is the dearest loan it stands for without consent (CC-695). `custodian` to `top_up_days`
    are a reserve's; `top_up_day` is the day by which one below its floor must be filled up, 0 while it is not.
    """

    facility: int
    kind: ProtectionKind
    cap: int
    order: int = 0
    bps: int = 0
    called: int = 0
    paid: int = 0
    reimbursed: int = 0
    until_day: int = 0
    rate: int = 0
    custodian: int = 0
    balance: int = 0
    floor: int = 0
    target: int = 0
    attested_day: int = 0
    top_up_day: int = 0
    top_up_days: int = 0

    @property
    def room(self) -> int:
        """What may still be called."""
        return self.cap - self.called

    @property
    def rank(self) -> tuple[int, int]:
        """Kind first, then the order agreed within it: the lower one bears the loss first."""
        return self.kind, self.order

    @property
    def short(self) -> bool:
        """A reserve below its floor."""
        return self.top_up_day != 0


@dataclass(frozen=True, slots=True)
class ProtectionCall:
    """One protection for one loan. `day` is that of the latest call; `reimbursed` is what came back to the
    protector or was given up by it.
    """

    called: int = 0
    paid: int = 0
    reimbursed: int = 0
    day: int = 0
    consented: bool = False

    @property
    def unpaid(self) -> int:
        """Called and not paid."""
        return self.called - self.paid

    @property
    def claim(self) -> int:
        """Paid and not got back."""
        return self.paid - self.reimbursed


@dataclass(frozen=True, slots=True)
class Claims:
    """What stands open on one loan for guarantors, partners and reserves (`first`) and for insurers (`later`),
    what the lender has collected for them (`pot`), and what partners paid of the loss they share.
    """

    first: int = 0
    later: int = 0
    pot: int = 0
    shared: int = 0

    @property
    def open(self) -> int:
        """All that protectors may still recover."""
        return self.first + self.later


@dataclass(frozen=True, slots=True)
class Guard:
    """One facility: how many stand behind it, how many of them are reserves below their floor, and how many
    claims of protectors that paid are open.
    """

    protections: int = 0
    short: int = 0
    open: int = 0
