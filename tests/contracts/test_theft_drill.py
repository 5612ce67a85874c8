"""The theft drill: every relayer, administrator, deployer, gateway and platform key in one hand, and nothing moves.

The thief has no bank's key and no party's own. Each attempt is made on a house where titles are held, locked,
offered, frozen and lent against; afterwards every word that any of the contracts of the house has
stored is what it was: receipts, lots and liens among them. Somebody stands behind the loan, too; goods are leased, and
a facility is used stage by stage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from chainsvc.artifacts import load
from chainsvc.codec import encode, types_of
from gateway.adapters.ledger import acts
from tests.contracts import table, theft_of_goods, theft_on_credit
from tests.contracts.instructions import Instruction, Slot, keys_of, office_slots, stored
from tests.contracts.table import AMOUNT, FACILITY, LOAN, ROOT
from tests.contracts.wallets import deploy
from tests.house.cast import (
    CLEARING,
    CORE,
    FOREVER,
    GENESIS,
    KINDS,
    LENDER,
    PLATFORM,
    THIRD_BANK,
    TIER_1,
    TIER_2,
    TIER_3,
    Party,
    Person,
    enterprise,
    grant_dict,
    person,
)
from tests.house.house import (
    CNY,
    COLLECTED,
    CREDITED,
    EVIDENCE_HASH,
    PAYOUT,
    REASONS,
    RECEIVED,
    REPAYMENT,
    House,
    account_of,
    collection_account,
    nullifier_of,
)
from tests.house.machine import CHAIN_ID, DEPLOYER, ORDER, PAGES, RELAYER, Machine, Reverted

SOLD = CORE.number << 32 | 2
OFFERED = CORE.number << 32 | 3
FROZEN = CORE.number << 32 | 4
SECP256K1 = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
THIEF = PLATFORM["office"]
ACCOMPLICE = PLATFORM["office_second"]


@dataclass(frozen=True, slots=True)
class Scene:
    """A house worth robbing, and the signed papers that lie about in it."""

    house: House
    old_sale: Any
    elsewhere: Any

    def try_(
        self, function: str, message: Mapping[str, Any], slots: tuple[Slot, ...], **unsigned: Any
    ) -> None:
        """Carry a forged instruction as relayer; it must be refused."""
        instruction = Instruction(function, message, slots, "", unsigned)
        with suppress(Reverted):
            assert instruction.carry(self.house) != "None"
        for sender in (DEPLOYER, THIEF.address):
            with suppress(Reverted):
                assert instruction.carry(self.house, sender=sender) != "None"

    def call(self, contract: str, function: str, *args: Any, sender: str = RELAYER) -> None:
        """Call a function that must revert."""
        with pytest.raises(Reverted):
            self.house.machine.call(contract, function, *args, sender=sender)

    def raw(self, contract: str, calldata: bytes) -> None:
        """Call something that is not there."""
        for sender in (RELAYER, DEPLOYER, THIEF.address):
            with pytest.raises(Reverted):
                self.house.machine._transact(sender, self.house.machine.addresses[contract], calldata)


@pytest.fixture
def scene(house: House) -> Scene:
    """Titles held, sold, locked under a loan, offered and frozen, goods in store and leased, stages; a signature that
    was never used."""
    theft_on_credit.in_use(house)
    table.outstanding(house)
    theft_of_goods.in_store(house)
    assert house.protect(table.GUARANTEE, FACILITY, 1, 10_000_000) == "None"
    assert house.live_root(2, AMOUNT, TIER_1) == SOLD
    act = {
        "title": SOLD, "sequence": 0, "to": TIER_2.number, "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = table.title_slot("holder", TIER_1["maker"]), table.title_slot("acquirer", TIER_2["maker"])
    old_sale = Instruction("assign", act, slots, "").item(house)
    assert house.assign(SOLD, TIER_1, TIER_3) == "None"
    assert house.attest(nullifier_of(OFFERED), AMOUNT, TIER_2, CORE) == "None"
    assert house.issue(OFFERED, CORE, TIER_2, AMOUNT) == "None"
    assert house.live_root(4, AMOUNT, TIER_3) == FROZEN
    assert table.freeze_of(house, FROZEN, endDay=house.machine.day() + 300).carry(house) == "None"
    here = acts.Domain(CHAIN_ID, second_deployment().addresses["Ledger"])
    now = {**act, "sequence": 1}
    holder = table.title_slot("holder", TIER_3["maker"])
    elsewhere = Instruction("assign", now, (holder, slots[1]), "").item(house, domain=here)
    return Scene(house, old_sale, elsewhere)


def second_deployment() -> Machine:
    """The same code once more on the same chain, by the same thief from another address."""
    genesis = [acts.pack_act("admit", party.admit()) for party in GENESIS]
    return Machine(genesis, 1_790_000_000, deployer="0x" + "d1" * 20)


def forged_offices(count: int = 2) -> tuple[Slot, ...]:
    people = (THIEF, ACCOMPLICE)[:count]
    return tuple(Slot("offices", who, "OFFICE", place=at, office=True) for at, who in enumerate(people))


def with_fake_bank(part: str = "offices") -> tuple[Slot, ...]:
    """The platform's office beside one of a bank that nobody admitted."""
    fake = person(77, "office", 1, "OFFICE")
    return (
        Slot(part, THIEF, "OFFICE", place=0, office=True),
        FakeSlot(part, fake, "OFFICE", place=1, office=True),
    )


class FakeSlot(Slot):
    """The office of a party that is not in the cast."""

    @property
    def party(self) -> Party:
        return Party(77, "fake bank", KINDS["BANK"], 77, {"office": self.who})


def slots_of(part: str, *people: Person) -> tuple[Slot, ...]:
    return tuple(Slot(part, who, "", place=at) for at, who in enumerate(people))


# ── Attempts ────────────────────────────────────────────────────────────────────────────────────────────────────


def rewire_a_module(scene: Scene) -> None:
    thief = bytes.fromhex(RELAYER[2:]).rjust(32, b"\0")
    for name in ("setModule(address)", "setRegistry(address)", "upgradeTo(address)", "transferOwnership(address)",
                 "upgradeToAndCall(address,bytes)", "initialize(address)", "setAuthority(address)"):  # fmt: skip
        for contract in acts.CONTRACTS:
            scene.raw(contract, keccak(text=name)[:4] + thief)


def deploy_a_second_registry(scene: Scene) -> None:
    machine = scene.house.machine
    artifact = load("Registry")
    modules = tuple(to_checksum_address(machine.addresses[name]) for name in ORDER)
    genesis = [acts.pack_act("admit", enterprise(301, "thief's own", 301).admit())]
    inputs = next(entry["inputs"] for entry in artifact.abi if entry["type"] == "constructor")
    with pytest.raises(RuntimeError):
        machine._create(artifact.bytecode + encode(types_of(inputs), [modules, genesis]))


def grant_roles_on_the_access_manager(scene: Scene) -> None:
    machine = scene.house.machine
    for role in range(1, 9):
        for key in (DEPLOYER, RELAYER, THIEF.address):
            machine.call("AccessManager", "grantRole", role, key, 0, sender=DEPLOYER)
    ledger = to_checksum_address(machine.addresses["Ledger"])
    selector = keccak(text="setSigner(address,uint256)")[:4]
    machine.call("AccessManager", "setTargetFunctionRole", ledger, [selector], 2, sender=DEPLOYER)
    scene.call("Ledger", "setSigner", THIEF.address, 2**256 - 1, sender=DEPLOYER)
    calldata = selector + encode(["address", "uint256"], [THIEF.address, 2**256 - 1])
    scene.call("AccessManager", "execute", ledger, calldata, sender=DEPLOYER)
    scene.call("AccessManager", "updateAuthority", ledger, DEPLOYER, sender=DEPLOYER)


def act_as_a_module(scene: Scene) -> None:
    word = TIER_2.number << 224 | ROOT << 128 | AMOUNT << 80
    scene.call("Ledger", "openRoot", SOLD, word)
    scene.call("Ledger", "unlock", FACILITY, [ROOT], sender=DEPLOYER)
    scene.call("Ledger", "setParty", TIER_3.number, 0, sender=DEPLOYER)
    scene.call("Ledger", "receiveMoney", ROOT, AMOUNT, False)
    scene.call("Credit", "repay", LOAN, AMOUNT, 1, bytes(32), 0, [ROOT])
    scene.call("Credit", "takeBackRepayment", LOAN, AMOUNT, 1)
    scene.call("Evidence", "setLimit", CORE.number, CNY, 0, 0, bytes(32))


def stand_behind_a_facility_as_platform(scene: Scene) -> None:
    """CN77-4: neither in its own name, nor with a lender's people that it does not have."""
    act = table.protect_act(scene.house, PLATFORM.number << 32 | 1, 1)
    people = (Slot("first", THIEF, ""), Slot("second", ACCOMPLICE, ""))
    lender = (
        Slot("maker", LENDER["credit_maker"], "CREDIT_MAKER"),
        Slot("checker", LENDER["credit_checker"], "CREDIT_CHECKER"),
    )
    assert Instruction("protect", act, (*people, *lender), "").carry(scene.house) == "ProtectorNotAllowed"
    reserve = {**act, "kind": 3, "custodian": THIRD_BANK.number, "floor": 1, "target": 1}
    assert Instruction("protect", reserve, (*people, *lender), "").carry(scene.house) == "ProtectorNotAllowed"


def call_a_guarantee_and_take_the_money(scene: Scene) -> None:
    house = scene.house
    act = {
        "protection": table.GUARANTEE, "loan": LOAN, "amount": 1_000_000, "calledBefore": 0,
        "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    people = (Slot("maker", THIEF, ""), Slot("checker", ACCOMPLICE, ""))
    scene.try_("callProtection", act, people, others=[table.GUARANTEE], titles=[ROOT])
    waiver = {**act, "nonce": 1}
    waiver.pop("calledBefore")
    scene.try_("waive", waiver, (Slot("first", THIEF, ""), Slot("second", ACCOMPLICE, "")))
    scene.call("Protection", "pay", table.GUARANTEE, LOAN, 1, house.machine.day(), bytes(32))
    scene.call("Protection", "keep", LOAN, 1, False, sender=DEPLOYER)
    scene.call("Protection", "reimburse", table.GUARANTEE, LOAN, 1)
    scene.call("Credit", "guard", FACILITY, False, False)


def recover_a_partys_keys_alone(scene: Scene) -> None:
    message = table.recover_of(scene.house, TIER_3).message
    scene.try_("recover", message, forged_offices(1))
    scene.try_("recover", message, forged_offices(2))
    scene.try_("recover", message, office_slots("offices", PLATFORM, PLATFORM))


def recover_with_a_fake_bank(scene: Scene) -> None:
    scene.try_("recover", table.recover_of(scene.house, TIER_3).message, with_fake_bank())


def succeed_a_party_without_a_court(scene: Scene) -> None:
    message = table.recover_of(scene.house, TIER_3, succession=True).message
    scene.try_("recover", message, forged_offices(2))
    scene.try_("complete", message, ())


def admit_a_bank(scene: Scene) -> None:
    for slots in (forged_offices(1), forged_offices(2), with_fake_bank()):
        scene.try_("admit", table.FOURTH_BANK.admit(), slots)


def admit_a_second_platform(scene: Scene) -> None:
    people = [person(2, "office", 1, "OFFICE", "ADMIN"), person(2, "second", 2, "OFFICE", "ADMIN")]
    second = Party(2, "second platform", KINDS["PLATFORM"], 2, {who.name: who for who in people})
    for slots in (forged_offices(1), forged_offices(2), with_fake_bank()):
        scene.try_("admit", second.admit(), slots)


def admit_a_straw_firm(scene: Scene) -> None:
    scene.try_("admit", enterprise(301, "straw firm", 301).admit(), forged_offices(2))


def give_itself_a_partys_key(scene: Scene) -> None:
    mine = person(TIER_3.number, "mine", 9, "TITLE", "ADMIN")
    act = {
        "party": TIER_3.number, "quorum": 1, "revoked": [], "granted": [grant_dict(mine)], "nonce": 99,
        "expiresAt": FOREVER,
    }  # fmt: skip
    scene.try_("setSigners", act, slots_of("party", THIEF, ACCOMPLICE))
    scene.try_("setSigners", act, slots_of("party", mine, mine))


def give_the_platform_a_holders_role(scene: Scene) -> None:
    mine = person(PLATFORM.number, "trader", 9, "TITLE")
    act = {
        "party": PLATFORM.number, "quorum": 2, "revoked": [], "granted": [grant_dict(mine)], "nonce": 99,
        "expiresAt": FOREVER,
    }  # fmt: skip
    scene.try_("setSigners", act, slots_of("party", THIEF, ACCOMPLICE))


def forge_a_payment_fact(scene: Scene) -> None:
    house = scene.house
    forged = Slot("bank", THIEF, "PAYMENTS")
    for kind, subject, account in (
        (REPAYMENT, LOAN, collection_account(FACILITY)),
        (PAYOUT, LOAN, account_of(TIER_1)),
        (CREDITED, SOLD, account_of(TIER_3)),
        (COLLECTED, ROOT, collection_account(FACILITY)),
    ):
        act = table.fact_act(house, kind, subject, 1_000, CLEARING, account)
        scene.try_("record", act, (forged,), unlock=[ROOT])
        scene.try_("record", {**act, "bank": PLATFORM.number}, (forged,), unlock=[ROOT])


def forge_received_money(scene: Scene) -> None:
    scene.house.machine.pass_days(90)
    act = table.fact_act(scene.house, RECEIVED, SOLD, AMOUNT, CLEARING, b"\1" * 32)
    scene.try_("record", act, (Slot("bank", THIEF, "PAYMENTS"),))


def forge_a_distribution_list(scene: Scene) -> None:
    house = scene.house
    house.machine.pass_days(90)
    act = {
        "root": SOLD, "distributedBefore": 0, "titles": [SOLD], "amounts": [1], "expiresAt": house.expiry(),
    }  # fmt: skip
    scene.try_("distribute", act, (Slot("clearingBank", THIEF, "CLEARING"),))


def forge_a_release(scene: Scene) -> None:
    order = {
        "facility": FACILITY, "titles": [ROOT], "nonce": 1, "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = Slot("first", THIEF, ""), Slot("second", ACCOMPLICE, "")
    scene.try_("release", order, slots, loans=[LOAN])
    unlock = {"facility": FACILITY, "titles": [ROOT], "nonce": 1, "expiresAt": FOREVER}
    scene.try_("unlock", unlock, (Slot("holder", THIEF, ""),))


def freeze_alone(scene: Scene) -> None:
    message = table.freeze_of(scene.house, SOLD).message
    for slots in (forged_offices(1), forged_offices(2), with_fake_bank()):
        scene.try_("freeze", message, slots)


def lift_alone(scene: Scene) -> None:
    message = table.lift_of(scene.house, FROZEN).message
    for slots in (forged_offices(1), forged_offices(2), with_fake_bank()):
        scene.try_("lift", message, slots)


def change_the_policy_alone(scene: Scene) -> None:
    message = table.policy_act(scene.house, 2)
    scene.try_("publishPolicy", message, tuple(replace(slot, part="banks") for slot in forged_offices(2)))
    scene.try_("publishPolicy", message, with_fake_bank("banks"))


def change_a_limit_alone(scene: Scene) -> None:
    message = table.set_limit(scene.house).message
    scene.try_("setLimit", message, tuple(replace(slot, part="banks") for slot in forged_offices(2)))
    scene.try_("setLimit", message, with_fake_bank("banks"))


def suspend_and_stop_alone(scene: Scene) -> None:
    house = scene.house
    suspension = {
        "party": TIER_3.number, "keys": keys_of(TIER_3), "order": EVIDENCE_HASH, "endDay": 60_000, "nonce": 9,
        "expiresAt": FOREVER,
    }  # fmt: skip
    scene.try_("suspend", suspension, forged_offices(2))
    scene.try_("stop", table.stop(House(start=house.machine.now)).message, forged_offices(2))


def replay_an_old_signature_after_the_sale(scene: Scene) -> None:
    machine = scene.house.machine
    assert REASONS[machine.call("Ledger", "assign", [scene.old_sale])[0]] == "WrongSequence"


def replay_a_signature_from_a_second_deployment(scene: Scene) -> None:
    machine = scene.house.machine
    assert REASONS[machine.call("Ledger", "assign", [scene.elsewhere])[0]] == "SignatureInvalid"


def bend_a_signature(scene: Scene) -> None:
    """The other root of the same signature, which recovers to the same key if nobody looks."""
    house = scene.house
    act = {
        "title": SOLD, "sequence": 1, "to": TIER_2.number, "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    bent = []
    for who in (TIER_3["maker"], TIER_2["maker"]):
        r, vs = house.sign(who, "Assign", act)
        word = int.from_bytes(vs, "big")
        s, parity = word & (1 << 255) - 1, word >> 255
        high = (SECP256K1 - s) % 2**255 | (1 - parity) << 255
        bent.append((r, high.to_bytes(32, "big")))
    item = acts.verbs()["assign"].pack({"act": act, "holder": bent[0], "acquirer": bent[1]})
    assert REASONS[house.machine.call("Ledger", "assign", [item])[0]] == "SignatureInvalid"


def name_a_key_as_a_wallet(scene: Scene) -> None:
    """A signature of zeros names a wallet; that nobody approved anything must not pass for approval."""
    house = scene.house
    act = {
        "title": SOLD, "sequence": 1, "to": TIER_2.number, "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    for address in (TIER_3["maker"].address, "0x" + "00" * 20, house.machine.addresses["Ledger"]):
        named = bytes.fromhex(address[2:]).rjust(32, b"\0"), bytes(32)
        item = acts.verbs()["assign"].pack({"act": act, "holder": named, "acquirer": named})
        assert REASONS[house.machine.call("Ledger", "assign", [item])[0]] == "SignatureInvalid"
    digest = acts.digest(house.domain, "Assign", act)
    scene.call("Ledger", "approve", digest, TIER_3["maker"].address, b"")


def reenter_through_a_wallet(scene: Scene) -> None:
    """The wallet is asked without the power to change anything, so what it calls comes to nothing; it may note that
    it agreed, and is nobody's signer."""
    house = scene.house
    machine = house.machine
    payload = machine.calldata("Ledger", "setSigner", THIEF.address, 2**256 - 1)
    wallet = deploy(house.machine, "HostileWallet", payload, False)
    act = {
        "title": SOLD, "sequence": 1, "to": TIER_2.number, "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    digest = acts.digest(house.domain, "Assign", act)
    machine.call("Ledger", "approve", digest, wallet, b"")
    named = bytes.fromhex(wallet[2:]).rjust(32, b"\0"), bytes(32)
    item = acts.verbs()["assign"].pack({"act": act, "holder": named, "acquirer": named})
    assert REASONS[machine.call("Ledger", "assign", [item])[0]] == "SignatureInvalid"


def co_sign_for_a_party(scene: Scene) -> None:
    """A platform's co-signature is the platform's, whatever it is under."""
    house = scene.house
    act = {
        "title": SOLD, "sequence": 1, "to": TIER_2.number, "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    forged = person(TIER_3.number, "mine", 9, "TITLE")
    digest = acts.digest(house.domain, "Assign", act)
    assert house.machine.call("Ledger", "coSign", digest, acts.sign(forged.key, digest)) == 1
    scene.try_("assign", act, (Slot("holder", THIEF, ""), Slot("acquirer", ACCOMPLICE, "")))


def take_an_offer_or_end_it_early(scene: Scene) -> None:
    house = scene.house
    act = {
        "root": OFFERED, "payee": TIER_2.number, "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
        "invoices": acts.invoices_hash([nullifier_of(OFFERED)], [AMOUNT]),
    }  # fmt: skip
    scene.try_("accept", act, (Slot("payee", THIEF, ""),))
    scene.try_("accept", {**act, "payee": PLATFORM.number}, (Slot("payee", THIEF, ""),))
    invoices = {"nullifiers": [nullifier_of(OFFERED)], "amounts": [AMOUNT]}
    scene.try_("expire", {}, (), root=OFFERED, payee=TIER_2.number, **invoices)
    refusal = {"root": OFFERED, "payee": TIER_2.number, "reason": EVIDENCE_HASH, "expiresAt": house.expiry()}
    scene.try_("decline", refusal, (Slot("payee", THIEF, ""),), **invoices)


def bind_another_account(scene: Scene) -> None:
    act = {
        "party": TIER_3.number, "currency": CNY, "bank": CLEARING.number, "account": b"\6" * 32, "nonce": 1,
        "expiresAt": FOREVER,
    }  # fmt: skip
    scene.try_("bindAccount", act, (*slots_of("party", THIEF, ACCOMPLICE), Slot("bank", THIEF, "")))


def make_up_an_invoice_and_a_debt(scene: Scene) -> None:
    house = scene.house
    act = {
        "nullifier": b"\4" * 32, "cap": AMOUNT, "seller": TIER_2.number, "debtor": CORE.number, "currency": CNY,
        "service": PLATFORM.number, "evidence": EVIDENCE_HASH, "expiresAt": house.expiry(),
    }  # fmt: skip
    scene.try_("attestInvoices", act, (Slot("service", THIEF, ""),))
    promise = {
        "debtor": CORE.number, "receivables": [table.receivable(house, SOLD + 9)], "expiresAt": house.expiry(),
    }  # fmt: skip
    scene.try_("issue", promise, (Slot("maker", THIEF, ""), Slot("checker", ACCOMPLICE, "")))


def unadmit_every_relayer(scene: Scene) -> None:
    """The worst a thief can do: carry nothing. Parties then carry their own acts."""
    machine = scene.house.machine
    machine.call("AccessManager", "revokeRole", 1, RELAYER, sender=DEPLOYER)
    with pytest.raises(Reverted):
        machine.call("Ledger", "assign", [scene.old_sale])


ATTEMPTS: tuple[Callable[[Scene], None], ...] = (
    stand_behind_a_facility_as_platform,
    call_a_guarantee_and_take_the_money,
    rewire_a_module,
    deploy_a_second_registry,
    grant_roles_on_the_access_manager,
    act_as_a_module,
    recover_a_partys_keys_alone,
    recover_with_a_fake_bank,
    succeed_a_party_without_a_court,
    admit_a_bank,
    admit_a_second_platform,
    admit_a_straw_firm,
    give_itself_a_partys_key,
    give_the_platform_a_holders_role,
    forge_a_payment_fact,
    forge_received_money,
    forge_a_distribution_list,
    forge_a_release,
    freeze_alone,
    lift_alone,
    change_the_policy_alone,
    change_a_limit_alone,
    suspend_and_stop_alone,
    replay_an_old_signature_after_the_sale,
    replay_a_signature_from_a_second_deployment,
    bend_a_signature,
    name_a_key_as_a_wallet,
    reenter_through_a_wallet,
    co_sign_for_a_party,
    take_an_offer_or_end_it_early,
    bind_another_account,
    make_up_an_invoice_and_a_debt,
    unadmit_every_relayer,
    *theft_of_goods.ATTEMPTS,
    *theft_on_credit.ATTEMPTS,
)


OWN_MARKS: Mapping[Callable[[Scene], None], list[int]] = {reenter_through_a_wallet: [1]}
"""Words that an attempt leaves behind which are the thief's own: that a wallet of his agreed with him."""


def belongings(house: House) -> dict[tuple[str, int], int]:
    """All that the contracts have stored; only whom it admits as relayer is the administrator's to change."""
    return {place: word for place, word in stored(house).items() if place[0] != "AccessManager"}


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.__name__.replace("_", " "))
def test_nothing_moves(scene: Scene, attempt: Callable[[Scene], None]) -> None:
    before = belongings(scene.house)
    attempt(scene)
    after = belongings(scene.house)
    assert {place: after.get(place) for place in before} == before
    assert [after[place] for place in after.keys() - before.keys()] == OWN_MARKS.get(attempt, [])
    assert len(before) > 100


def test_with_all_their_signatures_goods_do_move(scene: Scene) -> None:
    """So what the attempts lack is the signature, and nothing else."""
    house = scene.house
    for instruction in chain(theft_of_goods.honest(house), theft_on_credit.honest(house)):
        assert instruction.carry(house) == "None", instruction.function


def test_without_relayers_parties_carry_their_own_acts(scene: Scene) -> None:
    house = scene.house
    unadmit_every_relayer(scene)
    act = {
        "title": SOLD, "sequence": 1, "to": TIER_2.number, "expiresAt": FOREVER, "evidence": EVIDENCE_HASH,
    }  # fmt: skip
    slots = table.title_slot("holder", TIER_3["maker"]), table.title_slot("acquirer", TIER_2["maker"])
    assert Instruction("assign", act, slots, "").carry(house, sender=TIER_3["maker"].address) == "None"
    assert house.title(SOLD)["holder"] == TIER_2.number


DELEGATING = {"CALLCODE": 0xF2, "DELEGATECALL": 0xF4, "SELFDESTRUCT": 0xFF, "CREATE": 0xF0, "CREATE2": 0xF5}


def operations(code: bytes) -> set[int]:
    """The operations of runtime code, without the data of its pushes and the compiler's note at the end."""
    code = code[: len(code) - 2 - int.from_bytes(code[-2:], "big")]
    found, at = set(), 0
    while at < len(code):
        found.add(code[at])
        at += 1 + (code[at] - 0x5F if 0x60 <= code[at] <= 0x7F else 0)
    return found


@pytest.mark.parametrize("contract", [*acts.CONTRACTS, *PAGES.values()])
def test_no_code_but_its_own_runs_in_a_contract(contract: str) -> None:
    """Nothing destroys or creates, and nothing delegates but to a second page, whose address is built in."""
    used = operations(load(contract).deployed_bytecode)
    found = {name for name, code in DELEGATING.items() if code in used}
    assert found == ({"DELEGATECALL"} if contract in PAGES else set())
