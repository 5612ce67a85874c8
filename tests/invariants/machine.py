"""One state machine drives the specification and the contracts with the same random steps.

    python -m tests.invariants.machine --steps 20000 --seed 7 --json FILE

After every step both sides must give the same reasons and hold the same records, and the laws of the ledger must
hold; every fifty steps all records are compared. Rare verbs and reasons are chosen more often.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.domain.calendar import day_of
from gateway.domain.reasons import Reason
from gateway.domain.settlement import FactKind
from gateway.domain.terms import schedules
from tests.house.machine import STRANGER
from tests.invariants import (
    laws,
    mirror,
    propose_credit,
    propose_goods,
    propose_leases,
    propose_margin,
    propose_money,
    propose_offices,
    propose_orders,
    propose_protection,
    propose_stages,
    propose_trade,
)
from tests.invariants.aims import AIMS, Aim
from tests.invariants.laws_goods import after_goods
from tests.invariants.pair import Difference, Outcome
from tests.invariants.spoil import spoil
from tests.invariants.verbs import Step
from tests.invariants.world import PLATFORM, World

EPISODE = 700
"""Steps on one ledger; then a new one begins, so that the number of records stays the same however long the run."""
FULL_COMPARE = 50
ENOUGH = 20
"""So often every row of the signature table must succeed in a bench."""

PROPOSALS = {
    **propose_trade.PROPOSALS,
    **propose_goods.PROPOSALS,
    **propose_orders.PROPOSALS,
    **propose_credit.PROPOSALS,
    **propose_margin.PROPOSALS,
    **propose_leases.PROPOSALS,
    **propose_stages.PROPOSALS,
    **propose_protection.PROPOSALS,
    **propose_money.PROPOSALS,
    **propose_offices.PROPOSALS,
}
ROWS = tuple(PROPOSALS)
"""Every verb of the signature table; the ten kinds of movement are rows of their own."""

NEEDS: Mapping[str, tuple[str, ...]] = {
    "issue": ("attest_invoice",),
    "publish_offers": ("attest_invoice",),
    **dict.fromkeys(("accept", "decline", "expire"), ("issue",)),
    **dict.fromkeys(("accept_offer", "close_offers"), ("publish_offers",)),
    **dict.fromkeys(("assign", "split", "withdraw", "settle_early", "write_off_title"), ("accept", "issue")),
    "merge": ("split",),
    **dict.fromkeys(
        ("endorse", "split_receipt", "hand_over", "count", "charge_storage", "change_medium"), ("store",)
    ),
    "merge_receipts": ("split_receipt",),
    "replace": ("change_medium",),
    **dict.fromkeys(("confirm_order", "publish_orders"), ("attest_invoice",)),
    "take_order": ("publish_orders",),
    **dict.fromkeys(("reduce_order", "convert"), ("confirm_order", "attest_invoice")),
    "convert_goods": ("store", "attest_invoice"),
    "lock": ("open", "accept"),
    "share": ("open",),
    "agree_goods": ("open",),
    "agree_stages": ("open",),
    "open_stage": ("agree_stages", "draw", "record payout", "record repayment"),
    "appraise": ("agree_goods", "store"),
    "pledge_goods": ("appraise", "store"),
    **dict.fromkeys(("release_goods", "unlock_goods", "carve_goods", "mark_goods"), ("pledge_goods",)),
    "call_margin": ("appraise", "draw", "record payout"),
    "waive_call": ("call_margin",),
    "enforce": ("call_margin", "record payout"),
    "sell_goods": ("enforce",),
    **dict.fromkeys(("complete_sales", "end_sales"), ("sell_goods",)),
    "lease_goods": ("open", "store"),
    "withdraw_lease": ("lease_goods",),
    "give_notice": ("lease_goods", "record payout"),
    "end_lease": ("give_notice",),
    **dict.fromkeys(("draw", "release", "unlock", "carve"), ("lock",)),
    **dict.fromkeys(("void", "record rejected"), ("draw",)),
    "record payout": ("draw", "bind_account"),
    **dict.fromkeys(("record repayment", "write_off"), ("record payout",)),
    "record received": ("accept",),
    **dict.fromkeys(("distribute", "distribute_late"), ("record received",)),
    **dict.fromkeys(("record credited", "record returned"), ("distribute",)),
    "record collected": ("distribute", "lock"),
    "record surplus": ("record collected",),
    "release_held": ("record returned",),
    "reverse": ("record repayment", "record payout", "record received", "record credited"),
    "protect": ("open", "record payout"),
    **dict.fromkeys(("consent", "attest_reserve"), ("protect",)),
    "call_protection": ("protect", "record payout"),
    **dict.fromkeys(("end_call", "record protected"), ("call_protection",)),
    "waive": ("record protected",),
    "record reimbursed": ("record protected", "record repayment", "bind_account"),
    "add_costs": ("record payout",),
    **dict.fromkeys(("veto", "complete"), ("recover",)),
    "reinstate": ("suspend",),
    "lift": ("freeze",),
    "cure": ("stop",),
}
"""What has to be done first where a row finds nothing to be done on."""

ALONE = ("co_sign", "approve")
"""Verbs whose items travel alone."""

NOT_CARRIED = "not carried"


@dataclass(slots=True)
class Report:
    """What a run came to. `valid` counts steps that ran on both sides, `violations` the differences among them."""

    seeds: list[int] = field(default_factory=list)
    steps: int = 0
    valid: int = 0
    done: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    laws_checked: int = 0
    violations: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def missing_rows(self, enough: int = ENOUGH) -> list[str]:
        """Rows of the signature table that were done less often than that."""
        return [row for row in ROWS if self.done[row] < enough]

    def missing_reasons(self) -> list[str]:
        """Reasons that no step was answered with."""
        return [reason.name for reason in Reason if not self.reasons[reason.name]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: a row for each row of the signature table, and the reasons."""
        return {
            "bench": "machine",
            "seed": self.seeds,
            "rows": [{"operation": row, "done": self.done[row]} for row in ROWS],
            "reasons": {reason.name: self.reasons[reason.name] for reason in Reason},
            "not_carried": self.reasons[NOT_CARRIED],
            "steps": self.steps,
            "compared": self.compared,
            "laws_checked": self.laws_checked,
            "seconds": self.seconds,
            "valid": self.valid,
            "violations": len(self.violations),
            "differences": self.violations,
            "reached": not (self.violations or self.missing_rows() or self.missing_reasons()),
        }


class Driver:
    """Chooses steps for one ledger and applies them: of these rows, and of others what those need done first; now and
    then one that aims at a reason.
    """

    def __init__(
        self,
        seed: int,
        report: Report,
        machine: Callable[..., Any] | None = None,
        rows: Sequence[str] = ROWS,
        aims: Mapping[Reason, Aim] = AIMS,
    ) -> None:
        self._rows = rows
        self._aims = aims
        self.world = World(seed, machine)
        self.report = report
        self.seed = seed
        self._rng = random.Random(seed ^ 0x5EED)
        self._count = 0

    def run(self, steps: int) -> None:
        """Apply steps until so many were; a Difference ends it with the seed and the number of the step."""
        try:
            for step in self.world.furnish():
                self.apply(step)
            while self._count < steps:
                self._pass_time()
                self.apply(*self.choose())
            self._compare_all()
        except Difference as difference:
            raise Difference(f"seed {self.seed}, step {self._count}: {difference}") from difference

    def apply(self, *steps: Step) -> None:
        """Apply one batch, compare, and check the laws."""
        before = self._count
        self._count += len(steps)
        try:
            outcomes = self.world.pair.apply(*steps)
        except Exception as error:
            # What neither side can even be asked is the driver's own fault: say which step it was.
            error.add_note(f"seed {self.seed}, step {self._count}: {steps}")
            raise
        touched = outcomes[0].touched
        self.report.compared += len(touched)
        self.report.laws_checked += laws.hold(self.world.state, touched, PLATFORM, self.world.pair.before)
        done = [step for step, outcome in zip(steps, outcomes, strict=True) if outcome.done]
        if done:
            self.report.laws_checked += after_goods(
                self.world.state, done, self.world.pair.before, self.world.today
            )
        for step, outcome in zip(steps, outcomes, strict=True):
            if outcome.done:
                self.report.laws_checked += laws.after(self.world.state, step, self.world.now)
                self.world.done.append(step)
            self._note(row_of(step), outcome)
        if before // FULL_COMPARE != self._count // FULL_COMPARE:
            self._compare_all()

    def _compare_all(self) -> None:
        world = self.world
        self.report.compared += world.pair.compare_all()
        world.pair.compare(mirror.policy_days(world.now))
        self.report.laws_checked += laws.all_hold(world.state, PLATFORM)

    def _note(self, row: str, outcome: Outcome) -> None:
        report = self.report
        report.steps += 1
        report.valid += 1
        if not outcome.carried:
            report.reasons[NOT_CARRIED] += 1
        for reason in outcome.reasons:
            report.reasons[reason.name] += 1
        if outcome.done:
            report.done[row] += 1

    # ── choosing ────────────────────────────────────────────────────────────────────────────────────────────

    def choose(self) -> list[Step]:
        """The next step, or, now and then, a batch of steps of one verb."""
        steps = [self._choose()]
        if steps[0].verb not in ALONE and self._rng.random() < 0.1:
            propose = PROPOSALS.get(row_of(steps[0]))
            for _ in range(self._rng.randint(1, 4)):
                more = propose(self.world) if propose is not None else None
                # A proposal may first do what it lacks: that is another verb, and does not travel with these.
                steps += [more] if more is not None and more.verb == steps[0].verb else []
        return [replace(step, sender=steps[0].sender) for step in steps]

    def _choose(self) -> Step:
        """One queued, one that aims at a rare reason, or a likely one, spoilt now and then."""
        world, rng = self.world, self._rng
        if world.queue:
            return world.queue.pop(0)
        mood = rng.random()
        world.loose = 0.5 if mood < 0.25 else 0.0
        if rng.random() < 0.2:
            step = self._aimed()
            if step is not None:
                return step
        step = self._likely()
        if 0.25 <= mood < 0.55:
            step = spoil(world, step)
        return self._sent(step)

    def _aimed(self) -> Step | None:
        rare = sorted(self._aims, key=lambda reason: (self.report.reasons[reason.name], self._rng.random()))
        for reason in rare[:6]:
            step = self._aims[reason](self.world)
            if step is not None:
                return step
        return None

    def _likely(self) -> Step:
        weights = [1 / (1 + self.report.done[row]) ** 1.5 for row in self._rows]
        row = self._rng.choices(self._rows, weights)[0]
        while True:
            step = PROPOSALS[row](self.world)
            if step is not None:
                return step
            row = self._rng.choice(NEEDS.get(row, self._rows))

    def _sent(self, step: Step) -> Step:
        """Most steps come by an admitted relayer; some by a signer, some by a stranger."""
        chance = self._rng.random()
        if chance < 0.03:
            return replace(step, sender=STRANGER)
        if chance < 0.08:
            keys = [key for key in self.world.state.signers if key not in self.world.wallets]
            return replace(step, sender=self._rng.choice(keys))
        return step

    def _pass_time(self) -> None:
        world, chance = self.world, self._rng.random()
        if chance < 0.35:
            world.pair.pass_seconds(self._rng.randint(1, 3_600))
        elif chance < 0.42:
            world.pair.pass_seconds(self._rng.randint(1, 2) * 86_400 + self._rng.randint(-3_600, 3_600))
        elif chance < 0.44:
            # To a day on which something falls due, or the day after.
            due = [day for loan in world.state.loans.values() for day in schedules.due_days(loan)]
            due += [root.due_day for root in world.state.roots.values()]
            soon = [day + late for day in due for late in (0, 1) if 0 < day + late - world.today < 10]
            if soon:
                world.pair.pass_seconds((self._rng.choice(soon) - world.today) * 86_400)
        elif chance < 0.45:
            # To the last second of a day in Shanghai, where every rule by the day turns.
            world.pair.pass_seconds((day_of(world.now) + 1) * 86_400 - 28_800 - 1 - world.now)


def row_of(step: Step) -> str:
    """The row of the signature table a step belongs to."""
    if step.verb != "record":
        return step.verb
    kinds = {kind.value: kind.name.lower() for kind in FactKind}
    name = kinds.get(step.act.kind, "")
    return f"record {name}" if name in propose_money.FACTS else "record"


def run(
    steps: int,
    seeds: Sequence[int],
    machine: Callable[..., Any] | None = None,
    *,
    episode: int = EPISODE,
    rows: Sequence[str] = ROWS,
    aims: Mapping[Reason, Aim] = AIMS,
) -> Report:
    """Run so many steps in all, in episodes that take turns with the seeds; stops at the first difference."""
    report, started = Report(seeds=list(seeds)), time.monotonic()
    number = 0
    while report.steps < steps and not report.violations:
        seed = seeds[number % len(seeds)] + 1_000_003 * (number // len(seeds))
        number += 1
        try:
            Driver(seed, report, machine, rows, aims).run(min(episode, max(1, steps - report.steps)))
        except Difference as difference:
            report.violations.append(str(difference))
    report.seconds = round(time.monotonic() - started, 1)
    return report


def describe(report: Report) -> str:
    """The coverage, for people."""
    lines = [
        f"{report.steps} steps in {report.seconds} s, seeds {report.seeds}: {report.compared} records compared, "
        f"{report.laws_checked} laws checked, {len(report.violations)} differences",
        "done: " + ", ".join(f"{row} {report.done[row]}" for row in ROWS),
        "reasons: " + ", ".join(f"{reason.name} {report.reasons[reason.name]}" for reason in Reason),
        f"not carried for a stranger: {report.reasons[NOT_CARRIED]}",
        f"rows done less than {ENOUGH} times: {report.missing_rows() or 'none'}",
        f"reasons never reached: {report.missing_reasons() or 'none'}",
        *report.violations,
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The bench: fixed seeds and a fresh one, printed. Answers 0 when everything was reached without a difference."""
    parser = argparse.ArgumentParser(description="model = contracts over random steps")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, action="append", help="fixed seeds; 1 and 2 when none is given")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    report = run(options.steps, [*(options.seed or [1, 2]), secrets.randbelow(2**31)])
    sys.stdout.write(describe(report) + "\n")
    content = report.as_dict()
    if options.json:
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0 if content["reached"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
