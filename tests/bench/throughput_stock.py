"""Acts signed beforehand: a stock of titles that changes hands round after round, and some that are cut.

Every act is one the contracts carry out: two signatures, the sequence it needs, a day until it expires.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import orjson

from chainsvc.signing import KeySigner
from gateway.adapters.ledger import acts
from gateway.domain.ledger_state import PARTS
from gateway.services.json_acts import write_message
from tests.bench.gas import QUANTITY, Desk
from tests.house.cast import TIER_1, TIER_2, TIER_3, Person
from tests.house.house import EVIDENCE_HASH, House

ASSIGNS_A_SPLIT = 9
"""The mix: nine assignments to one split, which writes a new title."""

_HOLDERS = (TIER_1, TIER_2, TIER_3)


@dataclass(frozen=True, slots=True)
class SignedAct:
    """One act as the load carries it: over HTTP, or packed for a batch of our own."""

    function: str
    message: dict[str, Any]
    digest: bytes
    signatures: dict[str, bytes]

    def body(self, ordered: bool = False) -> dict[str, Any]:
        """The instruction as a caller posts it, with its title as order key if it is to be ordered."""
        parts = {name: "0x" + signature.hex() for name, signature in self.signatures.items()}
        body = {"function": self.function, "message": write_message(self.message), "parts": parts}
        return body | ({"order_key": f"title {self.message['title']}"} if ordered else {})

    def item(self) -> Any:
        """The instruction as the ABI encoder takes it."""
        pairs = {name: (each[:32], each[32:]) for name, each in self.signatures.items()}
        return acts.verbs()[self.function].pack({"act": self.message, **pairs})


class Stock:
    """Titles of tier 1, and acts on them without end."""

    def __init__(self, house: House, titles: int) -> None:
        """Makes `titles` live titles on the house's chain."""
        desk = Desk(house)
        self._domain = house.domain
        self._expires_at = house.machine.now + 86_400
        self._signers: dict[bytes, KeySigner] = {}
        self.titles = desk.roots(titles)
        self.splits = 0
        self._acts = self._without_end()
        self._back: list[SignedAct] = []

    def take(self, number: int) -> list[SignedAct]:
        """The next acts; those of one title come a whole round apart."""
        back, self._back = self._back[:number], self._back[number:]
        return back + list(islice(self._acts, number - len(back)))

    def give_back(self, signed: Sequence[SignedAct]) -> None:
        """Acts that never reached the chain, to be taken again before all others."""
        self._back = [*signed, *self._back]

    def _without_end(self) -> Iterator[SignedAct]:
        sequences = dict.fromkeys(self.titles, 0)
        for turn in count():
            holder, to = _HOLDERS[turn % 3], _HOLDERS[(turn + 1) % 3]
            for place, title in enumerate(self.titles):
                common = {
                    "title": title, "sequence": sequences[title], "expiresAt": self._expires_at,
                    "evidence": EVIDENCE_HASH,
                }  # fmt: skip
                sequences[title] += 1
                if place % (ASSIGNS_A_SPLIT + 1):
                    yield self._signed("assign", {**common, "to": to.number}, holder["maker"], to["maker"])
                    continue
                self.splits += 1
                cut = {
                    "child": TIER_1.number << 32 | PARTS | self.splits,
                    "quantity": QUANTITY // 10_000, "to": TIER_2.number,
                }  # fmt: skip
                yield self._signed("split", {**common, **cut}, TIER_1["maker"], TIER_2["maker"])

    def _signed(self, function: str, message: dict[str, Any], holder: Person, acquirer: Person) -> SignedAct:
        act = acts.verbs()[function].act
        names = [field["name"] for field in acts.act_types()[act][act]]
        ordered = {name: message[name] for name in names}
        digest = acts.digest(self._domain, act, ordered)
        signatures = {"holder": self._sign(holder, digest), "acquirer": self._sign(acquirer, digest)}
        return SignedAct(function, ordered, digest, signatures)

    def _sign(self, person: Person, digest: bytes) -> bytes:
        signer = self._signers.setdefault(person.key, KeySigner(person.key))
        signed = signer.sign_digest(digest)
        s = int.from_bytes(signed[32:64], "big") | (signed[64] - 27) << 255
        return signed[:32] + s.to_bytes(32, "big")


def bodies(signed: Sequence[SignedAct], each: int, *, ordered: bool = False) -> list[bytes]:
    """HTTP bodies of `each` acts a call; `ordered` acts of one title wait for each other."""
    return [
        orjson.dumps({"instructions": [act.body(ordered) for act in signed[start : start + each]]})
        for start in range(0, len(signed), each)
    ]
