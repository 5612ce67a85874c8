"""The command line itself: how it is configured, and how a command is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli_client import Desk, Exit, Failed, Gateway
from gateway.problems import Problem
from gateway.settings import Settings

CODES = """
Exit codes: 0 done · 1 refused, or the answer is no · 2 what was given cannot be used · 3 gateway or node not reached ·
4 not final yet · 5 authentic, but not free (verify) · 6 the books do not agree (reconcile, day-end, stock show).
"""

app = typer.Typer(
    name="tallystick",
    help="Tallystick: a ledger for receivables. Configured by TALLYSTICK_… in the environment or by --env FILE.",
    epilog=CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

AsOf = Annotated[str, typer.Option(help="as it was: a block, an instant (RFC 3339) or the end of a day")]
LoanId = Annotated[str, typer.Argument(help="id of the loan")]
Json = Annotated[bool, typer.Option("--json", help="answer with JSON")]


@app.callback()
def configure(
    context: typer.Context,
    env: Annotated[
        Path | None, typer.Option(help="file of TALLYSTICK_…=… lines, as the demo writes it")
    ] = None,
    url: Annotated[str, typer.Option(help="the gateway's address; TALLYSTICK_PUBLIC_URL by default")] = "",
) -> None:
    """Where the gateway, the node and the database are."""
    if env is not None and not env.is_file():
        raise typer.BadParameter(f"{env} is no file", param_hint="--env")
    try:
        settings = Settings(_env_file=env)  # type: ignore[call-arg]  # pydantic-settings' own argument
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--env") from error
    context.obj = (settings, url or settings.public_url)


def desk_of(context: typer.Context, as_json: bool) -> Desk:
    """The desk a command works at."""
    settings, url = context.obj
    return Desk(settings, Gateway(url), as_json)


def run(context: typer.Context, as_json: bool, work: Callable[[Desk], Any]) -> None:
    """Do a command's work; end with its code when it fails."""
    desk = desk_of(context, as_json)
    try:
        work(desk)
    except Failed as failed:
        desk.end(failed)
    except Problem as problem:
        desk.end(Failed(Exit.UNUSABLE, str(problem), **problem.document()))
