"""The ledger's records: what stands in each packed word of the contracts, by name.

Amounts are minor units of the record's currency, days are those of `calendar`, times are Unix seconds. A
record is never changed, only replaced. Names and units are those of contracts/types/Words.sol,
credit/CreditWords.sol, settlement/CashWords.sol and evidence/Policies.sol.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag

MAX_AMOUNT = 2**48 - 1
MOST_BPS = 10_000
"""No amount of the ledger is larger."""


class Flag(IntFlag):
    """What is true of one title beside its root's phase (decision 2)."""

    NONE = 0
    FROZEN = 1
    SPENT = 2
    SETTLED = 4
    HELD = 8
    PAPER = 16
    EARLY = 32
    LIEN = 32
    """Of a receipt, which money never settles."""
    GOODS = 64
    ORDER = 128


_NAMES = {
    Flag.FROZEN: "frozen", Flag.SPENT: "spent", Flag.SETTLED: "settled", Flag.HELD: "held", Flag.PAPER: "paper",
}  # fmt: skip


def flag_names(flags: int) -> list[str]:
    """What is true of a title, in words; of what kind it is, others say."""
    names = [name for flag, name in _NAMES.items() if flags & flag]
    if flags & Flag.LIEN:
        names.append("lien" if flags & Flag.GOODS else "early")
    return names


DEAD = Flag.SPENT | Flag.SETTLED
KIND = Flag.GOODS | Flag.ORDER
"""What a title is; without either, a certificate."""


class Phase(IntEnum):
    """Where a root stands in its life."""

    NONE = 0
    OFFERED = 1
    LIVE = 2
    CLOSED = 3
    CANCELLED = 4


class LoanPhase(IntEnum):
    """Where a loan stands in its life."""

    NONE = 0
    RESERVED = 1
    OUTSTANDING = 2
    SETTLED = 3
    VOID = 4
    WRITTEN_OFF = 5
    SOLD = 6


class Form(IntEnum):
    """What a draw under a facility is (decision 8)."""

    PLEDGE = 0
    PURCHASE = 1
    RECOURSE = 2
    LEASE = 3


class Role(IntFlag):
    """What a signer may sign for its party."""

    NONE = 0
    ADMIN = 1
    ISSUE_MAKER = 2
    ISSUE_CHECKER = 4
    TITLE = 8
    BORROW = 16
    CREDIT_MAKER = 32
    CREDIT_CHECKER = 64
    PAYMENTS = 128
    CLEARING = 256
    ATTEST = 512
    OFFICE = 1024
    KEEP = 2048


class Kind(IntFlag):
    """What a party is."""

    NONE = 0
    ENTERPRISE = 1
    BANK = 2
    LENDER = 4
    KEEPER = 8
    EVIDENCE = 16
    PLATFORM = 32
    GUARANTOR = 64


class SignerFlag(IntFlag):
    """What is true of one key."""

    NONE = 0
    REVOKED = 1
    SUSPENDED = 2
    MANAGED = 4


class Standing(IntEnum):
    """A party's standing."""

    NONE = 0
    ADMITTED = 1
    SUSPENDED = 2


@dataclass(frozen=True, slots=True)
class Signer:
    """One key of one person. `solo_cap` is the largest amount it may sign without a second person."""

    party: int
    person: int
    roles: int
    solo_cap: int
    valid_from: int
    valid_until: int
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Party:
    """A legal entity. `signers` counts the keys that are not revoked, `administrators` those of them that may
    change the party's signers; a stop ends by itself after its end day.
    """

    kinds: int
    group: int
    quorum: int
    standing: Standing = Standing.ADMITTED
    signers: int = 0
    stopped_by_order: bool = False
    stopped_until: int = 0
    suspended_until: int = 0
    administrators: int = 0

    def suspension_ran_out(self, today: int) -> bool:
        """Past its last day a suspension still binds, but reinstating needs no office any more."""
        return self.standing is Standing.SUSPENDED and today > self.suspended_until

    def stopped(self, today: int) -> bool:
        """Whether the party may promise nothing new today (CN77-15)."""
        return self.stopped_by_order and today <= self.stopped_until


@dataclass(frozen=True, slots=True)
class Invoice:
    """An attested invoice, known by its nullifier alone. It is good for `cap` and used up to `used`."""

    cap: int
    used: int
    seller: int
    debtor: int
    currency: int
    service: int


@dataclass(frozen=True, slots=True)
class Limit:
    """What a debtor may owe in one currency, and owes or has offered."""

    limit: int = 0
    used: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """Effective-dated parameters. `minimum_piece` is in hundreds of minor units; `minimum_late_interest` in
    parts per million a day; the day counts are calendar days.
    """

    version: int
    effective_day: int
    maximum_tenor_months: int
    maximum_depth: int
    accept_days: int
    release_days: int
    minimum_late_interest: int
    minimum_piece: int


@dataclass(frozen=True, slots=True)
class OfferList:
    """Offers published under one commitment; `total` is reserved of the debtor's limit, `taken` of it
    accepted.
    """

    debtor: int
    currency: int
    opened_day: int
    total: int
    taken: int
    policy: Policy

    @property
    def last_day(self) -> int:
        """The last day on which an offer of the list may be taken."""
        return self.opened_day + self.policy.accept_days


@dataclass(frozen=True, slots=True)
class Root:
    """What is owed, and the policy it was opened under. `terms` is late interest in parts per million a day;
    `minimum_piece` is in hundreds of minor units."""

    debtor: int
    clearing_bank: int
    currency: int
    due_day: int
    opened_day: int
    phase: Phase
    terms: int
    policy_version: int
    quantity: int
    accept_days: int
    maximum_depth: int
    minimum_piece: int
    kind: int = 1

    @property
    def last_day(self) -> int:
        """The last day on which the payee may accept."""
        return self.opened_day + self.accept_days

    @property
    def minimum_piece_minor(self) -> int:
        """The smallest piece in minor units."""
        return self.minimum_piece * 100


@dataclass(frozen=True, slots=True)
class Title:
    """A holding of a quantity of one root. `lock` is the facility it secures, 0 when free."""

    holder: int
    root: int
    quantity: int
    depth: int = 0
    lock: int = 0
    paid: int = 0
    sequence: int = 0
    flags: int = 0

    @property
    def dead(self) -> bool:
        """Paid in full, settled early, merged away or given up: a tombstone."""
        return bool(self.flags & DEAD)

    @property
    def frozen(self) -> bool:
        """Under an order."""
        return bool(self.flags & Flag.FROZEN)

    @property
    def open(self) -> int:
        """What the title still claims of its root."""
        return 0 if self.dead else self.quantity - self.paid

    def next(self) -> Title:
        """The same title after one more act of its holder; the sequence wraps at 65,536."""
        return replace(self, sequence=self.sequence + 1 & 0xFFFF)


@dataclass(frozen=True, slots=True)
class Money:
    """What became of a root's money. `removed` was settled early or cancelled."""

    received: int = 0
    distributed: int = 0
    removed: int = 0
    written_off: int = 0
    late_interest: int = 0

    @property
    def gone(self) -> int:
        """What no longer stands open on the root."""
        return self.distributed + self.removed + self.written_off


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Quantity and paid of a root's titles whose holders gave up the rest: they share in no further money."""

    quantity: int = 0
    paid: int = 0


@dataclass(frozen=True, slots=True)
class Facility:
    """An agreement of lender and borrower, and how it stands. `used` is reserved and outstanding together, and
    `loans` how many those are; `written_off` is how many left the books with their claim still open. `face` is
    what the titles locked to it still claim, and what goods pledged to it count for (`takes_goods` says whether they
    may be). `zero_debt_day` is the day since when nothing is owed (0 while
    something is), and `debt_paid` whether a payment brought that about. `entrusted`: an entrustor funds it; `staged`:
    it is used stage by stage.
    """

    lender: int
    borrower: int
    currency: int
    advance_bps: int
    limit: int
    used: int
    end_day: int
    closes_with_debt: bool
    release_days: int
    loans: int = 0
    written_off: int = 0
    face: int = 0
    debt_paid: bool = False
    zero_debt_day: int = 0
    form: Form = Form.PLEDGE
    entrusted: bool = False
    reserve_short: bool = False
    subrogated: bool = False
    takes_goods: bool = False
    staged: bool = False

    @property
    def owes_nothing(self) -> bool:
        """Nothing reserved, outstanding, or written off and still recoverable: the lender is whole."""
        return not self.used and not self.written_off

    @property
    def clear(self) -> bool:
        """The lender is whole, and so is everyone who paid it in the debtor's place (CC-700)."""
        return self.owes_nothing and not self.subrogated

    @property
    def free_from(self) -> int:
        """While nothing is owed: the day from which what is locked goes free without the lender (CC-433/436)."""
        ends = self.closes_with_debt and self.debt_paid
        return self.zero_debt_day if ends else self.zero_debt_day + self.release_days

    def allows(self, face: int) -> int:
        """What may be owed against collateral of this face value: rounded down, never above the limit."""
        return min(self.limit, face * self.advance_bps // 10_000)


class Terms(IntEnum):
    """When which part of a loan is due; what `count` says follows from it (contracts/credit/terms)."""

    BULLET = 0
    """Principal and interest on the due day; repaid at will, interest daily on what is left. No count."""
    EQUAL_INSTALMENTS = 1
    """The same amount each time, interest included; `count` times, 1 … 60."""
    EQUAL_PRINCIPAL = 2
    """The same part of the principal each time, and the interest since the last; `count` times, 1 … 60."""
    DISCOUNT = 3
    """Interest up to the due day is kept from the pay-out. No count."""
    STATEMENT = 4
    """As a bullet, but nothing accrues for the first `count` days, 1 … 255."""
    INTEREST_ONLY = 5
    """The interest since the last time; on the due day the principal too. `count` times, 1 … 60."""


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan under a facility. Rate in parts per million a year, penalty in basis points of the rate; `basis`
    0 is 360 days a year, 1 is 365, 2 is actual/actual. `accrued_day` is the day up to which its accrual counts;
    `start_day` is the day of the draw, and from the pay-out on its value day. `grace_days` after a due day bear
    no penalty yet. `terms` and `count` say when which part is due. `buys`: its draw named a title; `staged`: it was
    drawn under stages; `has_costs` says that enforcing it cost something.
    """

    facility: int
    principal: int
    drawn: int
    rate: int
    due_day: int
    penalty_bps: int
    minimum_days: int
    basis: int
    phase: LoanPhase
    start_day: int
    accrued_day: int = 0
    terms: int = Terms.BULLET
    grace_days: int = 0
    count: int = 0
    buys: bool = False
    has_costs: bool = False
    staged: bool = False

    @property
    def due_days(self) -> int:
        """How many days there are on which something is due."""
        return self.count if self.in_instalments else 1

    @property
    def in_instalments(self) -> bool:
        """Whether `count` says how many days those are."""
        return self.terms in (Terms.EQUAL_INSTALMENTS, Terms.EQUAL_PRINCIPAL, Terms.INTEREST_ONLY)


@dataclass(frozen=True, slots=True)
class Accrual:
    """Fen-days since the value day, those after the due day once more, and the interest paid on them;
    `instalment` is what is due each time where all instalments are equal.
    """

    principal_days: int = 0
    overdue_days: int = 0
    interest_paid: int = 0
    instalment: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """What enforcing a loan cost, and what of it was repaid."""

    added: int = 0
    paid: int = 0

    @property
    def due(self) -> int:
        """Added and not repaid."""
        return self.added - self.paid


@dataclass(frozen=True, slots=True)
class Cash:
    """What became of the money a title was discharged by: credited to its holder, collected for its lender,
    owed to the holder out of that, on hold; `late` is the late interest instructed on top.
    """

    credited: int = 0
    collected: int = 0
    surplus: int = 0
    held: int = 0
    late: int = 0

    def pending(self, paid: int) -> int:
        """Instructed, and neither arrived nor held, of a title paid `paid` so far."""
        return paid + self.late - self.credited - self.collected - self.held
