"""Parties and offices: who comes in, who signs for them, and what orders do (decision 5, CN77-4;
contracts/parties).

Two offices are of different groups and none is, or is of the group of, one who gains or loses; a majority of
the admitted banks admits banks, keepers and evidence services, sets limits and publishes policy. Every verb
answers the first rule that forbids it; only NONE changes the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.domain.acts import NOTHING
from gateway.domain.boards import are_live, grant_all, grantable, revoke_all, without
from gateway.domain.calendar import day_of
from gateway.domain.encumbrance import freeze_title, lift_title
from gateway.domain.evidence import announce_policy
from gateway.domain.ledger_state import LedgerState, Recovery, made_by
from gateway.domain.office_acts import (
    Admit,
    Cure,
    Freeze,
    Lift,
    PublishPolicy,
    Recover,
    Reinstate,
    SetLimit,
    SetSigners,
    Stop,
    Suspend,
    Veto,
)
from gateway.domain.parties import OFFICES, Key, Need, OfficeSignature, authorise, spend
from gateway.domain.reasons import Reason
from gateway.domain.records import Kind, Party, Role, SignerFlag, Standing

RECOVERY_SECONDS = 7 * 86_400
LONGEST_TENOR_MONTHS = 12
DEEPEST_SPLIT = 8
LARGEST_MINIMUM_PIECE = 2**16 - 1
ANY_ROLE = 2**32 - 1

_BANKS_ADMIT = Kind.BANK | Kind.KEEPER | Kind.EVIDENCE | Kind.PLATFORM


# ── Signers and parties ─────────────────────────────────────────────────────────────────────────────────────


def admissible(state: LedgerState, act: Admit) -> Reason:
    """May this party come in?"""
    if act.party == 0:
        return Reason.PARTY_UNKNOWN
    if act.party in state.parties:
        return Reason.PARTY_TAKEN
    if act.kinds == 0 or (act.kinds & Kind.PLATFORM and act.kinds != Kind.PLATFORM):
        return Reason.PARTY_KIND_CONFLICT
    return grantable(state, act.party, Party(act.kinds, act.group, act.quorum), act.signers)


def admit_genesis(state: LedgerState, act: Admit) -> Reason:
    """The platform and the first banks stand at the beginning; nobody signs for them."""
    reason = admissible(state, act)
    if not reason:
        _admit(state, act)
    return reason


def admit(state: LedgerState, act: Admit, signed_by: Sequence[OfficeSignature], now: int) -> Reason:
    """A party comes in. Signed by two offices; a bank, keeper, evidence service or platform by a majority of
    the banks.
    """
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    if act.kinds & _BANKS_ADMIT:
        reason = bank_majority(state, act, signed_by, now)
    else:
        reason = two_offices(state, act, signed_by, (act.party,), now)
    if not reason:
        reason = admissible(state, act)
    if not reason:
        _admit(state, act)
    return reason


def _admit(state: LedgerState, act: Admit) -> None:
    if act.kinds & Kind.BANK:
        state.banks += 1
    grant_all(state, act.party, Party(act.kinds, act.group, act.quorum), act.signers)


def set_signers(state: LedgerState, act: SetSigners, signed_by: Sequence[Key], now: int) -> Reason:
    """A party changes its own signers; titles stay. Signed by its quorum of administrators."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    party = state.parties.get(act.party)
    if party is None:
        return Reason.PARTY_UNKNOWN
    if len(signed_by) < party.quorum:
        return Reason.OFFICES_TOO_FEW
    needs = [Need(act.party, Role.ADMIN)] * len(signed_by)
    reason = authorise(state, act, needs, signed_by, now)
    if reason:
        return reason
    if not are_live(state, act.party, act.revoked):
        return Reason.SIGNER_UNKNOWN
    party = without(state, party, act.revoked, act.quorum)
    reason = grantable(state, act.party, party, act.granted)
    if reason:
        return reason
    if not spend(state, act.party, act.nonce):
        return Reason.NONCE_USED
    revoke_all(state, act.revoked)
    grant_all(state, act.party, party, act.granted)
    return Reason.NONE


# ── Recovery and succession ─────────────────────────────────────────────────────────────────────────────────


def recover(state: LedgerState, act: Recover, signed_by: Sequence[OfficeSignature], now: int) -> Reason:
    """Announces that every signer of a party is replaced, seven days from now. Signed by two offices."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    reason = two_offices(state, act, signed_by, (act.party,), now) or _recoverable(state, act)
    if reason:
        return reason
    # A recovery is announced once, so that one that was vetoed does not come back.
    if act in state.announced:
        return Reason.NONCE_USED
    state.announced.add(act)
    state.recoveries[act.party] = Recovery(act, now + RECOVERY_SECONDS)
    return Reason.NONE


def _recoverable(state: LedgerState, act: Recover) -> Reason:
    """Every signer the party has is named, so that none of the old ones keeps a say. While a party is suspended
    only a court's succession replaces its signers: else a recovery would end what an order began.
    """
    party = state.parties.get(act.party)
    if party is None:
        return Reason.PARTY_UNKNOWN
    if len(act.revoked) != party.signers or not are_live(state, act.party, act.revoked):
        return Reason.SIGNER_UNKNOWN
    if party.standing is not Standing.ADMITTED and not act.succession:
        return Reason.SIGNER_SUSPENDED
    return grantable(state, act.party, without(state, party, act.revoked, act.quorum), act.granted)


def veto(state: LedgerState, act: Veto, signed_by: tuple[Key], now: int) -> Reason:
    """Any live signer of the party stops a recovery; a succession is a court's and knows no veto."""
    if now > act.expires_at:
        return Reason.INSTRUCTION_EXPIRED
    announced = state.recoveries.get(act.party)
    if act.recovery is None or announced is None or announced.act != act.recovery:
        return Reason.RECOVERY_UNKNOWN
    reason = authorise(state, act, [Need(act.party, ANY_ROLE)], signed_by, now)
    if reason:
        return reason
    if act.recovery.succession:
        return Reason.ROLE_NOT_ALLOWED
    del state.recoveries[act.party]
    return Reason.NONE


def complete(state: LedgerState, act: Recover, now: int) -> Reason:
    """What was announced, word for word; anyone may carry it once the seven days are over. Nobody signs."""
    announced = state.recoveries.get(act.party)
    if announced is None or announced.act != act:
        return Reason.RECOVERY_UNKNOWN
    if now < announced.ready_at:
        return Reason.RECOVERY_TOO_SOON
    reason = _recoverable(state, act)
    if reason:
        return reason
    del state.recoveries[act.party]
    # The successor acts: what was ordered against those before it ends with them.
    _set_standing(state, act.party, Standing.ADMITTED, 0)
    party = without(state, state.parties[act.party], act.revoked, act.quorum)
    revoke_all(state, act.revoked)
    grant_all(state, act.party, party, act.granted)
    return Reason.NONE


# ── Orders of two offices ───────────────────────────────────────────────────────────────────────────────────


def suspend(state: LedgerState, act: Suspend, signed_by: Sequence[OfficeSignature], now: int) -> Reason:
    """No signer of the party acts any more, until reinstated; its titles stay."""
    reason = _ordered(act.expires_at, act.order, now) or two_offices(state, act, signed_by, (act.party,), now)
    if reason:
        return reason
    if act.end_day <= day_of(now):
        return Reason.DUE_DAY_PAST
    reason = _suspendable(state, act.party, act.keys, Standing.ADMITTED)
    if reason:
        return reason
    if not spend(state, OFFICES, act.nonce):
        return Reason.NONCE_USED
    for key in act.keys:
        signer = state.signers[key]
        state.signers[key] = replace(signer, flags=signer.flags | SignerFlag.SUSPENDED)
    _set_standing(state, act.party, Standing.SUSPENDED, act.end_day)
    return Reason.NONE


def reinstate(state: LedgerState, act: Reinstate, signed_by: Sequence[OfficeSignature], now: int) -> Reason:
    """A suspended party's signers act again. Signed by two offices, or by nobody after the suspension's end
    day.
    """
    party = state.parties.get(act.party)
    ordered = party is None or not party.suspension_ran_out(day_of(now))
    reason = Reason.NONE
    if ordered:
        reason = _ordered(act.expires_at, act.order, now)
        reason = reason or two_offices(state, act, signed_by, (act.party,), now)
    reason = reason or _suspendable(state, act.party, act.keys, Standing.SUSPENDED)
    if reason:
        return reason
    if ordered and not spend(state, OFFICES, act.nonce):
        return Reason.NONCE_USED
    for key in act.keys:
        signer = state.signers[key]
        state.signers[key] = replace(signer, flags=signer.flags & ~SignerFlag.SUSPENDED)
    _set_standing(state, act.party, Standing.ADMITTED, 0)
    return Reason.NONE


def _suspendable(state: LedgerState, number: int, keys: Sequence[str], standing: Standing) -> Reason:
    """All signers at once: a party is suspended as a whole, and each of its keys says so by itself."""
    party = state.parties.get(number)
    if party is None:
        return Reason.PARTY_UNKNOWN
    if party.standing is not standing:
        return Reason.SIGNER_SUSPENDED
    if len(keys) != party.signers or not are_live(state, number, keys):
        return Reason.SIGNER_UNKNOWN
    return Reason.NONE


def _set_standing(state: LedgerState, number: int, standing: Standing, until: int) -> None:
    state.parties[number] = replace(state.parties[number], standing=standing, suspended_until=until)


def freeze(state: LedgerState, act: Freeze, signed_by: Sequence[OfficeSignature], now: int) -> Reason:
    """An order stops a title, or a part numbered by the first office, until its end day (decision 13)."""
    reason = _ordered(act.expires_at, act.order, now)
    if reason:
        return reason
    if act.end_day <= day_of(now):
        return Reason.DUE_DAY_PAST
    reason = two_offices(state, act, signed_by, _concerned(state, act.title), now)
    if reason:
        return reason
    if act.child and not made_by(act.child, signed_by[0].party):
        return Reason.FOREIGN_ID
    if (OFFICES, act.nonce) in state.nonces:
        return Reason.NONCE_USED
    # A sold title is one thing until its sale ends: an order stops all of it.
    if act.child and act.title in state.sales:
        return Reason.TITLE_SOLD
    reason = freeze_title(state, act.title, act.child, act.quantity)
    if reason:
        return reason
    spend(state, OFFICES, act.nonce)
    state.frozen_until[act.child or act.title] = act.end_day
    return Reason.NONE


def lift(state: LedgerState, act: Lift, signed_by: Sequence[OfficeSignature], now: int) -> Reason:
    """An order's stop ends: by two offices, or by anyone, unsigned, after its end day."""
    end_day = state.frozen_until.get(act.title)
    if end_day is None:
        return Reason.NOT_FROZEN
    if day_of(now) <= end_day:
        reason = _ordered(act.expires_at, act.order, now)
        if not reason:
            reason = two_offices(state, act, signed_by, _concerned(state, act.title), now)
        if reason:
            return reason
        if not spend(state, OFFICES, act.nonce):
            return Reason.NONCE_USED
    del state.frozen_until[act.title]
    lift_title(state, act.title)
    return Reason.NONE


def stop(state: LedgerState, act: Stop, signed_by: Sequence[OfficeSignature], now: int) -> Reason:
    """A debtor promises nothing new until cured or its end day passes (CN77-15)."""
    reason = _ordered(act.expires_at, act.reason, now) or two_offices(
        state, act, signed_by, (act.party,), now
    )
    if reason:
        return reason
    party = state.parties.get(act.party)
    if party is None:
        return Reason.PARTY_UNKNOWN
    if act.end_day <= day_of(now):
        return Reason.DUE_DAY_PAST
    if not spend(state, OFFICES, act.nonce):
        return Reason.NONCE_USED
    state.parties[act.party] = replace(party, stopped_by_order=True, stopped_until=act.end_day)
    return Reason.NONE


def cure(state: LedgerState, act: Cure, signed_by: Sequence[OfficeSignature], now: int) -> Reason:
    """A stopped debtor may promise again."""
    reason = _ordered(act.expires_at, act.reason, now) or two_offices(
        state, act, signed_by, (act.party,), now
    )
    if reason:
        return reason
    party = state.parties.get(act.party)
    if party is None:
        return Reason.PARTY_UNKNOWN
    if not party.stopped(day_of(now)):
        return Reason.NOT_STOPPED
    if not spend(state, OFFICES, act.nonce):
        return Reason.NONCE_USED
    state.parties[act.party] = replace(party, stopped_by_order=False, stopped_until=0)
    return Reason.NONE


# ── Acts of a majority of the banks ─────────────────────────────────────────────────────────────────────────


def set_limit(state: LedgerState, act: SetLimit, signed_by: Sequence[OfficeSignature], now: int) -> Reason:
    """The banks set what a debtor may owe; below what it owes already, nothing new is promised."""
    reason = _ordered(act.expires_at, act.evidence, now) or bank_majority(state, act, signed_by, now)
    if reason:
        return reason
    if act.debtor not in state.parties:
        return Reason.PARTY_UNKNOWN
    if (OFFICES, act.nonce) in state.nonces:
        return Reason.NONCE_USED
    limit = state.limit_of(act.debtor, act.currency)
    if limit.limit != act.limit_before:
        return Reason.AMOUNT_DIFFERS
    spend(state, OFFICES, act.nonce)
    state.limits[act.debtor, act.currency] = replace(limit, limit=act.limit)
    return Reason.NONE


def publish_policy(
    state: LedgerState, act: PublishPolicy, signed_by: Sequence[OfficeSignature], now: int
) -> Reason:
    """The banks announce parameters. CN77-11: never more than twelve months; decision 11: never deeper than
    eight.
    """
    reason = _ordered(act.expires_at, act.document, now)
    if reason:
        return reason
    if act.version == 0 or not 0 < act.maximum_tenor_months <= LONGEST_TENOR_MONTHS:
        return Reason.POLICY_OUT_OF_RANGE
    if act.maximum_depth > DEEPEST_SPLIT or act.minimum_piece > LARGEST_MINIMUM_PIECE:
        return Reason.POLICY_OUT_OF_RANGE
    return bank_majority(state, act, signed_by, now) or announce_policy(state, act, now)


# ── Offices ─────────────────────────────────────────────────────────────────────────────────────────────────


def banks_needed(state: LedgerState) -> int:
    """How many banks are a majority."""
    return state.banks // 2 + 1


def two_offices(
    state: LedgerState, act: object, offices: Sequence[OfficeSignature], concerned: Sequence[int], now: int
) -> Reason:
    """At least two offices, each of a group of its own, none of it the group of one concerned."""
    if len(offices) < 2:
        return Reason.OFFICES_TOO_FEW
    for place, office in enumerate(offices):
        party = state.parties.get(office.party)
        if party is None or not party.kinds & (Kind.BANK | Kind.PLATFORM):
            return Reason.ROLE_NOT_ALLOWED
        if any(state.group_of(earlier.party) == party.group for earlier in offices[:place]):
            return Reason.OFFICES_SAME_GROUP
        for other in concerned:
            if other and (other == office.party or state.group_of(other) == party.group):
                return Reason.OFFICE_IS_BENEFICIARY
    return _authorise_offices(state, act, offices, now)


def bank_majority(state: LedgerState, act: object, offices: Sequence[OfficeSignature], now: int) -> Reason:
    """A majority of the admitted banks, each once (parties rise), never the platform."""
    if len(offices) < banks_needed(state):
        return Reason.OFFICES_TOO_FEW
    last = 0
    for office in offices:
        if office.party <= last:
            return Reason.OFFICES_SAME_GROUP
        last = office.party
        party = state.parties.get(last)
        if party is None or not party.kinds & Kind.BANK:
            return Reason.ROLE_NOT_ALLOWED
    return _authorise_offices(state, act, offices, now)


def _authorise_offices(
    state: LedgerState, act: object, offices: Sequence[OfficeSignature], now: int
) -> Reason:
    needs = [Need(office.party, Role.OFFICE) for office in offices]
    return authorise(state, act, needs, [office.key for office in offices], now)


def _ordered(expires_at: int, order: bytes, now: int) -> Reason:
    """An office's act names the order or reason it stands on."""
    if now > expires_at:
        return Reason.INSTRUCTION_EXPIRED
    return Reason.EVIDENCE_MISSING if order == NOTHING else Reason.NONE


def _concerned(state: LedgerState, number: int) -> tuple[int, ...]:
    """Those who gain or lose by what happens to a title: its holder or seller, its debtor, its lender."""
    title = state.titles.get(number)
    if title is None:
        return ()
    debtor = state.roots[title.root].debtor
    if not title.lock:
        return title.holder, debtor
    facility = state.facilities[title.lock]
    return facility.borrower, debtor, facility.lender
