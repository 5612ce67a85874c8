"""The acts on the stages of a facility, field for field as contracts/types/StageActs.sol has them; see `acts` for what
holds for all.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgreeStages:
    """A facility is used stage by stage: `first` at once, and `step_bps` of each unit of sales cash beyond it; of
    goods, `release_bps` of each unit of sales cash may be released while anything is owed. Loans are paid out on the
    special account alone. `approver` is the platform's evidence service, or 0. It comes into force with its `version`,
    one above the last.
    """

    facility: int
    approver: int
    special_bank: int
    special_account: bytes
    first: int
    step_bps: int
    release_bps: int
    version: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class OpenStage:
    """From now on `opened` may be used. `evidence` is the merchant's need: its orders, or what it plans to buy."""

    facility: int
    opened_before: int
    opened: int
    expires_at: int
    evidence: bytes
