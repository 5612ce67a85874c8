"""`tallystick act`: any act of the ledger, from a file with its fields."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.ledger import acts
from gateway.cli_acts import Days, Evidence, How, Keys, Out, Wait, carry, post
from gateway.cli_app import Json, app, run
from gateway.cli_client import Desk, Exit, Failed
from gateway.cli_keys import prepare, signature_parts
from gateway.cli_words import expiry, hash_of, read_json
from gateway.services.act_fields import kind_of, plain
from gateway.services.json_acts import Types

_FILLED = ("nonce", "expiresAt", "evidence")
_WITHOUT = ("lift", "reinstate")
"""Signed by offices, or by nobody once the end day of what they end is over."""


@app.command()
def act(
    context: typer.Context,
    function: Annotated[str, typer.Argument(help="the ledger's verb, such as open, release, markGoods")],
    message: Annotated[Path | None, typer.Option(help="JSON file with the act's fields")] = None,
    needs: Annotated[
        list[str] | None,
        typer.Option(
            "--signer", help="a part that has to sign, such as maker; repeat; none where nobody signs"
        ),
    ] = None,
    unsigned: Annotated[Path | None, typer.Option(help="JSON file with what goes along unsigned")] = None,
    show_fields: Annotated[
        bool, typer.Option("--fields", help="only show the act's fields, and who signs it")
    ] = False,
    keys: Keys = None,
    out: Out = None,
    evidence: Evidence = None,
    expires_days: Days = 30,
    wait: Wait = 120,
    as_json: Json = False,
) -> None:
    """Any other act of the ledger, from a file with its fields: --fields shows which they are.

    An id may be written PARTY-SERIAL and a day YYYY-MM-DD. What the file leaves out of `nonce`, `expiresAt` and
    `evidence` is filled in. An act that nobody signs, such as markGoods or completeSales, is posted at once.
    """

    def work(desk: Desk) -> None:
        verb = acts.verbs().get(function)
        if verb is None:
            raise Failed(Exit.UNUSABLE, f"the ledger has no verb {function!r}")
        if show_fields:
            _show(desk, verb)
            return
        if message is None:
            raise Failed(
                Exit.UNUSABLE, f"give the fields of {function} with --message FILE; --fields shows them"
            )
        _check_signers(function, needs or [])
        fields = plain(_fields_of(verb), verb.act or function, read_json(message))
        if verb.act:
            hints = {function: _unsigned(verb)}
            beside = plain(hints, function, read_json(unsigned)) if unsigned else {}
            fields = _filled(desk, verb, fields, evidence, expires_days)
            carry(desk, prepare(desk.gateway, function, fields, needs or [], **beside), How(keys, out, wait))
            return
        if keys or out or unsigned or evidence:
            said = f"nobody signs {function}: it takes no --key, --out, --unsigned or --evidence"
            raise Failed(Exit.UNUSABLE, said)
        # Under a key of its own each time: what was looked at today is looked at again tomorrow.
        post(desk, {"function": function, "message": fields}, wait, {"function": function})

    run(context, as_json, work)


def _check_signers(function: str, needs: Sequence[str]) -> None:
    parts = signature_parts(function)
    if needs and not parts:
        raise Failed(Exit.UNUSABLE, f"nobody signs {function}: it takes no --signer")
    if parts and not needs and function not in _WITHOUT:
        raise Failed(
            Exit.UNUSABLE,
            f"{function} is signed as {', '.join(parts)}: name each that has to sign by --signer",
        )


def _filled(
    desk: Desk, verb: acts.Verb, fields: Mapping[str, Any], evidence: Path | None, expires_days: int
) -> dict[str, Any]:
    names = {each["name"] for each in acts.act_types()[verb.act][verb.act]}
    if evidence and "evidence" not in names:
        raise Failed(Exit.UNUSABLE, f"{verb.function} has no evidence")
    found = dict(fields)
    if evidence or "evidence" in names - set(found):
        found["evidence"] = hash_of(evidence)
    if "nonce" in names - set(found):
        found["nonce"] = str(secrets.randbits(64))
    if "expiresAt" in names - set(found):
        found["expiresAt"] = expiry(desk, expires_days)
    return found


# ── what an act takes ───────────────────────────────────────────────────────────────────────────────────────


def _fields_of(verb: acts.Verb) -> Types:
    """Types of the act, or of the fields of a verb that nobody signs under the verb's own name."""
    return acts.act_types()[verb.act] if verb.act else {verb.function: _unsigned(verb)}


def _unsigned(verb: acts.Verb) -> list[dict[str, str]]:
    """What nobody signs of it."""
    if "components" not in verb.item:
        return [{"name": verb.item["name"], "type": verb.item["type"].removesuffix("[]")}]
    return [
        {"name": part["name"], "type": part["type"]}
        for part in verb.item["components"]
        if part["name"] not in ("act", *signature_parts(verb.function))
    ]


def _show(desk: Desk, verb: acts.Verb) -> None:
    rows = list(_rows(_fields_of(verb), verb.act or verb.function))
    signers = list(signature_parts(verb.function))
    beside = [
        {"field": each["name"], "holds": kind_of(each["name"], each["type"])}
        for each in (_unsigned(verb) if verb.act else [])
    ]
    found = {"function": verb.function, "fields": rows, "signers": signers, "unsigned": beside}
    desk.table(found, rows, ("field", "holds"))
    if not desk.as_json:
        desk.show(found, *_said(verb, signers, beside))


def _said(verb: acts.Verb, signers: Sequence[str], beside: Sequence[Mapping[str, str]]) -> Iterator[str]:
    yield f"signed as: {', '.join(signers) or 'nobody'}"
    for each in beside:
        yield f"goes along unsigned (--unsigned FILE): {each['field']}, {each['holds']}"
    names = [each["name"] for each in _fields_of(verb)[verb.act or verb.function] if each["name"] in _FILLED]
    if verb.act:
        yield f"filled in where the file leaves it out: {', '.join(names)}"


def _rows(types: Types, struct: str, path: str = "") -> Iterator[dict[str, str]]:
    for field in types[struct]:
        name, kind = field["name"], field["type"]
        inner = kind.removesuffix("[]")
        if inner in types:
            yield from _rows(types, inner, f"{path}{name}{kind.removeprefix(inner)}.")
        else:
            yield {"field": path + name, "holds": kind_of(name, kind)}
