"""Whose keys sign: enterprises hold their own, banks and the evidence service sign at their own desks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import httpx2
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from gateway.services.identities import commitment

FOREVER = (1 << 40) - 1
UNLIMITED = (1 << 48) - 1

ADMIN, ISSUE_MAKER, ISSUE_CHECKER, TITLE, BORROW = 1, 2, 4, 8, 16
CREDIT_MAKER, CREDIT_CHECKER, PAYMENTS, CLEARING, ATTEST, OFFICE, KEEP = 32, 64, 128, 256, 512, 1024, 2048
PLATFORM_NUMBER = 1
ENTERPRISE, BANK, LENDER, KEEPER, EVIDENCE, PLATFORM, GUARANTOR = 1, 2, 4, 8, 16, 32, 64


class DeskRefused(RuntimeError):
    """A desk would not sign; the message is its own."""


class Signer(Protocol):
    """One person who can be asked to sign a typed act."""

    def sign(self, typed_data: Mapping[str, Any]) -> str:
        """The 64-byte signature in hexadecimal."""
        ...


@dataclass(frozen=True, slots=True)
class Wallet:
    """A person whose key lies with the enterprise itself, in a file only its owner reads."""

    address: str
    key: bytes = field(repr=False)

    @classmethod
    def open(cls, path: Path) -> Wallet:
        """The wallet in `path`, made there when missing."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        key = bytes.fromhex(path.read_text())
        return cls(Account.from_key(key).address, key)

    def sign(self, typed_data: Mapping[str, Any]) -> str:
        """Hash what is shown, not what somebody says its hash is, and sign that."""
        signable = encode_typed_data(full_message=dict(typed_data))
        digest = keccak(b"\x19" + signable.version + signable.header + signable.body)
        signed = Account.unsafe_sign_hash(digest, self.key)
        vs = signed.s | (signed.v - 27) << 255
        return f"0x{signed.r:064x}{vs:064x}"


@dataclass(frozen=True, slots=True)
class Officer:
    """A person at a desk of another firm's own program, which signs by that firm's rules."""

    http: httpx2.Client
    person: str
    address: str

    def sign(self, typed_data: Mapping[str, Any]) -> str:
        """Ask the desk; raises DeskRefused."""
        answer = self.http.post("/sign", json={"person": self.person, "typed_data": dict(typed_data)})
        if answer.status_code != 200:
            raise DeskRefused(f"{self.person} does not sign {typed_data['primaryType']}: {answer.text}")
        return str(answer.json()["signature"])


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a party on the ledger: number, roles, and who signs."""

    number: int
    roles: int
    signer: Wallet | Officer

    def grant(self) -> dict[str, Any]:
        """The SignerGrant of this person's key."""
        return {
            "key": self.signer.address, "person": self.number, "roles": self.roles, "soloCap": UNLIMITED,
            "validFrom": 0, "validUntil": FOREVER, "managed": False, "certificate": "0x" + "00" * 32,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Firm:
    """A party of the story."""

    number: int
    name: str
    kinds: int
    members: Mapping[str, Member]
    identifiers: tuple[tuple[str, str], ...] = ()
    part: str = ""
    """What it is in the story, where its acts do not tell."""

    def __getitem__(self, member: str) -> Wallet | Officer:
        return self.members[member].signer

    def identity(self) -> dict[str, Any]:
        """Who it is. Its salt is made of its name, which is no secret here; a real one is random."""
        name = " ".join(self.name.split())[:300]
        return {
            "party": self.number, "name": name, "salt": "0x" + sha256(name.encode()).hexdigest(),
            "identifiers": [{"scheme": scheme, "value": value} for scheme, value in self.identifiers],
        }  # fmt: skip

    def admission(self) -> dict[str, Any]:
        """The Admit act; the firm is its own group, and two administrators change its signers."""
        identity = "0x" + commitment(self.identity()).hex()
        administrators = sum(bool(each.roles & ADMIN) for each in self.members.values())
        return {
            "party": self.number, "kinds": self.kinds, "group": self.number, "identity": identity,
            "quorum": min(2, administrators), "signers": [each.grant() for each in self.members.values()],
            "expiresAt": FOREVER,
        }  # fmt: skip


def enterprise(number: int, name: str, folder: Path, identifiers: tuple[tuple[str, str], ...] = ()) -> Firm:
    """A trading firm with two people, each with a wallet of their own."""
    common = ADMIN | TITLE | BORROW
    roles = {"maker": ISSUE_MAKER | common, "checker": ISSUE_CHECKER | common}
    return _own_wallets(number, name, ENTERPRISE, roles, folder, identifiers)


def _own_wallets(
    number: int,
    name: str,
    kinds: int,
    roles: Mapping[str, int],
    folder: Path,
    identifiers: tuple[tuple[str, str], ...] = (),
) -> Firm:
    members = {
        person: Member(place, bits, Wallet.open(folder / str(number) / f"{person}.key"))
        for place, (person, bits) in enumerate(roles.items(), start=1)
    }
    return Firm(number, name, kinds, members, identifiers)


_OFFICERS = {"office": OFFICE | ADMIN, "office_second": OFFICE | ADMIN}


def platform(folder: Path) -> Firm:
    """The operator: an office and nothing else (CN77-4)."""
    return _own_wallets(PLATFORM_NUMBER, "Tallystick platform", PLATFORM, _OFFICERS, folder)


def silent_bank(number: int, name: str, folder: Path) -> Firm:
    """A third bank of genesis: it has a say in the consortium and no part in this story."""
    return _own_wallets(number, name, BANK, _OFFICERS, folder)


def factor(number: int, name: str, folder: Path) -> Firm:
    """A licensed lender that is no bank: two credit people with wallets of their own, money at somebody else's bank."""
    roles = {
        "credit-maker": CREDIT_MAKER | TITLE | ADMIN,
        "credit-checker": CREDIT_CHECKER | CREDIT_MAKER | TITLE | ADMIN,
    }
    return _own_wallets(number, name, LENDER, roles, folder)


def protector(number: int, name: str, kinds: int, part: str, folder: Path) -> Firm:
    """Somebody who stands behind loans of others: a maker and a checker of promises, with wallets of their own."""
    roles = {"maker": ISSUE_MAKER | ADMIN, "checker": ISSUE_CHECKER | ADMIN}
    return replace(_own_wallets(number, name, kinds, roles, folder), part=part)


def keeper(number: int, name: str, part: str, folder: Path) -> Firm:
    """Who keeps goods, or controls them for a lender: two people with wallets of their own."""
    roles = {"keeper": KEEP | ADMIN, "second": KEEP | ADMIN}
    return replace(_own_wallets(number, name, KEEPER, roles, folder), part=part)


def surveyor(number: int, name: str, part: str, folder: Path) -> Firm:
    """Who looks at goods and says what there is, or what it is worth: two people with wallets of their own."""
    roles = {"surveyor": ATTEST | ADMIN, "second": ATTEST | ADMIN}
    return replace(_own_wallets(number, name, EVIDENCE, roles, folder), part=part)


_BANK_ROLES = {
    "credit-maker": CREDIT_MAKER | ADMIN,
    "credit-checker": CREDIT_CHECKER | CREDIT_MAKER | ADMIN,
    "clearing": CLEARING,
    "payments": PAYMENTS,
    "office": OFFICE,
}


def bank(number: int, name: str, http: httpx2.Client) -> Firm:
    """A bank program as a party: its people are those its desk lists."""
    members: dict[str, Member] = {}
    listed = http.get("/signers").json()["signers"]
    for place, each in enumerate(listed, start=1):
        role = each["role"]
        name_ = role if role not in members else f"{role}-second"
        members[name_] = Member(place, _BANK_ROLES[role], Officer(http, each["person"], each["address"]))
    return Firm(number, name, BANK | LENDER, members)


def evidence_service(number: int, http: httpx2.Client, folder: Path) -> Firm:
    """The evidence service as a party: one attestor at its desk, two administrators with wallets."""
    listed = http.get("/signers").json()["signers"][0]
    members = {"attestor": Member(1, ATTEST, Officer(http, listed["person"], listed["address"]))}
    for place, person in enumerate(("first", "second"), start=2):
        members[person] = Member(place, ADMIN, Wallet.open(folder / str(number) / f"{person}.key"))
    return Firm(number, "Evidence service", EVIDENCE, members)
