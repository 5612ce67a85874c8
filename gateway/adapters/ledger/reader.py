"""One title's whole record, asked of the chain alone: state, events, calldata, signers. A bounded number of exchanges.

Nothing comes from the gateway's database, which may at most say in which blocks to look. The exchanges: the block ·
the title · its root and the root's own events · the events of the root's titles · what concerns the title's line
alone · the transactions and their blocks · keys, co-signatures and lenders · the block again, so that all of it is
of one chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.adapters.ledger import acts
from gateway.adapters.ledger.act_types import type_hash
from gateway.adapters.ledger.chain import Book, Refused, Request, Rpc
from gateway.adapters.ledger.history import (
    LINE_EVENTS,
    LOT_EVENTS,
    PAIR_EVENTS,
    RECEIPT_EVENTS,
    ROW_EVENTS,
    WORD_EVENTS,
    History,
    has_gap,
    replay,
)
from gateway.adapters.ledger.logs import Filter, Log, LogReader
from gateway.adapters.ledger.proceedings import Case, Key, Proceedings, key_of
from gateway.adapters.ledger.words import (
    CASH,
    FACILITY,
    FACTS_OF_ROOTS,
    FACTS_OF_TITLES,
    GOODS_SALE,
    GOODS_TERMS,
    INVOICE,
    LEASE,
    LIEN,
    LOT,
    MARK,
    MONEY,
    MOVEMENT,
    PARTY,
    PLEDGED_LOT,
    POSITION,
    ROOT,
    TITLE,
    form_of,
)
from gateway.domain.goods_records import GOODS
from gateway.ports.verification import (
    BlockUnknown,
    ChainMoved,
    Dossier,
    Event,
    Facility,
    Fields,
    Goods,
    Invoice,
    Lease,
    Place,
    Pledge,
    Trail,
)

Notes = Callable[[int], Trail | None]
"""What somebody noted about a root; None when nothing."""

MOST_SPANS = 256
"""Stretches of blocks worth asking for one by one; with more of them, the search of all blocks is cheaper."""

MOST_TITLES = 512
"""Titles of one root whose words are worth asking for, to see that the notes left nothing out."""

Span = tuple[int, int]


class _Gap(Exception):
    """The notes left something out."""


class LedgerReader:
    """Implements the port `Witness` on one connection to one node; not shared between threads."""

    def __init__(self, rpc: Rpc, book: Book, first_block: int = 0, notes: Notes | None = None) -> None:
        """`first_block`: the deployment's, before which there is nothing to read."""
        self._rpc = rpc
        self._book = book
        self._first = first_block
        self._notes = notes
        self._logs = LogReader(rpc, book)

    def dossier(self, title: int, block: int | str = "latest") -> Dossier:
        """Everything about a title at a block. Raises BlockUnknown, ChainMoved, Unreachable, Refused."""
        place = self._place(block)
        found = self._dossier(title, place)
        (again,) = self._rpc.results([Request("eth_getBlockByNumber", (hex(place.block_number), False))])
        if again is None or again["hash"] != place.block_hash:
            raise ChainMoved(f"block {place.block_number} is another one now")
        return found

    # ── the exchanges ───────────────────────────────────────────────────────────────────────────────────────

    def _place(self, block: int | str) -> Place:
        tag = hex(block) if isinstance(block, int) else block
        header, chain_id, client = self._rpc.batch(
            [
                Request("eth_getBlockByNumber", (tag, False)),
                Request("eth_chainId"),
                Request("web3_clientVersion"),
            ]
        )
        if header is None or isinstance(header, Refused):
            raise BlockUnknown(f"the node has no block {block}")
        for answer in (chain_id, client):
            if isinstance(answer, Refused):
                raise answer
        return Place(
            chain_id=int(chain_id, 16),
            ledger=self._book["Ledger"].address,
            block_number=int(header["number"], 16),
            block_hash=header["hash"],
            time=int(header["timestamp"], 16),
            client=client,
        )

    def _dossier(self, number: int, place: Place) -> Dossier:
        word, cash, frozen_until = self._ask(
            place,
            ("Ledger", "titleOf", number),
            ("Settlement", "cashOf", number),
            ("Registry", "frozenUntil", number),
        )
        title = TITLE.unpack(word) if word else None
        root = number if title is None else title["root"]
        lock = 0 if title is None else title["lock"]
        root_word, money, terms, standing, sums, lien, agreed, lot, mark, sale, lease, sold = self._ask(
            place,
            ("Ledger", "rootOf", root),
            ("Ledger", "moneyOf", root),
            ("Credit", "facilityOf", lock),
            ("Credit", "positionOf", lock),
            ("Ledger", "lotOf", root),
            ("Ledger", "lienOf", number),
            ("Credit", "goodsTermsOf", lock),
            ("Credit", "pledgedLotOf", lock, root),
            ("Credit", "markOf", lock),
            ("Credit", "goodsSaleOf", number),
            ("Credit", "leaseOf", number),
            ("Credit", "saleOf", number),
        )
        position = POSITION.unpack(standing)
        dossier = Dossier(
            place=place, number=number, title=title, root_number=root,
            root=ROOT.unpack(root_word) if root_word else None, money=MONEY.unpack(money),
            cash=CASH.unpack(cash), frozen_until_day=frozen_until,
            facility=_facility(lock, FACILITY.unpack(terms), position) if lock else None,
            opening=None, issue=None, offers=None, acceptance=None, invoices=(), lineage=(), others=(),
            parties={}, replayed=None, quantities={},
        )  # fmt: skip
        if dossier.root is None:
            return dossier
        if dossier.root["kind"] in GOODS:
            pledge = Pledge(
                GOODS_TERMS.unpack(agreed),
                PLEDGED_LOT.unpack(lot),
                MARK.unpack(mark),
                GOODS_SALE.unpack(sale),
            )
            goods = Goods(
                LOT.unpack(sums), LIEN.unpack(lien), pledge=pledge if lock and not lease else None,
                lease=Lease(LEASE.unpack(lease), sold) if lease else None,
            )  # fmt: skip
            dossier = replace(dossier, goods=goods)
        trail = self._notes(root) if self._notes else None
        try:
            return self._with_history(dossier, trail)
        except _Gap:
            return self._with_history(dossier, None)

    def _with_history(self, dossier: Dossier, trail: Trail | None) -> Dossier:
        root, place = dossier.root_number, dossier.place
        of_root, issued = self._logs.fetch(
            Filter(
                "Ledger",
                ("RootOpened", "RootAccepted", "Received", *LINE_EVENTS, *LOT_EVENTS),
                self._first,
                place.block_number,
                ([root],),
            ),
            Filter("Evidence", ("Issued",), self._first, place.block_number, ([root],)),
        )
        opened = next((log.position[0] for log in of_root if log.event in _OPENINGS), self._first)
        nullifiers = list(issued[-1].args["nullifiers"]) if issued else []
        lists = [issued[-1].args["list"]] if issued and issued[-1].args["list"] else []
        searched, attesting = [(opened, place.block_number)], [(self._first, opened)]
        if trail is not None:
            searched = _spans(trail.titles, trail.until, *searched[0])
            attesting = _spans(trail.invoices, trail.until, *attesting[0])
        of_rows = [
            Filter("Ledger", ROW_EVENTS + PAIR_EVENTS + RECEIPT_EVENTS, *span, (), (root.to_bytes(8, "big"),))
            for span in searched
        ]
        of_releases = [Filter("Ledger", ("Unlocked",), *span) for span in searched]
        of_invoices = [
            Filter("Evidence", ("InvoicesAttested",), *span, (), tuple(nullifiers)) for span in attesting
        ]
        published, *rest = self._logs.fetch(
            Filter("Evidence", ("OffersPublished",), self._first, opened, (lists,)),
            *of_rows,
            *of_releases,
            *of_invoices,
        )
        batches = [log for logs in rest[: len(of_rows + of_releases)] for log in logs]
        attested = [log for logs in rest[len(of_rows + of_releases) :] for log in logs]
        history = replay(root, [*of_root, *batches])
        line = sorted({number for event in history.family(dossier.number) for number, _, _ in event.sides})
        marks, orders, facts, sales = self._logs.fetch(
            Filter("Ledger", WORD_EVENTS, opened, place.block_number, (line,)),
            Filter(
                "Registry",
                ("Ordered",),
                opened,
                place.block_number,
                ([type_hash("Freeze"), type_hash("Lift")], [dossier.number]),
            ),
            Filter(
                "Settlement", ("FactRecorded",), opened, place.block_number, (None, [root, dossier.number])
            ),
            Filter(
                "Credit", ("GoodsSaleChanged",), opened, place.block_number, (line if dossier.goods else [],)
            ),
        )
        history = replay(root, [*of_root, *batches, *marks, *sales])
        if trail is not None:
            self._require_all(dossier, history, line, nullifiers, attested)
        return self._with_acts(
            dossier, history, of_root, [*issued, *published], attested, [*orders, *facts], nullifiers
        )

    def _require_all(
        self,
        dossier: Dossier,
        history: History,
        line: Sequence[int],
        nullifiers: Sequence[bytes],
        attested: Sequence[Log],
    ) -> None:
        """Raises _Gap unless what the notes led to is everything that a search of all blocks would have found."""
        numbers = list(history.titles)
        if (
            not line
            or len(numbers) > MOST_TITLES
            or set(nullifiers) - set(_attestations(attested, nullifiers))
            or (dossier.goods is not None and history.sums != dossier.goods.sums)
            or history.unexplained
        ):
            raise _Gap
        words = self._ask(dossier.place, *(("Ledger", "titleOf", number) for number in numbers))
        if has_gap(history, dict(zip(numbers, map(TITLE.unpack, words), strict=True)), line):
            raise _Gap

    def _with_acts(
        self,
        dossier: Dossier,
        history: History,
        of_root: Sequence[Log],
        promises: Sequence[Log],
        attested: Sequence[Log],
        facts: Sequence[Log],
        nullifiers: Sequence[bytes],
    ) -> Dossier:
        """Find what was signed for each event, and judge the signatures."""
        promised = {log.event: _plain(log) for log in [*of_root, *promises] if log.event in _PROMISES}
        if "OffersPublished" in promised:
            offers = {"offers": promised["OffersPublished"].details["offers"]}
            issued = promised["Issued"]
            promised["Issued"] = replace(issued, details={**issued.details, **offers})
        line = [_with_invoices(event, promised) for event in history.family(dossier.number)]
        attestations = _attestations(attested, nullifiers)
        payments = [_plain(log) for log in [*facts, *of_root] if _concerns(log, dossier)]
        counts = _telling_counts(history)
        events = [*line, *payments, *promised.values(), *attestations.values(), *counts]
        judged = self._proceedings(dossier).judge(events)
        found = {name: judged[key_of(event)] for name, event in promised.items()}
        issue = found.get("Issued")
        amounts = list(issue.details["amounts"]) if issue else []
        return replace(
            dossier,
            opening=found.get("RootOpened"),
            issue=issue,
            offers=found.get("OffersPublished"),
            acceptance=next((judged[key_of(event)] for event in line if event.name == "RootAccepted"), None),
            invoices=self._invoices(dossier.place, nullifiers, amounts, attestations, judged),
            lineage=[judged[key_of(event)] for event in line],
            parties=self._parties(dossier),
            others=sorted((judged[key_of(event)] for event in payments), key=lambda event: event.position),
            replayed=history.titles.get(dossier.number),
            quantities={number: fields["quantity"] for number, fields in history.titles.items()},
            goods=dossier.goods
            and replace(
                dossier.goods,
                replayed=history.sums,
                unexplained=history.unexplained,
                counts=[judged[key_of(event)] for event in counts],
                charges=[judged[key_of(event)] for event in line if event.name == "StorageCharged"],
            ),
        )

    def _proceedings(self, dossier: Dossier) -> Proceedings:
        root = dossier.root or {}
        case = Case(
            domain=acts.Domain(dossier.place.chain_id, dossier.place.ledger),
            debtor=root.get("debtor", 0),
            clearing_bank=root.get("clearing_bank", 0),
            quantity=root.get("quantity", 0),
            first_block=self._first,
            last_block=dossier.place.block_number,
        )
        return Proceedings(self._rpc, self._book, self._logs, case)

    def _parties(self, dossier: Dossier) -> dict[int, Fields]:
        root, title, facility = dossier.root or {}, dossier.title or {}, dossier.facility
        numbers = {root.get("debtor", 0), root.get("clearing_bank", 0), title.get("holder", 0)}
        numbers |= {facility.terms["lender"]} if facility else set()
        pledge = dossier.goods.pledge if dossier.goods else None
        numbers |= {pledge.terms["control_agent"]} if pledge else set()
        wanted = sorted(numbers - {0})
        words = self._ask(dossier.place, *(("Ledger", "partyOf", number) for number in wanted))
        return {number: PARTY.unpack(word) for number, word in zip(wanted, words, strict=True)}

    def _invoices(
        self,
        place: Place,
        nullifiers: Sequence[bytes],
        amounts: Sequence[int],
        attestations: Mapping[bytes, Event],
        judged: Mapping[Key, Event],
    ) -> list[Invoice]:
        words = self._ask(place, *(("Evidence", "invoiceOf", each) for each in nullifiers))
        return [
            Invoice(
                "0x" + nullifier.hex(),
                amount,
                INVOICE.unpack(word),
                judged[key_of(attestations[nullifier])] if nullifier in attestations else None,
            )
            for nullifier, amount, word in zip(nullifiers, amounts, words, strict=True)
        ]

    def _ask(self, place: Place, *questions: tuple[Any, ...]) -> list[Any]:
        """Views at the block, in one exchange: of each the contract, the view, and what it is asked about."""
        asked = [
            (self._book[name], self._book[name].interface.function(view), args)
            for name, view, *args in questions
        ]
        requests = [
            Request(
                "eth_call",
                ({"to": contract.address, "data": "0x" + view.encode(*args).hex()}, hex(place.block_number)),
            )
            for contract, view, args in asked
        ]
        answers = self._rpc.results(requests)
        return [
            view.decode_output(bytes.fromhex(answer[2:]))
            for (_, view, _), answer in zip(asked, answers, strict=True)
        ]


_OPENINGS = ("RootOpened", "Stored")
_PROMISES = ("RootOpened", "Issued", "OffersPublished")
_PAYMENTS = ("Received", "Ordered")


def _spans(noted: Sequence[int], until: int, first: int, last: int) -> list[Span]:
    """The stretches from `first` to `last` to search: the noted blocks, and what the notes do not reach."""
    found = list(_runs(sorted({block for block in noted if first <= block <= min(last, until)})))
    if until < last:
        found.append((max(first, until + 1), last))
    return found if len(found) <= MOST_SPANS else [(first, last)]


def _runs(blocks: Sequence[int]) -> Iterator[Span]:
    """Rising blocks as stretches of neighbours."""
    begin = 0
    for place, block in enumerate(blocks):
        if place + 1 == len(blocks) or blocks[place + 1] != block + 1:
            yield blocks[begin], block
            begin = place + 1


def _facility(number: int, terms: Fields, position: Fields) -> Facility:
    return Facility(number, form_of(position["flags"]), {**terms, **position}, position)


def _plain(log: Log) -> Event:
    """An event that is not one title's act."""
    return Event(
        name=log.event,
        block=log.position[0],
        log_index=log.position[1],
        row=0,
        transaction=log.transaction,
        details=_movement(log.args) if log.event == "FactRecorded" else dict(log.args),
    )


def _movement(args: Mapping[str, Any]) -> dict[str, Any]:
    fields = MOVEMENT.unpack(args["word"])
    return {**args, **fields, "valueDay": fields["value_day"]}


def _telling_counts(history: History) -> list[Event]:
    """The counts that found more or less than before, and the last one."""
    counts = [event for event in history.events if event.name == "Counted"]
    telling = [event for event in counts if _lost(event, "sums") != _lost(event, "sums_before")]
    return telling if telling[-1:] == counts[-1:] else [*telling, *counts[-1:]]


def _lost(event: Event, when: str) -> int:
    sums = event.details[when]
    return 0 if sums is None else sums["lost"]


def _concerns(log: Log, dossier: Dossier) -> bool:
    if log.event != "FactRecorded":
        return log.event in _PAYMENTS
    kind, subject = MOVEMENT.unpack(log.args["word"])["kind"], log.args["subject"]
    if subject == dossier.number and kind in FACTS_OF_TITLES:
        return True
    return subject == dossier.root_number and kind in FACTS_OF_ROOTS


def _attestations(logs: Sequence[Log], nullifiers: Sequence[bytes]) -> dict[bytes, Event]:
    return {
        nullifier: replace(
            _plain(log), details={"nullifier": nullifier, "word": INVOICE.unpack(word)}, row=row
        )
        for log in logs
        for row, (nullifier, word, _) in enumerate(log.args["rows"])
        if nullifier in nullifiers
    }


def _with_invoices(event: Event, promised: Mapping[str, Event]) -> Event:
    """What the payee must have accepted: the invoices of the promise."""
    if event.name != "RootAccepted" or "Issued" not in promised:
        return event
    issued = promised["Issued"].details
    commitment = acts.invoices_hash(list(issued["nullifiers"]), list(issued["amounts"]))
    return replace(event, details={"root": issued["root"], "invoices": commitment})
