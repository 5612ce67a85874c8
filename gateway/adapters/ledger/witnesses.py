"""Keys and their words through time, from the Ledger's own events: was this signer good when the act was mined?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gateway.adapters.ledger.logs import Log
from gateway.adapters.ledger.signatures import ROLES, Need, recover, wallet_of
from gateway.adapters.ledger.words import MANAGED, REVOKED, SIGNER, SUSPENDED
from gateway.ports.verification import Fields, Signature

Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Moment:
    """When an act was mined: its place, and the block's time in seconds since 1970."""

    position: Position
    time: int


@dataclass(slots=True)
class Witnesses:
    """SignerSet, CoSigned and Approved events of the keys and digests in question."""

    words: dict[str, list[tuple[Position, Fields]]] = field(default_factory=dict)
    co_signed: dict[tuple[bytes, int], list[tuple[Position, str]]] = field(default_factory=dict)
    approved: dict[tuple[bytes, str], Position] = field(default_factory=dict)

    @classmethod
    def of(cls, logs: Sequence[Log]) -> Witnesses:
        """From logs in the chain's order."""
        found = cls()
        for log in logs:
            if log.event == "SignerSet":
                word = SIGNER.unpack(log.args["word"])
                found.words.setdefault(log.args["key"].lower(), []).append((log.position, word))
            elif log.event == "CoSigned":
                place = (log.args["digest"], log.args["party"])
                found.co_signed.setdefault(place, []).append((log.position, log.args["key"].lower()))
            elif log.event == "Approved":
                found.approved.setdefault((log.args["digest"], log.args["wallet"].lower()), log.position)
        return found

    def signatures(self, digest: bytes, needs: Sequence[Need], moment: Moment) -> list[Signature]:
        """Each needed signature judged as the Ledger judges it; two of one party need two persons."""
        found: list[Signature] = []
        for need in needs:
            signature = self._judge(digest, need, moment)
            twins = [
                other
                for other in found
                if other.party == need.party and other.person == signature.person and not signature.problem
            ]
            if twins:
                signature = _with_problem(signature, f"the same person signed as {twins[0].part}")
            found.append(signature)
        return found

    def _judge(self, digest: bytes, need: Need, moment: Moment) -> Signature:
        key = self._key(digest, need, moment)
        role = ROLES.get(need.role, str(need.role))
        signature = Signature(part=need.part, party=need.party, role=role, key=key)
        word = None if key is None else self._word(key, moment.position)
        if word is None:
            return _with_problem(signature, "the signature is of no registered signer")
        latest = self.words[key or ""][-1][1]
        co_signer = self._co_signer(digest, need, word, moment)
        signature = Signature(
            part=need.part,
            party=need.party,
            role=role,
            key=key,
            person=word["person"],
            managed=bool(word["flags"] & MANAGED),
            revoked_since=bool(latest["flags"] & REVOKED and not word["flags"] & REVOKED),
            co_signer=co_signer if need.amount > word["solo_cap"] else None,
        )
        return _with_problem(signature, _fault(word, need, moment, co_signer))

    def _key(self, digest: bytes, need: Need, moment: Moment) -> str | None:
        wallet = wallet_of(need.signature)
        if wallet is None:
            return recover(digest, need.signature)
        agreed = self.approved.get((digest, wallet))
        return wallet if agreed is not None and agreed < moment.position else None

    def _word(self, key: str, position: Position) -> Fields | None:
        earlier = [word for place, word in self.words.get(key, ()) if place < position]
        return earlier[-1] if earlier else None

    def _co_signer(self, digest: bytes, need: Need, word: Fields, moment: Moment) -> str | None:
        for place, key in self.co_signed.get((digest, need.party), ()):
            second = self._word(key, moment.position)
            if place >= moment.position or second is None or second["person"] == word["person"]:
                continue
            if second["roles"] & need.role and not _dead(second, moment.time):
                return key
        return None


def _fault(word: Fields, need: Need, moment: Moment, co_signer: str | None) -> str:
    """The first rule the signer broke, in the order the contract asks; empty when none."""
    if word["party"] != need.party:
        return f"the signer is of party {word['party']}, not of party {need.party}"
    dead = _dead(word, moment.time)
    if dead:
        return dead
    if not word["roles"] & need.role:
        return f"the signer does not hold the role {ROLES.get(need.role, need.role)}"
    if need.amount > word["solo_cap"] and co_signer is None:
        return "the amount is above the signer's mandate, and nobody co-signed"
    return ""


def _dead(word: Fields, time: int) -> str:
    if word["flags"] & REVOKED:
        return "the signer had been revoked"
    if word["flags"] & SUSPENDED:
        return "the signer's party was suspended"
    if not word["valid_from"] <= time <= word["valid_until"]:
        return "the signer's validity had run out, or not begun"
    return ""


def _with_problem(signature: Signature, problem: str) -> Signature:
    return replace(signature, problem=signature.problem or problem)
