"""The rule pack read, checked and hashed: from the file that ships with the gateway, from the database, from a change.

The domain gets plain `Pack`s. A pack's hash is SHA-256 over its RFC 8785 form, rules by id and calendar by year.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import rfc8785
from pydantic import ValidationError

from gateway.adapters.rulebook.form import Amendment, CalendarYear, PackDocument, RuleRow
from gateway.domain.business_days import BusinessCalendar, wrong_rows
from gateway.domain.calendar import day_of_date, day_of_iso
from gateway.domain.rules import Objection, Pack, Place, Rule, objections, publication_objections
from gateway.problems import Problem

SHIPPED = Path(__file__).with_name("china.toml")
"""The first version."""


@dataclass(frozen=True, slots=True)
class Written:
    """A version and its canonical form, the bytes that its hash is of."""

    pack: Pack
    content: bytes


@cache
def shipped() -> Written:
    """The first version, read once. Raises Problem when its file is wrong."""
    return read(tomllib.loads(SHIPPED.read_text(encoding="utf-8")))


def read(found: Mapping[str, Any]) -> Written:
    """A whole version from its parsed file or its kept form. Raises Problem(RULES-FORM), naming each field."""
    try:
        document = PackDocument.model_validate(found)
    except ValidationError as error:
        raise refuse(_objection(each["loc"], each["msg"]) for each in error.errors()) from None
    return _written(document)


def amended(last: Written, change: Amendment, today: int) -> Written:
    """The version that a change makes of the last one. Raises Problem(RULES-FORM), naming each field.

    Nothing may change that is not named; a parameter that no rule has is refused, since nothing would read it.
    """
    repeated = [Objection(field, "stands twice in the change") for field in change.repeated()]
    if repeated:
        raise refuse(repeated)
    document = PackDocument.model_validate_json(last.content)
    rows = {row.id: row for row in document.rules}
    unknown = [
        Objection(f"rules.{each.id}.parameters.{name}", f"{each.id} has no such parameter")
        for each in change.rules
        if each.id in rows
        for name in each.parameters
        if name not in rows[each.id].parameters
    ]
    if unknown:
        raise refuse(unknown)
    for each in change.rules:
        before = rows[each.id].model_dump(mode="json") if each.id in rows else {}
        parameters = {**before.get("parameters", {}), **each.parameters}
        try:
            rows[each.id] = RuleRow.model_validate({**before, **each.given(), "parameters": parameters})
        except ValidationError as error:
            wrong = error.errors()
            raise refuse(_objection(("rules", each.id, *one["loc"]), one["msg"]) for one in wrong) from None
    years = {each.year: each for each in (*document.calendar, *change.calendar)}
    following = {
        "version": last.pack.version + 1, "previous": last.pack.sha256,
        "effective_from": change.effective_from, "rules": list(rows.values()), "calendar": list(years.values()),
    }  # fmt: skip
    written = _written(document.model_copy(update=following))
    changed = {each.id: each.source is not None and each.article is not None for each in change.rules}
    against = list(publication_objections(last.pack, written.pack.effective_from, today, changed))
    if against:
        raise refuse(against)
    return written


def refuse(found: Iterable[Objection]) -> Problem:
    """The refusal of a pack or change, with every objection."""
    errors = [{"field": each.field, "message": each.sentence} for each in found]
    return Problem(
        "RULES-FORM", f"{errors[0]['field']}: {errors[0]['message']}", field=errors[0]["field"], errors=errors
    )


def _objection(where: tuple[int | str, ...], message: str) -> Objection:
    return Objection(".".join(map(str, where)), message)


def _written(document: PackDocument) -> Written:
    plain = document.model_dump(mode="json")
    plain["rules"].sort(key=lambda row: row["id"])
    plain["calendar"].sort(key=lambda row: row["year"])
    repeated = [
        Objection(f"{name}.{row[key]}", "stands twice")
        for name, key in (("rules", "id"), ("calendar", "year"))
        for row, after in zip(plain[name], plain[name][1:], strict=False)
        if row[key] == after[key]
    ]
    if repeated:
        raise refuse(repeated)
    content = rfc8785.dumps(plain)
    calendar = _calendar(document.calendar)
    pack = Pack(
        version=document.version, effective_from=day_of_date(document.effective_from),
        previous=document.previous, sha256=sha256(content).hexdigest(),
        rules=MappingProxyType({row.id: _rule(row) for row in document.rules}), calendar=calendar,
    )  # fmt: skip
    wrong = [*objections(pack), *(Objection("calendar", sentence) for sentence in wrong_rows(calendar))]
    if wrong:
        raise refuse(wrong)
    return Written(pack, content)


def _rule(row: RuleRow) -> Rule:
    return Rule(
        id=row.id, also=tuple(row.also), title=row.title, source=row.source, article=row.article,
        since=day_of_date(row.since), until=None if row.until is None else day_of_date(row.until),
        second_hand=row.second_hand, sentence=row.sentence,
        kept_by=tuple(Place(place) for place in row.kept_by), how=row.how,
        parameters=MappingProxyType(dict(row.parameters)),
    )  # fmt: skip


def _calendar(rows: list[CalendarYear]) -> BusinessCalendar:
    return BusinessCalendar(
        years=frozenset(row.year for row in rows),
        holidays=frozenset(day_of_iso(day) for row in rows for day in row.holidays),
        worked=frozenset(day_of_iso(day) for row in rows for day in row.worked),
    )
