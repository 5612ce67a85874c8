"""What a shipped story is: a scenario with a name, and what happens after the payables were imported and matched."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.demo.desk import ActRefused
from gateway.demo.finance import Finance
from gateway.demo.stage import listed
from gateway.demo.story import Story
from gateway.domain.calendar import iso
from gateway.domain.trade import decimal_text
from gateway.money import exponent

Chapter = tuple[str, Callable[[], None]]


class NotTold(RuntimeError):
    """The documents hold nothing that the story could be told of; the message says what is missing."""


class Unlawful(RuntimeError):
    """Something happened that must not, whatever the documents say; the message says what."""


@dataclass(slots=True)
class Play:
    """A story on its stage, with the words a plot tells it in."""

    story: Story
    finance: Finance
    lost: list[tuple[int, int, str, str]] = field(default_factory=list)
    """Who lost what in the end, and why: party, minor units, currency, reason."""

    def say(self, told: str) -> None:
        """One line, dated by the story's own clock."""
        self.story.say(f"{iso(self.story.stage.day)}  {told}")

    def name(self, party: int) -> str:
        """A party's name."""
        return self.story.stage.firms[party].name

    def money(self, minor: int, currency: str) -> str:
        """An amount as people write it."""
        return f"{decimal_text(minor, exponent(currency))} {currency}"

    def minor(self, text: str) -> int:
        """An amount of the gateway's in minor units."""
        return int(text.replace(".", ""))

    def row(self, path: str, name: str, wanted: Any) -> dict[str, Any]:
        """The row of one of the gateway's lists that has this value; the tables have caught up before."""
        self.story.desk.settle_index()
        return next(each for each in listed(self.story.stage.gateway, path) if each[name] == wanted)

    def loan(self, number: int) -> dict[str, Any]:
        """A loan as the gateway shows it."""
        return self.row("/loans", "id", str(number))

    def refused(self, what: str, act: Callable[[], object]) -> None:
        """Do something that the ledger must not take, and tell why it did not. Raises Unlawful where it took it."""
        try:
            act()
        except ActRefused as refusal:
            self.say(f"{what} is refused: {refusal}")
            return
        raise Unlawful(f"{what} was taken")

    def loses(self, party: int, minor: int, currency: str, why: str) -> None:
        """Note a loss for the last table; nothing is noted for nothing."""
        if minor:
            self.lost.append((party, minor, currency, why))


@dataclass(frozen=True, slots=True)
class Plot:
    """A shipped story. `scenario` is as in a scenario file; `chapters` follow the import of the documents.

    Attributes:
        payables: how many must be there to be confirmed; without any left, such a story ends.
        orders: told of orders, whose parties take part whether or not anything is to be paid of them.
        covered: what is financed is never above the advance rate, at any block (`gateway.demo.covered`).
    """

    name: str
    says: str
    scenario: Mapping[str, Any]
    chapters: Callable[[Play], Sequence[Chapter]]
    payables: int = 1
    orders: bool = False
    covered: bool = False

    def told(self, play: Play) -> Sequence[Chapter]:
        """The chapters, on the documents of this play. Raises NotTold."""
        found = len(play.story.payables)
        if found < self.payables:
            raise NotTold(
                f"it needs {self.payables} invoice{'s' if self.payables > 1 else ''} of which something is to be "
                f"paid, and {found} {'are' if found != 1 else 'is'} among the documents"
            )
        return self.chapters(play)
