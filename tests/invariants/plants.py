"""Planted faults: contracts with one rule missing, which the state machine must catch.

    python -m tests.invariants.plants --json FILE

A suite that would not notice a fault proves nothing. Each plant removes or bends one rule in a copy of the
sources, compiles the contract it stands in, and lets the state machine run until it reports a difference.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from chainsvc.artifacts import Artifact, load
from chainsvc.artifacts.compiler import CONTRACTS, build, serialise
from tests.house.machine import Machine
from tests.invariants.goods_machine import run_goods
from tests.invariants.machine import run

STEPS = 6_000
"""Within so many steps every plant is caught."""


@dataclass(frozen=True, slots=True)
class Plant:
    """One rule taken out of one contract: `old` stands once in `source` and becomes `new`."""

    contract: str
    source: str
    old: str
    new: str = ""


PLANTS: Mapping[str, Plant] = {
    "skipped expiry of an offer": Plant(
        "Evidence",
        "evidence/Evidence.sol",
        "if (_today() > _lastDay(_ledger.rootOf(act.root))) return Reason.OfferLapsed;",
    ),
    "skipped expiry of an instruction": Plant(
        "Ledger",
        "titles/Circulation.sol",
        "SplitAct memory act = item.act;\n        if (block.timestamp > act.expiresAt)",
        "SplitAct memory act = item.act;\n        if (block.timestamp > act.expiresAt + 365 days)",
    ),
    "double payout of a list": Plant(
        "Ledger",
        "titles/Discharge.sol",
        "if (money.distributed() + sum > money.received()) Refusals.refuse(Reason.AboveReceived);",
    ),
    "double payout by one movement": Plant(
        "Settlement",
        "settlement/Facts.sol",
        "if (_movements[movement] != 0) return Reason.MovementUsed;\n        FacilityWord facility;",
        "FacilityWord facility;",
    ),
    "interest from the day after": Plant(
        "Credit",
        "credit/Loans.sol",
        "loan.withStartDay(valueDay).withAccruedDay(valueDay)",
        "loan.withStartDay(valueDay).withAccruedDay(valueDay + 1)",
    ),
    "one person passes a rule of two": Plant(
        "Ledger",
        "access/Keys.sol",
        "if (reason == Reason.None && one == two) reason = Reason.SamePerson;",
    ),
}
"""Faults by name, each of a kind that has happened elsewhere."""

GOODS_PLANTS: Mapping[str, Plant] = {
    "unchecked signature of a keeper": Plant(
        "Goods",
        "goods/GoodsStore.sol",
        "(reason,) = _check(digest, keeper, Needs.need(root.debtor(), ROLE_KEEP, 0));",
    ),
    "ignored share of a short pool": Plant(
        "Goods",
        "goods/Handover.sol",
        "if (act.delivered != act.quantity * stored / nominal) return Reason.ShareWrong;",
        "if (act.delivered > act.quantity || stored > nominal) return Reason.ShareWrong;",
    ),
    "goods into a short pool": Plant(
        "Goods",
        "goods/Storing.sol",
        "if (stored < nominal) return Reason.LotShort;",
        "if (stored > nominal) return Reason.LotShort;",
    ),
    "pledge of a receipt on paper": Plant(
        "Goods",
        "goods/Pledging.sol",
        "Reason.DifferentHolder;\n        if (word.has(FLAG_PAPER)) return Reason.OnPaper;",
        "Reason.DifferentHolder;",
    ),
    "goods freed without their keeper": Plant(
        "Margin",
        "credit/Collateral.sol",
        "needs[2] = Needs.need(_ledger.rootOf(item.act.lot).debtor(), ROLE_KEEP, 0);",
        "needs[2] = needs[1];",
    ),
}
"""The same of goods: the machine on goods alone catches them."""


def compile_plant(plant: Plant, directory: Path) -> None:
    """Write the artifact of the contract with the plant in it. Raises ValueError when its rule is not in the source."""
    sources = directory / "contracts"
    shutil.copytree(CONTRACTS, sources, ignore=shutil.ignore_patterns("node_modules"))
    (sources / "node_modules").symlink_to(CONTRACTS / "node_modules")
    source = sources / plant.source
    text = source.read_text()
    if text.count(plant.old) != 1:
        raise ValueError(f"{plant.source} holds the rule {text.count(plant.old)} times: {plant.old}")
    source.write_text(text.replace(plant.old, plant.new))
    settings = sources / "compiler.json"
    wanted = json.loads(settings.read_text())
    pages = {name: page for name, page in wanted["pages"].items() if name == plant.contract}
    wanted |= {"contracts": [plant.contract, *pages.values()], "pages": pages}
    settings.write_text(json.dumps(wanted))
    document = build(sources).documents[plant.contract]
    (directory / f"{plant.contract}.json").write_bytes(serialise(document))


class PlantedMachine(Machine):
    """The house with one contract replaced."""

    def __init__(self, artifact: Artifact, genesis: Sequence[Any], start: int) -> None:
        self._planted = artifact
        super().__init__(genesis, start)

    def _artifact(self, name: str) -> Artifact:
        return self._planted if name == self._planted.name else super()._artifact(name)


def planted(name: str, directory: Path) -> Callable[[Any, int], Machine]:
    """A maker of houses with this fault, compiled into `directory`."""
    plant = {**PLANTS, **GOODS_PLANTS}[name]
    compile_plant(plant, directory)
    return partial(PlantedMachine, load(plant.contract, directory))


@dataclass(frozen=True, slots=True)
class Caught:
    """What the state machine made of a plant: after how many steps it reported which difference."""

    plant: str
    caught: bool
    steps: int
    difference: str


def drill(name: str, *, steps: int = STEPS, seed: int = 1) -> Caught:
    """Plant one fault and run the state machine, or that on goods, until it is caught, or for so many steps."""
    drive = run_goods if name in GOODS_PLANTS else run
    with tempfile.TemporaryDirectory() as directory:
        report = drive(steps, [seed], planted(name, Path(directory)))
    found = report.violations[0] if report.violations else ""
    return Caught(name, bool(report.violations), report.steps, found)


def main(arguments: Sequence[str] | None = None) -> int:
    """Every plant; answers 0 when all were caught."""
    parser = argparse.ArgumentParser(description="planted faults that the state machine must catch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    rows = [drill(name, seed=options.seed) for name in (*PLANTS, *GOODS_PLANTS)]
    for row in rows:
        caught = f"caught after {row.steps} steps" if row.caught else "NOT CAUGHT"
        sys.stdout.write(f"{row.plant}: {caught}: {row.difference[-200:]}\n")
    reached = all(row.caught for row in rows)
    if options.json:
        content = {"bench": "drill", "seed": options.seed, "rows": [asdict(row) for row in rows]}
        content |= {"valid": len(rows), "violations": sum(not row.caught for row in rows), "reached": reached}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
