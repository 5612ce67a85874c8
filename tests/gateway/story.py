"""A story on the real contracts in which every kind of fact happens at least once."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from eth_utils import to_checksum_address

from gateway.adapters.ledger import acts
from tests.gateway import (
    story_of_collateral,
    story_of_goods,
    story_of_leases,
    story_of_orders,
    story_of_stages,
)
from tests.house.cast import (
    CLEARING,
    CORE,
    EVERYONE,
    FOREVER,
    GUARANTOR,
    LENDER,
    PLATFORM,
    THIRD_BANK,
    TIER_1,
    TIER_2,
    TIER_3,
    UNLIMITED,
    Party,
    Person,
    grant_dict,
    person,
)
from tests.house.house import (
    CNY,
    COLLECTED,
    CREDITED,
    EVIDENCE_HASH,
    PAYOUT,
    PROTECTED,
    RECEIVED,
    REIMBURSED,
    REJECTED,
    REPAYMENT,
    RETURNED,
    SURPLUS,
    House,
    account_of,
    collection_account,
    nullifier_of,
)
from tests.house.node_machine import NodeMachine

# Answers every question with the ERC-1271 magic value.
AGREEABLE_WALLET = bytes.fromhex("631626ba7e60e01b60005260206000f3")

ORDER = sha256(b"an order of the court").digest()


def root_id(serial: int) -> int:
    """A root or title of the core enterprise."""
    return CORE.number << 32 | serial


def child_id(party: Party, serial: int) -> int:
    """A title that a party split off."""
    return party.number << 32 | serial


class Story:
    """Chapters that can be told one by one; each leaves what it made under a name."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ids: dict[str, int] = {}

    def tell(self) -> Story:
        """All of it."""
        self.circulation()
        self.answers_to_offers()
        self.offer_list()
        self.orders()
        self.signers()
        self.credit()
        self.early_and_refused()
        self.maturity()
        self.bad_debt()
        self.forms()
        self.loss()
        self.goods()
        self.collateral()
        self.purchases()
        self.leases()
        self.stages()
        self.succession()
        return self

    # ── chapters ────────────────────────────────────────────────────────────────────────────────────────────

    def circulation(self) -> None:
        """Split through three tiers, assign, merge, withdraw an offer."""
        house = self.house
        root = house.live_root(1, 100_000_000, TIER_1)
        second, third, small = child_id(TIER_1, 1), child_id(TIER_2, 1), child_id(TIER_2, 2)
        _done(house.split(root, TIER_1, TIER_2, second, 40_000_000))
        _done(house.split(second, TIER_2, TIER_3, third, 15_000_000))
        _done(house.split(second, TIER_2, TIER_2, small, 5_000_000))
        merge = {
            "into": second, "intoSequence": house.title(second)["sequence"], "from": small,
            "fromSequence": house.title(small)["sequence"], "expiresAt": house.expiry(),
        }  # fmt: skip
        house.must("merge", merge, holder=TIER_2["maker"])
        other = house.live_root(2, 9_000_000, TIER_1)
        _done(house.assign(other, TIER_1, TIER_2))
        withdraw = {
            "title": other,
            "sequence": house.title(other)["sequence"],
            "expiresAt": house.expiry(),
        }
        house.must("withdraw", withdraw, holder=TIER_2["maker"])
        self.ids |= {"root": root, "second": second, "third": third, "merged": small, "assigned": other}

    def answers_to_offers(self) -> None:
        """One offer declined, one expired, an invoice credited, a limit raised, a refused item."""
        house = self.house
        for serial in (3, 4):
            _done(house.attest(nullifier_of(root_id(serial)), 700_000, TIER_1, CORE))
            _done(house.issue(root_id(serial), CORE, TIER_1, 700_000))
        self.ids |= {"declined": root_id(3), "expired": root_id(4)}
        decline = {
            "root": root_id(3), "payee": TIER_1.number, "reason": ORDER, "expiresAt": house.expiry(),
        }  # fmt: skip
        invoices = {"nullifiers": [nullifier_of(root_id(3))], "amounts": [700_000]}
        house.must("decline", decline, payee=TIER_1["maker"], **invoices)
        assert house.do("decline", decline, payee=TIER_1["maker"], **invoices) == "NotOffered"
        house.machine.pass_days(11)
        verb = acts.verbs()["expire"]
        item = {
            "root": root_id(4), "payee": TIER_1.number,
            "nullifiers": [nullifier_of(root_id(4))], "amounts": [700_000],
        }  # fmt: skip
        assert house.machine.call(verb.contract, "expire", [verb.pack(item)])[0] == 0
        credit = {
            "nullifier": nullifier_of(root_id(4)), "cap": 600_000, "capBefore": 700_000,
            "evidence": ORDER, "expiresAt": house.expiry(),
        }  # fmt: skip
        house.must("creditInvoices", credit, service=EVERYONE[21]["attestor"])
        house.set_limit(CORE.number, 2 * 10**13, before=10**13)

    def offer_list(self) -> None:
        """Two offers under one root, one taken, the list closed after its days; two policies announced."""
        house = self.house
        offers = [self._receivable(serial, TIER_2, 300_000) for serial in (5, 6)]
        leaves = [acts.keccak(acts.struct_hash("Issue", "Receivable", offer)) for offer in offers]
        top = acts.keccak(b"".join(sorted(leaves)))
        for offer in offers:
            _done(house.attest(offer["nullifiers"][0], 300_000, TIER_2, CORE))
        self.ids |= {"list": root_id(900), "from_list": root_id(5)}
        publish = {
            "list": root_id(900), "debtor": CORE.number, "currency": CNY, "total": 600_000, "offers": top,
            "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        house.must("publishOffers", publish, maker=CORE["maker"], checker=CORE["checker"])
        accept = {
            "list": root_id(900), "receivable": acts.struct_hash("Issue", "Receivable", offers[0]),
            "root": root_id(5), "quantity": 300_000, "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        house.must("acceptOffer", accept, receivable=offers[0], proof=[leaves[1]], payee=TIER_2["maker"])
        house.machine.pass_days(12)
        assert house.machine.call("Evidence", "closeOffers", [root_id(900)])[0] == 0
        self._policy(2, 8)
        self._policy(3, 9)

    def orders(self) -> None:
        """Freeze a part, lift it, freeze for good; stop and cure; suspend and reinstate."""
        house = self.house
        frozen = house.live_root(7, 8_000_000, TIER_3)
        part = child_id(CLEARING, 1)
        self.ids |= {"frozen": frozen, "frozen_part": part}
        self._freeze(frozen, part, 3_000_000)
        lift = {"title": part, "order": ORDER, "nonce": house.nonce(), "expiresAt": FOREVER}
        house.must("lift", lift, offices=house.offices("Lift", lift, CLEARING, PLATFORM))
        self._freeze(part, 0, 0)
        day = house.machine.day() + 20
        self._order("stop", party=CORE.number, reason=ORDER, endDay=day)
        self._order("cure", party=CORE.number, reason=ORDER)
        keys = sorted((each.address for each in TIER_3.people.values()), key=lambda key: int(key, 16))
        self._order("suspend", party=TIER_3.number, keys=keys, order=ORDER, endDay=day)
        self._order("reinstate", party=TIER_3.number, keys=keys, order=ORDER)

    def signers(self) -> None:
        """A new signer, one revoked; a recovery vetoed; a co-signature; a second account."""
        house = self.house
        clerk = person(TIER_1.number, "clerk", 3, "TITLE")
        grant = grant_dict(clerk, soloCap=1_000)
        change = {
            "party": TIER_1.number, "quorum": 2, "revoked": [], "granted": [grant], "nonce": house.nonce(),
            "expiresAt": FOREVER,
        }  # fmt: skip
        self._by_quorum("setSigners", TIER_1, change)
        self._by_quorum(
            "setSigners",
            TIER_1,
            {**change, "granted": [], "revoked": [clerk.address], "nonce": house.nonce()},
        )
        self._recover(TIER_3, veto=True)
        small = house.live_root(8, 500_000, TIER_2)
        act = {
            "title": small, "sequence": 0, "to": TIER_3.number, "expiresAt": house.expiry(),
            "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        digest = acts.digest(house.domain, "Assign", act)
        house.machine.call("Ledger", "coSign", digest, acts.sign(TIER_2["checker"].key, digest))
        house.must("assign", act, holder=TIER_2["maker"], acquirer=TIER_3["maker"])
        self.ids["co_signed"] = small
        house.bind_account(TIER_3, CLEARING, account_of(TIER_3))
        self._wallet(small)

    def credit(self) -> None:
        """Pledge a part, draw, pay out, repay; a draw voided and one rejected; carve, release, unlock."""
        house = self.house
        _done(house.open_facility(7, TIER_1, 100_000_000))
        part = child_id(TIER_1, 2)
        root = self.ids["root"]
        _done(house.lock(root, TIER_1, 7, child=part, quantity=20_000_000))
        self._mark("lending_block")
        loan, voided, rejected = (child_id(TIER_1, serial) for serial in (1, 2, 3))
        _done(house.draw(loan, TIER_1, 7, 9_000_000))
        _done(house.draw(voided, TIER_1, 7, 1_000_000))
        _done(house.draw(rejected, TIER_1, 7, 2_000_000))
        void = {"loan": voided, "reason": ORDER, "expiresAt": house.expiry()}
        house.must("void", void, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])
        _done(house.fact(REJECTED, rejected, 2_000_000, LENDER, collection_account(7)))
        _done(house.fact(PAYOUT, loan, 9_000_000, CLEARING, account_of(TIER_1)))
        carved = child_id(LENDER, 1)
        carve = {
            "title": part, "child": carved, "quantity": 5_000_000, "facility": 7, "expiresAt": house.expiry(),
        }  # fmt: skip
        house.must("carve", carve, lender=LENDER["credit_maker"])
        release = {
            "facility": 7, "titles": [carved], "nonce": house.nonce(), "expiresAt": house.expiry(),
            "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        house.must(
            "release", release, first=LENDER["credit_maker"], second=LENDER["credit_checker"], loans=[loan]
        )
        house.machine.pass_days(10)
        interest = 9_000_000 * 72_000 * 10 // 360_000_000
        _done(house.fact(REPAYMENT, loan, 1_000_000 + interest, LENDER, collection_account(7)))
        self._mark("lent_block")
        self.ids |= {"pledged": part, "released": carved, "loan": loan, "voided": voided}
        self.ids |= {"rejected": rejected}

    def early_and_refused(self) -> None:
        """A locked title of another facility unlocked by its holder; one settled early."""
        house = self.house
        early = house.live_root(9, 6_000_000, TIER_2)
        _done(house.open_facility(8, TIER_2, 10_000_000, closesWithDebt=False))
        _done(house.lock(early, TIER_2, 8))
        house.machine.pass_days(3)
        unlock = {"facility": 8, "titles": [early], "nonce": house.nonce(), "expiresAt": house.expiry()}
        house.must("unlock", unlock, holder=TIER_2["maker"])
        settle = {
            "title": early, "sequence": house.title(early)["sequence"], "amount": 5_900_000,
            "account": b"\7" * 32, "valueDay": house.machine.day(), "entry": ORDER,
            "expiresAt": house.expiry(),
        }  # fmt: skip
        house.must(
            "settleEarly",
            settle,
            debtor=CORE["checker"],
            holder=TIER_2["maker"],
            clearingBank=CLEARING["clearing"],
        )
        self.ids["early"] = early

    def maturity(self) -> None:
        """The debtor pays late in two parts; every line goes where it belongs."""
        house, ids = self.house, self.ids
        root, frozen = ids["root"], ids["frozen"]
        house.machine.go_to_day(max(self._due(root), self._due(frozen)) + 2)
        titles = {root: 40_000_000, ids["second"]: 25_000_000, ids["third"]: 15_000_000}
        titles |= {ids["pledged"]: 15_000_000, ids["released"]: 5_000_000}
        _done(house.fact(RECEIVED, root, 50_000_000, CLEARING, b"\7" * 32))
        half = {title: quantity // 2 for title, quantity in titles.items()}
        _done(house.distribute(root, half))
        _done(house.fact(RECEIVED, root, 50_000_000, CLEARING, b"\7" * 32))
        _done(house.distribute(root, half))
        _done(house.fact(CREDITED, ids["second"], 25_000_000, CLEARING, account_of(TIER_2)))
        pledged = house.fact(
            COLLECTED, ids["pledged"], 15_000_000, LENDER, collection_account(7), loan=ids["loan"],
            unlock=[ids["pledged"]],
        )  # fmt: skip
        _done(pledged)
        surplus = house.machine.view("Settlement", "cashOf", ids["pledged"]) >> 112 & UNLIMITED
        _done(house.fact(SURPLUS, ids["pledged"], surplus, CLEARING, account_of(TIER_1)))
        _done(house.fact(RETURNED, ids["third"], 15_000_000, CLEARING, b"\7" * 32))
        held = {"title": ids["third"], "heldBefore": 15_000_000, "amount": 15_000_000}
        held |= {"expiresAt": house.expiry()}
        house.must("releaseHeld", held, clearingBank=CLEARING["clearing"])
        _done(house.fact(RECEIVED, frozen, 8_000_000, CLEARING, b"\7" * 32))
        _done(house.distribute(frozen, {frozen: 5_000_000, ids["frozen_part"]: 3_000_000}))
        self._late_interest(root, titles)

    def forms(self) -> None:
        """A title bought without recourse; one bought with it, and back with its seller; an entrustor, and shares."""
        house = self.house
        _done(house.open_facility(20, TIER_1, 50_000_000, form=1))
        _done(house.open_facility(21, TIER_1, 50_000_000, form=2))
        for serial, facility, name in ((20, 20, "bought"), (21, 21, "bought_back"), (22, 21, "bought_with")):
            title = house.live_root(serial, 10_000_000, TIER_1)
            _done(house.lock(title, TIER_1, facility))
            loan, terms = child_id(TIER_1, 100 + serial), {"dueDay": house.machine.day() + 90}
            if facility == 20:
                terms["rate"] = 0
            _done(house.draw(loan, TIER_1, facility, 8_000_000, title=title, **terms))
            _done(house.fact(PAYOUT, loan, 8_000_000, CLEARING, account_of(TIER_1)))
            self.ids |= {name: title, f"{name}_loan": loan}
        back = self.ids["bought_back_loan"]
        _done(house.fact(REPAYMENT, back, 8_000_000, LENDER, collection_account(21)))
        self._take_back(self.ids["bought_with_loan"], 21, TIER_1)
        entrusted = {"entrustor": TIER_2.number, "agentFeeBps": 25}
        people = {"entrustor": TIER_2["maker"], "entrustorSecond": TIER_2["checker"]}
        _done(house.open_facility(22, TIER_1, 10_000_000, people, **entrusted))
        bps = {LENDER.number: 5_000, CLEARING.number: 3_000, THIRD_BANK.number: 2_000}
        table = {
            "facility": 22, "parties": list(bps), "bps": list(bps.values()), "nonce": house.nonce(),
            "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        house.must(
            "share",
            table,
            maker=LENDER["credit_maker"],
            checker=LENDER["credit_checker"],
            participants=[
                house.sign(bank["credit_checker"], "Shares", table) for bank in (CLEARING, THIRD_BANK)
            ],
        )
        title = house.live_root(23, 10_000_000, TIER_1)
        _done(house.lock(title, TIER_1, 22))
        loan = child_id(TIER_1, 123)
        _done(house.draw(loan, TIER_1, 22, 1_000_001))
        _done(house.fact(PAYOUT, loan, 1_000_001, CLEARING, account_of(TIER_1)))
        for amount in (100_003, 100_003):
            house.machine.pass_days(1)
            _done(house.fact(REPAYMENT, loan, amount, LENDER, collection_account(22)))
        self.ids["shared_loan"] = loan

    def _take_back(self, loan: int, facility: int, borrower: Party) -> None:
        """A part repayment that its bank booked and took back."""
        house, entry, account = self.house, b"\x09" * 32, collection_account(facility)
        _done(house.fact(REPAYMENT, loan, 1_000_000, LENDER, account, entry=entry))
        act = {
            "bank": LENDER.number, "account": account, "valueDay": house.machine.day(), "amount": 1_000_000,
            "entry": entry, "reversedDay": house.machine.day(), "reversalEntry": b"\x0a" * 32,
            "expiresAt": house.expiry(),
        }  # fmt: skip
        house.must("reverse", act, bank=LENDER["payments"], borrower=borrower["maker"])

    def bad_debt(self) -> None:
        """A title given up after its due day; a loan written off, and something still recovered on it."""
        house, ids = self.house, self.ids
        given = ids["assigned"]
        give_up = {
            "title": given, "sequence": house.title(given)["sequence"], "expiresAt": house.expiry(),
            "evidence": ORDER,
        }  # fmt: skip
        house.must("writeOffTitle", give_up, first=TIER_2["maker"], second=TIER_2["checker"])
        last = house.live_root(10, 4_000_000, TIER_1)
        _done(house.lock(last, TIER_1, 7))
        loan = child_id(TIER_1, 4)
        _done(house.draw(loan, TIER_1, 7, 3_000_000))
        _done(house.fact(PAYOUT, loan, 3_000_000, CLEARING, account_of(TIER_1)))
        house.machine.pass_days(40)
        write_off = {"loan": loan, "expiresAt": house.expiry(), "evidence": ORDER}
        house.must("writeOff", write_off, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])
        _done(house.fact(REPAYMENT, loan, 1_000_000, LENDER, collection_account(7)))
        self.ids |= {"locked": last, "written_off_loan": loan}

    def loss(self) -> None:
        """A reserve and a guarantor behind a loan that goes bad: costs, a call, money, and money recovered."""
        house = self.house
        _done(house.open_facility(9, TIER_2, 10_000_000))
        pledged = house.live_root(11, 4_000_000, TIER_2)
        _done(house.lock(pledged, TIER_2, 9))
        guarantee, reserve = GUARANTOR.number << 32 | 1, CORE.number << 32 | 99
        _done(house.protect(guarantee, 9, 1, 1_000_000, rate=0))
        _done(house.protect(reserve, 9, 3, 5_000_000, floor=100, target=200))
        _done(house.attest_reserve(reserve, 5_000_000))
        loan = child_id(TIER_2, 9)
        _done(house.draw(loan, TIER_2, 9, 3_000_000, terms=1, count=2, dueDay=house.machine.day() + 70))
        _done(house.fact(PAYOUT, loan, 3_000_000, CLEARING, account_of(TIER_2)))
        agreed = {"protection": guarantee, "loan": loan, "expiresAt": house.expiry(), "evidence": ORDER}
        house.must("consent", agreed, first=GUARANTOR["maker"], second=GUARANTOR["checker"])
        house.machine.pass_days(100)
        costs = {
            "loan": loan,
            "amount": 10_000,
            "costsBefore": 0,
            "expiresAt": house.expiry(),
            "evidence": ORDER,
        }
        house.must("addCosts", costs, maker=LENDER["credit_maker"], checker=LENDER["credit_checker"])
        self._take_back(loan, 9, TIER_2)
        self._mark("overdue_block")
        everyone = sorted((guarantee, reserve))
        owed = 10_000 + sum(house.machine.view("Credit", "owedOn", loan, house.machine.day()))
        account = collection_account(9)
        for number, amount in ((guarantee, 1_000_000), (reserve, owed - 1_000_000)):
            _done(house.call_protection(number, loan, amount, everyone, [pledged]))
            _done(house.fact(PROTECTED, number, amount, LENDER, account, loan=loan))
        _done(house.fact(REPAYMENT, loan, 1_200_000, LENDER, account))
        _done(house.fact(REIMBURSED, guarantee, 1_000_000, CLEARING, account_of(GUARANTOR), loan=loan))
        self.ids |= {"guarantee": guarantee, "reserve": reserve, "protected_loan": loan}

    def goods(self) -> None:
        """Receipts of a pool, of a lot, and on paper."""
        self.ids |= story_of_goods.tell(self.house)

    def collateral(self) -> None:
        """A receipt secures a loan, and its goods are sold."""
        self.ids |= story_of_collateral.tell(self.house)

    def purchases(self) -> None:
        """What was ordered secures an advance, and becomes receivables as it comes."""
        self.ids |= story_of_orders.tell(self.house)

    def leases(self) -> None:
        """Goods are leased, and taken back."""
        self.ids |= story_of_leases.tell(self.house)

    def stages(self) -> None:
        """A facility is used stage by stage, as its borrower sells."""
        self.ids |= story_of_stages.tell(self.house)

    def succession(self) -> None:
        """The evidence service passes to an administrator."""
        self._recover(EVERYONE[21], veto=False)

    def _mark(self, name: str) -> None:
        """Note the last block, where there is a node that keeps them."""
        if isinstance(self.house.machine, NodeMachine):
            self.ids[name] = int(self.house.machine.rpc.call("eth_blockNumber"), 16)

    # ── words ───────────────────────────────────────────────────────────────────────────────────────────────

    def _receivable(self, serial: int, payee: Party, quantity: int) -> dict[str, Any]:
        return {
            "root": root_id(serial), "payee": payee.number, "clearingBank": CLEARING.number, "currency": CNY,
            "dueDay": self.house.machine.day() + 60, "terms": 500, "quantity": quantity,
            "nullifiers": [nullifier_of(root_id(serial))], "amounts": [quantity], "evidence": EVIDENCE_HASH,
        }  # fmt: skip

    def _due(self, root: int) -> int:
        return self.house.machine.view("Ledger", "rootOf", root) >> 160 & 0xFFFF

    def _policy(self, version: int, ahead: int) -> None:
        house = self.house
        policy = {
            "version": version, "effectiveDay": house.machine.day() + ahead, "maximumTenorMonths": 6,
            "minimumPiece": 100, "maximumDepth": 8, "acceptDays": 10, "releaseDays": 2,
            "minimumLateInterest": 0, "document": EVIDENCE_HASH, "expiresAt": FOREVER,
        }  # fmt: skip
        house.must("publishPolicy", policy, banks=house.offices("PublishPolicy", policy, LENDER, CLEARING))

    def _freeze(self, title: int, child: int, quantity: int) -> None:
        house = self.house
        act = {
            "title": title, "child": child, "quantity": quantity, "order": ORDER,
            "endDay": house.machine.day() + 365, "nonce": house.nonce(), "expiresAt": FOREVER,
        }  # fmt: skip
        house.must("freeze", act, offices=house.offices("Freeze", act, CLEARING, PLATFORM))

    def _order(self, function: str, **fields: Any) -> None:
        house = self.house
        act = {**fields, "nonce": house.nonce(), "expiresAt": FOREVER}
        house.must(function, act, offices=house.offices(function.capitalize(), act, CLEARING, PLATFORM))

    def _by_quorum(self, function: str, party: Party, act: dict[str, Any]) -> None:
        name = acts.verbs()[function].act
        administrators = [who for who in party.people.values() if who.roles & 1][:2]
        signatures = [self.house.sign(who, name, act) for who in administrators]
        self.house.must(function, act, party=signatures)

    def _wallet(self, title: int) -> None:
        """A contract wallet becomes a signer of the tier 3 supplier and assigns its title."""
        house = self.house
        wallet = house.machine._create(_initcode(AGREEABLE_WALLET))
        grant = {
            **grant_dict(person(TIER_3.number, "wallet", 4, "TITLE")),
            "key": to_checksum_address(wallet),
        }
        change = {
            "party": TIER_3.number, "quorum": 2, "revoked": [], "granted": [grant], "nonce": house.nonce(),
            "expiresAt": FOREVER,
        }  # fmt: skip
        self._by_quorum("setSigners", TIER_3, change)
        act = {
            "title": title, "sequence": 1, "to": TIER_2.number, "expiresAt": house.expiry(),
            "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        digest = acts.digest(house.domain, "Assign", act)
        house.machine.call("Ledger", "approve", digest, to_checksum_address(wallet), b"")
        by_wallet = (bytes.fromhex(wallet[2:]).rjust(32, b"\0"), bytes(32))
        house.must("assign", act, holder=by_wallet, acquirer=TIER_2["maker"])

    def _recover(self, party: Party, *, veto: bool) -> None:
        house = self.house
        keys = sorted((each.address for each in party.people.values()), key=lambda key: int(key, 16))
        heirs = [_heir(each) for each in party.people.values()]
        act = {
            "party": party.number, "succession": not veto, "quorum": 2, "revoked": keys,
            "granted": [grant_dict(heir) for heir in heirs], "order": ORDER, "expiresAt": FOREVER,
        }  # fmt: skip
        house.must("recover", act, offices=house.offices("Recover", act, THIRD_BANK, PLATFORM))
        recovery, _ = house.machine.view("Registry", "recoveryOf", party.number)
        if veto:
            no = {"party": party.number, "recovery": recovery, "expiresAt": FOREVER}
            house.must("veto", no, party=party["maker"])
        else:
            house.machine.pass_days(8)
            house.must("complete", act)

    def _late_interest(self, root: int, titles: dict[int, int]) -> None:
        house = self.house
        total = 100_000_000 * 500 * 2 // 1_000_000
        act = {
            "root": root, "lateBefore": 0, "titles": sorted(titles),
            "amounts": [total * titles[title] // 100_000_000 for title in sorted(titles)],
            "account": b"\7" * 32, "valueDay": house.machine.day(), "entry": EVIDENCE_HASH,
            "expiresAt": house.expiry(),
        }  # fmt: skip
        house.must("distributeLate", act, clearingBank=CLEARING["clearing"])


def _initcode(runtime: bytes) -> bytes:
    # PUSH1 length, DUP1, PUSH1 11, PUSH1 0, CODECOPY, PUSH1 0, RETURN
    return bytes([0x60, len(runtime), 0x80, 0x60, 11, 0x60, 0, 0x39, 0x60, 0, 0xF3]) + runtime


def _heir(who: Person) -> Person:
    roles = who.roles
    heir = person(who.party, f"heir of {who.name}", who.number + 10)
    return Person(heir.party, heir.name, heir.number, roles, heir.key, heir.address)


def _done(reason: str) -> None:
    assert reason == "None", reason
