"""What the contracts' own views say of a row: the second witness besides their events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from gateway.adapters.ledger.acts import invoices_hash
from gateway.adapters.ledger.chain import Chain
from gateway.adapters.ledger.words import (
    ACCRUAL,
    CALL,
    CASH,
    CLAIMS,
    COSTS,
    ENTRUSTED,
    FACILITY,
    GOODS_SALE,
    GOODS_TERMS,
    INVOICE,
    LEASE,
    LIEN,
    LIMIT,
    LOAN,
    LOT,
    MARK,
    MONEY,
    OFFERED,
    OFFERS,
    ORDER_WORD,
    PARTY,
    PLEDGED_LOT,
    POLICY,
    POSITION,
    PROTECTION,
    REPAID,
    ROOT,
    SIGNER,
    STAGE_TERMS,
    STAGES,
    STANDING,
    TITLE,
    USE,
    lot_fields,
    order_fields,
)

Row = dict[str, Any]
Tables = Mapping[str, dict[tuple[Any, ...], Row]]

_QUESTIONS_A_CALL = 500
_COLLECTION_BYTES = 22
_SPECIAL_BYTES = 17


@dataclass(frozen=True, slots=True)
class Question:
    """One view to ask about a row; `answer` makes columns of what it says, None when there is no such row."""

    table: str
    key: tuple[Any, ...]
    contract: str
    function: str
    args: tuple[Any, ...]
    answer: Callable[[Any], Row | None]


def correct(chain: Chain, tables: Tables, *, block: int, today: int) -> None:
    """Overwrite in `tables` (rows by key, by table) whatever the contracts' views at `block` say otherwise.

    `today` is the day of that block. Raises Unreachable or Refused.
    """
    questions = list(_questions(tables, today))
    for start in range(0, len(questions), _QUESTIONS_A_CALL):
        some = questions[start : start + _QUESTIONS_A_CALL]
        answers = chain.read_many([(each.contract, each.function, each.args) for each in some], block=block)
        for question, answer in zip(some, answers, strict=True):
            columns = question.answer(answer)
            if columns is None:
                tables[question.table].pop(question.key, None)
            elif question.key in tables[question.table]:
                tables[question.table][question.key].update(columns)


def _questions(tables: Tables, today: int) -> Iterator[Question]:
    for table, (contract, function, answer) in _BY_KEY.items():
        for key in tables[table]:
            yield Question(table, key, contract, function, key, answer)
    yield from _parties(tables)
    yield from _offers(tables)
    yield from _policies(tables, today)
    yield from _costs(tables)
    for key in tables["ledger_lots"]:
        yield Question("ledger_lots", key, "Ledger", "lotOf", key, LOT.unpack)
    for key in tables["ledger_purchase_orders"]:
        yield Question("ledger_purchase_orders", key, "Ledger", "orderOf", key, ORDER_WORD.unpack)
    for key, row in tables["ledger_facilities"].items():
        yield Question("ledger_facilities", key, "Credit", "facilityOf", key, _collection(row))
    for key, row in tables["ledger_stage_terms"].items():
        yield Question("ledger_stage_terms", key, "Credit", "stageTermsOf", key, _special(row))


_BY_KEY: Mapping[str, tuple[str, str, Callable[[Any], Row | None]]] = {
    "ledger_parties": ("Ledger", "partyOf", PARTY.unpack),
    "ledger_signers": ("Ledger", "signerOf", SIGNER.unpack),
    "ledger_nonces": ("Ledger", "nonceSpent", lambda spent: {} if spent else None),
    "ledger_role_holders": (
        "AccessManager",
        "hasRole",
        lambda answer: {"delay": answer[1]} if answer[0] else None,
    ),
    "ledger_invoices": ("Evidence", "invoiceOf", INVOICE.unpack),
    "ledger_limits": ("Evidence", "limitOf", LIMIT.unpack),
    "ledger_offer_lists": (
        "Evidence",
        "offersOf",
        lambda answer: {**OFFERS.unpack(answer[0]), "offers": answer[1]},
    ),
    "ledger_purchase_order_lists": (
        "Evidence",
        "ordersOf",
        lambda answer: {**OFFERS.unpack(answer[0]), "orders": answer[1]},
    ),
    "ledger_roots": ("Ledger", "rootOf", ROOT.unpack),
    "ledger_titles": ("Ledger", "titleOf", TITLE.unpack),
    "ledger_lots": ("Ledger", "rootOf", lambda word: lot_fields(ROOT.unpack(word))),
    "ledger_purchase_orders": ("Ledger", "rootOf", lambda word: order_fields(ROOT.unpack(word))),
    "ledger_liens": ("Ledger", "lienOf", lambda word: LIEN.unpack(word) if word else {"amount": 0}),
    "ledger_facilities": ("Credit", "facilityOf", FACILITY.unpack),
    "ledger_goods_terms": ("Credit", "goodsTermsOf", GOODS_TERMS.unpack),
    "ledger_marks": ("Credit", "markOf", MARK.unpack),
    "ledger_pledged_lots": ("Credit", "pledgedLotOf", PLEDGED_LOT.unpack),
    "ledger_goods_sales": (
        "Credit",
        "goodsSaleOf",
        lambda word: GOODS_SALE.unpack(word) if word else {"state": 0},
    ),
    "ledger_leases": (
        "Credit",
        "leaseOf",
        lambda word: {**LEASE.unpack(word), "standing": 1} if word else {"standing": 0},
    ),
    "ledger_lease_ends": ("Credit", "differenceOf", lambda amount: {"difference": amount}),
    "ledger_stage_terms": ("Credit", "stageTermsOf", STAGE_TERMS.unpack),
    "ledger_stages": ("Credit", "stagesOf", STAGES.unpack),
    "ledger_loans": ("Credit", "loanOf", lambda answer: _loan(*answer)),
    "ledger_protections": ("Protection", "protectionOf", lambda answer: _protection(*answer)),
    "ledger_calls": ("Protection", "callOf", CALL.unpack),
    "ledger_claims": ("Protection", "claimsOf", CLAIMS.unpack),
    "ledger_movements": ("Settlement", "movementOf", USE.unpack),
}


def _parties(tables: Tables) -> Iterator[Question]:
    for key, row in tables["ledger_accounts"].items():
        answer = _as_committed("account", _account(row["bank"], row["account"]))
        yield Question("ledger_accounts", key, "Settlement", "accountOf", key, answer)
    latest = {row["party"]: key for key, row in sorted(tables["ledger_recoveries"].items())}
    for party, key in latest.items():
        row = tables["ledger_recoveries"][key]

        def recovery(answer: Any, row: Row = row) -> Row:
            standing, ready_at = answer
            said = {"ready_at": ready_at}
            if row["state"] == "announced":
                return {**said, "recovery": standing}
            return said if standing == bytes(32) else {**said, "state": "announced"}

        yield Question("ledger_recoveries", key, "Registry", "recoveryOf", (party,), recovery)


def _offers(tables: Tables) -> Iterator[Question]:
    used: dict[int, list[tuple[bytes, int]]] = {}
    for (root, nullifier), row in sorted(tables["ledger_root_invoices"].items()):
        used.setdefault(root, []).append((nullifier, row["amount"]))
    for key, row in tables["ledger_roots"].items():
        wanted = bytes(32)
        if row["phase"] == OFFERED:
            parts = used.get(key[0], [])
            invoices = invoices_hash([part[0] for part in parts], [part[1] for part in parts])
            wanted = keccak(encode(["uint32", "bytes32"], [row["payee"], invoices]))
        # The commitment covers payee and invoices; what differs is shown in the payee's place.
        yield Question("ledger_roots", key, "Evidence", "offerOf", key, _as_committed("payee", wanted))
        yield Question("ledger_roots", key, "Ledger", "moneyOf", key, MONEY.unpack)
    for key in tables["ledger_titles"]:
        yield Question("ledger_titles", key, "Settlement", "cashOf", key, CASH.unpack)
        yield Question(
            "ledger_titles", key, "Registry", "frozenUntil", key, lambda day: {"frozen_until_day": day}
        )
    for key in tables["ledger_facilities"]:
        yield Question("ledger_facilities", key, "Credit", "positionOf", key, POSITION.unpack)
        yield Question("ledger_facilities", key, "Credit", "entrustorOf", key, ENTRUSTED.unpack)
        yield Question(
            "ledger_facilities", key, "Evidence", "sharesOf", key, lambda said: {"share_table": said}
        )
    for key in tables["ledger_loans"]:
        yield Question("ledger_loans", key, "Credit", "boughtBy", key, lambda title: {"title": title})


def _costs(tables: Tables) -> Iterator[Question]:
    for key in tables["ledger_loans"]:
        yield Question("ledger_loans", key, "Credit", "costsOf", key, COSTS.unpack)


def _policies(tables: Tables, today: int) -> Iterator[Question]:
    """The one in force today, and each that is still to come, on the day it will be."""
    standing = [item for item in sorted(tables["ledger_policies"].items()) if not item[1]["replaced"]]
    in_force = [item for item in standing if item[1]["effective_day"] <= today][-1:]
    for key, row in in_force + [item for item in standing if item[1]["effective_day"] > today]:
        day = max(today, row["effective_day"])
        yield Question("ledger_policies", key, "Evidence", "policyOn", (day,), POLICY.unpack)


def _account(bank: int, account: bytes) -> bytes:
    return keccak(encode(["uint32", "bytes32"], [bank, account]))


def _collection(row: Row) -> Callable[[Any], Row]:
    """A facility's word ends with the end of its collection account's commitment."""
    wanted = _account(row["collection_bank"], row["collection_account"])
    return _ends_with("collection_account", wanted, _COLLECTION_BYTES)


def _special(row: Row) -> Callable[[Any], Row]:
    """What was agreed of stages ends with the end of the special account's commitment."""
    return _ends_with(
        "special_account", _account(row["special_bank"], row["special_account"]), _SPECIAL_BYTES
    )


def _ends_with(column: str, commitment: bytes, length: int) -> Callable[[int], Row]:
    wanted = commitment[-length:]
    return lambda word: _as_committed(column, wanted)(word.to_bytes(32, "big")[-length:])


def _loan(word: int, accrual: int) -> Row:
    """The last payment deletes the accrual; what it had come to is told by that payment's event alone."""
    loan = LOAN.unpack(word)
    return loan if loan["phase"] == REPAID else loan | ACCRUAL.unpack(accrual)


def _protection(word: int, standing: int) -> Row:
    return PROTECTION.unpack(word) | STANDING.unpack(standing)


def _as_committed(column: str, wanted: bytes) -> Callable[[Any], Row]:
    """A commitment says only whether it is the one expected."""
    return lambda said: {} if said == wanted else {column: said}
