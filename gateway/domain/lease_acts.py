"""The acts on leased goods, field for field as contracts/types/LeaseActs.sol has them; see `acts` for what holds for
all. A price and a value are minor units of the facility's currency.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeaseGoods:
    """A whole receipt is to be leased for `price`, which its seller is paid. Where the lessor holds it already,
    `seller` is whom it had it from. `appraiser` says what the goods are worth if the lease ends early, and
    `notice_days` is how long the lessee has at least to pay what is overdue before it does.
    """

    title: int
    sequence: int
    quantity: int
    facility: int
    price: int
    seller: int
    appraiser: int
    notice_days: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class WithdrawLease:
    """Nothing was drawn on it, and its holder has it free again."""

    title: int
    sequence: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class GiveNotice:
    """The lessee is to pay the rentals that are overdue; if it has not, the lease may be ended from `from_day` on."""

    loan: int
    from_day: int
    nonce: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class EndLease:
    """The lessor takes the goods back; they are worth `value` today, and `evidence` has the valuation."""

    loan: int
    value: int
    expires_at: int
    evidence: bytes
