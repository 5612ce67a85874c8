"""The lists of a day over HTTP."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Amount, Day, Seen, Shown


class DayList(Shown):
    """One list; its rows have exactly the columns named."""

    name: str
    title: str
    columns: list[str]
    amounts: list[str] = Field(description="columns of decimal text in units of the row's currency")
    rows: list[dict[str, str | int]]
    totals: list[dict[str, str | int]] = Field(description="count and sum of each amount, for each currency")


class Tie(Shown):
    """A total of a list beside the figure of the reconciliation that it must be."""

    list: str
    says: str
    currency: str
    listed: Amount
    reconciled: Amount
    agrees: bool


class DayLists(Shown):
    """Everything that people work from at the end of a day."""

    day: Day
    lists: list[DayList]
    ties: list[Tie]
    as_of: Seen
