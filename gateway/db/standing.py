"""What stands behind one loan or facility, read from the `ledger_*` tables as the domain's own records: a part of the
ledger.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Table, select

from gateway.db import margin_tables, stage_tables, tables
from gateway.db.goods_state import goods_state
from gateway.domain.ledger_state import LedgerState
from gateway.domain.margin_records import GoodsTerms, MarginState, Mark, PledgedLot
from gateway.domain.protection_records import Claims, Protection, ProtectionCall, ProtectionKind
from gateway.domain.records import Accrual, Costs, Facility, Loan, LoanPhase, Phase, Root, Title
from gateway.domain.stage_records import Stages, StageTerms

_CLOSES, TAKES_GOODS, STAGED, _SHORT, _SUBROGATED = 1, 16, 32, 64, 128


def behind_loan(connection: Connection, number: int) -> LedgerState | None:
    """A loan with its facility, what is locked to it and who protects it; None for an unknown loan."""
    row = connection.execute(select(tables.loans).where(tables.loans.c.loan == number)).one_or_none()
    if row is None:
        return None
    state = LedgerState()
    state.loans[number] = _loan(row)
    state.accruals[number] = Accrual(row.principal_days, row.overdue_days, row.interest_paid, row.instalment)
    state.costs[number] = Costs(row.costs_added, row.costs_paid)
    _facility(connection, state, row.facility)
    _protected_and_pledged(connection, state, row.facility)
    for each in _rows(connection, tables.calls, tables.calls.c.loan == number):
        state.calls[each.protection, number] = ProtectionCall(
            each.called, each.paid, each.reimbursed, each.day, bool(each.consented)
        )
    for each in _rows(connection, tables.claims, tables.claims.c.loan == number):
        state.claims[number] = Claims(each.first_open, each.later_open, each.pot, each.shared)
    return state


def facility_with_goods(connection: Connection, number: int) -> LedgerState | None:
    """A facility with what was agreed of goods under it, what these count for, and the lots they are of; None for an
    unknown facility. It has neither loans nor titles: to ask for them costs what there are of them.
    """
    known = select(tables.facilities.c.facility).where(tables.facilities.c.facility == number)
    if connection.execute(known).one_or_none() is None:
        return None
    state = LedgerState()
    _facility(connection, state, number)
    return state


def protection_of(row: Row[Any]) -> Protection:
    """A row of `ledger_protections`."""
    return Protection(
        facility=row.facility,
        kind=ProtectionKind(row.kind),
        cap=row.cap,
        order=row.order_number,
        bps=row.bps,
        called=row.called,
        paid=row.paid,
        reimbursed=row.reimbursed,
        until_day=row.until_day,
        rate=row.rate,
        custodian=row.custodian,
        balance=row.balance,
        floor=row.floor_amount,
        target=row.target,
        attested_day=row.attested_day,
        top_up_day=row.top_up_day,
        top_up_days=row.top_up_days,
    )


def _facility(connection: Connection, state: LedgerState, number: int) -> None:
    state.facilities[number] = facility_record(connection, number)
    _goods(connection, state, number)
    _stages(connection, state, number)


def _stages(connection: Connection, state: LedgerState, number: int) -> None:
    terms, stages = stage_tables.stage_terms, stage_tables.stages
    for each in _rows(connection, terms, terms.c.facility == number):
        state.stage_terms[number] = StageTerms(
            each.approver, each.first_amount, each.step_bps, each.release_bps, each.version
        )
        state.special_accounts[number] = (each.special_bank, each.special_account)
    for each in _rows(connection, stages, stages.c.facility == number):
        state.stages[number] = Stages(each.opened, each.sales, each.released)


def facility_record(connection: Connection, number: int) -> Facility:
    """A facility that there is."""
    (row,) = _rows(connection, tables.facilities, tables.facilities.c.facility == number)
    return Facility(
        lender=row.lender,
        borrower=row.borrower,
        currency=row.currency,
        advance_bps=row.advance_bps,
        limit=row.limit_amount,
        used=row.used,
        end_day=row.end_day,
        closes_with_debt=bool(row.flags & _CLOSES),
        release_days=row.release_days,
        loans=row.loans,
        written_off=row.written_off,
        face=row.face,
        debt_paid=bool(row.debt_paid),
        zero_debt_day=row.zero_debt_day,
        reserve_short=bool(row.flags & _SHORT),
        subrogated=bool(row.flags & _SUBROGATED),
        takes_goods=bool(row.flags & TAKES_GOODS),
        staged=bool(row.flags & STAGED),
    )


def _goods(connection: Connection, state: LedgerState, number: int) -> None:
    terms, marks, pledged = margin_tables.goods_terms, margin_tables.marks, margin_tables.pledged_lots
    for each in _rows(connection, terms, terms.c.facility == number):
        state.goods_terms[number] = GoodsTerms(
            each.control_agent, each.appraiser, each.second_appraiser, each.maintenance_bps, each.rise_bps,
            each.valid_days, each.call_days, each.floor_amount, each.version,
        )  # fmt: skip
    for each in _rows(connection, marks, marks.c.facility == number):
        state.marks[number] = Mark(each.fresh_until, each.lots, MarginState(each.state), each.day, each.loan)
    for each in _rows(connection, pledged, pledged.c.facility == number):
        state.pledged_lots[number, each.lot] = PledgedLot(
            each.quantity, each.value, each.rate, each.valued_day, each.valid_until, each.model
        )
    known = goods_state(connection, [lot for _, lot in state.pledged_lots])
    state.lots.update(known.lots)
    state.roots.update(known.roots)


def _protected_and_pledged(connection: Connection, state: LedgerState, number: int) -> None:
    for each in _rows(connection, tables.protections, tables.protections.c.facility == number):
        state.protections[each.protection] = protection_of(each)
    for each in _rows(connection, tables.titles, tables.titles.c.lock == number):
        state.titles[each.title] = Title(
            each.holder, each.root, each.quantity, each.depth, each.lock, each.paid, each.sequence, each.flags
        )
    roots = sorted({title.root for title in state.titles.values()})
    for each in _rows(connection, tables.roots, tables.roots.c.root.in_(roots)):
        state.roots[each.root] = Root(
            debtor=each.debtor,
            clearing_bank=each.clearing_bank,
            currency=each.currency,
            due_day=each.due_day,
            opened_day=each.opened_day,
            phase=Phase(each.phase),
            terms=each.terms,
            policy_version=each.policy_version,
            quantity=each.quantity,
            accept_days=each.accept_days,
            maximum_depth=each.maximum_depth,
            minimum_piece=each.minimum_piece,
            kind=each.kind,
        )


def _loan(row: Row[Any]) -> Loan:
    return Loan(
        facility=row.facility,
        principal=row.principal,
        drawn=row.drawn,
        rate=row.rate,
        due_day=row.due_day,
        penalty_bps=row.penalty_bps,
        minimum_days=row.minimum_days,
        basis=row.basis,
        phase=LoanPhase(row.phase),
        start_day=row.start_day,
        accrued_day=row.accrued_day,
        terms=row.terms,
        grace_days=row.grace_days,
        count=row._mapping["count"],
        has_costs=bool(row.flags & 1),
        buys=bool(row.flags & 2),
        staged=bool(row.flags & 4),
    )


def _rows(connection: Connection, table: Table, condition: Any) -> list[Row[Any]]:
    return list(connection.execute(select(table).where(condition).order_by(*table.primary_key)))
