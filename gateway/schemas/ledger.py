"""What the chain says, over HTTP."""

from __future__ import annotations

from pydantic import Field

from gateway.schemas.fields import (
    Amount,
    Body,
    Day,
    Hash,
    Id,
    Name,
    PartyNumber,
    Seen,
    Shown,
    SplitId,
    with_example,
)


class IdentifierBody(Body):
    """What a party is known by."""

    scheme: Name = Field(examples=["USCC"])
    value: Name = Field(examples=["91310000MA1K35L86A"])


class IdentityBody(Body):
    """Who a party is. The ledger holds only the hash of this, which `salt` keeps from being guessed."""

    model_config = with_example(
        party=201,
        name="Baoding Hengtong Parts Co.",
        salt="0x" + "5a" * 32,
        identifiers=[{"scheme": "USCC", "value": "91130600MA07XK2B3L"}],
    )

    party: PartyNumber
    name: Name
    identifiers: list[IdentifierBody] = Field(max_length=16)
    salt: Hash


class Identity(Shown):
    """An identity that is kept; shown with the party as soon as the ledger has its commitment."""

    party: int
    commitment: str
    admitted: bool = Field(description="the ledger knows the party under this commitment")


class Party(Shown):
    """An admitted party; name and identifiers are those whose hash stands on the ledger, or empty."""

    party: int
    name: str
    identifiers: list[IdentifierBody]
    kinds: int = Field(
        description="bits: enterprise 1, bank 2, lender 4, keeper 8, evidence 16, platform 32, guarantor 64"
    )
    group: int
    status: str = Field(description="admitted or suspended")
    quorum: int
    stopped_until: Day | None


class Parties(Shown):
    """A page of parties."""

    parties: list[Party]
    next: str | None
    as_of: Seen


class Receivable(Shown):
    """A root: what is owed, by whom, when, and how much money came."""

    root: SplitId
    id: Id
    debtor: int
    payee: int
    clearing_bank: int
    amount: Amount
    currency: str
    due: Day
    opened: Day
    phase: str = Field(description="offered, live, closed or cancelled")
    received: Amount
    distributed: Amount
    settled_early: Amount
    written_off: Amount
    late_interest: Amount
    policy_version: int = Field(description="of the ledger's parameters it was opened under")
    rule_pack_version: int = Field(description="of the rules that its day stands under: see /rule-packs")
    payment_day: Day = Field(description="first business day from the due day on, by the newest calendar")


class OneReceivable(Receivable):
    """One receivable, and the block at which this is true."""

    as_of: Seen


class Receivables(Shown):
    """A page of receivables."""

    receivables: list[Receivable]
    next: str | None
    as_of: Seen


class DistributionMessage(Shown):
    """The act `distribute`, but for its expiry and signature."""

    root: Id
    distributedBefore: int
    titles: list[Id]
    amounts: list[int]


class Distribution(Shown):
    """How money received and not yet distributed would be shared."""

    message: DistributionMessage
    as_of: Seen


class Title(Shown):
    """A certificate: who holds how much of what."""

    id: Id
    title: SplitId
    root: SplitId
    parent: SplitId | None
    holder: int
    amount: Amount
    amount_minor: int
    currency: str
    due: Day
    paid: Amount
    lock: int = Field(description="facility it secures; 0: free")
    sold_under: SplitId | None = Field(description="the draw that buys it, while that stands")
    sequence: int
    depth: int
    flags: list[str] = Field(description="of frozen, spent, settled, held, paper, early")
    status: str = Field(description="live, settled or spent")
    credited: Amount
    collected: Amount
    surplus: Amount
    held: Amount


class OneTitle(Title):
    """One title, and the block at which this is true."""

    as_of: Seen


class Titles(Shown):
    """A page of titles."""

    titles: list[Title]
    next: str | None
    as_of: Seen


class Share(Shown):
    """One party's part of a facility."""

    party: int
    bps: int = Field(description="basis points; all of a table make 10,000")


class Facility(Shown):
    """A facility: limit, what is used, and the face value locked."""

    facility: int
    lender: int
    borrower: int
    currency: str
    limit: Amount
    used: Amount
    collateral_face: Amount
    advance_bps: int
    ends: Day
    form: str = Field(description="pledge, purchase (without recourse), recourse or lease")
    entrustor: int | None = Field(description="who funds it and bears its loss; the lender is its agent (S5)")
    agent_fee_bps: int = Field(description="of what is collected, to the lender as the entrustor's agent")
    bears_loss: int = Field(
        description="entrustor, or lender; the parties of a share table bear it in their parts"
    )
    shares: list[Share] = Field(description="who funds and bears what part; empty: no table stands (S17)")


class Facilities(Shown):
    """A page of facilities."""

    facilities: list[Facility]
    next: str | None
    as_of: Seen


class Movement(Shown):
    """A movement of money that a bank attested and the ledger took."""

    movement: str
    kind: int
    subject: Id
    loan: Id
    bank: int
    amount_minor: int
    value_day: Day
    entry: str
    transaction: str


class Movements(Shown):
    """A page of movements, in the chain's order."""

    movements: list[Movement]
    next: str | None
    as_of: Seen
