"""Who funds a facility and bears its loss: the lender, an entrustor behind it, or several who share.

S5: an entrusted loan's lender of record is an agent bank that bears nothing. S17: several funders hold shares in
basis points that make the whole (contracts/credit/Funders, evidence/ShareTables).
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.domain.acts import Open, Shares
from gateway.domain.ledger_state import LedgerState
from gateway.domain.parties import Key, Need, authorise, maker_and_checker
from gateway.domain.reasons import Reason
from gateway.domain.records import Form, Kind, Role

WHOLE_BPS = 10_000


def fundable(state: LedgerState, act: Open) -> Reason:
    """Whether the form is one, and this entrustor may stand behind this lender (S5).

    The entrustor is another party and of another group than the borrower, is not the agent bank, and never the
    platform (CN77-4). An entrusted loan is a loan: nothing is bought with the entrustor's money.
    """
    entrusted = act.entrustor != 0
    if act.form > (Form.PLEDGE if entrusted else Form.LEASE):
        return Reason.TERMS_OUT_OF_RANGE
    if act.agent_fee_bps > (WHOLE_BPS if entrusted else 0):
        return Reason.TERMS_OUT_OF_RANGE
    if not entrusted:
        return Reason.NONE
    party = state.parties.get(act.entrustor)
    if act.entrustor == act.lender or (party is not None and party.kinds & Kind.PLATFORM):
        return Reason.ENTRUSTOR_CONFLICT
    if state.group_of(act.entrustor) == state.group_of(act.borrower):
        return Reason.ENTRUSTOR_CONFLICT
    return Reason.NONE


def bearer(state: LedgerState, facility: int) -> int:
    """Who bears the loss of a facility's loans: its entrustor, else its lender. The parties of a share table
    bear it in their parts. Raises KeyError for an unknown facility.
    """
    entrusted = state.entrustors.get(facility)
    return state.facilities[facility].lender if entrusted is None else entrusted[0]


def share(
    state: LedgerState, act: Shares, signed_by: tuple[Key, Key], participants: Sequence[Key], now: int
) -> Reason:
    """Who funds and bears what part of a facility (S17). Signed by the lender's maker and checker, as the others'
    agent, and by every participant but the lender itself, in the table's order. Only while nothing is owed.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    facility = state.facilities.get(act.facility)
    if facility is None:
        return Reason.FACILITY_UNKNOWN
    # Whose the loss is does not change while there may be one.
    if not facility.clear:
        return Reason.DEBT_OUTSTANDING
    if not is_whole(act.parties, act.bps) or facility.borrower in act.parties:
        return Reason.SHARE_WRONG
    parts = [
        Need(party, Role.CREDIT_CHECKER, facility.limit * bps // WHOLE_BPS)
        for party, bps in zip(act.parties, act.bps, strict=True)
        if party != facility.lender
    ]
    if len(parts) != len(participants):
        return Reason.OFFICES_TOO_FEW
    needs = [*maker_and_checker(facility.lender, facility.limit), *parts]
    reason = authorise(state, act, needs, [*signed_by, *participants], now)
    if reason:
        return reason
    if act in state.share_tables:
        return Reason.NONCE_USED
    state.share_tables.add(act)
    state.shares[act.facility] = act
    return Reason.NONE


def is_whole(parties: Sequence[int], bps: Sequence[int]) -> bool:
    """Whether a table has each party once, rising, each with a part, and the parts make the whole."""
    if len(parties) != len(bps) or not parties:
        return False
    rising = all(first < second for first, second in zip((0, *parties), parties, strict=False))
    return rising and min(bps) > 0 and sum(bps) == WHOLE_BPS
