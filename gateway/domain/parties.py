"""Whose signature is this, and may it act? (DEC-5, ESIGN)

Title belongs to a party, never to a key. "Two people" means two persons, not two keys; a signer above its own
mandate needs a second person who co-signed the same act; a revoked, suspended or expired signer acts no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gateway.domain.ledger_state import LedgerState
from gateway.domain.reasons import Reason
from gateway.domain.records import Role, Signer, SignerFlag

Key = str | None
"""Who a signature recovers to: a key in lower-case hexadecimal, or None where it recovers to nobody."""


class Need(NamedTuple):
    """One signature an act needs: whose, in which role, and the amount (minor units) it is signed for."""

    party: int
    role: int
    amount: int = 0


class OfficeSignature(NamedTuple):
    """An office's signature, with the party it says it signs for."""

    party: int
    key: Key


def alive(signer: Signer, now: int) -> Reason:
    """Whether a signer may act at all at this time; the first and the last second of its validity count."""
    if signer.flags & SignerFlag.REVOKED:
        return Reason.SIGNER_REVOKED
    if signer.flags & SignerFlag.SUSPENDED:
        return Reason.SIGNER_SUSPENDED
    if not signer.valid_from <= now <= signer.valid_until:
        return Reason.SIGNER_EXPIRED
    return Reason.NONE


def check(state: LedgerState, act: object, key: Key, need: Need, now: int) -> Reason:
    """One signature against one need."""
    signer = state.signers.get(key) if key is not None else None
    if signer is None:
        return Reason.SIGNATURE_INVALID
    if signer.party != need.party:
        return Reason.WRONG_PARTY
    reason = alive(signer, now)
    if reason:
        return reason
    if not signer.roles & need.role:
        return Reason.WRONG_ROLE
    if need.amount > signer.solo_cap and not _co_signed(state, act, signer, need.role, now):
        return Reason.ABOVE_MANDATE
    return Reason.NONE


def authorise(
    state: LedgerState, act: object, needs: Sequence[Need], keys: Sequence[Key], now: int
) -> Reason:
    """The first need that is not met, or NONE. Two needs of one party need two persons."""
    if not needs or len(needs) != len(keys):
        return Reason.OFFICES_TOO_FEW
    persons: set[tuple[int, int]] = set()
    for need, key in zip(needs, keys, strict=True):
        reason = check(state, act, key, need, now)
        if reason or key is None:
            return reason
        signed = (need.party, state.signers[key].person)
        if signed in persons:
            return Reason.SAME_PERSON
        persons.add(signed)
    return Reason.NONE


def co_sign(state: LedgerState, act: object, key: Key, now: int) -> Reason:
    """A second person of a party agrees beforehand to an act that another signs above its own mandate.

    All who co-signed are kept, so that nobody can push the second person out; each is checked again when the
    act arrives.
    """
    signer = state.signers.get(key) if key is not None else None
    if signer is None or key is None:
        return Reason.SIGNATURE_INVALID
    reason = alive(signer, now)
    if reason:
        return reason
    before = state.co_signers.get((act, signer.party), ())
    if key not in before:
        state.co_signers[act, signer.party] = (*before, key)
    return Reason.NONE


def approve(state: LedgerState, act: object, wallet: str, agreed: bool) -> Reason:
    """A contract wallet is asked once whether it signs an act (ERC-1271); later signatures only name the wallet.
    Anyone may ask; a wallet that does not agree changes nothing.
    """
    if not agreed:
        return Reason.SIGNATURE_INVALID
    state.approvals.add((act, wallet))
    return Reason.NONE


def named(state: LedgerState, act: object, wallet: str) -> Key:
    """Who signed where a signature names a wallet: the wallet if it approved this very act, else nobody."""
    return wallet if (act, wallet) in state.approvals else None


def may_relay(state: LedgerState, key: Key, now: int) -> bool:
    """Whether a sender that is no admitted relayer may carry new obligations: any live signer."""
    signer = state.signers.get(key) if key is not None else None
    return signer is not None and alive(signer, now) is Reason.NONE


OFFICES = 0
"""Orders are acts of the offices together, and so are their one-time numbers: kept under one office's number,
an order would count again for each office put first.
"""


def spend(state: LedgerState, party: int, nonce: int) -> bool:
    """Spends a one-time number of a party, or of the offices; False when it was spent before."""
    if (party, nonce) in state.nonces:
        return False
    state.nonces.add((party, nonce))
    return True


def _co_signed(state: LedgerState, act: object, first: Signer, role: int, now: int) -> bool:
    seconds = [state.signers[key] for key in state.co_signers.get((act, first.party), ())]
    return any(
        second.person != first.person and second.roles & role and alive(second, now) is Reason.NONE
        for second in seconds
    )


def maker_and_checker(lender: int, amount: int) -> list[Need]:
    """The lender's two people; the checker's mandate must reach the amount."""
    return [Need(lender, Role.CREDIT_MAKER), Need(lender, Role.CREDIT_CHECKER, amount)]
