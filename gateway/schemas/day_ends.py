"""Day ends over HTTP."""

from __future__ import annotations

from typing import Annotated

from pydantic import Base64Bytes, Field

from gateway.schemas.banking import Bic
from gateway.schemas.fields import Amount, Body, Day, IsoDate, Name, Shown, Words, with_example
from gateway.schemas.stock import Quantity, Word

MOST_FILES = 200

File = Annotated[Base64Bytes, Field(description="the file, base64")]


class StatementFile(Body):
    """A statement (camt.053) as a bank wrote it."""

    name: Name = Field(description="file name, as differences name it", examples=["2026-03-31.xml"])
    content: File


class ReconciliationBody(Body):
    """What to compare. Without statements, those that banks sent and the gateway kept."""

    model_config = with_example(day="2026-03-31", person="Chen Jing", close=True)

    person: Name = Field(description="who asks for the run")
    day: IsoDate | None = Field(
        default=None,
        description="business day; by default the last that the statements tell of, or the ledger's",
    )
    bank: Bic | None = Field(
        default=None, description="only this bank; whose the statements are, where they do not say"
    )
    statements: list[StatementFile] = Field(default=[], max_length=MOST_FILES)
    cumulative: bool = Field(
        default=False, description="from the beginning, whatever earlier day ends have seen"
    )
    node: bool = Field(
        default=False, description="ask the chain itself, and compare the ledger's tables with it"
    )
    close: bool = Field(default=False, description="end the day: of all banks, once, in the order of days")


class Count(Shown):
    """Count and sum of one book."""

    count: int
    sum: Amount


class Figure(Shown):
    """One account, side and kind of movement, in each book."""

    bic: str
    account: str
    currency: str
    side: str = Field(description="credit or debit")
    kind: str = Field(description="PAYOUT, REPAYMENT, RECEIVED, CREDITED, COLLECTED … or OTHER")
    expected: Count = Field(
        description="recorded on the ledger; of debits that it does not know: ordered through the gateway"
    )
    database: Count = Field(description="notified by the bank and kept")
    bank: Count = Field(description="in the bank's statements")


class StatementSum(Shown):
    """Opening + credits − debits = closing."""

    bic: str
    account: str
    currency: str
    statement: str
    document: str
    sequence: int | None
    first_day: Day
    last_day: Day
    entries: int
    opening: Amount
    credits: Amount
    debits: Amount
    closing: Amount
    holds: bool
    digest: str


class OrderSum(Shown):
    """Instructed = settled + rejected + pending + unknown."""

    currency: str
    count: int
    instructed: Amount
    settled: Amount
    rejected: Amount
    pending: Amount
    unknown: Amount


class LedgerSum(Shown):
    """One of the sums that must come out; of a lot in the whole units that it counts."""

    rule: str
    about: str
    currency: str = Field(description="empty: of goods")
    holds: bool
    left: Amount
    right: Amount


class LotCut(Shown):
    """A reason why less of a lot may be lent against."""

    rule: str
    quantity: Quantity
    reason: str


class LotFigure(Shown):
    """One lot in each book, as at the end of the day; quantities in its unit."""

    keeper: int
    lot: str = Field(description="full name, as the stock feed has it; without a document its number")
    unit: str = Field(description="UN/ECE Recommendation 20")
    receipts: Quantity = Field(description="what its receipts stand for")
    in_store: Quantity = Field(description="by the ledger: less, where a count found it short")
    counted_day: Day | None = Field(description="of the last count on the ledger")
    told: Quantity | None = Field(
        description="by the keeper to lie there; null: it tells nothing in this unit"
    )
    sound: Quantity | None = Field(description="of it, what is not damaged, expired, recalled or stolen")
    last_count: str | None = Field(description="that the keeper told, RFC 3339")
    count_due: Day | None = Field(description="by when the next count is due (GI-55-count)")
    lendable: Quantity = Field(description="what may be lent against: its receipts less the cuts")
    cuts: list[LotCut] = Field(description="each of what the one before left")
    rules: list[str] = Field(description="of the differences about it")


class KeeperWord(Word):
    """How a keeper's word stands at the end of the day."""

    keeper: int
    due_day: Day | None = Field(description="by which the next word was due; null: none ever came")
    lots: int = Field(description="that receipts stand for there")


class FoundDifference(Shown):
    """A difference as a run found it."""

    rule: str
    bic: str
    account: str
    item: str
    day: Day
    currency: str
    amount: str = Field(description="at stake, decimal text in units of the currency")
    reference: str
    expected: str
    found: str
    sentence: str


class Figures(Shown):
    """All that a run found. The hash is of exactly this, in its canonical form (RFC 8785)."""

    day: Day
    statements: list[StatementSum]
    figures: list[Figure]
    orders: list[OrderSum]
    sums: list[LedgerSum]
    goods: list[LotFigure] = Field(
        default=[],
        description="none of a run that was of some accounts only, or made before goods were compared",
    )
    words: list[KeeperWord] = Field(default=[], description="keepers' words, likewise")
    differences: list[FoundDifference]


class Reconciliation(Shown):
    """A run that was made."""

    run: int | None = Field(description="number; none of a dry run")
    day: Day
    agrees: bool = Field(
        description="nothing was found that no person has closed with a reason that still holds"
    )
    closes: bool
    block: int = Field(description="the ledger's tables stood at; -1: nothing was read")
    sha256: str
    opened: list[str] = Field(description="ids of differences found first by this run")
    still_open: list[str]
    closed: list[str] = Field(description="ids of differences whose missing side this run saw")
    accepted: list[str] = Field(description="ids of those that a person has closed, found as they were")
    result: Figures


class KeptReconciliation(Shown):
    """A run as it is kept."""

    run: int
    day: Day
    closes: bool
    bank: str
    person: str
    block: int
    node: bool
    inputs: str
    sha256: str
    run_at: int = Field(description="seconds since 1970")
    link: str = Field(description="SHA-256 of the link before it and of this run")


class Reconciliations(Shown):
    """A page of runs."""

    reconciliations: list[KeptReconciliation]
    next: str | None


class OneReconciliation(KeptReconciliation):
    """A run with all that it found."""

    result: Figures


class DifferenceShown(FoundDifference):
    """A difference and where it stands."""

    id: str
    occurrence: int
    age_days: int = Field(description="from its day to the day asked for, or to when it was closed by a run")
    state: str = Field(description="open or closed")
    assigned_to: str
    closed_by: str = Field(description="a person; empty when a run saw the missing side")
    closed_run: int | None
    reason: str
    opened_run: int
    last_run: int


class Event(Shown):
    """What happened to a difference."""

    event: str = Field(description="opened, assigned or closed")
    run: int | None
    person: str
    reason: str
    at: int = Field(description="seconds since 1970")


class OneDifference(DifferenceShown):
    """A difference with its history."""

    history: list[Event]


class Differences(Shown):
    """A page of differences, the oldest first."""

    differences: list[DifferenceShown]
    next: str | None


class AssignBody(Body):
    """Who looks into it."""

    model_config = with_example(person="Wang Lei")

    person: Name


class CloseBody(Body):
    """Who closes it, and why."""

    model_config = with_example(person="Wang Lei", reason="the payer's own rent, not of this ledger")

    person: Name
    reason: Words
