"""A verdict as text for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from gateway.console.words import Words
from gateway.ids import format_id
from gateway.services.verdict import AUTHENTIC, FREE, NOTE, Branch, Check, Step, Verdict, moment


def verdict_text(verdict: Verdict, *, language: str = "en", evidence: bool = False) -> RenderableType:
    """What to print: the verdict, each check, the way from the root; with `evidence` all that was found."""
    words = Words(language)
    colour = "green" if verdict.free else ("yellow" if verdict.authentic else "red")
    parts: list[RenderableType] = [Panel(Text(verdict.sentence, style="bold"), border_style=colour)]
    parts += [
        _checks(words, group, [each for each in verdict.checks if each.group == group], evidence)
        for group in (AUTHENTIC, FREE, NOTE)
        if any(each.group == group for each in verdict.checks)
    ]
    if verdict.lineage is not None:
        parts.append(_tree(words, verdict, verdict.lineage))
    place = verdict.place
    parts.append(
        Text(
            f"chain {place.chain_id}, ledger {place.ledger}, block {place.block_number} {place.block_hash}, "
            f"{moment(place.time)}, {place.client}",
            style="dim",
        )
    )
    return Group(*parts)


def _checks(words: Words, group: str, checks: list[Check], evidence: bool) -> Table:
    table = Table(title=words(f"group.{group}"), title_justify="left", box=None, show_header=False)
    for check in checks:
        bad = "yellow" if group == NOTE else "red"
        mark = Text("✓", style="green") if check.holds else Text("!" if group == NOTE else "✗", style=bad)
        table.add_row(mark, Text(words(f"check.{check.id}"), style="bold"), Text(check.sentence))
        if evidence or not check.holds:
            for label, value in check.evidence:
                table.add_row("", Text(f"  {label}", style="dim"), Text(value, style="dim"))
    return table


def _tree(words: Words, verdict: Verdict, branch: Branch) -> Tree:
    tree = Tree(_node(words, verdict, branch))
    _grow(words, verdict, branch, tree)
    return tree


def _grow(words: Words, verdict: Verdict, branch: Branch, tree: Tree) -> None:
    for step in branch.steps:
        tree.add(_step(words, verdict, step))
    for each in branch.branches:
        _grow(words, verdict, each, tree.add(_node(words, verdict, each)))


def _node(words: Words, verdict: Verdict, branch: Branch) -> Text:
    style = "bold cyan" if branch.title == verdict.title else "bold"
    text = Text(format_id(branch.title), style=style)
    text.append(f"  {words('party')} {branch.holder}, {verdict.measured(branch.quantity)}", style="default")
    return text


def _step(words: Words, verdict: Verdict, step: Step) -> Text:
    other = "" if step.other is None else f" {format_id(step.other)}"
    to = f" {words('to')} {words('party')} {step.to_party}" if step.to_party != step.from_party else ""
    signers = ", ".join(f"{each.part} {each.party}/{each.person}" for each in step.signatures)
    text = Text(f"{words(f'event.{step.event}')}{other} {verdict.measured(step.quantity)}{to}")
    text.append(f"  {words('block')} {step.block}  {signers}", style="dim")
    if step.problem:
        text.append(f"  {step.problem}", style="red")
    return text
