"""Who signs for a party: the roles open to it, the board that stays within its own reach, keys given and taken
(decisions 5 and 10; contracts/parties/Parties.sol).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.domain.ledger_state import LedgerState
from gateway.domain.office_acts import SignerGrant
from gateway.domain.reasons import Reason
from gateway.domain.records import Kind, Party, Role, Signer, SignerFlag

LARGEST_BOARD = 16

_NO_KEY = "0x" + "0" * 40
_CREDIT = Role.CREDIT_MAKER | Role.CREDIT_CHECKER
_TRADE = Role.ADMIN | Role.ISSUE_MAKER | Role.ISSUE_CHECKER | Role.TITLE | Role.BORROW


def roles_of(kinds: int) -> int:
    """The roles open to a party of these kinds (CN77-4: the platform informs, and signs for nothing else)."""
    if kinds & Kind.PLATFORM:
        return Role.ADMIN | Role.OFFICE
    if kinds & Kind.EVIDENCE:
        return Role.ADMIN | Role.ATTEST
    roles = _TRADE
    if kinds & Kind.LENDER:
        roles |= _CREDIT
    if kinds & Kind.BANK:
        roles |= _CREDIT | Role.PAYMENTS | Role.CLEARING | Role.OFFICE
    if kinds & Kind.KEEPER:
        roles |= Role.KEEP
    return roles


def grantable(state: LedgerState, number: int, party: Party, grants: Sequence[SignerGrant]) -> Reason:
    """May these signers be added to a party, given with its new quorum and the signers that stay? Their
    administrators together reach the quorum, or nobody could ever change the board again; a key is a signer
    once and for all; roles follow what the party is; who attests money holds no credit role, over all its
    keys (decision 10).
    """
    if not 0 < party.quorum <= party.administrators + _administrators(grants):
        return Reason.QUORUM_UNREACHABLE
    if party.signers + len(grants) > LARGEST_BOARD:
        return Reason.QUORUM_UNREACHABLE
    keys: set[str] = {_NO_KEY}
    persons: dict[int, int] = {}
    for grant in grants:
        if grant.key in keys or grant.key in state.signers:
            return Reason.SIGNER_TAKEN
        keys.add(grant.key)
        # As whole numbers: the complement of an enumeration's flags knows none of the bits it does not name.
        if grant.roles & ~int(roles_of(party.kinds)):
            return Reason.ROLE_NOT_ALLOWED
        held = persons.get(grant.person, state.person_roles.get((number, grant.person), 0)) | grant.roles
        persons[grant.person] = held
        if held & Role.PAYMENTS and held & _CREDIT:
            return Reason.ROLE_NOT_ALLOWED
    return Reason.NONE


def _administrators(grants: Iterable[SignerGrant | Signer]) -> int:
    return sum(grant.roles & Role.ADMIN != 0 for grant in grants)


def without(state: LedgerState, party: Party, revoked: Sequence[str], quorum: int) -> Party:
    """The party without these of its signers, and with a new quorum."""
    gone = _administrators(state.signers[key] for key in revoked)
    return replace(
        party,
        quorum=quorum,
        signers=party.signers - len(revoked),
        administrators=party.administrators - gone,
    )


def grant_all(state: LedgerState, number: int, party: Party, grants: Sequence[SignerGrant]) -> None:
    """Adds signers to a party, given as `grantable` takes it."""
    for grant in grants:
        held = state.person_roles.get((number, grant.person), 0)
        state.person_roles[number, grant.person] = held | grant.roles
        state.signers[grant.key] = Signer(
            party=number,
            person=grant.person,
            roles=grant.roles,
            solo_cap=grant.solo_cap,
            valid_from=grant.valid_from,
            valid_until=grant.valid_until,
            flags=SignerFlag.MANAGED if grant.managed else SignerFlag.NONE,
        )
    state.parties[number] = replace(
        party,
        signers=party.signers + len(grants),
        administrators=party.administrators + _administrators(grants),
    )


def are_live(state: LedgerState, party: int, keys: Sequence[str]) -> bool:
    """Every key named once, rising, of this party, and not revoked."""
    last = _NO_KEY
    for key in keys:
        signer = state.signers.get(key)
        if key <= last or signer is None or signer.party != party or signer.flags & SignerFlag.REVOKED:
            return False
        last = key
    return True


def revoke_all(state: LedgerState, keys: Sequence[str]) -> None:
    """Keys sign no more; they stay known, so that they are refused by name."""
    for key in keys:
        signer = state.signers[key]
        state.signers[key] = replace(signer, flags=signer.flags | SignerFlag.REVOKED)
