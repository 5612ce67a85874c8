"""The ledger service stands on its own: it imports no business, and its rooms only look one way."""

from __future__ import annotations

import grimp
import pytest

# Each may use those below it and none above.
LAYERS = [
    "chainsvc.api",
    ("chainsvc.deployment", "chainsvc.submitter", "chainsvc.indexer"),
    "chainsvc.book",
    "chainsvc.codec",
    ("chainsvc.backends", "chainsvc.signing", "chainsvc.artifacts", "chainsvc.tables"),
]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("chainsvc", include_external_packages=True)


def test_it_imports_no_business(graph: grimp.ImportGraph) -> None:
    assert "gateway" not in graph.modules


def test_its_rooms_look_downwards_only(graph: grimp.ImportGraph) -> None:
    layers = [{entry} if isinstance(entry, str) else set(entry) for entry in LAYERS]
    assert graph.find_illegal_dependencies_for_layers(layers=layers) == set()


def test_running_it_needs_no_compiler_and_no_web3(graph: grimp.ImportGraph) -> None:
    needs_compiler = graph.find_modules_that_directly_import("solcx")
    assert needs_compiler == {"chainsvc.artifacts.compiler"}
    assert graph.find_modules_that_directly_import("chainsvc.artifacts.compiler") == {
        "chainsvc.artifacts.__main__"
    }
    assert "web3" not in graph.modules
