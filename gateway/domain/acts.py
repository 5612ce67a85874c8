"""The acts: what the parties sign, field for field as contracts/types/Acts.sol has them.

An act is its own identity: co-signers sign the same act, and two acts are the same only when every field is.
`expires_at` is a Unix time; `evidence`, `order` and `reason` are SHA-256 hashes of documents kept off the
ledger. Where the contracts carry the hash of other acts' parts (an offer's invoices, a list of offers, a
recovery), the act holds those parts themselves. Keys are lower-case addresses; lists of keys rise.
"""

from __future__ import annotations

from dataclasses import dataclass

NOTHING = bytes(32)
"""Stands where no document is named."""


@dataclass(frozen=True, slots=True)
class Invoices:
    """Which invoices an offer uses up, and how much of each; nullifiers rise."""

    nullifiers: tuple[bytes, ...]
    amounts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Receivable:
    """One promise of a debtor. `terms` is late interest in parts per million a day."""

    root: int
    payee: int
    clearing_bank: int
    currency: int
    due_day: int
    terms: int
    quantity: int
    nullifiers: tuple[bytes, ...]
    amounts: tuple[int, ...]
    evidence: bytes

    @property
    def invoices(self) -> Invoices:
        """What it stands on."""
        return Invoices(self.nullifiers, self.amounts)


@dataclass(frozen=True, slots=True)
class AttestInvoice:
    """The evidence service says what an invoice is good for."""

    nullifier: bytes
    cap: int
    seller: int
    debtor: int
    currency: int
    service: int
    evidence: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class CreditInvoice:
    """The evidence service lowers an invoice's cap after a credit note."""

    nullifier: bytes
    cap: int
    cap_before: int
    evidence: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class Issue:
    """A core enterprise's maker and checker promise receivables."""

    debtor: int
    receivables: tuple[Receivable, ...]
    expires_at: int


@dataclass(frozen=True, slots=True)
class Accept:
    """The payee takes a promise."""

    root: int
    payee: int
    invoices: Invoices
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Decline:
    """The payee refuses a promise."""

    root: int
    payee: int
    reason: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class PublishOffers:
    """A core enterprise publishes any number of offers as one commitment."""

    list: int
    debtor: int
    currency: int
    total: int
    offers: frozenset[Receivable]
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """The payee takes one published offer."""

    list: int
    receivable: Receivable
    root: int
    quantity: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Assign:
    """A whole title passes to another party."""

    title: int
    sequence: int
    to: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Split:
    """A part of a title becomes a title of its own."""

    title: int
    sequence: int
    child: int
    quantity: int
    to: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Merge:
    """Two titles of one root and holder become one."""

    into: int
    into_sequence: int
    from_: int
    from_sequence: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The holder takes back what it signed on a title."""

    title: int
    sequence: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class WriteOffTitle:
    """After the due day the holder gives up what is unpaid."""

    title: int
    sequence: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Open:
    """Lender and borrower agree a facility. `form`: 0 pledge, 1 purchase, 2 purchase with recourse; `entrustor` 0: the
    lender funds it itself."""

    facility: int
    lender: int
    borrower: int
    currency: int
    advance_bps: int
    limit: int
    end_day: int
    closes_with_debt: bool
    form: int
    entrustor: int
    agent_fee_bps: int
    collection_bank: int
    collection_account: bytes
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Shares:
    """Who funds and bears what part of a facility, in basis points that make the whole; parties rise."""

    facility: int
    parties: tuple[int, ...]
    bps: tuple[int, ...]
    nonce: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Lock:
    """A title, or a part of it under a number of its own (`child`), secures a facility."""

    title: int
    sequence: int
    facility: int
    child: int
    quantity: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Draw:
    """A loan is agreed, and with it the instruction to pay it out. `terms` and `count`: see records.Terms;
    `registration` is the hash of what the lender declared to the registry of movables (CN77-13); `title` is what
    the pay-out buys, 0 under a pledge.
    """

    loan: int
    facility: int
    title: int
    amount: int
    rate: int
    due_day: int
    basis: int
    minimum_days: int
    penalty_bps: int
    terms: int
    count: int
    grace_days: int
    registration: bytes
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Release:
    """The lender ends locks by a list."""

    facility: int
    titles: tuple[int, ...]
    nonce: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Unlock:
    """Locks end without the lender."""

    facility: int
    titles: tuple[int, ...]
    nonce: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Carve:
    """The lender divides a title locked to it."""

    title: int
    child: int
    quantity: int
    facility: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Void:
    """A draw that will not be paid out gives its reservation back."""

    loan: int
    reason: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class WriteOff:
    """The lender takes an overdue loan off its books; the claim stays."""

    loan: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class AddCosts:
    """What enforcing an overdue loan cost: repaid before its interest (CC-561)."""

    loan: int
    amount: int
    costs_before: int
    expires_at: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Fact:
    """A movement of money as the bank that services the account booked it."""

    kind: int
    subject: int
    loan: int
    bank: int
    account: bytes
    value_day: int
    amount: int
    credit: bool
    entry: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class Distribution:
    """The clearing bank pays titles out of what it received."""

    root: int
    distributed_before: int
    titles: tuple[int, ...]
    amounts: tuple[int, ...]
    expires_at: int


@dataclass(frozen=True, slots=True)
class LateInterest:
    """Late interest, by a list of its own kind, with the movement that brought it."""

    root: int
    late_before: int
    titles: tuple[int, ...]
    amounts: tuple[int, ...]
    account: bytes
    value_day: int
    entry: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class EarlySettlement:
    """A title ends before its due day for an amount everyone concerned agrees to."""

    title: int
    sequence: int
    amount: int
    account: bytes
    value_day: int
    entry: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class HeldRelease:
    """Money that was held is paid out again."""

    title: int
    held_before: int
    amount: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """A bank takes back a booking of its own, by the movement and by the negative entry that undoes it."""

    bank: int
    account: bytes
    value_day: int
    amount: int
    entry: bytes
    reversed_day: int
    reversal_entry: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class BindAccount:
    """A party and its bank name the account the party is paid on, in one currency (ISO 4217 number)."""

    party: int
    currency: int
    bank: int
    account: bytes
    nonce: int
    expires_at: int
