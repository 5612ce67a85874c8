"""What the chain itself says about one title at one block: the material of a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.domain.records import Form

Fields = Mapping[str, int]
"""A contract's word, field by field."""

BIRTHS = ("RootAccepted", "Stored")
"""Events with which a title begins that came out of no other."""

PARTINGS = ("Split", "Carved", "ReceiptSplit", "Replaced")
"""Events in which titles come out of another."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when the chain was asked; `time` in seconds since 1970."""

    chain_id: int
    ledger: str
    block_number: int
    block_hash: str
    time: int
    client: str


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature an act needed, and whose it turned out to be.

    `person` and `roles` are those the signer had when the act was mined; `problem` is empty when all is well.
    """

    part: str
    party: int
    role: str
    key: str | None = None
    person: int | None = None
    managed: bool = False
    revoked_since: bool = False
    co_signer: str | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What was signed: found in the transaction's calldata, its digest computed anew."""

    function: str
    message: Mapping[str, Any]
    digest: str
    signatures: Sequence[Signature]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to the root or to one of its titles; `time` in seconds since 1970.

    `before` and `after` are the title's fields; `other` is the second title of a split, carve or merge and
    `other_after` that one's fields, as `rest` is the third where a receipt is cancelled for two. `act` is None where
    nobody signs: what follows from another act.
    """

    name: str
    block: int
    log_index: int
    row: int
    transaction: str
    title: int | None = None
    before: Fields | None = None
    after: Fields | None = None
    other: int | None = None
    other_before: Fields | None = None
    other_after: Fields | None = None
    rest: int | None = None
    rest_after: Fields | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    time: int = 0
    act: Act | None = None
    problem: str = ""

    @property
    def position(self) -> tuple[int, int, int]:
        """Its place in the chain's order."""
        return (self.block, self.log_index, self.row)

    @property
    def sides(self) -> Sequence[tuple[int, Fields | None, Fields | None]]:
        """Each title it touched, as that stood before and after."""
        touched = (
            (self.title, self.before, self.after),
            (self.other, self.other_before, self.other_after),
            (self.rest, None, self.rest_after),
        )
        return [(title, before, after) for title, before, after in touched if title is not None]


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice a root stands on: what of it this root used, its word today, and who attested it."""

    nullifier: str
    amount: int
    word: Fields
    attestation: Event | None


@dataclass(frozen=True, slots=True)
class Facility:
    """An agreement that a title secures, and what is locked and owed under it."""

    number: int
    form: Form
    terms: Fields
    collateral: Fields


@dataclass(frozen=True, slots=True)
class Pledge:
    """How a receipt secures its facility, as it is stored there: what was agreed of goods, the lot as it counts there,
    how everything stands that is pledged, and the receipt's own sale in enforcement (all 0 where there is none).
    """

    terms: Fields
    lot: Fields
    mark: Fields
    sale: Fields


@dataclass(frozen=True, slots=True)
class Lease:
    """How a receipt is leased: what was agreed, and the loan whose instalments are the rentals, 0 before the draw."""

    terms: Fields
    loan: int


@dataclass(frozen=True, slots=True)
class Goods:
    """What a receipt's lot is, besides its root: its sums and the keeper's lien on this receipt, as they are stored;
    `replayed`, the sums as events give them; `unexplained`, events whose sums do not follow from those before; counts,
    those that changed what is in store and the last; what the keeper charged on this receipt; and how that is pledged
    or leased, where it is.
    """

    sums: Fields
    lien: Fields
    replayed: Fields | None = None
    unexplained: Sequence[Event] = ()
    counts: Sequence[Event] = ()
    charges: Sequence[Event] = ()
    pledge: Pledge | None = None
    lease: Lease | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything found about one title; `goods` where its root is a lot."""

    place: Place
    number: int
    title: Fields | None
    root_number: int
    root: Fields | None
    money: Fields
    cash: Fields
    frozen_until_day: int
    facility: Facility | None
    opening: Event | None
    issue: Event | None
    offers: Event | None
    acceptance: Event | None
    invoices: Sequence[Invoice]
    lineage: Sequence[Event]
    others: Sequence[Event]
    parties: Mapping[int, Fields]
    replayed: Fields | None
    quantities: Mapping[int, int]
    goods: Goods | None = None

    @property
    def is_title(self) -> bool:
        """Whether the chain has a title of this number."""
        return self.title is not None

    @property
    def last_order(self) -> str | None:
        """The last order to freeze this title or to lift that, by its hash (0x and hexadecimal digits)."""
        orders = [event for event in self.others if event.name == "Ordered"]
        return "0x" + orders[-1].details["order"].hex() if orders else None


@dataclass(frozen=True, slots=True)
class Trail:
    """Blocks in which something happened to a root's titles, or its invoices were attested, by somebody's notes.

    Notes save searching every block, and are no evidence: what stands in the blocks is read and judged as ever, and
    where that leaves a gap every block is searched after all. `until` is the block to which they claim to be
    complete.
    """

    titles: Sequence[int]
    invoices: Sequence[int]
    until: int


class Witness(Protocol):
    """Who can be asked about a title."""

    def dossier(self, title: int, block: int | str = "latest") -> Dossier:
        """Everything about a title at a block.

        Raises BlockUnknown, ChainMoved, and what the node's connection raises.
        """
        ...


class BlockUnknown(LookupError):
    """The node has no such block."""


class ChainMoved(Exception):
    """The chain was reorganised while it was read: ask again."""
