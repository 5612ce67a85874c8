"""Facts about the stages of a facility: what was agreed, and how far they are."""

from __future__ import annotations

from gateway.adapters.ledger.chain import Fact
from gateway.adapters.ledger.words import STAGE_TERMS, STAGES
from gateway.db import stage_tables as tables
from gateway.projections.fold import Fold
from gateway.projections.margin import keep, said


def stages_agreed(fold: Fold, fact: Fact) -> None:
    """What was agreed of a facility's stages; it may be agreed anew."""
    args = fact.args
    account = {"special_bank": args["specialBank"], "special_account": args["specialAccount"]}
    terms = STAGE_TERMS.unpack(args["terms"])
    keep(fold, tables.stage_terms, {"facility": args["facility"]}, said(fact, {**terms, **account}))


def stages_changed(fold: Fold, fact: Fact) -> None:
    """A stage was opened, cash came in or was taken back, or goods went free."""
    args = fact.args
    keep(fold, tables.stages, {"facility": args["facility"]}, said(fact, STAGES.unpack(args["word"])))
