"""Committed artifacts are what the sources compile to, on any machine, or the check says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chainsvc.artifacts import ArtifactMissing, load, parse
from chainsvc.artifacts.__main__ import main
from chainsvc.artifacts.compiler import Build, CompilerUnavailable, SourceError, build, serialise
from tests.chainsvc.conftest import CONTRACTS


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTRACTS, tmp_path / "sources"))


def run(command: str, sources: Path, built: Path) -> int:
    return main([command, "--contracts", str(sources), "--built", str(built)])


def configure(sources: Path, **changes: object) -> None:
    path = sources / "compiler.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_the_committed_artifacts_are_what_the_contracts_compile_to() -> None:
    assert main(["check"]) == 0


def test_what_was_built_passes_the_check_and_a_changed_byte_does_not(
    sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built = tmp_path / "built"
    assert run("build", sources, built) == 0
    assert run("check", sources, built) == 0
    source = sources / "Pair.sol"
    source.write_text(source.read_text().replace("view returns", "view virtual returns"))
    assert run("check", sources, built) == 1
    assert "Pair: the committed artifact is not what its sources compile to" in capsys.readouterr().err
    (built / "Pair.json").unlink()
    assert run("check", sources, built) == 1
    assert "Pair: not committed" in capsys.readouterr().err


def test_an_unrelated_file_changes_no_artifact(sources: Path, compiled: Build) -> None:
    (sources / "Aaa.sol").write_text("pragma solidity ^0.8.28;\nlibrary Aaa { struct S { uint256 a; } }\n")
    again = build(sources)
    assert {name: serialise(doc) for name, doc in again.documents.items()} == {
        name: serialise(doc) for name, doc in compiled.documents.items()
    }


def test_a_contract_that_is_not_written_yet_is_named_and_the_rest_built(
    sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(sources, contracts=["Tally", "Later"])
    assert run("build", sources, tmp_path / "built") == 1
    assert "Later: no source yet" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "built").iterdir()] == ["Tally.json"]


def test_code_too_large_to_deploy_fails(
    sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = "00" * 25_000
    (sources / "Huge.sol").write_text(
        f'pragma solidity ^0.8.28;\ncontract Huge {{ bytes internal constant B = hex"{blob}";\n'
        "function b() external pure returns (bytes memory) { return B; } }\n"
    )
    configure(sources, contracts=["Huge"])
    assert run("build", sources, tmp_path / "built") == 1
    assert "cannot be deployed" in capsys.readouterr().err


def test_sources_that_do_not_compile_and_imports_to_nowhere_are_errors(sources: Path) -> None:
    (sources / "Broken.sol").write_text("pragma solidity ^0.8.28;\ncontract Broken { uint x = y; }\n")
    with pytest.raises(SourceError, match="Undeclared identifier"):
        build(sources)
    (sources / "Broken.sol").write_text('pragma solidity ^0.8.28;\nimport {A} from "./nowhere/A.sol";\n')
    with pytest.raises(SourceError, match=r"nowhere/A\.sol: no such file"):
        build(sources)


def test_a_check_that_cannot_run_fails(
    sources: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(sources, solc="0.8.1")
    assert run("check", sources, tmp_path) == 2
    assert "solc 0.8.1 is wanted" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CompilerUnavailable):
        build(CONTRACTS)


def test_immutables_are_found_by_name_and_masked(compiled: Build) -> None:
    pair = parse(compiled.documents["Pair"])
    assert set(pair.immutables) == {"Pair.other", "Pair.access", "Pair.born"}
    filled = bytearray(pair.deployed_bytecode)
    for part in pair.immutables["Pair.other"]:
        filled[part.start : part.start + part.length] = b"\x01" * part.length
    assert pair.masked(bytes(filled)) == pair.deployed_bytecode
    assert pair.immutable_values(bytes(filled))["Pair.other"] == {b"\x01" * 32}


def test_loading_needs_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    manager = load("AccessManager")
    assert manager.method_identifiers["grantRole(uint64,address,uint32)"] == "25c471a0"
    with pytest.raises(ArtifactMissing):
        load("NoSuchContract")
