"""A loan in parts by who funded it."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import Amount, Hash, Seen, Shown, SplitId


class Funder(Shown):
    """One funder's part of a loan."""

    party: int
    bps: int = Field(description="of all that is lent, comes back and is lost, in basis points")
    lent: Amount = Field(description="of what was drawn; at discount with the interest that was kept")
    principal_back: Amount
    interest: Amount = Field(description="received, penalty with it")
    outstanding: Amount
    written_off: Amount


class Funders(Shown):
    """Whose a loan's money is; each column adds up to the loan's."""

    loan: SplitId
    currency: str
    table: Hash | None = Field(
        description="struct hash of the share table under which it was drawn (S17); null: there was none, and all is "
        "the lender's, or the entrustor's behind it (S5)"
    )
    funders: list[Funder]
    as_of: Seen
