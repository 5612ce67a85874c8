"""House rules of the Python code and of the repository, executed: a rule nobody runs decays."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("chainsvc", "gateway")
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60

# The clocks: where time comes in, to be passed on as an argument.
CLOCKS = {
    "chainsvc/backends/embedded/__main__.py",
    "gateway/adapters/banks/sandbox/__main__.py",
    "gateway/adapters/evidence/service/__main__.py",
    "gateway/bootstrap.py",
}
READS_A_CLOCK = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "time.gmtime",
    "time.localtime",
    "time.time",
    "time.time_ns",
}

# Migrations are lists of tables, read row by row: their length is the schema's.
LISTS = "gateway/db/migrations/versions/"

LEFT_UNDONE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# Registry hosts, and folders that only this or that machine has. Taken apart, so that this file does not name them.
FOREIGN = re.compile(
    "|".join(
        [
            r"registry\.(npmjs|yarnpkg)\.",
            r"\bpypi\.(org|python\.org)\b",
            r"files\.pythonhosted\.",
            r"(?<![\w.$}/-])/(home|root|Users|work)/\w",
        ]
    )
)


def sources() -> list[Path]:
    return sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def tracked() -> list[str]:
    said = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [name for name in said.split("\0") if name and (ROOT / name).is_file()]


def parsed() -> Iterator[tuple[str, ast.Module]]:
    for file in sources():
        yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text())


def dotted(node: ast.expr) -> str:
    """`datetime.now` of the call `datetime.datetime.now(UTC)`: its last two names."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        names.append(node.id)
    return ".".join(reversed(names[:2]))


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def test_no_float_in_the_domain() -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, module in parsed()
        if name.startswith("gateway/domain/")
        for node in ast.walk(module)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]
    assert found == []


def test_the_domain_needs_the_standard_library_only(graph: grimp.ImportGraph) -> None:
    foreign = {
        (module, imported)
        for module in graph.modules
        if module == "gateway.domain" or module.startswith("gateway.domain.")
        for imported in graph.find_modules_directly_imported_by(module)
        if not imported.startswith("gateway.domain") and imported.split(".")[0] not in sys.stdlib_module_names
    }
    assert foreign == set()


@pytest.mark.parametrize("program", ["gateway.adapters.banks.sandbox", "gateway.adapters.evidence.service"])
def test_other_peoples_programs_import_nothing_of_ours(graph: grimp.ImportGraph, program: str) -> None:
    inside = {module for module in graph.modules if module == program or module.startswith(f"{program}.")}
    outside = {
        (module, imported)
        for module in inside
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.split(".")[0] in PACKAGES and imported not in inside
    }
    assert len(inside) > 5
    assert outside == set()


def test_only_clocks_read_the_time() -> None:
    found = {
        (name, dotted(node.func))
        for name, module in parsed()
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and dotted(node.func) in READS_A_CLOCK
    }
    assert {(name, read) for name, read in found if name not in CLOCKS} == set()
    assert {name for name, _ in found} == CLOCKS


def test_files_are_short() -> None:
    lines = {file.relative_to(ROOT).as_posix(): len(file.read_text().splitlines()) for file in sources()}
    long = {
        name: count for name, count in lines.items() if count > MAX_FILE_LINES and not name.startswith(LISTS)
    }
    assert long == {}


def test_functions_are_short() -> None:
    long = {
        (name, node.name): node.end_lineno - node.lineno + 1
        for name, module in parsed()
        if not name.startswith(LISTS)
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    }
    assert long == {}


def test_nothing_is_left_undone_or_bound_to_a_machine() -> None:
    found = []
    for name in tracked():
        try:
            text = (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue
        if name == Path(__file__).relative_to(ROOT).as_posix():
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if LEFT_UNDONE.search(line) or FOREIGN.search(line):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    assert found == []


def test_the_scripts_say_what_they_do() -> None:
    """Each is a word, executable, and begins with a sentence about itself; the README lists it."""
    readme = (ROOT / "README.md").read_text()
    scripts = [file for file in (ROOT / "scripts").iterdir() if not file.suffix]
    assert len(scripts) >= 8
    for script in scripts:
        first, second = script.read_text().splitlines()[:2]
        assert first == "#!/usr/bin/env bash", script.name
        assert second.startswith("# "), script.name
        assert script.stat().st_mode & 0o111, script.name
        assert f"scripts/{script.name}" in readme, script.name
