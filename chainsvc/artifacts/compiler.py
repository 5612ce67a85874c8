"""From Solidity sources to artifact documents, byte for byte the same on every machine."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

WRAPPER = Path(__file__).parent / "solc.js"
CONTRACTS = Path(__file__).parents[2] / "contracts"

_IMPORT = re.compile(r"^\s*import\s+(?:[^;\"']*\sfrom\s+)?[\"']([^\"']+)[\"']", re.MULTILINE)
_NUMBERED_TYPE = re.compile(r"(t_(?:struct|enum|contract|userDefinedValueType)\([^()]*\))\d+")
_BROUGHT_BY_BOTH = {"eip712Domain()"}
"""What a contract and its page inherit from one library; the contract answers it."""
_OUTPUTS = [
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
    "evm.methodIdentifiers",
    "storageLayout",
]


class CompilerUnavailable(RuntimeError):
    """Node, npm's solc or the contract library is not installed, or of another version."""


class SourceError(ValueError):
    """The sources do not compile, or an import leads nowhere."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """`compiler.json`: which compiler, which settings, which contracts are deployed."""

    root: Path
    solc: str
    settings: Mapping[str, Any]
    dependencies: Mapping[str, str]
    contracts: tuple[str, ...]
    pages: Mapping[str, str]
    """Contracts to the one whose code answers what their own does not know: see contracts/types/Pages.sol."""

    @classmethod
    def read(cls, root: Path) -> Configuration:
        """Read `root/compiler.json`."""
        content = json.loads((root / "compiler.json").read_text())
        return cls(
            root=root,
            solc=content["solc"],
            settings=content["settings"],
            dependencies=content["dependencies"],
            contracts=tuple(content["contracts"]),
            pages=content.get("pages", {}),
        )


@dataclass(frozen=True, slots=True)
class Build:
    """Artifact documents by contract name, and the listed contracts that have no source yet."""

    documents: Mapping[str, dict[str, Any]]
    missing: tuple[str, ...]


def build(root: Path = CONTRACTS) -> Build:
    """Compile everything under `root` and describe the contracts its compiler.json lists.

    Raises CompilerUnavailable when the compiler cannot be run and SourceError when it refuses.
    """
    configuration = Configuration.read(root)
    sources = _own_sources(root)
    places = dict(_places(configuration, sources))
    missing = tuple(entry for entry in configuration.contracts if entry not in places)
    for path, _ in places.values():
        sources.setdefault(path, _read(configuration, path))
    sources = _with_imports(configuration, sources)
    output = _compile(configuration, sources, list(places.values()))
    names = dict(_variable_names(output["sources"]))
    documents = {
        contract: _document(configuration, sources, path, contract, output, names)
        for path, contract in places.values()
    }
    for contract, page in configuration.pages.items():
        _bind(documents[contract], documents[page])
    return Build(documents=documents, missing=missing)


def _bind(document: dict[str, Any], page: Mapping[str, Any]) -> None:
    """Put into a contract's interface what its second page answers. Raises SourceError where that is no page of it."""
    if _records(document) != _records(page):
        raise SourceError(
            f"{page['contract']} keeps other records than {document['contract']}, whose page it is"
        )
    shared = document["methodIdentifiers"].keys() & page["methodIdentifiers"].keys() - _BROUGHT_BY_BOTH
    if shared:
        raise SourceError(f"{page['contract']} would never be asked for {', '.join(sorted(shared))}")
    own = document["abi"]
    document["abi"] = own + [
        entry for entry in page["abi"] if entry["type"] != "constructor" and entry not in own
    ]
    document["methodIdentifiers"] = {**document["methodIdentifiers"], **page["methodIdentifiers"]}
    document["sourceHash"] = hashlib.sha256(
        f"{document['sourceHash']}{page['sourceHash']}".encode()
    ).hexdigest()


def _records(document: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (entry["label"], entry["slot"], str(entry["offset"]), entry["type"])
        for entry in document["storageLayout"]["storage"]
    ]


def serialise(document: Mapping[str, Any]) -> bytes:
    """The bytes that are committed: sorted, one key a line, final newline."""
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _own_sources(root: Path) -> dict[str, str]:
    files = sorted(path for path in root.rglob("*.sol") if "node_modules" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_text() for path in files}


def _places(
    configuration: Configuration, sources: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Entry of compiler.json to (source, contract); an entry is `Name` or `path/of/File.sol:Name`."""
    for entry in configuration.contracts:
        if ":" in entry:
            path, name = entry.rsplit(":", 1)
            yield entry, (path, name)
            continue
        declared = re.compile(rf"^contract\s+{entry}\b", re.MULTILINE)
        paths = [path for path, text in sources.items() if declared.search(text)]
        if len(paths) > 1:
            raise SourceError(f"contract {entry} is declared in {' and '.join(paths)}")
        if paths:
            yield entry, (paths[0], entry)


def _read(configuration: Configuration, name: str) -> str:
    for prefix, folder in configuration.dependencies.items():
        if name.startswith(prefix):
            path = configuration.root / folder / name.removeprefix(prefix)
            if not (configuration.root / folder).is_dir():
                raise CompilerUnavailable(f"{prefix} is not installed: npm ci in {configuration.root.name}/")
            break
    else:
        path = configuration.root / name
    try:
        return path.read_text()
    except FileNotFoundError:
        raise SourceError(f"import of {name}: no such file") from None


def _imports(name: str, text: str) -> Iterator[str]:
    for target in _IMPORT.findall(text):
        if not target.startswith("."):
            yield target
            continue
        parts: list[str] = list(PurePosixPath(name).parent.parts)
        for part in PurePosixPath(target).parts:
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        yield "/".join(parts)


def _with_imports(configuration: Configuration, sources: Mapping[str, str]) -> dict[str, str]:
    found = dict(sources)
    waiting = list(sources)
    while waiting:
        name = waiting.pop()
        for target in _imports(name, found[name]):
            if target not in found:
                found[target] = _read(configuration, target)
                waiting.append(target)
    return found


def _closure(sources: Mapping[str, str], path: str) -> set[str]:
    seen = {path}
    waiting = [path]
    while waiting:
        name = waiting.pop()
        for target in _imports(name, sources[name]):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def _compile(
    configuration: Configuration, sources: Mapping[str, str], places: list[tuple[str, str]]
) -> dict[str, Any]:
    try:
        from solcx import compile_standard
        from solcx.exceptions import SolcError
        from solcx.wrapper import get_solc_version
    except ImportError as error:
        raise CompilerUnavailable("py-solc-x is not installed (dependency group test)") from error
    selection: dict[str, dict[str, list[str]]] = {"*": {"": ["ast"]}}
    for path, contract in places:
        selection.setdefault(path, {})[contract] = _OUTPUTS
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sorted(sources.items())},
        "settings": {**configuration.settings, "outputSelection": selection},
    }
    try:
        version = str(get_solc_version(WRAPPER))
        if version != configuration.solc:
            raise CompilerUnavailable(f"solc {configuration.solc} is wanted, {version} is installed")
        output: dict[str, Any] = compile_standard(request, solc_binary=WRAPPER)
    except SolcError as error:
        if error.error_dict is None:
            raise CompilerUnavailable(str(error)) from error
        raise SourceError(error.message) from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise CompilerUnavailable(f"the compiler did not run: {error}") from error
    return output


def _variable_names(sources: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Identity in the syntax tree to `Contract.variable`, for naming immutables."""
    for source in sources.values():
        for node in source["ast"]["nodes"]:
            if node["nodeType"] == "ContractDefinition":
                for member in node["nodes"]:
                    if member["nodeType"] == "VariableDeclaration":
                        yield str(member["id"]), f"{node['name']}.{member['name']}"


def _document(
    configuration: Configuration,
    sources: Mapping[str, str],
    path: str,
    contract: str,
    output: Mapping[str, Any],
    names: Mapping[str, str],
) -> dict[str, Any]:
    try:
        compiled = output["contracts"][path][contract]
    except KeyError:
        raise SourceError(f"{path} declares no contract {contract}") from None
    runtime = compiled["evm"]["deployedBytecode"]
    return {
        "contract": contract,
        "source": path,
        "abi": compiled["abi"],
        "bytecode": compiled["evm"]["bytecode"]["object"],
        "deployedBytecode": runtime["object"],
        "immutableReferences": {
            names[number]: parts for number, parts in runtime["immutableReferences"].items()
        },
        "methodIdentifiers": compiled["evm"]["methodIdentifiers"],
        "storageLayout": _stable_layout(compiled["storageLayout"]),
        "sourceHash": _source_hash(configuration, sources, path),
    }


def _stable_layout(layout: Mapping[str, Any]) -> Any:
    """The layout without syntax tree numbers, which change when an unrelated file is added."""
    text = _NUMBERED_TYPE.sub(r"\1", json.dumps(layout))

    def without_number(entry: dict[str, Any]) -> dict[str, Any]:
        entry.pop("astId", None)
        return entry

    return json.loads(text, object_hook=without_number)


def _source_hash(configuration: Configuration, sources: Mapping[str, str], path: str) -> str:
    digest = hashlib.sha256(json.dumps([configuration.solc, configuration.settings], sort_keys=True).encode())
    for name in sorted(_closure(sources, path)):
        text = sources[name].encode()
        digest.update(f"\n{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()
