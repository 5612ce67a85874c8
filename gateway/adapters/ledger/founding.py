"""The founding of a network, as people write it down: a TOML file with the first parties and who carries acts.

Genesis is the platform and the first banks; they admit everyone else. What is written here is public and holds no
key: addresses, hashes and numbers.
"""

from __future__ import annotations

import tomllib
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from chainsvc.artifacts import Artifact, load
from chainsvc.backends.rpc import Rpc
from chainsvc.deployment import Deployment, Plan, audit, deploy, tallystick
from chainsvc.deployment.deploy import WrongChain, record_path
from chainsvc.signing import Signer
from gateway.adapters.ledger import acts
from gateway.domain.records import MAX_AMOUNT, Kind, Role

FOREVER = (1 << 40) - 1
"""The last second that an act can name."""

FOUNDING_BANKS = 3
"""With fewer, one bank and the platform could found, admit and recover alone."""


def _names(kind: type[Role] | type[Kind]) -> BeforeValidator:
    """Reads a list of names, lower case with hyphens, into the bits they stand for."""
    known = {str(each.name).lower().replace("_", "-"): each for each in kind}

    def read(names: Any) -> int:
        if not isinstance(names, list) or not names:
            raise ValueError("a list of names is expected")
        for name in names:
            if name not in known:
                raise ValueError(f"{name} is none of {', '.join(known)}")
        return reduce(or_, (int(known[name]) for name in names))

    return BeforeValidator(read)


def _hash(text: Any) -> bytes:
    found = bytes.fromhex(str(text).removeprefix("0x"))
    if len(found) != 32:
        raise ValueError("32 bytes in hexadecimal are expected")
    return found


Address = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]
Hash = Annotated[bytes, BeforeValidator(_hash)]
Number = Annotated[int, Field(ge=1, lt=1 << 32)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FoundingSigner(_Table):
    """One key of one person; `solo_cap` in minor units is the most it signs for without a second person."""

    key: Address
    person: Number
    roles: Annotated[int, _names(Role)]
    solo_cap: Annotated[int, Field(ge=0, le=MAX_AMOUNT)] = MAX_AMOUNT
    valid_from: Annotated[int, Field(ge=0, le=FOREVER)] = 0
    valid_until: Annotated[int, Field(ge=0, le=FOREVER)] = FOREVER
    managed: bool = False
    certificate: Hash = bytes(32)


class FoundingParty(_Table):
    """One party of genesis. `group` is who controls it, itself by default; `identity` the hash of who it is."""

    party: Number
    kinds: Annotated[int, _names(Kind)]
    group: Number | None = None
    identity: Hash
    quorum: Annotated[int, Field(ge=1, le=255)]
    signers: Annotated[list[FoundingSigner], Field(min_length=1)]

    def admission(self) -> Any:
        """The Admit act of this party, as the Registry's constructor takes it."""
        return admission(
            {
                "party": self.party,
                "kinds": self.kinds,
                "group": self.group or self.party,
                "identity": self.identity,
                "quorum": self.quorum,
                "signers": [_grant(each) for each in self.signers],
                "expiresAt": FOREVER,
            }
        )


class Founding(_Table):
    """A network: its chain, who admits relayers, the relayers, and the first parties."""

    chain_id: Annotated[int, Field(ge=1)]
    administrator: Address
    relayers: Annotated[list[Address], Field(min_length=2)]
    parties: Annotated[list[FoundingParty], Field(min_length=1)]

    @model_validator(mode="after")
    def _can_govern(self) -> Founding:
        banks = sum(bool(each.kinds & Kind.BANK) for each in self.parties)
        if banks < FOUNDING_BANKS or not any(each.kinds & Kind.PLATFORM for each in self.parties):
            raise ValueError(
                f"parties: a platform and at least {FOUNDING_BANKS} banks are needed, {banks} are banks"
            )
        return self

    @classmethod
    def read(cls, path: Path) -> Founding:
        """From a TOML file. Raises OSError, tomllib.TOMLDecodeError, pydantic.ValidationError."""
        return cls.model_validate(tomllib.loads(path.read_text()))

    def plan(self) -> Plan:
        """What is to stand on the chain."""
        return tallystick(
            administrator=self.administrator,
            relayers=self.relayers,
            genesis=[each.admission() for each in self.parties],
        )


def admission(message: dict[str, Any]) -> Any:
    """An Admit act as the Registry's constructor takes it."""
    return acts.pack_act("admit", message)


def establish(rpc: Rpc, deployer: Signer, plan: Plan, *, chain_id: int, records: Path) -> Deployment:
    """Deploy what is not deployed yet, audit it, and return the record; raises as `deploy` does."""
    return deploy(rpc, deployer, plan, _artifacts(plan), chain_id=chain_id, folder=records)


def differences(rpc: Rpc, plan: Plan, *, chain_id: int, records: Path) -> list[str]:
    """What stands on the chain other than the plan says, as sentences.

    Raises WrongChain, FileNotFoundError for a chain without a record, Unreachable.
    """
    found = int(rpc.call("eth_chainId"), 16)
    if found != chain_id:
        raise WrongChain(f"the node is on chain {found}, not {chain_id}")
    record = Deployment.load(record_path(rpc, records))
    return audit(
        rpc,
        plan,
        _artifacts(plan),
        record.addresses,
        deployer=record.deployer,
        first_block=record.first_block,
    )


def _artifacts(plan: Plan) -> dict[str, Artifact]:
    return {step.contract: load(step.contract) for step in plan.contracts}


def _grant(signer: FoundingSigner) -> dict[str, Any]:
    return {
        "key": signer.key,
        "person": signer.person,
        "roles": signer.roles,
        "soloCap": signer.solo_cap,
        "validFrom": signer.valid_from,
        "validUntil": signer.valid_until,
        "managed": signer.managed,
        "certificate": signer.certificate,
    }
