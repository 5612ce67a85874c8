"""The form of a rule pack and of a change to it, as operators write them (TOML or JSON)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from gateway.domain.calendar import day_of_date
from gateway.schemas.fields import Body, IsoDate, Name, Words, with_example

RuleId = Annotated[
    str, StringConstraints(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z][0-9A-Za-z–…/._-]*$")
]
Keeper = Literal["contract", "gateway", "product", "export"]
Parameters = Annotated[
    dict[str, Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]],
    Field(description="whole numbers by name; the name tells the unit"),
]
Sentence = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[^\x00-\x1f]*$")]
_MOST_SPAN = 31


def _on_the_ledger(day: date) -> date:
    day_of_date(day)
    return day


LawDate = Annotated[IsoDate, AfterValidator(_on_the_ledger)]


def days_of(spans: list[str]) -> list[str]:
    """Single days of `YYYY-MM-DD` and `first/last`, in order, each once. Raises ValueError."""
    found: set[date] = set()
    for span in spans:
        first, _, last = span.partition("/")
        start, end = (
            _on_the_ledger(date.fromisoformat(first)),
            _on_the_ledger(date.fromisoformat(last or first)),
        )
        if not 0 <= (end - start).days <= _MOST_SPAN:
            raise ValueError(f"{span} is no span of 1 to {_MOST_SPAN + 1} days")
        found |= {start + timedelta(days=place) for place in range((end - start).days + 1)}
    return [day.isoformat() for day in sorted(found)]


_Span = Annotated[
    str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(/[0-9]{4}-[0-9]{2}-[0-9]{2})?$")
]
Days = Annotated[
    list[_Span],
    Field(max_length=120, description="calendar days, single or as first/last"),
    AfterValidator(days_of),
]


class RuleRow(Body):
    """One rule of a pack, whole."""

    id: RuleId
    also: list[RuleId] = Field(default=[], max_length=10, description="further ids that name this row")
    title: Name
    source: Name
    article: Name
    since: LawDate
    until: LawDate | None = None
    second_hand: bool
    sentence: Words
    kept_by: list[Keeper] = Field(min_length=1, max_length=4)
    how: Sentence = ""
    parameters: Parameters = Field(default={})


class CalendarYear(Body):
    """The calendar rows of one year."""

    year: int = Field(ge=1970, le=2149)
    source: Name
    holidays: Days
    worked: Days = Field(default=[])


class PackDocument(Body):
    """A whole version, as it is kept and hashed."""

    version: int = Field(default=1, ge=1)
    effective_from: LawDate
    previous: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    rules: list[RuleRow] = Field(min_length=1, max_length=1_000)
    calendar: list[CalendarYear] = Field(default=[], max_length=180)


class RuleChange(Body):
    """What of a rule is new; what is left out stays. A rule that the pack does not have is given whole."""

    id: RuleId
    also: list[RuleId] | None = None
    title: Name | None = None
    source: Name | None = None
    article: Name | None = None
    since: LawDate | None = None
    until: LawDate | None = None
    second_hand: bool | None = None
    sentence: Words | None = None
    kept_by: list[Keeper] | None = None
    how: Sentence | None = None
    parameters: Parameters = Field(default={})

    def given(self) -> dict[str, Any]:
        """The fields that were written down, all but the parameters, which are put among the others by name."""
        return self.model_dump(mode="json", exclude={"parameters"}, exclude_unset=True)


class Amendment(Body):
    """A later version: what changes, from which day, who says so and why."""

    model_config = with_example(
        effective_from="2028-01-01",
        person="Compliance Officer Lin",
        because="the longest tenor was cut to six months",
        rules=[{"id": "CN77-11", "parameters": {"maximum_months": 6, "review_above_months": 5}}],
    )

    effective_from: LawDate
    person: Name
    because: Words
    rules: list[RuleChange] = Field(default=[], max_length=1_000)
    calendar: list[CalendarYear] = Field(default=[], max_length=180)

    def repeated(self) -> Iterator[str]:
        """Fields of rows that stand twice in the change."""
        named = [f"rules.{each.id}" for each in self.rules] + [
            f"calendar.{each.year}" for each in self.calendar
        ]
        yield from sorted({field for field in named if named.count(field) > 1})
