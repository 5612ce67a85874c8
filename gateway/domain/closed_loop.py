"""Closed loop: what repays a drawdown is named beforehand, and stands on four attested flows (S26).

Trade, logistics, money and information are each attested, together by at least two independent legal entities:
of different groups, and none of them, nor its group, the one who gets the money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

RULE = "S26"


class Flow(StrEnum):
    """What has to be attested."""

    TRADE = "trade"
    LOGISTICS = "logistics"
    MONEY = "money"
    INFORMATION = "information"


class Need(StrEnum):
    """How much of it a product asks."""

    REQUIRED = "required"
    DECLARED = "declared"


REQUIRED = ("S2", "S3", "S4", "S8", "S9", "S13", "S15", "S16", "S17", "S22")
"""Products whose drawdowns need it; of the others, unsecured ones, it is only declared."""

INDEPENDENT = 2
"""Legal entities of different groups, at least."""


def need(product: str) -> Need:
    """What a product asks."""
    return Need.REQUIRED if product in REQUIRED else Need.DECLARED


@dataclass(frozen=True, slots=True)
class Attested:
    """One flow as somebody attested it; `reference` names the record."""

    flow: Flow
    attestor: int
    reference: str


@dataclass(frozen=True, slots=True)
class Loop:
    """What there is, and what is missing: empty when the loop is closed."""

    need: Need
    counted: tuple[Attested, ...]
    left_out: tuple[Attested, ...]
    missing: tuple[str, ...]

    @property
    def allows(self) -> bool:
        """Whether the drawdown may go ahead."""
        return self.need is Need.DECLARED or not self.missing


def examine(
    product: str,
    repaid_by: int | None,
    beneficiary: int,
    attested: Iterable[Attested],
    groups: Mapping[int, int],
) -> Loop:
    """Whether a drawdown's loop is closed. `repaid_by` is the receivable named as its future payment; `groups` is
    each party's group parent.
    """
    own = groups.get(beneficiary, beneficiary)
    given = sorted(set(attested), key=lambda each: (each.flow, each.attestor, each.reference))
    counted = tuple(each for each in given if groups.get(each.attestor, each.attestor) != own)
    missing = [] if repaid_by else ["the future payment that repays the drawdown is not named"]
    flows = {each.flow for each in counted}
    missing += [
        f"the {flow} flow is not attested by an independent party" for flow in Flow if flow not in flows
    ]
    entities = {groups.get(each.attestor, each.attestor) for each in counted}
    if len(entities) < INDEPENDENT:
        missing.append(f"{len(entities)} independent legal entities attest, {INDEPENDENT} are needed")
    left = tuple(each for each in given if each not in counted)
    return Loop(need(product), counted, left, tuple(missing))
