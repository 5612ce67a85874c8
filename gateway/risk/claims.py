"""Who claims a certificate beside the ledger, and who comes first (CC-768, GI-66)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.adapters.ledger.chain import blocks
from gateway.adapters.ledger.words import TITLE
from gateway.db import tables as ledger
from gateway.domain.priority import Claim, Distribution, Instrument, distribute
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.risk.book import Declarations, Declared
from gateway.risk.facts import title_of
from gateway.services.declaration_kinds import seconds

LEDGER = "ledger"
"""The claim that the ledger itself records: its lock, or the assignment to the holder."""


@dataclass(frozen=True, slots=True)
class Rivals:
    """The claims on one certificate: the ledger's own, if there is one, and those from outside."""

    title: Row[Any]
    own: Claim | None
    outside: Sequence[Declared]
    registration: Declared | None

    @property
    def open(self) -> int:
        """What the certificate still claims."""
        return int(self.title.quantity - self.title.paid)

    def claims(self) -> list[Claim]:
        """All of them, as the law ranks them."""
        found = [claim_of(each) for each in self.outside]
        return found if self.own is None else [self.own, *found]

    def over(self, amount: int) -> Distribution:
        """An amount over all of them; the rest is the holder's."""
        return distribute(amount, self.claims())


def claim_of(declared: Declared) -> Claim:
    """A declared claim as the law sees it."""
    fields = declared.fields
    return Claim(
        declared.declaration,
        Instrument(fields["instrument"]),
        declared.minor("amount"),
        seconds(fields["registeredAt"]),
        seconds(fields["notifiedAt"]),
    )


def rivals(view: Connection, own: Connection, title: int, *, until: int) -> Rivals:
    """The claims on a certificate, as ledger and book stood at a block. Raises Problem(UNKNOWN_TITLE)."""
    row = title_of(view, title)
    if row is None:
        raise Problem("UNKNOWN_TITLE", "no such certificate", status=404, id=format_id(title))
    declared = Declarations(own).of("claim", str(title), until=until)
    mine = [each for each in declared if each.fields["facility"]]
    registration = next((each for each in mine if int(each.fields["facility"]) == row.lock), None)
    claim = _own_claim(view, own, row)
    if claim is not None and registration is not None:
        claim = replace(claim, registered_at=seconds(registration.fields["registeredAt"]))
    return Rivals(row, claim, [each for each in declared if not each.fields["facility"]], registration)


def _own_claim(view: Connection, own: Connection, row: Row[Any]) -> Claim | None:
    """A lock is a pledge of all that the title claims, known to the debtor since it stands on the ledger, which the
    debtor agreed is notice (CC-545/546). An acquirer that is not the first payee holds by assignment. Who holds as
    the first payee has no rival's claim: what the others leave is its own.
    """
    amount = int(row.quantity - row.paid)
    if row.lock:
        since = _since(view, own, row.title, lambda word: word["lock"] == row.lock)
        return Claim(LEDGER, Instrument.PLEDGE, amount, None, since)
    if row.holder != row.payee:
        since = _since(view, own, row.title, lambda word: word["holder"] == row.holder)
        return Claim(LEDGER, Instrument.ASSIGNMENT, amount, None, since)
    return None


def _since(
    view: Connection, own: Connection, title: int, true: Callable[[Mapping[str, int]], bool]
) -> int | None:
    """When what is true of a title today became true of it, or of the title it was taken out of."""
    block = _block(view, title, true, None)
    found: int | None = own.execute(
        select(blocks.c.time).where(blocks.c.number == block)
    ).scalar_one_or_none()
    return found


def _block(
    view: Connection, title: int, true: Callable[[Mapping[str, int]], bool], until: int | None
) -> int | None:
    history = ledger.title_history.c
    query = select(history.block_number, history.word, history.event, history.counterpart)
    query = query.where(history.title == title).order_by(history.block_number, history.log_index, history.row)
    if until is not None:
        query = query.where(history.block_number <= until)
    since: int | None = None
    parent: int | None = None
    for place, row in enumerate(view.execute(query)):
        if not true(TITLE.unpack(row.word)):
            since = None
        elif since is None:
            since = row.block_number
            parent = row.counterpart if place == 0 else None
    if since is None or parent is None:
        return since
    earlier = _block(view, parent, true, since)
    return since if earlier is None else earlier
