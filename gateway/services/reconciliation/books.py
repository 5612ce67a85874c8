"""The three books of a day end as plain facts: what the ledger recorded, what the gateway keeps, what banks state.

Amounts are minor units of the account's currency, days are ledger days. A bank's entry is known by bank, account and
`entry`, the hash under which the ledger has the bank's own reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.domain.settlement import FactKind
from gateway.domain.trade import decimal_text
from gateway.money import exponent
from gateway.problems import Problem
from gateway.services.payments import subject_of

OTHER = "OTHER"
"""Kind of a movement that is about nothing on this ledger."""

Place = tuple[str, str]
"""BIC and number of an account."""

Key = tuple[str, str, bytes]
"""BIC, account and entry."""


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account that its owner told the gateway of. `bank` is the party number of the bank that services it."""

    bic: str
    number: str
    bank: int
    owner: int
    currency: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as a bank tells of it.

    Attributes:
        reference: the bank's own reference of the entry; `entry` is its hash, empty where there is no reference.
        taken_back: the entry undoes another: a reversal, or money that came back.
        document: message or statement that tells of it; `item` names the entry where it has no reference.
        parts: the payments of a batch that have references of their own.
    """

    bic: str
    account: str
    reference: str
    entry: bytes
    credit: bool
    amount: int
    currency: str
    value_day: int | None
    booking_day: int | None
    end_to_end: str
    taken_back: bool
    document: str
    item: str = ""
    parts: tuple[Line, ...] = ()

    @property
    def place(self) -> Place:
        """The account."""
        return self.bic, self.account

    @property
    def key(self) -> Key:
        """What the entry is known by."""
        return self.bic, self.account, self.entry

    @property
    def signed(self) -> int:
        """The change of the account's balance."""
        return self.amount if self.credit else -self.amount

    @property
    def day(self) -> int:
        """The day it was booked, or else its value day."""
        return self.booking_day or self.value_day or 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A movement that the ledger recorded; `kind` is the contracts' number of it. A reversal is a debit."""

    movement: str
    kind: int
    subject: int
    bic: str
    account: str
    currency: str
    entry: bytes
    amount: int
    value_day: int

    @property
    def key(self) -> Key:
        """What its bank's entry is known by."""
        return self.bic, self.account, self.entry

    @property
    def kind_name(self) -> str:
        """Its kind by name."""
        return kind_name(self.kind)

    @property
    def credit(self) -> bool:
        """Whether it adds to its account."""
        return self.kind != FactKind.REVERSED

    @property
    def is_money(self) -> bool:
        """Whether money moved: a rejection says that none did."""
        return self.kind != FactKind.REJECTED


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Movements on an account that nobody told the gateway of, as the ledger has them."""

    bank: int
    commitment: str
    count: int
    amount: int
    first_day: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """A payment that was ordered through the gateway. `answer`: `rejected`, `pending`, or empty for none."""

    end_to_end: str
    payer: Place
    payee: Place
    amount: int
    currency: str
    day: int
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """A statement of one account. `lines` is None for one that an earlier day end has reconciled."""

    document: str
    bic: str
    account: str
    currency: str
    statement_id: str
    sequence: int | None
    first_day: int
    last_day: int
    opening: int
    closing: int
    digest: str
    lines: tuple[Line, ...] | None

    @property
    def place(self) -> Place:
        """The account."""
        return self.bic, self.account


@dataclass(frozen=True, slots=True)
class Books:
    """Everything that one run compares.

    Attributes:
        day: the business day; what is later belongs to later runs.
        scope: accounts that are compared; all known ones of the banks concerned, or those of the statements given.
        carried: entries of earlier statements that are still open.
        stated: entries that closed day ends before this day have seen, with the digest of their statement.
        recorded: of all days, on known accounts. `notified` likewise.
        whole: all accounts of all banks are compared, and movements on accounts that are not known with them.
    """

    day: int
    accounts: Mapping[Place, KnownAccount]
    scope: frozenset[Place]
    statements: Sequence[Given]
    carried: Sequence[Line]
    stated: Mapping[Key, str]
    recorded: Sequence[Recorded]
    elsewhere: Sequence[Elsewhere]
    notified: Sequence[Line]
    orders: Sequence[Ordered]
    whole: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which the books do not agree.

    Attributes:
        rule: its name, such as `FACT-NOT-ON-STATEMENT`.
        bic, account: where; empty for what concerns no account.
        item: what, within rule and account; the four together are its identity.
        day: the day it belongs to, from which it ages.
        amount: minor units at stake; `expected` and `found` are both values as people read them.
        line: the bank's entry, kept so that a later run can compare it again.
    """

    rule: str
    bic: str
    account: str
    item: str
    day: int
    currency: str
    amount: int
    reference: str
    expected: str
    found: str
    sentence: str
    line: Line | None = field(default=None, compare=False)


def money(amount: int, currency: str) -> str:
    """An amount as people read it; of what has no currency, as it is."""
    if not currency:
        return str(amount)
    return f"{decimal_text(amount, exponent(currency))} {currency}"


def kind_name(kind: int) -> str:
    """A kind of fact by its name."""
    try:
        return FactKind(kind).name
    except ValueError:
        return f"KIND-{kind}"


def kind_of(end_to_end: str) -> str:
    """What a payment is about by its end-to-end id, or OTHER."""
    try:
        return kind_name(subject_of(end_to_end).kind)
    except Problem:
        return OTHER


def entry_item(line: Line) -> str:
    """An entry's part of a difference's identity."""
    return "0x" + line.entry.hex() if line.entry else line.item


def opened_up(line: Line, known: frozenset[Key] | set[Key]) -> tuple[Line, ...]:
    """A batch by its payments where the ledger does not know it as one; else the entry itself."""
    if not line.parts or line.key in known:
        return (line,)
    return tuple(replace(part, parts=()) for part in line.parts)
