"""`scripts/deploy`: puts a network's contracts on its chain, and says what stands there otherwise than founded."""

from __future__ import annotations

import getpass
import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError

from chainsvc.backends.rpc import NodeError, Rpc
from chainsvc.deployment import DeploymentBroken, PlanChanged, WrongChain
from chainsvc.signing import KeySigner, keystore
from gateway.adapters.ledger.founding import Founding, differences, establish

PASSWORD = "TALLYSTICK_DEPLOYER_PASSWORD"

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Unusable(Exception):
    """What was given cannot be used; the message says what and why."""


FoundingFile = Annotated[
    Path, typer.Option("--founding", help="TOML: chain_id, administrator, relayers, parties")
]
Node = Annotated[str, typer.Option("--rpc", help="the node's address")]
Records = Annotated[Path, typer.Option("--records", help="folder of the deployment records")]
_RECORDS = Path(".tallystick/deployment")


@app.callback()
def _about() -> None:
    """The contracts of a network: deploy them, or see whether they stand as founded.

    Ends with 0 when all is as it should be, 1 when it is not, 2 when what was given cannot be used, 3 when the node
    does not answer. Key files open with the password in TALLYSTICK_DEPLOYER_PASSWORD, or the one that is typed.
    """


@app.command()
def key(path: Annotated[Path, typer.Argument(help="file to write; never replaces one")]) -> None:
    """Make a key for a deployer, an administrator or a relayer, encrypted with scrypt, and print its address."""
    with _exits():
        try:
            typer.echo(keystore.create(path, _password(path)).address)
        except OSError as error:
            raise Unusable(f"{path}: {error.strerror}") from error


@app.command()
def run(
    founding: FoundingFile,
    rpc: Node,
    key: Annotated[Path, typer.Option(help="the deployer's encrypted key file")],
    records: Records = _RECORDS,
) -> None:
    """Deploy what of the contracts is not deployed yet, and audit what then stands there."""
    with _exits(), Rpc(rpc) as node:
        plan = _read(founding)
        record = establish(node, _unlock(key), plan.plan(), chain_id=plan.chain_id, records=records)
        for name, address in record.addresses.items():
            typer.echo(f"{name:<14} {address}")
        typer.echo(
            f"{len(record.steps)} steps from block {record.first_block} on, audited; recorded in {records}"
        )


@app.command()
def audit(founding: FoundingFile, rpc: Node, records: Records = _RECORDS) -> None:
    """Compare code, built-in addresses and roles on the chain with the founding; sends nothing, needs no key."""
    with _exits(), Rpc(rpc) as node:
        plan = _read(founding)
        try:
            found = differences(node, plan.plan(), chain_id=plan.chain_id, records=records)
        except FileNotFoundError as error:
            raise Unusable(f"--records: nothing is recorded for this chain in {records}") from error
        if found:
            raise DeploymentBroken("; ".join(found))
        typer.echo("code, built-in addresses and roles are as founded")


@contextmanager
def _exits() -> Iterator[None]:
    try:
        yield
    except (Unusable, WrongChain, PlanChanged) as error:
        _end(2, error)
    except DeploymentBroken as error:
        _end(1, error)
    except NodeError as error:
        _end(3, error)


def _end(code: int, error: Exception) -> NoReturn:
    typer.echo(f"deploy: {error}", err=True)
    raise typer.Exit(code)


def _password(path: Path) -> str:
    return os.environ.get(PASSWORD) or getpass.getpass(f"password of {path}: ")


def _read(path: Path) -> Founding:
    try:
        return Founding.read(path)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Unusable(f"{path}: {error}") from error
    except ValidationError as error:
        found = [f"{'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}" for each in error.errors()]
        raise Unusable(f"{path}: " + "; ".join(found)) from error


def _unlock(path: Path) -> KeySigner:
    try:
        return keystore.load(path, _password(path))
    except (OSError, ValueError) as error:
        raise Unusable(f"--key {path}: {error}") from error


if __name__ == "__main__":
    app()
