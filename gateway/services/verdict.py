"""A verdict on one certificate: what was asked, what was found, and the way it took from its root."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from gateway.ids import format_id
from gateway.money import currency_codes, text
from gateway.ports.verification import Dossier, Event, Place, Signature

_SHANGHAI = timezone(timedelta(hours=8))

AUTHENTIC, FREE, NOTE = "authentic", "free", "note"

FROZEN, SPENT, SETTLED, HELD, EARLY = 1, 2, 4, 8, 32
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


def flags(flags: int) -> list[str]:
    names = {FROZEN: "frozen", SPENT: "spent", SETTLED: "settled", HELD: "held", 16: "paper", EARLY: "early"}
    return [name for bit, name in names.items() if flags & bit]


def money(currency: int, minor: int) -> str:
    """An amount as people read it: thousands apart, with its currency's code."""
    code = currency_codes().get(currency)
    if code is None:
        return f"{minor:,} minor units of currency {currency}"
    whole, point, fraction = text(minor, currency).partition(".")
    return f"{int(whole):,}{point}{fraction} {code}"


def measured(dossier: Dossier, quantity: int) -> str:
    """What a title of the root is for, as people read it."""
    return money(dossier.root["currency"] if dossier.root else 0, quantity)


def document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON values: ids as party-serial, amounts as decimal text with their currency."""
    dossier, place = verdict.dossier, verdict.place
    title, root = dossier.title, dossier.root
    return {
        "id": format_id(verdict.title),
        "authentic": verdict.authentic,
        "free": verdict.free,
        "sentence": verdict.sentence,
        "place": {
            "chain_id": place.chain_id,
            "ledger": place.ledger,
            "block": place.block_number,
            "block_hash": place.block_hash,
            "time": place.time,
            "client": place.client,
        },
        "root": None if root is None else format_id(dossier.root_number),
        "holder": None if title is None else title["holder"],
        "amount": None if title is None else _amount(dossier, title["quantity"]),
        "currency": None if root is None else currency_codes().get(root["currency"]),
        "checks": [
            {
                "id": check.id,
                "group": check.group,
                "holds": check.holds,
                "sentence": check.sentence,
                "evidence": [{"label": label, "value": value} for label, value in check.evidence],
            }
            for check in verdict.checks
        ],
        "lineage": None if verdict.lineage is None else _branch_document(dossier, verdict.lineage),
    }


def _amount(dossier: Dossier, minor: int) -> str:
    """An amount as programs read it: decimal text alone."""
    number = dossier.root["currency"] if dossier.root else 0
    return text(minor, number) if number in currency_codes() else str(minor)


def _branch_document(dossier: Dossier, branch: Branch) -> dict[str, Any]:
    return {
        "title": format_id(branch.title),
        "holder": branch.holder,
        "amount": _amount(dossier, branch.quantity),
        "steps": [_step_document(dossier, step) for step in branch.steps],
        "branches": [_branch_document(dossier, each) for each in branch.branches],
    }


def _step_document(dossier: Dossier, step: Step) -> dict[str, Any]:
    return {
        "event": step.event,
        "other": None if step.other is None else format_id(step.other),
        "from": step.from_party,
        "to": step.to_party,
        "amount": _amount(dossier, step.quantity),
        "block": step.block,
        "time": step.time,
        "transaction": step.transaction,
        "signatures": [
            {
                "part": each.part,
                "party": each.party,
                "person": each.person,
                "role": each.role,
                "key": each.key,
                "managed": each.managed,
                "co_signer": each.co_signer,
                "problem": each.problem,
            }
            for each in step.signatures
        ],
        "problem": step.problem,
    }
