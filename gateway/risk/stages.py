"""How far a facility's stages are, and what holds it there: each bound by itself, so that people see which it is."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.margin_values import beyond_cover, covering
from gateway.domain.quotes import Room
from gateway.domain.reasons import Reason, explain
from gateway.domain.stage_records import Stages, StageTerms
from gateway.domain.stages import releasable
from gateway.risk.collateral import GoodsBehind

_SENTENCES = {
    "by_stage": "The next stage has not been opened.",
    "by_sales": "Sales cash carries no more; a repayment may have been taken back.",
    "by_limit": "The facility is used up to its limit.",
    "by_collateral": "What is pledged covers no more.",
}


@dataclass(frozen=True, slots=True)
class FacilityInStages:
    """A facility in stages with what stands behind it on a day. All amounts are minor units of its currency."""

    behind: GoodsBehind
    terms: StageTerms

    @property
    def stages(self) -> Stages:
        """How far they are."""
        return self.behind.state.stages_of(self.behind.number)

    @property
    def may_be_opened(self) -> int:
        """The most that the next stage may be; never less than what is open."""
        most = min(self.behind.facility.limit, self.terms.carried(self.stages.sales))
        return max(self.stages.opened, most)

    @property
    def room(self) -> Room:
        """What may be drawn and released today."""
        return self.behind.room

    def draws(self) -> dict[str, int]:
        """What may be drawn by each bound."""
        held, cut = self.behind.facility, self.behind.cut
        most = {
            "by_stage": self.stages.opened,
            "by_sales": self.terms.carried(self.stages.sales),
            "by_limit": held.limit,
            "by_collateral": (held.face - cut) * held.advance_bps // 10_000,
        }
        return {name: max(0, amount - held.used) for name, amount in most.items()}

    def why_no_draw(self) -> str | None:
        """The first bound by which nothing may be drawn, in a sentence."""
        if self.behind.halt is not None:
            return self.behind.halt.sentence
        draws = self.draws()
        return next((_SENTENCES[name] for name, amount in draws.items() if not amount), None)

    def releases(self) -> dict[str, int]:
        """What goods may go free by each bound: what they count for."""
        goods = sum(lot.pledged.value for lot in self.behind.lots)
        state, number, held = self.behind.state, self.behind.number, self.behind.facility
        unsure = held.used and covering(state, number, held, self.behind.day)
        free = 0 if unsure else beyond_cover(state, number, held)[0] if held.used else held.face
        return {"by_sales": releasable(state, number), "by_coverage": free, "pledged": goods}

    def released_most(self) -> int:
        """What of the goods may go free today. Once nothing is owed, all of them (DEC-14)."""
        bounds = self.releases()
        return min(bounds.values()) if self.behind.facility.used else bounds["pledged"]

    def why_no_release(self) -> str | None:
        """Why none of them may, in a sentence."""
        if self.released_most():
            return None
        bounds = self.releases()
        if not bounds["pledged"]:
            return "No goods are pledged."
        if not bounds["by_sales"]:
            return explain(Reason.SALES_SHORT).sentence
        return _SENTENCES["by_collateral"] if not self.room.blocked else explain(self.room.blocked).sentence
