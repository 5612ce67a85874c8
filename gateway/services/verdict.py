"""A verdict on one certificate or receipt: what was asked, what was found, and the way it took from its root."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from gateway.domain.goods_units import quantity_text, unit_code
from gateway.money import currency_codes, text
from gateway.ports.verification import Dossier, Event, Place, Signature
from gateway.services.receipt_facts import ReceiptFacts
from gateway.services.receipt_paper import Paper

_SHANGHAI = timezone(timedelta(hours=8))

AUTHENTIC, FREE, NOTE = "authentic", "free", "note"

FROZEN, SPENT, SETTLED, HELD, PAPER = 1, 2, 4, 8, 16
OFFERED, LIVE, CLOSED = 1, 2, 3
PHASES = {0: "none", OFFERED: "offered", LIVE: "live", CLOSED: "closed", 4: "cancelled"}
RECEIVABLE = 1
ADMITTED = 1
FACTS = {
    3: "received",
    4: "credited",
    5: "collected",
    6: "surplus paid",
    8: "returned",
    9: "early",
    10: "late",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One question with its answer; `evidence` are pairs of a label and what was found."""

    id: str
    group: str
    holds: bool
    sentence: str
    evidence: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened on the way from the root to this title."""

    event: str
    title: int
    other: int | None
    from_party: int
    to_party: int
    quantity: int
    block: int
    time: int
    transaction: str
    signatures: Sequence[Signature]
    problem: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A title on the way, with its steps and the titles on the way that were taken out of it."""

    title: int
    holder: int
    quantity: int
    steps: Sequence[Step]
    branches: Sequence[Branch]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about one title at one block."""

    title: int
    authentic: bool
    free: bool
    sentence: str
    place: Place
    dossier: Dossier
    checks: Sequence[Check]
    lineage: Branch | None
    receipt: ReceiptFacts | None = None
    paper: Paper | None = None

    def measured(self, quantity: int) -> str:
        """What a title of the root is for, as people read it."""
        return measured(self.dossier, quantity)


# ── Words ───────────────────────────────────────────────────────────────────────────────────────────────


def signed_check(name: str, said: str, event: Event, problem: str) -> Check:
    where = [
        ("transaction", event.transaction),
        ("block", f"{event.block}, {moment(event.time)}"),
        ("digest", event.act.digest if event.act else "not found"),
    ]
    sentence = f"{said}." if not problem else f"{problem}."
    return Check(name, AUTHENTIC, not problem, sentence, [*who([event]), *where])


def moment(seconds: int) -> str:
    """A block's time as it was in Shanghai."""
    return datetime.fromtimestamp(seconds, _SHANGHAI).strftime("%Y-%m-%d %H:%M:%S UTC+8")


def who(events: Iterable[Event]) -> list[tuple[str, str]]:
    return [(each.part, signer(each)) for event in events for each in signatures(event)]


def signatures(event: Event | None) -> Sequence[Signature]:
    return event.act.signatures if event is not None and event.act is not None else ()


def signer(signature: Signature) -> str:
    person = "" if signature.person is None else f", person {signature.person}"
    managed = ", managed key" if signature.managed else ""
    second = f", co-signed by {signature.co_signer}" if signature.co_signer else ""
    return f"{signature.key} of party {signature.party}{person}, {signature.role}{managed}{second}"


def all_events(dossier: Dossier) -> list[Event]:
    promises = [each for each in (dossier.issue, dossier.offers) if each is not None]
    attestations = [each.attestation for each in dossier.invoices if each.attestation is not None]
    return [*promises, *attestations, *dossier.lineage, *dossier.others]


def money(currency: int, minor: int) -> str:
    """An amount as people read it: thousands apart, with its currency's code."""
    code = currency_codes().get(currency)
    if code is None:
        return f"{minor:,} minor units of currency {currency}"
    whole, point, fraction = text(minor, currency).partition(".")
    return f"{int(whole):,}{point}{fraction} {code}"


def measured(dossier: Dossier, quantity: int) -> str:
    """What a title of the root is for, as people read it: money of its currency, or goods in the lot's unit."""
    root = dossier.root
    if root is None or dossier.goods is None:
        return money(root["currency"] if root else 0, quantity)
    whole, point, fraction = quantity_text(quantity, root["terms"]).partition(".")
    # A lot may declare more decimals than any quantity has.
    apart = f"{int(whole):,}" if whole.isdigit() else whole
    return f"{apart}{point}{fraction} {unit_code(root['currency'])}"


def noun(dossier: Dossier) -> str:
    """What a title of the root is called."""
    return "certificate" if dossier.goods is None else "receipt"
