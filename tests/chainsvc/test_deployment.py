"""A deployment goes on where it broke off, refuses the wrong chain, and the audit sees what is wrong."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from chainsvc.artifacts import Artifact, load
from chainsvc.backends.process import Node, start_embedded
from chainsvc.backends.rpc import Rpc, Unreachable
from chainsvc.deployment import DeploymentBroken, PlanChanged, WrongChain, audit, deploy
from chainsvc.deployment.deploy import Deployment, record_path
from chainsvc.deployment.plan import ADMIN_ROLE, DEPLOYER, RELAYER_ROLE, Call, Create, Plan, Ref, predicted
from chainsvc.signing import KeySigner
from tests.chainsvc.support import CHAIN_ID, Wallet

ADMINISTRATOR = "0x" + "ad" * 20
RELAYER = "0x" + "7e" * 20

# Two contracts that know each other's address before the second one exists.
_FIRST = {"other": Ref("Second"), "access": Ref("AccessManager")}
_SECOND = {"other": Ref("First"), "access": Ref("AccessManager")}
PLAN = Plan(
    contracts=(
        Create("AccessManager", (DEPLOYER,)),
        Create("First", (tuple(_FIRST.values()),), {**_FIRST, "born": 1_700_000_000}),
        Create("Second", (tuple(_SECOND.values()),), {**_SECOND, "born": 1_700_000_000}),
    ),
    calls=(
        Call("AccessManager", "grantRole", (RELAYER_ROLE, RELAYER, 0)),
        Call("AccessManager", "grantRole", (ADMIN_ROLE, ADMINISTRATOR, 0)),
        Call("AccessManager", "renounceRole", (ADMIN_ROLE, DEPLOYER)),
    ),
    roles=frozenset({(RELAYER_ROLE, RELAYER), (ADMIN_ROLE, ADMINISTRATOR)}),
    access_manager="AccessManager",
)
STEPS = len(PLAN.contracts) + len(PLAN.calls)


@pytest.fixture
def artifacts(pair: Artifact) -> Mapping[str, Artifact]:
    return {"AccessManager": load("AccessManager"), "First": pair, "Second": pair}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    options = {"genesis_time": 1_700_000_000, "controlled_clock": True}
    with start_embedded(tmp_path / "chain", chain_id=CHAIN_ID, **options) as node:
        yield node


@pytest.fixture
def rpc(node: Node) -> Iterator[Rpc]:
    with Rpc(node.url) as rpc:
        yield rpc


@pytest.fixture
def signer() -> KeySigner:
    return KeySigner(secrets.token_bytes(32))


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "records"


def test_contracts_stand_where_they_were_predicted_and_know_each_other(
    rpc: Rpc, signer: KeySigner, artifacts: Mapping[str, Artifact], records: Path
) -> None:
    done = deploy(rpc, signer, PLAN, artifacts, chain_id=CHAIN_ID, folder=records)
    assert done.complete
    assert done.addresses == predicted(PLAN, signer.address, 0)
    book = done.book(artifacts)
    both = book["First"].interface.function("both")
    answer = rpc.call(
        "eth_call", {"to": done.addresses["First"], "data": "0x" + both.encode().hex()}, "latest"
    )
    second, manager = both.decode_output(bytes.fromhex(answer[2:]))
    assert (second, manager) == (done.addresses["Second"], done.addresses["AccessManager"])
    assert Deployment.load(record_path(rpc, records)) == done


def test_running_again_does_nothing(
    rpc: Rpc, signer: KeySigner, artifacts: Mapping[str, Artifact], records: Path
) -> None:
    first = deploy(rpc, signer, PLAN, artifacts, chain_id=CHAIN_ID, folder=records)
    head = rpc.call("eth_blockNumber")
    assert deploy(rpc, signer, PLAN, artifacts, chain_id=CHAIN_ID, folder=records) == first
    assert rpc.call("eth_blockNumber") == head


class Breaking(Rpc):
    """A connection that dies for good with the n-th request."""

    def __init__(self, url: str, requests: int) -> None:
        super().__init__(url)
        self.left = requests

    def call(self, method: str, *params: object) -> object:
        if self.left == 0:
            raise Unreachable("gone")
        self.left -= 1
        return super().call(method, *params)


def test_a_deployment_broken_off_anywhere_is_completed(
    node: Node, rpc: Rpc, artifacts: Mapping[str, Artifact], records: Path
) -> None:
    for requests in range(4, 24, 3):
        signer, folder = KeySigner(secrets.token_bytes(32)), records / str(requests)
        with Breaking(node.url, requests) as breaking, pytest.raises(Unreachable):
            deploy(breaking, signer, PLAN, artifacts, chain_id=CHAIN_ID, folder=folder)
        done = deploy(rpc, signer, PLAN, artifacts, chain_id=CHAIN_ID, folder=folder)
        assert done.complete
        assert int(rpc.call("eth_getTransactionCount", signer.address, "latest"), 16) == STEPS


def test_the_wrong_chain_and_another_plan_are_refused(
    rpc: Rpc, signer: KeySigner, artifacts: Mapping[str, Artifact], records: Path
) -> None:
    with pytest.raises(WrongChain):
        deploy(rpc, signer, PLAN, artifacts, chain_id=1, folder=records)
    assert rpc.call("eth_blockNumber") == "0x0"
    deploy(rpc, signer, PLAN, artifacts, chain_id=CHAIN_ID, folder=records)
    other = dataclasses.replace(PLAN, contracts=PLAN.contracts[:2])
    with pytest.raises(PlanChanged):
        deploy(rpc, signer, other, artifacts, chain_id=CHAIN_ID, folder=records)
    with pytest.raises(PlanChanged):
        deploy(rpc, KeySigner(b"\x01" * 32), PLAN, artifacts, chain_id=CHAIN_ID, folder=records)


def test_a_nonce_used_elsewhere_breaks_the_deployment_by_name(
    node: Node, rpc: Rpc, signer: KeySigner, artifacts: Mapping[str, Artifact], records: Path
) -> None:
    with Breaking(node.url, 8) as breaking, pytest.raises(Unreachable):
        deploy(breaking, signer, PLAN, artifacts, chain_id=CHAIN_ID, folder=records)
    nonce = int(rpc.call("eth_getTransactionCount", signer.address, "latest"), 16)
    assert Deployment.load(record_path(rpc, records)).steps[nonce].raw is not None
    Wallet(rpc, signer=signer, nonce=nonce).send(signer.address, b"")
    with pytest.raises(DeploymentBroken, match="was used for something else"):
        deploy(rpc, signer, PLAN, artifacts, chain_id=CHAIN_ID, folder=records)


def test_the_audit_sees_foreign_code_wrong_walls_and_stray_roles(
    rpc: Rpc, signer: KeySigner, artifacts: Mapping[str, Artifact], records: Path, tally: Artifact
) -> None:
    done = deploy(rpc, signer, PLAN, artifacts, chain_id=CHAIN_ID, folder=records)

    def problems(plan: Plan = PLAN, **addresses: str) -> list[str]:
        return audit(rpc, plan, artifacts, {**done.addresses, **addresses}, deployer=signer.address)

    assert problems() == []
    foreign = Wallet(rpc).deploy(tally)
    assert any("bytes of code stand there" in problem for problem in problems(Second=foreign))
    walled = Create("First", PLAN.contracts[1].arguments, {**PLAN.contracts[1].immutables, "other": DEPLOYER})
    (wrong,) = problems(dataclasses.replace(PLAN, contracts=(PLAN.contracts[0], walled, PLAN.contracts[2])))
    assert wrong.startswith(f"First: Pair.other is 0x{done.addresses['Second'][2:].zfill(64)}, not 0x")
    nobody = dataclasses.replace(PLAN, roles=frozenset({(ADMIN_ROLE, ADMINISTRATOR)}))
    assert problems(nobody) == [f"role {RELAYER_ROLE} is held by {RELAYER}, whom the plan does not name"]
    more = dataclasses.replace(PLAN, roles=PLAN.roles | {(RELAYER_ROLE, ADMINISTRATOR)})
    assert problems(more) == [f"role {RELAYER_ROLE} is missing from {ADMINISTRATOR}"]
    silent = dataclasses.replace(PLAN, contracts=(PLAN.contracts[0], Create("First"), PLAN.contracts[2]))
    assert "First: the plan does not say what Pair.other must be" in problems(silent)
