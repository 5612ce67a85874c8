"""`scripts/demo`: one command from document files to settled money, with a readable story and a report."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from chainsvc.backends.rpc import NodeError
from gateway.db.engine import UnsupportedDatabase, open_engine
from gateway.demo import report
from gateway.demo.audit import recompute
from gateway.demo.bank_answers import MoneyException
from gateway.demo.day_end import reconciled
from gateway.demo.desk import ActRefused
from gateway.demo.finance import Finance
from gateway.demo.folder import as_of, first_day
from gateway.demo.people import DeskRefused
from gateway.demo.processes import DidNotStart, Processes
from gateway.demo.scenario import Scenario
from gateway.demo.stage import AnswerRefused, Stage, StageRefused, raise_stage
from gateway.demo.stories import STORIES, Play, Plot
from gateway.demo.stories.plot import Chapter, NotTold, Unlawful
from gateway.demo.story import Story
from gateway.demo.teller import Teller

SHIPPED = Path(__file__).parent / "documents"
GOOD, DIFFERS, UNUSABLE = 0, 1, 2

_ENDS = {
    GOOD: "Everything adds up",
    DIFFERS: "Something does not add up: see the lines above",
    UNUSABLE: "The story that was asked for was not told: see the lines above",
}

Broken = (ActRefused, AnswerRefused, DeskRefused, TimeoutError, Unlawful)
"""What ends a chapter but not the story: the report is written all the same, and says so."""


class ToldToEnd(SystemExit):
    """Ctrl-C, or the signal TERM."""


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The options people rely on."""
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description=__doc__,
        epilog="Exit status: 0 everything adds up, 1 something does not, 2 what was given cannot be used, or the story "
        "that was asked for cannot be told of it.",
    )
    parser.add_argument(
        "--scenario",
        help=f"a shipped story ({', '.join(STORIES)}), or a JSON file, see docs/guides/demo.md",
    )
    parser.add_argument("--documents", type=Path, default=SHIPPED, help="folder of trade documents")
    parser.add_argument("--database", help="URL of an empty database; SQLite in a fresh folder by default")
    parser.add_argument("--rpc", help="JSON-RPC node whose clock can be set; the embedded chain by default")
    parser.add_argument("--json", type=Path, help="write the report here")
    parser.add_argument("--no-serve", action="store_true", help="stop everything at the end")
    parser.add_argument(
        "--keep",
        type=Path,
        help="new or empty folder for databases, keys and logs; a temporary one by default",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit status: 0 everything adds up, 1 something does not, 2 unusable input, or no story to tell of it."""
    options = arguments(argv)
    teller = Teller()
    try:
        plot = STORIES.get(options.scenario)
        _check(options)
        scenario = _read_scenario(options, plot)
    except StageRefused as error:
        teller.fail(str(error))
        return UNUSABLE
    folder = options.keep or Path(tempfile.mkdtemp(prefix="tallystick-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with Processes(folder / "logs") as processes:
            return run(teller, options, scenario, folder.resolve(), processes, plot)
    except (StageRefused, DidNotStart, NodeError) as error:
        teller.fail(str(error))
        return UNUSABLE
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _read_scenario(options: argparse.Namespace, plot: Plot | None) -> Scenario:
    given: str | None = options.scenario
    if plot is not None:
        # Files and days of a shipped story are those of the shipped documents; on others it begins with the oldest.
        shipped = options.documents.resolve() == SHIPPED
        return Scenario.model_validate(plot.scenario if shipped else {"as_of": first_day(options.documents)})
    try:
        return Scenario.read(None if given is None else Path(given))
    except (OSError, ValueError) as error:
        told = f"the scenario {given} cannot be used: {error}; stories that ship: {', '.join(STORIES)}"
        raise StageRefused(told) from error


def _check(options: argparse.Namespace) -> None:
    """Raises StageRefused for what can be known before anything is started."""
    if not options.documents.is_dir():
        raise StageRefused(f"{options.documents} is not a folder of documents")
    if options.json is not None and not options.json.resolve().parent.is_dir():
        raise StageRefused(f"there is no folder for the report {options.json}")
    if options.keep is not None and options.keep.exists() and any(options.keep.iterdir()):
        raise StageRefused(f"{options.keep} is not empty: each story has a folder of its own")
    if options.database is None:
        return
    try:
        engine = open_engine(options.database)
        with engine.connect() as connection:
            tables = inspect(connection).get_table_names()
        engine.dispose()
    except (UnsupportedDatabase, SQLAlchemyError) as error:
        raise StageRefused(f"the database cannot be used: {error}") from error
    if tables:
        raise StageRefused(f"the database holds {len(tables)} tables: each story needs an empty one")


def run(
    teller: Teller,
    options: argparse.Namespace,
    scenario: Scenario,
    folder: Path,
    processes: Processes,
    plot: Plot | None,
) -> int:
    """The story from curtain to curtain; answers the exit status."""
    first = as_of(scenario, options.documents)
    teller.chapter(f"The stage, as of {first.isoformat()}")
    stage = raise_stage(
        folder, processes, first, database_url=options.database, rpc_url=options.rpc, tell=teller.say
    )
    teller.raised(stage)
    story = Story(stage, scenario, teller.say, progress=teller.read)
    play = Play(story, Finance(story))
    status = _tell(teller, play, options.documents, plot)
    teller.chapter("The end: everything recomputed, from the chain and the banks' own statements")
    laws = recompute(story, covered=plot is not None and plot.covered)
    document = report.build(story, laws, teller.chapters)
    teller.settled(story, document["settlement"])
    if plot is not None:
        teller.outcome(story, play.lost)
    if not teller.accounts(story, document):
        status = DIFFERS
    for told in reconciled(stage):
        teller.say(told)
    if options.json is not None:
        options.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        teller.say(f"report: {options.json}")
    teller.chapter(_ENDS[status])
    if not options.no_serve:
        _serve(teller, stage, folder)
    return status


def _tell(teller: Teller, play: Play, documents: Path, plot: Plot | None) -> int:
    """Every chapter until the money is settled. The exit status: DIFFERS when a chapter broke off and the rest is left
    untold, UNUSABLE when the documents hold nothing of what the story is about.
    """
    story = play.story

    def read() -> None:
        story.open_house()
        story.read_documents(documents)
        teller.documents(story)

    def cast() -> None:
        story.cast(of_orders=plot is not None and plot.orders)
        teller.cast(story)

    opening: list[Chapter] = [
        ("Documents: the buyer's clerk imports what was ordered, received and invoiced", read),
        ("The parties are admitted, each with its own keys", cast),
    ]
    if not _chapters(teller, story, opening):
        return DIFFERS
    if plot is None:
        return GOOD if _chapters(teller, story, _main_job(teller, play), of_payables=True) else DIFFERS
    try:
        rest = plot.told(play)
    except NotTold as why:
        story.payables.clear()  # nobody has promised to pay them
        _untold(teller, story, f"the story {plot.name} is not told: {why}", "STORY-UNTOLD", open=False)
        return UNUSABLE
    if not _chapters(teller, story, rest, of_payables=plot.payables > 0):
        return DIFFERS
    if plot.payables and not story.payables:
        told = f"the story {plot.name} is not told to its end: nothing that is to be paid is left of it"
        _untold(teller, story, told, "STORY-STOPPED")
    return GOOD


def _untold(teller: Teller, story: Story, told: str, rule: str, *, open: bool = True) -> None:
    """Say it, and keep it for the report."""
    teller.fail(f"  {told}")
    story.money.exceptions.append(MoneyException("", rule, "", told, open=open))


def _main_job(teller: Teller, play: Play) -> Sequence[Chapter]:
    """What happens to the payables when everything goes well."""
    story, finance = play.story, play.finance

    def confirm() -> None:
        story.confirm()
        teller.payables(story)

    def circulate() -> None:
        story.circulate()
        story.desk.settle_index()
        teller.holdings(story)

    def lend() -> None:
        finance.lend()
        finance.repay_early()
        teller.holdings(story)
        teller.loans(story)

    def mature() -> None:
        finance.mature()
        teller.loans(story)

    chapters: list[Chapter] = [
        ("Confirmation: the core's maker and checker promise, tier 1 accepts", confirm),
        ("Circulation: tier 1 pays tier 2, tier 2 pays tier 3, with parts of what they hold", circulate),
        ("Finance: tier 1 pledges the rest; a pay-out counts when the payee's bank attests it", lend),
        ("Maturity: debtors pay, the clearing bank distributes, lender and holders are credited", mature),
    ]
    if not story.scenario.finance:
        del chapters[2]
    return chapters


def _chapters(
    teller: Teller, story: Story, chapters: Sequence[Chapter], *, of_payables: bool = False
) -> bool:
    """Play them in order; one that breaks off ends the story, and says so. Chapters of payables need one."""
    for title, play in chapters:
        if of_payables and not story.payables:
            return True
        teller.chapter(title)
        try:
            play()
        except Broken as error:
            _untold(teller, story, f"the story broke off in “{title}”: {error}", "STORY-STOPPED")
            return False
    return True


def _serve(teller: Teller, stage: Stage, folder: Path) -> None:
    teller.say(f"console and API: {stage.urls['gateway']}   (OpenAPI at /docs; end with Ctrl-C)")
    teller.say(f"command line:    tallystick --env {folder / 'gateway.env'} parties")
    with suppress(ToldToEnd):
        while True:
            signal.pause()


def _end(number: int, _frame: FrameType | None) -> None:
    raise ToldToEnd(128 + number)


if __name__ == "__main__":
    # Told to end in the middle of the story, it takes its processes along.
    for told in (signal.SIGINT, signal.SIGTERM):
        signal.signal(told, _end)
    sys.exit(main())
