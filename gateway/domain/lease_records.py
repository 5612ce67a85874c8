"""The record of leased goods: what stands in the packed word of credit/LeaseWords, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease that a receipt is under. `owner` is who held it when it was agreed, and has it again if no draw is paid
    out; `price` is minor units of the facility's currency; `notice_day` is the day of the last notice, 0 before the
    first, and `from_day` since when the lease may be ended by it.
    """

    owner: int
    seller: int
    appraiser: int
    facility: int
    price: int
    notice_days: int
    notice_day: int = 0
    from_day: int = 0
