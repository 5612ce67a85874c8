"""One place held an act's co-signer: whoever saw the act travel could hand in its first signature as a co-signature,
push the second person out, and so void any act above a mandate."""

from __future__ import annotations

from gateway.adapters.ledger import acts
from tests.contracts.instructions import grant
from tests.contracts.table import assign
from tests.house.house import House
from tests.house.machine import STRANGER


def test_the_first_signature_does_not_replace_the_second(house: House) -> None:
    instruction = assign(house)
    holder = instruction.slots[0]
    junior = grant(house, holder.party, 82, "TITLE", soloCap=1)
    digest = acts.digest(house.domain, "Assign", instruction.message)
    for who in (holder.who, junior, junior):
        house.machine.call("Ledger", "coSign", digest, acts.sign(who.key, digest), sender=STRANGER)
    assert house.machine.events == []  # the second time says nothing new
    assert instruction.signed_by(holder, junior).carry(house) == "None"
