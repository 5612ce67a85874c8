"""Every rule that a refusal can name, explained: law, decisions, reasons, the gateway's and documents' own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.calendar import iso
from gateway.domain.house_rules import DECISIONS, MONEY_MESSAGES
from gateway.domain.reasons import REASON_SENTENCES, Reason
from gateway.domain.rules import Pack, Rule, UnknownRule, find
from gateway.domain.stock_rules import STOCK_RULES
from gateway.domain.trade_rules import RULES

EVIDENCE, MOVEMENTS, CONTROL = "CN77-9", "DEC-10", "GI-55"
"""What document rules, the rules of banks' entries and those of told stock keep."""


def describe_version(pack: Pack) -> dict[str, Any]:
    """Which version, from when, under which hash."""
    return {"version": pack.version, "effective_from": iso(pack.effective_from), "sha256": pack.sha256}


def describe_rule(rule: Rule, day: int) -> dict[str, Any]:
    """A rule of the pack as it stands on a day."""
    return {
        "id": rule.id, "also": list(rule.also), "kind": "law", "title": rule.title, "sentence": rule.sentence,
        "source": rule.source, "article": rule.article, "since": iso(rule.since),
        "until": None if rule.until is None else iso(rule.until), "in_force": rule.holds_on(day),
        "second_hand": rule.second_hand, "kept_by": [str(place) for place in rule.kept_by], "how": rule.how,
        "parameters": dict(rule.parameters), "keeps": None,
    }  # fmt: skip


def all_rules(pack: Pack, day: int, gateway_rules: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Every rule, those of law first. `gateway_rules`: what the interface itself refuses, with a sentence each."""
    yield from (describe_rule(rule, day) for rule in pack.rules.values())
    yield from (_house("decision", name, sentence) for name, sentence in DECISIONS.items())
    for reason, words in REASON_SENTENCES.items():
        if reason is not Reason.NONE:
            yield _house("reason", reason.name, words.sentence, words.rule_id, "contract")
    yield from (_house("document", rule.id, rule.sentence, EVIDENCE) for rule in RULES.values())
    yield from (_house("gateway", name, sentence, MOVEMENTS) for name, sentence in MONEY_MESSAGES.items())
    yield from (_house("gateway", name, sentence, CONTROL) for name, sentence in STOCK_RULES.items())
    yield from (
        _house("gateway", name, sentence) for name, sentence in gateway_rules.items() if not _is_reason(name)
    )


def explain(rule_id: str, pack: Pack, day: int, gateway_rules: Mapping[str, str]) -> dict[str, Any]:
    """One rule by the id that a refusal quotes, or by a further id of its row. Raises UnknownRule."""
    try:
        return describe_rule(find(pack, rule_id), day)
    except UnknownRule:
        for each in all_rules(pack, day, gateway_rules):
            if each["id"] == rule_id:
                return each
        raise


def _is_reason(name: str) -> bool:
    return name in Reason.__members__


def _house(
    kind: str, name: str, sentence: str, keeps: str | None = None, kept_by: str = "gateway"
) -> dict[str, Any]:
    where = ["contract", "gateway"] if kind == "decision" else [kept_by]
    return {
        "id": name, "also": [], "kind": kind, "title": name, "sentence": sentence, "source": None, "article": None,
        "since": None, "until": None, "in_force": True, "second_hand": False, "kept_by": where, "how": "",
        "parameters": {}, "keeps": keeps,
    }  # fmt: skip
