"""Questions that the command line asks the chain itself, or the gateway's own database: never the HTTP API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from httpx2 import HTTPError
from sqlalchemy import Connection, func, select

from gateway.adapters.banks.examination import examine_banks
from gateway.adapters.kit.signed_messages import published_keys
from gateway.adapters.ledger.acts import Domain
from gateway.adapters.ledger.chain import Chain, Progress, Rpc, blocks
from gateway.adapters.ledger.deployed import Deployed, NodeError, NoDeployment, deployed
from gateway.adapters.ledger.reader import LedgerReader
from gateway.adapters.rulings import rule_discrepancies
from gateway.adapters.told_stock import stock_discrepancies
from gateway.cli_client import Exit, Failed
from gateway.db.engine import open_engine, reading
from gateway.db.lineage import kin_of
from gateway.db.schema import upgrade
from gateway.ports.verification import BlockUnknown, ChainMoved
from gateway.projections.examination import tables_in, tables_of
from gateway.projections.rebuild import reindex
from gateway.risk.book import declaration_discrepancies
from gateway.risk.endorsements import endorsement_discrepancies
from gateway.risk.storage_requests import storage_discrepancies
from gateway.risk.valuations import valuation_discrepancies
from gateway.risk.vehicles import vehicle_discrepancies
from gateway.schemas.storage import ReceiptDocument
from gateway.services.doctor import Discrepancy, Mismatch, compare
from gateway.services.lineage import Node, UnknownTitle, tree
from gateway.services.verdict import Verdict
from gateway.services.verify import verify
from gateway.settings import Settings


@contextmanager
def own_node(settings: Settings) -> Iterator[LedgerReader]:
    """A witness on the caller's own node and deployment record. Raises Failed."""
    with _node(settings) as (rpc, found):
        yield found.reader(rpc)


def verdict(settings: Settings, title: int, block: int | None, document: ReceiptDocument | None) -> Verdict:
    """Is the certificate or receipt authentic and free, and is the document its own? Raises Failed."""
    with own_node(settings) as reader:
        return verify(reader, title, "latest" if block is None else block, document=document)


def offered_invoices(settings: Settings, root: int) -> list[tuple[bytes, int]]:
    """The invoices an offered receivable stands on, as its debtor signed them. Raises Failed."""
    with own_node(settings) as reader:
        dossier = reader.dossier(root)
    act = None if dossier.issue is None else dossier.issue.act
    if act is None:
        raise Failed(Exit.REFUSED, "the chain shows no such offer; give --invoice NULLIFIER=MINOR-UNITS")
    for receivable in act.message["receivables"]:
        if int(receivable["root"]) == root:
            return [
                (bytes(nullifier), int(amount))
                for nullifier, amount in zip(receivable["nullifiers"], receivable["amounts"], strict=True)
            ]
    raise Failed(Exit.REFUSED, "the signed offer does not name this receivable")


def lineage(settings: Settings, title: int) -> Node:
    """Where a title came from and what came out of it, from the gateway's tables. Raises Failed."""
    with reading(open_engine(settings.database_url)).connect() as connection:
        try:
            return tree(kin_of(connection, title))
        except UnknownTitle as error:
            raise Failed(Exit.REFUSED, str(error)) from error


def examined(settings: Settings) -> tuple[int, list[Mismatch | Discrepancy]]:
    """The block the gateway's tables stand at, and every value kept that chain or banks say otherwise. Raises Failed.

    Banks that do not answer are not asked for their keys: their messages are checked with the keys kept with them.
    """
    published = _published(settings)
    with (
        _ledger(settings) as (rpc, chain, first),
        reading(open_engine(settings.database_url)).connect() as connection,
    ):
        block = _indexed(connection)
        truth = tables_of(rpc, chain, block=block, start_block=first)
        found: list[Mismatch | Discrepancy] = list(compare(tables_in(connection), truth))
        found += examine_banks(connection, truth, published)
        found += rule_discrepancies(connection)
        found += stock_discrepancies(connection)
        found += storage_discrepancies(connection)
        found += valuation_discrepancies(connection)
        found += vehicle_discrepancies(connection)
        found += endorsement_discrepancies(connection)
        return block, [*found, *declaration_discrepancies(connection, _domain(settings, chain))]


def _domain(settings: Settings, chain: Chain) -> Domain:
    return Domain(settings.chain_id, chain.book["Ledger"].address)


def _published(settings: Settings) -> dict[str, dict[str, bytes]]:
    found = {}
    for bic, address in settings.bank_keys.items():
        with suppress(HTTPError):
            found[bic] = published_keys(address)
    return found


def made_anew(settings: Settings, told: Callable[[Progress], None]) -> int:
    """Read the chain from its beginning into the gateway's tables; answers the facts folded. Raises Failed."""
    with _ledger(settings) as (_, chain, first):
        engine = open_engine(settings.database_url)
        upgrade(engine)
        return reindex(engine, chain, start_block=first, told=told)


@contextmanager
def _ledger(settings: Settings) -> Iterator[tuple[Rpc, Chain, int]]:
    with _node(settings) as (rpc, found):
        yield rpc, Chain(rpc, found.book), found.first_block


@contextmanager
def _node(settings: Settings) -> Iterator[tuple[Rpc, Deployed]]:
    """The caller's node and what is deployed there, with every fault of theirs as Failed."""
    try:
        with Rpc(settings.rpc_url) as rpc:
            yield rpc, deployed(rpc, settings.deployment)
    except NodeError as error:
        raise Failed(Exit.UNREACHABLE, f"the node at {settings.rpc_url}: {error}") from error
    except NoDeployment as error:
        raise Failed(Exit.UNUSABLE, str(error)) from error
    except (BlockUnknown, ChainMoved) as error:
        raise Failed(Exit.UNREACHABLE, str(error)) from error


def _indexed(connection: Connection) -> int:
    found: int | None = connection.execute(select(func.max(blocks.c.number))).scalar_one()
    if found is None:
        raise Failed(Exit.REFUSED, "the gateway has indexed nothing yet")
    return found
