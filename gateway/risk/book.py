"""The book of declarations: kept with their signatures, hung together, and read as they stood at a block."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.adapters.ledger import acts, declared
from gateway.adapters.ledger.chain import blocks
from gateway.db import links, own
from gateway.db.tables import signers
from gateway.domain.calendar import day_of, day_of_iso
from gateway.domain.ledger_state import LedgerState
from gateway.domain.parties import Key, Need, authorise
from gateway.domain.reasons import explain
from gateway.domain.records import Role, Signer
from gateway.problems import Problem
from gateway.services.declaration_kinds import Kind, kind_of, minor, read
from gateway.services.doctor import Discrepancy

WITHDRAWAL = "withdrawal"


@dataclass(frozen=True, slots=True)
class Head:
    """The last block whose facts are in the tables."""

    number: int
    time: int

    @property
    def day(self) -> int:
        """Its day, as the ledger counts them."""
        return day_of(self.time)


def head_of(connection: Connection) -> Head:
    """Where the ledger stands, as far as it has been read. Raises Problem(LEDGER-UNREAD)."""
    last = select(func.max(blocks.c.number)).scalar_subquery()
    row = connection.execute(
        select(blocks.c.number, blocks.c.time).where(blocks.c.number == last)
    ).one_or_none()
    if row is None:
        raise Problem("LEDGER-UNREAD", "no block of the ledger has been read yet: ask again", status=503)
    return Head(row.number, row.time)


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration as it is kept. `persons` are the declaring party's persons who signed."""

    declaration: str
    kind: str
    party: int
    subject: str
    effective_day: int
    fields: Mapping[str, str]
    persons: tuple[int, ...]
    block: int
    place: int

    def minor(self, name: str) -> int:
        """An amount of it in minor units."""
        return minor(self.fields, name)


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it came, and whose it is."""

    key: str
    person: int
    signature: str


def signed_by(
    connection: Connection, domain: acts.Domain, kind: Kind, fields: Mapping[str, str], given: Sequence[str]
) -> list[Signature]:
    """The signatures of a declaration, each of another person in its role.

    Raises Problem(SIGNATURE-FORM, DECLARATION-SIGNERS).
    """
    digest = declared.digest(domain, kind, fields)
    raw = [_raw(text, place) for place, text in enumerate(given)]
    keys: list[Key] = [acts.recover(digest, each) for each in raw]
    party = int(fields[kind.party])
    mandate = minor(fields, kind.amount) if kind.amount else 0
    last = len(kind.roles) - 1
    needs = [Need(party, role, mandate if place == last else 0) for place, role in enumerate(kind.roles)]
    state = LedgerState(signers=registered(connection, [key for key in keys if key]))
    reason = authorise(state, digest, needs, keys, head_of(connection).time)
    if reason:
        told = explain(reason)
        raise Problem(
            "DECLARATION-SIGNERS", told.sentence, field="signatures", reason=reason.name, keeps=told.rule_id,
            needed=[role_names(role) for role in kind.roles],
        )  # fmt: skip
    return [
        Signature(str(key), state.signers[str(key)].person, "0x" + each.hex())
        for key, each in zip(keys, raw, strict=True)
    ]


def _raw(text: str, place: int) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 64:
        raise Problem(
            "SIGNATURE-FORM",
            "64 bytes (r, vs of EIP-2098) in hexadecimal are expected",
            field=f"signatures.{place}",
        )
    return found


def role_names(roles: int) -> str:
    """The roles any of which will do, in words."""
    return " or ".join(role.name.lower().replace("_", " ") for role in Role if role & roles and role.name)


def registered(connection: Connection, keys: Sequence[str]) -> dict[str, Signer]:
    """Those of the keys that are signers of the ledger."""
    rows = connection.execute(select(signers).where(signers.c.key.in_(keys)))
    return {
        row.key: Signer(
            row.party, row.person, row.roles, row.solo_cap, row.valid_from, row.valid_until, row.flags
        )
        for row in rows
    }


class Declarations:
    """The book on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def wait_for_turn(self) -> None:
        """Keep others from declaring until the caller's transaction ends: what a check reads of the book stays so."""
        links.wait_for_turn(self._connection, links.DECLARATIONS)

    def keep(
        self, kind: Kind, fields: Mapping[str, str], name: bytes, signed: Sequence[Signature], now: int
    ) -> Declared:
        """Keep a declaration; the same again changes nothing."""
        self.wait_for_turn()
        known = self.find("0x" + name.hex())
        if known is not None:
            return known
        row = {
            "declaration": name, "kind": kind.name, "party": int(fields[kind.party]),
            "subject": fields[kind.subject], "effective_day": day_of_iso(fields[kind.day]) if kind.day else 0,
            "fields": json.dumps(fields, ensure_ascii=False),
            "signatures": json.dumps([{"key": s.key, "person": s.person, "signature": s.signature} for s in signed]),
            "block": head_of(self._connection).number, "recorded_at": now,
        }  # fmt: skip
        links.append(self._connection, links.DECLARATIONS, own.declarations, row)
        kept = self.find("0x" + name.hex())
        assert kept is not None
        return kept

    def find(self, declaration: str) -> Declared | None:
        """One declaration by its name."""
        table = own.declarations
        name = bytes.fromhex(declaration.removeprefix("0x"))
        row = self._connection.execute(select(table).where(table.c.declaration == name)).one_or_none()
        return None if row is None else declared_of(row)

    def of(
        self, kind: str, subject: str | None = None, *, until: int | None = None, withdrawn: bool = False
    ) -> list[Declared]:
        """Declarations of a kind in the order in which they came, but those taken back.

        `until`: as the book stood when the ledger was at that block. `withdrawn` keeps those taken back.
        """
        table = own.declarations
        query = select(table).where(table.c.kind == kind).order_by(table.c.place)
        if subject is not None:
            query = query.where(table.c.subject == subject)
        if until is not None:
            query = query.where(table.c.block <= until)
        found = [declared_of(row) for row in self._connection.execute(query)]
        if withdrawn or not found:
            return found
        gone = self.withdrawn((each.declaration for each in found), until=until)
        return [each for each in found if each.declaration not in gone]

    def withdrawn(self, declarations: Iterable[str], *, until: int | None = None) -> set[str]:
        """Which of these were taken back by then."""
        table = own.declarations
        query = select(table.c.subject).where(
            table.c.kind == WITHDRAWAL, table.c.subject.in_(list(declarations))
        )
        if until is not None:
            query = query.where(table.c.block <= until)
        return set(self._connection.execute(query).scalars())


def declared_of(row: Any) -> Declared:
    """A declaration from its row."""
    return Declared(
        declaration="0x" + bytes(row.declaration).hex(),
        kind=row.kind,
        party=row.party,
        subject=row.subject,
        effective_day=row.effective_day,
        fields=json.loads(row.fields),
        persons=tuple(each["person"] for each in json.loads(row.signatures)),
        block=row.block,
        place=row.place,
    )


def declaration_discrepancies(connection: Connection, domain: acts.Domain) -> Iterator[Discrepancy]:
    """Where the book was altered, for the doctor to name: rows that do not hang together, or that nobody signed so."""
    table = own.declarations
    rows = [dict(row) for row in connection.execute(select(table).order_by(table.c.place)).mappings()]
    for each in links.broken(connection, links.DECLARATIONS, rows):
        name = "book declarations" if each.row is None else _name(each.row)
        yield Discrepancy(name, each.column, each.found, each.right, "by the declarations before it")
    for row in rows:
        if not _as_signed(domain, row):
            yield Discrepancy(_name(row), "fields", row["fields"], "something else", "was signed")


def _name(row: Mapping[str, Any]) -> str:
    return f"declaration 0x{bytes(row['declaration']).hex()}"


def _as_signed(domain: acts.Domain, row: Mapping[str, Any]) -> bool:
    try:
        kind = kind_of(row["kind"])
        name = declared.digest(domain, kind, read(kind, json.loads(row["fields"])))
        signed = json.loads(row["signatures"])
        keys = [acts.recover(name, bytes.fromhex(each["signature"].removeprefix("0x"))) for each in signed]
    except (Problem, ValueError, KeyError):
        return False
    return name == bytes(row["declaration"]) and keys == [each["key"] for each in signed]
