"""All that the ledger knows, as the contracts hold it: the state every verb reads, and changes only when it
agrees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.domain.acts import HeldRelease, Invoices, Receivable, Shares
from gateway.domain.goods_records import Lien, Lot, OrderWord
from gateway.domain.lease_records import Lease
from gateway.domain.margin_records import GoodsSale, GoodsTerms, Mark, PledgedLot
from gateway.domain.office_acts import Recover
from gateway.domain.order_acts import Order
from gateway.domain.protection_acts import AttestReserve, EndCall, Waive
from gateway.domain.protection_records import Claims, Guard, Protection, ProtectionCall
from gateway.domain.records import (
    Accrual,
    Cash,
    Costs,
    Facility,
    GivenUp,
    Invoice,
    Limit,
    Loan,
    Money,
    OfferList,
    Party,
    Policy,
    Root,
    Signer,
    Title,
)
from gateway.domain.stage_records import Stages, StageTerms

Account = tuple[int, bytes]
"""The bank that services an account, and the commitment to its number."""

Movement = tuple[int, bytes, int, int, bytes]
"""What makes a movement of money itself (decision 10): bank, account, value day, amount, the bank's entry
reference. Credits and the debits that undo them are kept apart.
"""


class Use(NamedTuple):
    """What a movement was recorded for, what a repayment filled, and whether its bank took it back."""

    kind: int
    subject: int
    costs: int = 0
    interest: int = 0
    principal: int = 0
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class Recovery:
    """An announced replacement of a party's signers, and when it may take effect (Unix time)."""

    act: Recover
    ready_at: int


@dataclass(slots=True)
class LedgerState:
    """Every record by its number. Verbs change it only when they answer NONE; readers never do.

    A state may hold a part of the ledger only (what one question needs): what is absent counts as never made.
    """

    signers: dict[str, Signer] = field(default_factory=dict)
    parties: dict[int, Party] = field(default_factory=dict)
    person_roles: dict[tuple[int, int], int] = field(default_factory=dict)
    nonces: set[tuple[int, int]] = field(default_factory=set)
    co_signers: dict[tuple[object, int], tuple[str, ...]] = field(default_factory=dict)
    approvals: set[tuple[object, str]] = field(default_factory=set)
    banks: int = 0
    recoveries: dict[int, Recovery] = field(default_factory=dict)
    announced: set[Recover] = field(default_factory=set)
    frozen_until: dict[int, int] = field(default_factory=dict)

    invoices: dict[bytes, Invoice] = field(default_factory=dict)
    limits: dict[tuple[int, int], Limit] = field(default_factory=dict)
    policy: Policy | None = None
    next_policy: Policy | None = None
    offers: dict[int, tuple[int, Invoices]] = field(default_factory=dict)
    lists: dict[int, OfferList] = field(default_factory=dict)
    list_offers: dict[int, frozenset[Receivable]] = field(default_factory=dict)

    titles: dict[int, Title] = field(default_factory=dict)
    roots: dict[int, Root] = field(default_factory=dict)
    money: dict[int, Money] = field(default_factory=dict)
    given_up: dict[int, GivenUp] = field(default_factory=dict)
    lots: dict[int, Lot] = field(default_factory=dict)
    lot_numbers: dict[bytes, int] = field(default_factory=dict)
    liens: dict[int, Lien] = field(default_factory=dict)
    orders: dict[int, OrderWord] = field(default_factory=dict)
    order_lists: dict[int, OfferList] = field(default_factory=dict)
    listed_orders: dict[int, frozenset[Order]] = field(default_factory=dict)

    facilities: dict[int, Facility] = field(default_factory=dict)
    collections: dict[int, Account] = field(default_factory=dict)
    loans: dict[int, Loan] = field(default_factory=dict)
    accruals: dict[int, Accrual] = field(default_factory=dict)
    sales: dict[int, int] = field(default_factory=dict)
    bought: dict[int, int] = field(default_factory=dict)
    entrustors: dict[int, tuple[int, int]] = field(default_factory=dict)
    shares: dict[int, Shares] = field(default_factory=dict)
    share_tables: set[Shares] = field(default_factory=set)

    costs: dict[int, Costs] = field(default_factory=dict)
    goods_terms: dict[int, GoodsTerms] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)
    pledged_lots: dict[tuple[int, int], PledgedLot] = field(default_factory=dict)
    """Lots as they secure a facility, by facility and lot."""
    goods_sales: dict[int, GoodsSale] = field(default_factory=dict)
    leases: dict[int, Lease] = field(default_factory=dict)
    """Of receipts that are to be leased or are, until the last rental."""
    differences: dict[int, int] = field(default_factory=dict)
    """What goods taken back under a loan were worth beyond what was owed on it: the lessee's (CC-758)."""
    stage_terms: dict[int, StageTerms] = field(default_factory=dict)
    special_accounts: dict[int, Account] = field(default_factory=dict)
    stages: dict[int, Stages] = field(default_factory=dict)

    protections: dict[int, Protection] = field(default_factory=dict)
    calls: dict[tuple[int, int], ProtectionCall] = field(default_factory=dict)
    claims: dict[int, Claims] = field(default_factory=dict)
    guards: dict[int, Guard] = field(default_factory=dict)
    counted: set[AttestReserve | EndCall | Waive] = field(default_factory=set)

    movements: dict[Movement, Use] = field(default_factory=dict)
    reversals: dict[Movement, int] = field(default_factory=dict)
    """Negative entries, by what makes each itself; the value is the subject of what it undid."""
    accounts: dict[tuple[int, int], Account] = field(default_factory=dict)
    released: set[HeldRelease] = field(default_factory=set)
    cash: dict[int, Cash] = field(default_factory=dict)

    def money_of(self, root: int) -> Money:
        """A root's money; none came yet when it is absent."""
        return self.money.get(root, _NO_MONEY)

    def lot_of(self, root: int) -> Lot:
        """What became of a lot; nothing yet when it is absent."""
        return self.lots.get(root, _NO_LOT)

    def order_of(self, root: int) -> OrderWord:
        """What became of an order; nothing yet when it is absent."""
        return self.orders.get(root, _NO_ORDER)

    def cash_of(self, title: int) -> Cash:
        """A title's cash; none moved yet when it is absent."""
        return self.cash.get(title, _NO_CASH)

    def accrual_of(self, loan: int) -> Accrual:
        """A loan's accrual; nothing accrued yet, or it is settled, when it is absent."""
        return self.accruals.get(loan, _NO_ACCRUAL)

    def facility_of(self, loan: int) -> Facility | None:
        """The facility that a loan was drawn under; None for an unknown loan."""
        drawn = self.loans.get(loan)
        return None if drawn is None else self.facilities.get(drawn.facility)

    def costs_of(self, loan: int) -> Costs:
        """What enforcing a loan cost; nothing when it is absent."""
        return self.costs.get(loan, _NO_COSTS)

    def mark_of(self, facility: int) -> Mark:
        """How goods pledged to a facility stand; there are none when it is absent."""
        return self.marks.get(facility, _NO_MARK)

    def pledged_lot_of(self, facility: int, lot: int) -> PledgedLot:
        """A lot as it secures a facility; neither valued nor pledged when it is absent."""
        return self.pledged_lots.get((facility, lot), _NOT_PLEDGED)

    def stages_of(self, facility: int) -> Stages:
        """How far a facility's stages are; none was opened when it is absent."""
        return self.stages.get(facility, _NO_STAGES)

    def call_of(self, protection: int, loan: int) -> ProtectionCall:
        """What was called of a protection for a loan; nothing yet when it is absent."""
        return self.calls.get((protection, loan), _NO_CALL)

    def claims_of(self, loan: int) -> Claims:
        """What protectors may recover on a loan; none paid yet when it is absent."""
        return self.claims.get(loan, _NO_CLAIMS)

    def guard_of(self, facility: int) -> Guard:
        """How many protect a facility, and how they stand; none when it is absent."""
        return self.guards.get(facility, _NO_GUARD)

    def limit_of(self, debtor: int, currency: int) -> Limit:
        """A debtor's limit; it may owe nothing when it is absent."""
        return self.limits.get((debtor, currency), _NO_LIMIT)

    def policy_on(self, day: int) -> Policy | None:
        """The policy in force on a day: the one announced last once its day has come, else the one before."""
        if self.next_policy is not None and day >= self.next_policy.effective_day:
            return self.next_policy
        return self.policy

    def kinds_of(self, party: int) -> int:
        """What a party is; nothing for a party nobody admitted."""
        found = self.parties.get(party)
        return 0 if found is None else found.kinds

    def group_of(self, party: int) -> int:
        """A party's group; 0 for a party nobody admitted."""
        found = self.parties.get(party)
        return 0 if found is None else found.group


_NO_MONEY = Money()
_NO_LOT = Lot()
_NO_STAGES = Stages()
_NO_ORDER = OrderWord()
_NO_CASH = Cash()
_NO_ACCRUAL = Accrual()
_NO_LIMIT = Limit()
_NO_COSTS = Costs()
_NO_CALL = ProtectionCall()
_NO_CLAIMS = Claims()
_NO_GUARD = Guard()
_NO_MARK = Mark()
_NOT_PLEDGED = PledgedLot()


PARTS = 1 << 31
"""No root begins with a number that has this bit: it is for parts (decision 0036)."""


def made_by(number: int, party: int) -> bool:
    """Whether an id's upper half is this party: nobody can take another's (decision 3)."""
    return number >> 32 == party
