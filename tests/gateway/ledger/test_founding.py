"""A network is founded from a file by one command, which goes on, checks, and names what is wrong with the file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from chainsvc.backends.process import Node, start_embedded
from chainsvc.backends.rpc import Rpc
from chainsvc.deployment.deploy import Deployment, record_path
from gateway.adapters.ledger.deployed import deployed
from gateway.adapters.ledger.founding import Founding
from gateway.adapters.ledger.words import PARTY
from gateway.domain.records import Kind, Role

CHAIN_ID = 20_331


def address(number: int) -> str:
    return str(Account.from_key(number.to_bytes(32, "big")).address)


def founding_text(banks: int = 3) -> str:
    lines = [
        f"chain_id = {CHAIN_ID}",
        f'administrator = "{address(901)}"',
        f'relayers = ["{address(902)}", "{address(903)}"]',
    ]
    for party in range(1, banks + 2):
        kinds = '["platform"]' if party == 1 else '["bank", "lender"]'
        lines += [
            "[[parties]]",
            f"party = {party}",
            f"kinds = {kinds}",
            f'identity = "0x{party:064x}"',
            "quorum = 2",
        ]
        for person in (1, 2):
            lines += [
                "[[parties.signers]]",
                f'key = "{address(party * 10 + person)}"',
                f"person = {person}",
                'roles = ["office", "admin"]',
            ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with start_embedded(tmp_path_factory.mktemp("chain"), chain_id=CHAIN_ID) as node:
        yield node


def deploy(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TALLYSTICK_DEPLOYER_PASSWORD": "correct horse", "COLUMNS": "200"}
    command = [sys.executable, "-m", "gateway.deploy", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def network(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with key, founding and record of a network that was deployed by the command."""
    folder = tmp_path_factory.mktemp("network")
    made = deploy("key", folder / "deployer.json")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("0x")
    assert (folder / "deployer.json").stat().st_mode & 0o077 == 0
    (folder / "founding.toml").write_text(founding_text())
    options = ["--founding", folder / "founding.toml", "--rpc", node.url, "--records", folder / "records"]
    run = deploy("run", *options, "--key", folder / "deployer.json")
    assert run.returncode == 0, run.stderr
    assert "Settlement" in run.stdout
    assert "audited" in run.stdout
    return folder


def test_the_network_stands_as_the_file_says(node: Node, network: Path) -> None:
    with Rpc(node.url) as rpc:
        ledger = deployed(rpc, network / "records").book["Ledger"]
        ask = ledger.interface.function("partyOf")
        answers = [
            rpc.call("eth_call", {"to": ledger.address, "data": "0x" + ask.encode(party).hex()}, "latest")
            for party in (1, 2, 9)
        ]
    platform, bank, nobody = (ask.decode_output(bytes.fromhex(answer[2:])) for answer in answers)
    assert PARTY.unpack(platform)["kinds"] == Kind.PLATFORM
    assert PARTY.unpack(bank)["kinds"] == Kind.BANK | Kind.LENDER
    assert nobody == 0


def test_run_twice_deploys_once(node: Node, network: Path) -> None:
    options = ["--founding", network / "founding.toml", "--rpc", node.url, "--records", network / "records"]
    with Rpc(node.url) as rpc:
        before = Deployment.load(record_path(rpc, network / "records"))
        again = deploy("run", *options, "--key", network / "deployer.json")
        assert again.returncode == 0, again.stderr
        assert Deployment.load(record_path(rpc, network / "records")) == before


def test_the_audit_names_a_relayer_the_founding_does_not_know(node: Node, network: Path) -> None:
    options = ["--rpc", node.url, "--records", network / "records"]
    assert deploy("audit", "--founding", network / "founding.toml", *options).returncode == 0
    other = network / "other.toml"
    other.write_text(founding_text().replace(address(903), address(904)))
    found = deploy("audit", "--founding", other, *options)
    assert found.returncode == 1
    assert address(903).lower() in found.stderr
    assert address(904).lower() in found.stderr


def test_another_founding_does_not_continue_the_record(node: Node, network: Path) -> None:
    other = network / "changed.toml"
    other.write_text(founding_text(banks=4))
    found = deploy(
        "run", "--founding", other, "--rpc", node.url, "--records", network / "records",
        "--key", network / "deployer.json",
    )  # fmt: skip
    assert found.returncode == 2
    assert "another plan" in found.stderr


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("chain_id = 20331\n", ""), "chain_id"),
        (('["platform"]', '["plattform"]'), "parties.0.kinds: Value error, plattform is none of"),
        (('"office", "admin"', '"office", "adm"'), "parties.0.signers.0.roles"),
        (('identity = "0x', 'identity = "0y'), "parties.0.identity"),
        (("quorum = 2", "quorum = 0"), "parties.0.quorum"),
        (("person = 1", "persons = 1"), "parties.0.signers.0.person"),
        (('["platform"]', '["bank"]'), "a platform and at least 3 banks"),
        ((f', "{address(903)}"', ""), "relayers"),
    ],
)
def test_a_wrong_file_is_refused_by_the_name_of_its_field(
    tmp_path: Path, change: tuple[str, str], named: str
) -> None:
    path = tmp_path / "founding.toml"
    path.write_text(founding_text().replace(*change))
    found = deploy("audit", "--founding", path, "--rpc", "http://127.0.0.1:1", "--records", tmp_path)
    assert found.returncode == 2
    assert named in found.stderr


def test_two_banks_are_too_few(tmp_path: Path) -> None:
    path = tmp_path / "founding.toml"
    path.write_text(founding_text(banks=2))
    with pytest.raises(ValueError, match="2 are banks"):
        Founding.read(path)


def test_roles_are_read_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "founding.toml"
    path.write_text(founding_text().replace('"office", "admin"', '"credit-maker", "payments"'))
    roles = Founding.read(path).parties[1].signers[0].roles
    assert roles == Role.CREDIT_MAKER | Role.PAYMENTS


def test_a_silent_node_and_a_wrong_password_end_apart(node: Node, network: Path, tmp_path: Path) -> None:
    founding = network / "founding.toml"
    silent = deploy("audit", "--founding", founding, "--rpc", "http://127.0.0.1:1", "--records", tmp_path)
    assert silent.returncode == 3
    options = ["--founding", founding, "--rpc", node.url, "--records", tmp_path]
    found = deploy("run", *options, "--key", network / "founding.toml")
    assert found.returncode == 2
    assert "--key" in found.stderr
