"""Who owes what to whom on a receivable."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Amount, Day, Seen, Shown, SplitId


class Behind(Shown):
    """A loan on a certificate, and who owes it whatever the debtor pays."""

    loan: SplitId
    creditor: int
    party: int = Field(description="who owes it: the seller, or whoever pledged")
    why: str = Field(description="recourse or pledge")
    owes: Amount = Field(description="costs, interest, penalty and principal on that day")


class OwedTitle(Shown):
    """What is unpaid of one certificate."""

    title: SplitId
    holder: int
    paid_to: int = Field(
        description="who gets the money: the lender to whose facility it is locked, or its holder"
    )
    unpaid: Amount
    late_interest: Amount = Field(description="the most that it may bear by the day of the answer (SME-17)")
    behind: list[Behind]


class Owing(Shown):
    """What a receivable's debtor owes, certificate by certificate, and who else answers for it."""

    root: SplitId
    debtor: int
    currency: str
    day: Day
    due: Day
    overdue_days: int = Field(description="0 up to the due day")
    unpaid: Amount
    late_interest: Amount = Field(
        description="the most that what is unpaid may bear by the day of the answer (SME-17)"
    )
    late_interest_paid: Amount
    titles: list[OwedTitle] = Field(description="those that are neither spent nor settled")
    as_of: Seen
