"""Whatever refuses names a rule that the rules API can explain."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gateway.adapters.rulebook import shipped
from gateway.domain.reasons import REASON_SENTENCES, Reason
from gateway.domain.trade_rules import RULES
from gateway.openapi import SENTENCES
from gateway.services.rules import all_rules, explain
from tests.architecture.test_python_rules import parsed

ROOT = Path(__file__).parents[2]
DAY = 20_800
SPELLED = re.compile(r"[A-Z][A-Z0-9]*([-_/][0-9A-Za-z]+)*")
NAMED = {"Problem": 0, "note": 1, "Finding": 3}
"""What names a rule, and at which place of its arguments; or by the keyword `rule`."""
OTHER_PEOPLES = ("gateway/adapters/banks/sandbox/", "gateway/adapters/evidence/service/")


def known() -> set[str]:
    """Every id that is explained, further ids of a row among them."""
    pack = shipped().pack
    found = {each["id"] for each in all_rules(pack, DAY, SENTENCES)}
    return found | {name for rule in pack.rules.values() for name in rule.also}


def named_in(module: ast.Module) -> set[str]:
    """The rules that a module's refusals and findings name in so many words."""
    found = set()
    for node in ast.walk(module):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if name not in NAMED:
            continue
        given = [*node.args[NAMED[name] : NAMED[name] + 1]]
        given += [each.value for each in node.keywords if each.arg in ("rule", "rule_source")]
        for place in given:
            either = [place.body, place.orelse] if isinstance(place, ast.IfExp) else [place]
            found |= {
                each.value
                for each in either
                if isinstance(each, ast.Constant) and SPELLED.fullmatch(str(each.value))
            }
    return found


def test_every_problem_and_finding_names_a_rule_that_is_explained() -> None:
    told = {
        (name, rule)
        for name, module in parsed()
        if name.startswith("gateway/") and not name.startswith(OTHER_PEOPLES)
        for rule in named_in(module)
    }
    assert len({rule for _, rule in told}) > 60
    assert {(name, rule) for name, rule in told if rule not in known()} == set()


@pytest.mark.parametrize("reason", [each for each in Reason if each is not Reason.NONE])
def test_every_reason_of_the_contracts_keeps_a_rule_that_is_explained(reason: Reason) -> None:
    pack = shipped().pack
    told = explain(reason.name, pack, DAY, SENTENCES)
    assert told["sentence"] == REASON_SENTENCES[reason].sentence
    assert explain(told["keeps"], pack, DAY, SENTENCES)["kind"] in ("law", "decision")


@pytest.mark.parametrize("rule", [*RULES, *SENTENCES])
def test_every_rule_of_documents_and_of_the_gateway_is_explained(rule: str) -> None:
    told = explain(rule, shipped().pack, DAY, SENTENCES)
    assert told["id"] == rule
    assert told["sentence"].endswith((".", "`field` names where.", "field."))


def told_by_tests() -> str:
    """The names and docstrings of every test, in lower case, with one sign between the parts of an id."""
    found: list[str] = []
    for file in (ROOT / "tests").rglob("test_*.py"):
        found += [
            f"{node.name} {ast.get_docstring(node) or ''}"
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
    return re.sub(r"[-_/]", "-", " ".join(found)).lower()


def test_every_rule_that_something_keeps_is_named_by_a_test() -> None:
    """By its own id or by one of those it goes by as well; whether the test is a good one is for its readers."""
    told = told_by_tests()
    kept = [rule for rule in shipped().pack.rules.values() if rule.how]
    assert len(kept) > 25

    def named(rule: str) -> bool:
        spelled = re.sub(r"[-_/]", "-", rule).lower()
        return re.search(rf"(?<![a-z0-9]){re.escape(spelled)}(?![0-9])", told) is not None

    assert [rule.id for rule in kept if not any(map(named, (rule.id, *rule.also)))] == []


def test_no_id_means_two_rules() -> None:
    ids = [each["id"] for each in all_rules(shipped().pack, DAY, SENTENCES)]
    assert sorted(ids) == sorted(set(ids))


def test_every_rule_of_law_that_code_and_contracts_quote_is_in_the_pack() -> None:
    quoted = re.compile(r"\b(?:CN77|SME|CC|GI)-[0-9a-z]+(?:/[0-9]+)*\b")
    files = [*(ROOT / "gateway").rglob("*.py"), *(ROOT / "contracts").glob("[a-z]*/*.sol")]
    told = {
        (file.relative_to(ROOT).as_posix(), rule)
        for file in files
        if "node_modules" not in file.parts
        for rule in quoted.findall(file.read_text())
    }
    assert len({rule for _, rule in told}) > 10
    assert {each for each in told if each[1] not in known()} == set()
