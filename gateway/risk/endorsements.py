"""Endorsements of receipts: the signatures that came, the keeper's refusals, and where each stands (CC-910)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.db import links
from gateway.db.goods_state import goods_state
from gateway.db.own_storage import endorsement_signatures
from gateway.db.rules import RuleBook
from gateway.domain.endorsements import Answer, Endorsement, Stage, answer_by
from gateway.domain.goods_acts import Endorse
from gateway.domain.goods_trial import would
from gateway.domain.ledger_state import LedgerState
from gateway.domain.parties import Need, authorise
from gateway.domain.reasons import explain
from gateway.domain.records import Role
from gateway.domain.rules import Pack, in_force, pack_on
from gateway.ids import format_id
from gateway.problems import Problem
from gateway.risk.book import Declarations, Head, registered
from gateway.services.doctor import Discrepancy
from gateway.services.receipt_refusals import refuse

RULE, REFUSAL = "CC-910-answer", "endorsement refusal"
PARTS: Mapping[str, Role] = {"holder": Role.TITLE, "acquirer": Role.TITLE, "keeper": Role.KEEP}
"""Who signs, in this order, and by which role."""


@dataclass(frozen=True, slots=True)
class Signed:
    """An endorsement as it is kept: its act, the rows of its signatures by part, the keeper's reason if it refused."""

    endorsement: str
    message: Mapping[str, Any]
    rows: Mapping[str, Row[Any]]
    parties: Mapping[str, int]
    reason: str | None
    course: Endorsement

    @property
    def receipt(self) -> int:
        """The receipt that passes on."""
        return int(self.message["title"])

    @property
    def missing(self) -> str | None:
        """The part that signs next; None when all have."""
        return next((part for part in PARTS if part not in self.rows), None)


def limits(packs: list[Pack], day: int) -> tuple[Answer, Answer]:
    """By when the keeper answers what is asked on a day, and the latest that an offer of that day may live."""
    pack = pack_on(packs, day)
    parameters = in_force(pack, RULE, day).parameters
    keeper = parameters["answer_business_days"]
    most = keeper + parameters["acquirer_business_days"]
    return answer_by(pack.calendar, day, keeper), answer_by(pack.calendar, day, most)


class Endorsements:
    """The book on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wait_for_turn(self) -> None:
        """Keep others from signing or refusing until the caller's transaction ends."""
        Declarations(self._connection).wait_for_turn()
        links.wait_for_turn(self._connection, links.ENDORSEMENTS)

    def keep(self, row: Mapping[str, Any]) -> None:
        """Keep a signature."""
        links.append(self._connection, links.ENDORSEMENTS, endorsement_signatures, row)

    def find(self, endorsement: str) -> Signed | None:
        """One endorsement by the digest of its act."""
        table = endorsement_signatures
        name = bytes.fromhex(endorsement.removeprefix("0x"))
        rows = self._connection.execute(select(table).where(table.c.endorsement == name)).all()
        return next(self.read(rows), None)

    def over(self, receipt: int, day: int) -> Iterator[Signed]:
        """A receipt's endorsements that nobody signs any more on a day, whatever became of them."""
        table = endorsement_signatures
        rows = self._connection.execute(select(table).where(table.c.receipt == receipt)).all()
        for each in self.read(rows):
            if each.course.stage(day) not in (Stage.OFFERED, Stage.ASKED):
                yield each

    def all(self) -> Iterator[Signed]:
        """Every endorsement, in the order in which they were offered."""
        table = endorsement_signatures
        return self.read(self._connection.execute(select(table).order_by(table.c.place)))

    def read(self, rows: Iterable[Row[Any]]) -> Iterator[Signed]:
        """The endorsements of all these signatures."""
        grouped: dict[bytes, dict[str, Row[Any]]] = {}
        for row in rows:
            grouped.setdefault(bytes(row.endorsement), {})[row.part] = row
        packs = RuleBook(self._connection).packs()
        for name, signatures in grouped.items():
            yield self._read("0x" + name.hex(), signatures, packs)

    def _read(self, name: str, rows: Mapping[str, Row[Any]], packs: list[Pack]) -> Signed:
        offered = rows["holder"]
        message = json.loads(offered.message)
        state = goods_state(self._connection, [offered.receipt])
        title = state.titles[offered.receipt]
        refusals = Declarations(self._connection).of(REFUSAL, name)
        asked = rows.get("acquirer")
        course = Endorsement(
            expires_at=int(message["expiresAt"]),
            answer=None if asked is None else limits(packs, asked.day)[0],
            countersigned="keeper" in rows,
            refused=bool(refusals),
            moved=title.dead or title.sequence != int(message["sequence"]),
        )
        parties = {
            "holder": offered.party, "acquirer": int(message["to"]), "keeper": state.roots[title.root].debtor,
        }  # fmt: skip
        reason = refusals[0].fields["reason"] if refusals else None
        return Signed(name, message, rows, parties, reason, course)


def check_signer(
    connection: Connection, part: str, party: int, key: str | None, digest: bytes, now: int
) -> int:
    """The person behind a signature. Raises Problem(SIGNATURE-UNKNOWN) when it is not of that party in that role.

    The mandate is the ledger's to ask: a second person may have co-signed.
    """
    signers = registered(connection, [key] if key else [])
    needs = [Need(party, PARTS[part])]
    reason = authorise(LedgerState(signers=signers), digest, needs, [key], now)
    if reason or key is None:
        told = explain(reason)
        raise Problem(
            "SIGNATURE-UNKNOWN", f"the {part} signs next: {told.sentence}", field="signature", reason=reason.name,
            keeps=told.rule_id, document="0x" + digest.hex(), party=party,
        )  # fmt: skip
    return signers[key].person


def check_life(packs: list[Pack], act: Endorse, head: Head, part: str) -> None:
    """Raise Problem(ENDORSEMENT-LIFE) unless the act lives as long as the keeper may answer, and no longer than it and
    the acquirer may take.
    """
    if part == "keeper":
        return
    keeper, most = limits(packs, head.day)
    if act.expires_at < keeper.last_second or (part == "holder" and act.expires_at > most.last_second):
        raise Problem(
            "ENDORSEMENT-LIFE", "the act lives until the last of the keeper's business days, and no longer than that "
            "and the acquirer's", field="message.expiresAt", keeps=RULE, found=act.expires_at,
            least=keeper.last_second, most=most.last_second,
        )  # fmt: skip


def check_act(connection: Connection, act: Endorse, head: Head) -> None:
    """Raise Problem(RECEIPT-ACT) when the ledger would not do the endorsement as it stands."""
    state = goods_state(connection, [act.title])
    reason = would(state, act, head.time)
    if reason:
        raise refuse(act, state, reason)


def endorsement_discrepancies(connection: Connection) -> Iterator[Discrepancy]:
    """Where the book of endorsements was altered, for the doctor to name."""
    query = select(endorsement_signatures).order_by(endorsement_signatures.c.place)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    for each in links.broken(connection, links.ENDORSEMENTS, rows):
        name = "book endorsements"
        if each.row is not None:
            name = f"endorsement 0x{bytes(each.row['endorsement']).hex()} of {format_id(each.row['receipt'])}"
        yield Discrepancy(name, each.column, each.found, each.right, "by the signatures before it")
