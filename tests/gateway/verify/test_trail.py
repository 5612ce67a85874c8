"""The gateway's notes say where to look on the chain: they make the answer quick, and cannot make it wrong."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, delete, select, update

from chainsvc.backends.process import Node
from gateway.adapters.ledger.chain import Request
from gateway.adapters.ledger.reader import LedgerReader, Notes
from gateway.db.tables import invoices, title_history
from gateway.ports.verification import Trail
from gateway.projections.trail import trail_of
from gateway.services.verdict_document import document
from gateway.services.verify import verify
from tests.gateway.conftest import Told
from tests.gateway.verify.altering import AlteringRpc
from tests.gateway.verify.test_verdict import RECEIPTS, TITLES, reader_of


def notes_of(engine: Engine) -> Notes:
    def noted(root: int) -> Trail | None:
        with engine.connect() as connection:
            return trail_of(connection, root)

    return noted


def guided_by(told: Told, notes: Notes) -> LedgerReader:
    return LedgerReader(told.rpc, told.book, notes=notes)


@pytest.mark.parametrize("name", [*TITLES, *RECEIPTS, "declined", "expired"])
def test_the_answer_is_the_same_with_notes_and_without(told: Told, told_database: Engine, name: str) -> None:
    title = told.story.ids[name]
    guided = verify(guided_by(told, notes_of(told_database)), title)
    assert document(guided) == document(verify(reader_of(told), title))


@pytest.mark.parametrize("name", [*TITLES, "pool", "part"])
def test_with_notes_no_other_roots_batches_are_read(
    told: Told, told_database: Engine, story_node: Node, name: str
) -> None:
    asked: list[int] = []

    def count(request: Request, answer: object) -> object:
        if request.method == "eth_getLogs" and len(request.params[0]["topics"]) == 1:
            first, last = (int(request.params[0][name], 16) for name in ("fromBlock", "toBlock"))
            asked.append(last - first + 1)
        return answer

    title = told.story.ids[name]
    with AlteringRpc(story_node.url, count) as rpc:
        assert verify(LedgerReader(rpc, told.book), title).authentic
        searched = sum(asked)
        asked.clear()
        assert verify(LedgerReader(rpc, told.book, notes=notes_of(told_database)), title).authentic
    assert sum(asked) < searched / 3


@pytest.mark.parametrize("name", [*TITLES, *RECEIPTS])
def test_notes_with_a_gap_change_no_answer(told: Told, told_database: Engine, name: str) -> None:
    title = told.story.ids[name]
    right = document(verify(reader_of(told), title))
    with told_database.connect() as connection:
        root = reader_of(told).dossier(title).root_number
        trail = trail_of(connection, root)
    assert trail is not None
    gaps = [
        Trail([each for each in trail.titles if each != gone], trail.invoices, trail.until)
        for gone in trail.titles
    ]
    nothing = Trail([], [], trail.until)
    ahead = Trail(trail.titles, trail.invoices, trail.until + 10**6)
    for forged in [*gaps, nothing, ahead]:
        assert document(verify(guided_by(told, {root: forged}.get), title)) == right


@pytest.mark.parametrize(
    ("name", "of"), [("third", "root"), ("freed", "pledged_lot"), ("sold", "pledged_lot")]
)
def test_forged_tables_change_no_answer(told: Told, told_database: Engine, name: str, of: str) -> None:
    title = told.story.ids[name]
    right = document(verify(reader_of(told), title))
    with told_database.connect() as connection, connection.begin() as transaction:
        connection.execute(update(title_history).values(block_number=title_history.c.block_number + 1_000))
        connection.execute(delete(invoices))
        forged = trail_of(connection, told.story.ids[of])
        transaction.rollback()
    assert document(verify(guided_by(told, lambda _: forged), title)) == right


def test_blocks_after_the_index_are_searched(told: Told, told_database: Engine) -> None:
    title = told.story.ids["third"]
    right = document(verify(reader_of(told), title))
    with told_database.connect() as connection:
        seen = sorted(connection.execute(select(title_history.c.block_number)).scalars())
    behind = Trail([block for block in seen if block <= seen[0]], [], seen[0])
    verdict = verify(guided_by(told, lambda _: behind), title)
    assert document(verdict) == right
