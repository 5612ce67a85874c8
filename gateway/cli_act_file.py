"""`tallystick act`: any act of the ledger, from a file with its fields."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.adapters.ledger import acts
from gateway.cli_acts import How, Keys, Out, Wait, carry, post
from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import prepare, signature_parts
from gateway.cli_words import expiry, read_json


@app.command()
def act(
    context: typer.Context,
    function: Annotated[str, typer.Argument(help="the ledger's verb, such as open, release, markGoods")],
    message: Annotated[Path, typer.Option(help="JSON file with the act's fields")],
    needs: Annotated[
        list[str] | None,
        typer.Option(
            "--signer", help="a part that has to sign, such as maker; repeat; none where nobody signs"
        ),
    ] = None,
    unsigned: Annotated[Path | None, typer.Option(help="JSON file with what goes along unsigned")] = None,
    keys: Keys = None,
    out: Out = None,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Any other act of the ledger, from a file with its fields; `expiresAt` is filled in where it is missing.

    An act that nobody signs, such as markGoods or completeSales, is posted at once.
    """

    def work(desk: Desk) -> None:
        verb = acts.verbs().get(function)
        if verb is None:
            raise Failed(Exit.UNUSABLE, f"the ledger has no verb {function!r}")
        _check_signers(function, needs or [])
        fields, beside = read_json(message), read_json(unsigned) if unsigned else {}
        if verb.act:
            fields = {"expiresAt": expiry(desk, 30), **fields}
            carry(desk, prepare(desk.gateway, function, fields, needs or [], **beside), How(keys, out, wait))
            return
        if keys or out or beside:
            raise Failed(Exit.UNUSABLE, f"nobody signs {function}: it takes no --key, --out or --unsigned")
        # Under a key of its own each time: what was looked at today is looked at again tomorrow.
        post(desk, {"function": function, "message": fields}, wait, {"function": function})

    run(context, as_json, work)


def _check_signers(function: str, needs: list[str]) -> None:
    parts = signature_parts(function)
    if needs and not parts:
        raise Failed(Exit.UNUSABLE, f"nobody signs {function}: it takes no --signer")
    if parts and not needs:
        raise Failed(
            Exit.UNUSABLE,
            f"{function} is signed as {', '.join(parts)}: name each that has to sign by --signer",
        )
