"""The acts of offices and of a party's own quorum, field for field as contracts/types/Acts.sol has them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignerGrant:
    """A key, the person who holds it, and what that person may sign."""

    key: str
    person: int
    roles: int
    solo_cap: int
    valid_from: int
    valid_until: int
    managed: bool
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Admit:
    """A party comes in, with its first signers."""

    party: int
    kinds: int
    group: int
    identity: bytes
    quorum: int
    signers: tuple[SignerGrant, ...]
    expires_at: int


@dataclass(frozen=True, slots=True)
class SetSigners:
    """A party changes its own signers and quorum."""

    party: int
    quorum: int
    revoked: tuple[str, ...]
    granted: tuple[SignerGrant, ...]
    nonce: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Recover:
    """Every signer of a party is replaced: its keys are lost, or its rights pass to another."""

    party: int
    succession: bool
    quorum: int
    revoked: tuple[str, ...]
    granted: tuple[SignerGrant, ...]
    order: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class Veto:
    """A live signer of the party says the recovery is not wanted. `recovery` None names none."""

    party: int
    recovery: Recover | None
    expires_at: int


@dataclass(frozen=True, slots=True)
class Freeze:
    """An order stops a title, or a part of it under a number of its own (`child`)."""

    title: int
    child: int
    quantity: int
    order: bytes
    end_day: int
    nonce: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Lift:
    """An order's stop ends."""

    title: int
    order: bytes
    nonce: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A debtor promises nothing new."""

    party: int
    reason: bytes
    end_day: int
    nonce: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Cure:
    """A stopped debtor may promise again."""

    party: int
    reason: bytes
    nonce: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Suspend:
    """No signer of the party acts."""

    party: int
    keys: tuple[str, ...]
    order: bytes
    end_day: int
    nonce: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Reinstate:
    """The party's signers act again."""

    party: int
    keys: tuple[str, ...]
    order: bytes
    nonce: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class PublishPolicy:
    """The banks announce parameters. `minimum_piece` is in hundreds of minor units."""

    version: int
    effective_day: int
    maximum_tenor_months: int
    minimum_piece: int
    maximum_depth: int
    accept_days: int
    release_days: int
    minimum_late_interest: int
    document: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class SetLimit:
    """The banks set what a debtor may owe in one currency."""

    debtor: int
    currency: int
    limit: int
    limit_before: int
    evidence: bytes
    nonce: int
    expires_at: int
