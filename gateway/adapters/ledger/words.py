"""The contracts' packed words, field by field from the high bits down, as drawn in Words.sol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain.records import Form

FROZEN, SPENT, SETTLED, HELD, PAPER, GOODS, ORDER = 1, 2, 4, 8, 16, 64, 128
"""Flags of a title."""
KIND = GOODS | ORDER
"""What a title is; without either, a certificate."""

OFFERED, LIVE, CLOSED, CANCELLED = 1, 2, 3, 4
"""Phases of a root."""

RESERVED, OUTSTANDING, REPAID, VOID, WRITTEN_OFF, SOLD = 1, 2, 3, 4, 5, 6
"""Phases of a loan."""

FORM_SHIFT, FORM_MASK = 1, 3
"""Where a facility's form stands in its flags."""


def form_of(flags: int) -> Form:
    """A facility's form, of its flags."""
    return Form(flags >> FORM_SHIFT & FORM_MASK)


REVOKED, SUSPENDED, MANAGED = 1, 2, 4
"""Flags of a signer."""

BANK = 2
"""The bit of a party's kinds that says it is a bank."""

FACT_RECEIVED, FACT_EARLY, FACT_LATE = 3, 9, 10
FACTS_OF_TITLES = frozenset({4, 5, 6, 8, FACT_EARLY})
FACTS_OF_ROOTS = frozenset({FACT_RECEIVED, FACT_LATE})
"""Kinds of movements; all others are about loans or protections, whose numbers may be those of titles too."""

RELAYER_ROLE = 1
"""The access manager's role of admitted relayers."""


class Word:
    """One layout: widths in bits of fields by name; names that begin with `_` are unused bits."""

    def __init__(self, fields: Sequence[tuple[str, int]], width: int = 256) -> None:
        at = sum(bits for _, bits in fields)
        if at != width:
            raise ValueError(f"the fields make {at} bits, not {width}")
        self._fields: list[tuple[str, int, int]] = []
        for name, bits in fields:
            at -= bits
            if not name.startswith("_"):
                self._fields.append((name, at, (1 << bits) - 1))
        self.names = tuple(name for name, _, _ in self._fields)

    def unpack(self, word: int) -> dict[str, int]:
        """The fields of a word."""
        return {name: word >> shift & mask for name, shift, mask in self._fields}

    def pack(self, values: Mapping[str, Any]) -> int:
        """The word of these fields; others among `values` are passed over. Raises OverflowError."""
        word = 0
        for name, shift, mask in self._fields:
            value = values[name]
            if not 0 <= value <= mask:
                raise OverflowError(f"{name} = {value} does not fit its word")
            word |= value << shift
        return word


TITLE = Word(
    [
        ("holder", 32),
        ("lock", 32),
        ("root", 64),
        ("quantity", 48),
        ("paid", 48),
        ("sequence", 16),
        ("depth", 8),
        ("flags", 8),
    ]
)
ROOT = Word(
    [
        ("debtor", 32),
        ("clearing_bank", 32),
        ("currency", 16),
        ("due_day", 16),
        ("opened_day", 16),
        ("kind", 8),
        ("phase", 8),
        ("terms", 16),
        ("policy_version", 32),
        ("quantity", 48),
        ("accept_days", 8),
        ("maximum_depth", 8),
        ("minimum_piece", 16),
    ]
)
MONEY = Word(
    [
        ("received", 48),
        ("distributed", 48),
        ("removed", 48),
        ("written_off", 48),
        ("late_interest", 48),
        ("_", 16),
    ]
)
LOT = Word(
    [
        ("deposited", 48),
        ("redeemed", 48),
        ("delivered", 48),
        ("lost", 48),
        ("counted_day", 16),
        ("counts", 16),
        ("_", 32),
    ]
)
ORDER_WORD = Word([("taken", 48), ("promised", 48), ("reduced", 48), ("_", 112)])
LIEN = Word([("amount", 48), ("currency", 16)], 64)
GOODS_TERMS = Word(
    [
        ("control_agent", 32),
        ("appraiser", 32),
        ("second_appraiser", 32),
        ("maintenance_bps", 16),
        ("rise_bps", 16),
        ("valid_days", 8),
        ("call_days", 8),
        ("floor_amount", 48),
        ("version", 8),
        ("_", 56),
    ]
)
PLEDGED_LOT = Word(
    [
        ("quantity", 48),
        ("value", 48),
        ("rate", 64),
        ("valued_day", 16),
        ("valid_until", 16),
        ("model", 32),
        ("_", 32),
    ]
)
MARK = Word([("loan", 64), ("fresh_until", 16), ("lots", 16), ("state", 8), ("day", 16)], 120)
GOODS_SALE = Word(
    [
        ("came_before", 48),
        ("price", 48),
        ("buyer", 32),
        ("facility", 32),
        ("quantity", 48),
        ("pay_by", 16),
        ("state", 8),
    ],
    232,
)
LEASE = Word(
    [
        ("owner", 32),
        ("seller", 32),
        ("appraiser", 32),
        ("facility", 32),
        ("price", 48),
        ("notice_days", 8),
        ("notice_day", 16),
        ("from_day", 16),
    ],
    216,
)
STAGE_TERMS = Word(
    [
        ("approver", 32),
        ("first_amount", 48),
        ("step_bps", 16),
        ("release_bps", 16),
        ("version", 8),
        ("_account", 136),
    ]
)
STAGES = Word([("opened", 48), ("sales", 104), ("released", 104)])
SPLIT = Word([("title", 64), ("part", 64), ("rest", 64)], 192)


def lot_fields(root: Mapping[str, int]) -> dict[str, int]:
    """The fields of a root that is a lot, by what they say there."""
    return {
        "keeper": root["debtor"],
        "inspector": root["clearing_bank"],
        "unit": root["currency"],
        "decimals": root["terms"],
        "last_day": root["due_day"],
        "opened_day": root["opened_day"],
        "kind": root["kind"],
        "phase": root["phase"],
        "first_quantity": root["quantity"],
    }


def order_fields(root: Mapping[str, int]) -> dict[str, int]:
    """The fields of a root that is an order, by what they say there."""
    return {
        "buyer": root["debtor"],
        "currency": root["currency"],
        "last_day": root["due_day"],
        "opened_day": root["opened_day"],
        "phase": root["phase"],
        "policy_version": root["policy_version"],
        "quantity": root["quantity"],
    }


SIGNER = Word(
    [
        ("party", 32),
        ("person", 32),
        ("roles", 32),
        ("solo_cap", 48),
        ("valid_from", 40),
        ("valid_until", 40),
        ("flags", 8),
        ("_", 24),
    ]
)
PARTY = Word(
    [
        ("kinds", 16),
        ("group_number", 32),
        ("status", 8),
        ("quorum", 8),
        ("signers", 16),
        ("stopped", 8),
        ("stopped_until_day", 16),
        ("suspended_until_day", 16),
        ("administrators", 16),
        ("_", 120),
    ]
)
INVOICE = Word(
    [
        ("cap", 48),
        ("used", 48),
        ("seller", 32),
        ("debtor", 32),
        ("currency", 16),
        ("service", 32),
        ("_", 48),
    ]
)
LIMIT = Word([("limit_amount", 48), ("used", 48)], 96)
_POLICY_TERMS = [
    ("maximum_tenor_months", 8),
    ("maximum_depth", 8),
    ("accept_days", 8),
    ("release_days", 8),
    ("minimum_late_interest", 16),
    ("minimum_piece", 32),
]
POLICY = Word([("version", 16), ("effective_day", 16), *_POLICY_TERMS], 112)
OFFERS = Word(
    [
        ("debtor", 32),
        ("currency", 16),
        ("opened_day", 16),
        ("total", 48),
        ("taken", 48),
        ("policy_version", 16),
        *_POLICY_TERMS,
    ]
)
FACILITY = Word(
    [
        ("lender", 32),
        ("borrower", 32),
        ("currency", 16),
        ("_collection", 176),
    ]
)
POSITION = Word(
    [
        ("face", 48),
        ("limit_amount", 48),
        ("used", 48),
        ("advance_bps", 16),
        ("end_day", 16),
        ("zero_debt_day", 16),
        ("loans", 16),
        ("written_off", 16),
        ("release_days", 8),
        ("flags", 8),
        ("debt_paid", 8),
        ("_", 8),
    ]
)
LOAN = Word(
    [
        ("facility", 32),
        ("principal", 48),
        ("drawn", 48),
        ("rate", 24),
        ("due_day", 16),
        ("start_day", 16),
        ("accrued_day", 16),
        ("penalty_bps", 16),
        ("minimum_days", 8),
        ("terms", 4),
        ("basis", 4),
        ("phase", 4),
        ("flags", 4),
        ("grace_days", 8),
        ("count", 8),
    ]
)
ENTRUSTED = Word([("entrustor", 32), ("agent_fee_bps", 16)], 48)
ACCRUAL = Word(
    [("principal_days", 72), ("overdue_days", 72), ("interest_paid", 48), ("instalment", 48), ("_", 16)]
)
COSTS = Word([("costs_added", 48), ("costs_paid", 48), ("_", 160)])
PROTECTION = Word(
    [
        ("cap", 48),
        ("called", 48),
        ("paid", 48),
        ("reimbursed", 48),
        ("facility", 32),
        ("bps", 16),
        ("order_number", 8),
        ("kind", 8),
    ]
)
STANDING = Word(
    [
        ("custodian", 32),
        ("balance", 48),
        ("floor_amount", 48),
        ("target", 48),
        ("until_day", 16),
        ("attested_day", 16),
        ("top_up_day", 16),
        ("rate", 24),
        ("top_up_days", 8),
    ]
)
CALL = Word([("called", 48), ("paid", 48), ("reimbursed", 48), ("day", 16), ("consented", 8), ("_", 88)])
CLAIMS = Word([("first_open", 48), ("later_open", 48), ("pot", 48), ("shared", 48), ("_", 64)])
CASH = Word([("credited", 48), ("collected", 48), ("surplus", 48), ("held", 48), ("late", 48), ("_", 16)])
LINE = Word([("title", 64), ("amount", 48), ("lock", 32), ("held", 1)], 145)
ASKED = Word([("titles", 64), ("amounts", 48)], 112)
"""A line of a list as it is carried to the contracts; its fields are named as the lists that are signed."""
PAIR = Word([("parent", 64), ("child", 64)], 128)
SKIP = Word([("item", 248), ("reason", 8)])
FILLED = Word([("costs", 48), ("interest", 48), ("principal", 48), ("surplus", 48)], 192)
MOVEMENT = Word([("kind", 8), ("loan", 64), ("bank", 32), ("value_day", 16), ("amount", 48)], 168)
RESTORED = Word([("costs", 48), ("interest", 48), ("principal", 48)], 144)
USE = Word([("_", 152), ("kind", 8), ("subject", 64)], 224)
