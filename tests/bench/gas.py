"""Gas of every operation, from receipts of the production contracts on a real node.

One cold transaction a block, Prague rules, 21,000 and calldata included, items packed as the submitter packs
them. Every row has a negative twin that the same code refuses, and tells apart what the walls between the
contracts cost; one above its bar says what it is spent on, from its own trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from eth_utils.crypto import keccak

from chainsvc.backends.anvil import start_anvil
from chainsvc.backends.rpc import Rpc
from gateway.adapters.ledger import acts
from gateway.domain.ledger_state import PARTS
from tests.bench.gas_default import default_waterfall
from tests.bench.gas_goods import SIGNATURE, SLOT, TRANSACTION, TWINS, beside_receipts, goods_rows
from tests.bench.gas_loans import beside_others, instalment_life, joint_life
from tests.bench.gas_margin import beside_pledged, margin_rows
from tests.bench.gas_orders import order_rows
from tests.bench.gas_walls import Walls, walls
from tests.bench.merkle import tree
from tests.house.cast import CLEARING, CORE, EVERYONE, LENDER, TIER_1, TIER_2, Party
from tests.house.house import (
    CNY,
    EVIDENCE_HASH,
    PAYOUT,
    REASONS,
    RECEIVED,
    REPAYMENT,
    START,
    House,
    account_of,
    collection_account,
    nullifier_of,
)
from tests.house.machine import CHAIN_ID
from tests.house.node_machine import NodeMachine

BATCH = 100
QUANTITY = 1_000_000_00
OFFERS = 2_000
OTHERS = (0, 10, 300)
QUICK_OTHERS = (0, 10)
POOLS, QUICK_POOLS = (10, 300), (2, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a row is measured against: the most it may cost, the bare floor, the best public contract."""

    reach: int | None
    floor: int | None
    anchor: str
    signatures: int
    slots: str


BARS: Mapping[str, Bar] = {
    "assign_accepted_batch100": Bar(
        26_500, 13_532, "CMTAT allowlist + forwarder 92,012", 2, "title; root read"
    ),
    "split_accepted_batch100": Bar(50_000, 36_435, "ERC-1400 217,454", 2, "parent, child; root read"),
    "lock_batch100_one_facility": Bar(24_500, 13_540, "CMTAT freeze 51,666", 2, "title; collateral shared"),
    "release_list100": Bar(6_700, 5_748, "none", 2, "title"),
    "payout_list100": Bar(6_500, 4_604, "none", 1, "title"),
    "attest_invoice_batch100": Bar(36_000, None, "none", 1, "invoice"),
    "issue_one": Bar(120_000, 55_392, "WeBank sample 122,072", 2, "root, offer, invoice, limit"),
    "accept_one": Bar(None, None, "none", 1, "title, root, offer (cleared)"),
    "bulk_issue_100": Bar(72_000, 23_529, "CMTAT allowlist 32,479", 2, "root, offer, invoice; limit shared"),
    "bulk_offer_root": Bar(60, 52, "none", 2, "list, Merkle root, limit; shared by all offers"),
    "bulk_accept": Bar(None, None, "none", 1, "root, title, invoice, list"),
    "loan_life": Bar(
        350_000, 138_055, "dss 594,915", 3, "title, facility, collateral, loan, accrual, 3 movements"
    ),
    "default_waterfall": Bar(
        None,
        None,
        "none",
        3,
        "loan, costs, accrual, position, 2 protections, 2 calls, claims, guard, 5 movements",
    ),
    "loan_life_joint3": Bar(
        None, None, "none", 3, "3 titles, 3 facilities with position, loan and accrual, 6 movements"
    ),
    "instalment_loan_12": Bar(
        None, None, "none", 3, "title, facility, collateral, loan, accrual with its instalment, 13 movements"
    ),
    "receipt_issue": Bar(None, None, "public receipts 346,349 and 430,593", 3, "root, title, lot number"),
    "receipt_split_batch100": Bar(None, None, "none", 3, "receipt, part, rest; root read"),
    "receipt_endorse_batch100": Bar(None, None, "none", 3, "receipt; root read"),
    "goods_pledge": Bar(
        None, None, "public receipt 162,974", 4, "receipt; lot, mark, position shared; root read"
    ),
    "margin_check": Bar(None, None, "none", 0, "lot, position; mark, terms, root, shortage read"),
    "goods_release_list100": Bar(None, None, "none", 3, "receipt; lot, mark, position shared"),
    "convert": Bar(None, None, "none", 4, "root, title, invoice, limit; order's title and word, position"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One measured operation; gas is per item where the name says a batch. `hops` of it are the price of the
    calls between contracts; `above` says what a row above its bar is spent on.
    """

    operation: str
    titles_before: int
    gas: int
    hops: int
    transactions: int
    signatures: int
    slots: str
    floor: int | None
    anchor: str
    reach: int | None
    reached: bool
    refused_twin: str
    above: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Gas, and the transactions that spent it."""

    gas: int
    transactions: tuple[str, ...]

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.gas + other.gas, self.transactions + other.transactions)


@contextmanager
def anvil_house() -> Iterator[House]:
    """A furnished house on a fresh anvil."""
    with start_anvil(chain_id=CHAIN_ID, genesis_time=START - 60) as node, Rpc(node.url, timeout=120) as rpc:
        yield House(machine=lambda genesis, start: NodeMachine(rpc, genesis, start))


class Desk:
    """Prepares items by the hundred, and counts what exists."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.serial = 0
        self.titles = 0

    def item(self, function: str, message: Mapping[str, Any], **parts: Any) -> Any:
        """One packed item; persons among the parts sign."""
        verb = acts.verbs()[function]
        values: dict[str, Any] = {"act": message}
        digest = acts.digest(self.house.domain, verb.act, message)
        for name, part in parts.items():
            values[name] = acts.sign(part.key, digest) if hasattr(part, "key") else part
        return verb.pack(values)

    def send(self, function: str, items: Sequence[Any]) -> list[str]:
        """One transaction; the reasons it answers."""
        verb = acts.verbs()[function]
        return [REASONS[reason] for reason in self.house.machine.call(verb.contract, function, list(items))]

    def done(self, function: str, items: Sequence[Any]) -> Spent:
        """One transaction that must do everything."""
        reasons = set(self.send(function, items))
        assert reasons == {"None"}, f"{function}: {reasons}"
        return self.spent()

    @property
    def none(self) -> Spent:
        """Nothing yet, for what follows to be added to."""
        return Spent(0, ())

    def spent(self) -> Spent:
        """What the last transaction spent."""
        return Spent(self.house.machine.gas_used, (self.house.machine.transaction,))

    @property
    def machine(self) -> NodeMachine:
        """The node behind the house."""
        assert isinstance(self.house.machine, NodeMachine)
        return self.house.machine

    def receivable(self, root: int, payee: Party, nullifier: bytes | None = None) -> dict[str, Any]:
        """The terms of one receivable on an invoice of its own."""
        return {
            "root": root, "payee": payee.number, "clearingBank": CLEARING.number, "currency": CNY,
            "dueDay": self.house.machine.day() + 90, "terms": 500, "quantity": QUANTITY,
            "nullifiers": [nullifier or nullifier_of(root)], "amounts": [QUANTITY], "evidence": EVIDENCE_HASH,
        }  # fmt: skip

    def attest_item(self, root: int, seller: Party, **changes: Any) -> Any:
        """One invoice to attest."""
        message = {
            "nullifier": nullifier_of(root), "cap": QUANTITY, "seller": seller.number, "debtor": CORE.number,
            "currency": CNY, "service": 21, "evidence": EVIDENCE_HASH, "expiresAt": self.house.expiry(), **changes,
        }  # fmt: skip
        return self.item("attestInvoices", message, service=EVERYONE[21]["attestor"])

    def issue_item(self, receivables: Sequence[Mapping[str, Any]]) -> Any:
        """One promise of any number of receivables."""
        message = {"debtor": CORE.number, "receivables": list(receivables), "expiresAt": self.house.expiry()}
        return self.item("issue", message, maker=CORE["maker"], checker=CORE["checker"])

    def accept_item(self, root: int, payee: Party) -> Any:
        """The payee's answer."""
        message = {
            "root": root, "payee": payee.number,
            "invoices": acts.invoices_hash([nullifier_of(root)], [QUANTITY]),
            "expiresAt": self.house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        return self.item("accept", message, payee=payee["maker"])

    def roots(self, count: int, payee: Party = TIER_1) -> list[int]:
        """New live certificates of `payee`, from attested invoices on."""
        made: list[int] = []
        while len(made) < count:
            size = min(BATCH, count - len(made))
            fresh = [CORE.number << 32 | self.serial + offset + 1 for offset in range(size)]
            self.serial += size
            self.done("attestInvoices", [self.attest_item(root, payee) for root in fresh])
            self.done("issue", [self.issue_item([self.receivable(root, payee) for root in fresh])])
            self.done("accept", [self.accept_item(root, payee) for root in fresh])
            made += fresh
        self.titles += count
        return made

    def assign_item(self, title: int, holder: Party, to: Party, **changes: Any) -> Any:
        """One assignment of a fresh title."""
        message = {
            "title": title, "sequence": 0, "to": to.number, "expiresAt": self.house.expiry(),
            "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.item("assign", message, holder=holder["maker"], acquirer=to["maker"])

    def split_item(self, title: int, child: int, **changes: Any) -> Any:
        """One split of a fresh title of tier 1 to tier 2."""
        message = {
            "title": title, "sequence": 0, "child": child, "quantity": QUANTITY // 3, "to": TIER_2.number,
            "expiresAt": self.house.expiry(), "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.item("split", message, holder=TIER_1["maker"], acquirer=TIER_2["maker"])

    def lock_item(self, title: int, facility: int, **changes: Any) -> Any:
        """One pledge of a fresh title of tier 1."""
        message = {
            "title": title, "sequence": 0, "facility": facility, "child": 0, "quantity": QUANTITY,
            "expiresAt": self.house.expiry(), "evidence": EVIDENCE_HASH, **changes,
        }  # fmt: skip
        return self.item("lock", message, holder=TIER_1["maker"], lender=LENDER["credit_maker"])


class Measurement:
    """All rows once, after some number of titles."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.house = desk.house
        self.before = desk.titles
        self.rows: list[Row] = []

    def add(self, operation: str, spent: Spent, twin: str, *, per: int = 1) -> None:
        """Keep one row; `twin` is the reason the same code refuses its negative twin for."""
        if twin == "None":
            raise AssertionError(f"{operation}: the negative twin was not refused")
        bar = BARS[operation]
        each = -(-spent.gas // per)
        if operation in TWINS:
            # A receipt costs at most one signature and one slot more than its twin among certificates; a list is
            # signed once, so that its receipts share them.
            twins = sum(row.gas for row in self.rows if row.operation in TWINS[operation])
            twins -= TRANSACTION * (len(TWINS[operation]) - 1)
            sharing = per if operation.endswith("_list100") else 1
            bar = replace(bar, reach=twins + (SIGNATURE + SLOT) // sharing)
        machine = self.desk.machine
        found = walls(machine.rpc, machine.addresses, spent.transactions)
        reached = bar.reach is None or each <= bar.reach
        above = "" if reached else _above(spent.gas, each, bar, found)
        self.rows.append(
            Row(operation, self.before, each, -(-found.hops // per), len(spent.transactions), bar.signatures,
                bar.slots, bar.floor, bar.anchor, bar.reach, reached, twin, above)
        )  # fmt: skip

    def twin(self, function: str, item: Any) -> str:
        """The reason of one bad item."""
        return self.desk.send(function, [item])[0]

    def run(self) -> list[Row]:
        """Every operation of the scoreboard."""
        self.attest_and_issue()
        self.circulate()
        self.pledge_and_release()
        self.mature()
        self.offers()
        self.loan_life()
        self.add("default_waterfall", *default_waterfall(self.desk))
        self.add("loan_life_joint3", *joint_life(self.desk))
        self.add("instalment_loan_12", *instalment_life(self.desk))
        for rows in (goods_rows, margin_rows, order_rows):
            for operation, spent, refused, items in rows(self.desk):
                self.add(operation, spent, refused, per=items)
        return self.rows

    def attest_and_issue(self) -> None:
        """Invoices, single and bulk promises, one acceptance."""
        desk = self.desk
        first = CORE.number << 32 | desk.serial + 1
        roots = list(range(first, first + BATCH))
        desk.serial += BATCH
        gas = desk.done("attestInvoices", [desk.attest_item(root, TIER_1) for root in roots])
        self.add(
            "attest_invoice_batch100",
            gas,
            self.twin("attestInvoices", desk.attest_item(first, TIER_1)),
            per=BATCH,
        )
        gas = desk.done("issue", [desk.issue_item([desk.receivable(first, TIER_1)])])
        again = desk.issue_item([desk.receivable(first + BATCH * 1000, TIER_1, nullifier_of(first))])
        self.add("issue_one", gas, self.twin("issue", again))
        gas = desk.done("accept", [desk.accept_item(first, TIER_1)])
        self.add("accept_one", gas, self.twin("accept", desk.accept_item(first, TIER_1)))
        fresh = list(range(first + BATCH, first + 2 * BATCH))
        desk.serial += BATCH
        desk.done("attestInvoices", [desk.attest_item(root, TIER_1) for root in fresh])
        bulk = [desk.issue_item([desk.receivable(root, TIER_1) for root in fresh])]
        gas = desk.done("issue", bulk)
        self.add("bulk_issue_100", gas, self.twin("issue", bulk[0]), per=BATCH)

    def circulate(self) -> None:
        """Assign and split a hundred titles of a hundred roots."""
        desk = self.desk
        roots = desk.roots(BATCH)
        gas = desk.done("assign", [desk.assign_item(root, TIER_1, TIER_2) for root in roots])
        twin = self.twin("assign", desk.assign_item(roots[0], TIER_1, TIER_2))
        self.add("assign_accepted_batch100", gas, twin, per=BATCH)
        roots = desk.roots(BATCH)
        children = [TIER_1.number << 32 | PARTS | root & 0xFFFFFFFF for root in roots]
        gas = desk.done("split", [desk.split_item(*pair) for pair in zip(roots, children, strict=True)])
        twin = self.twin("split", desk.split_item(roots[0], children[0] + 1_000_000))
        self.add("split_accepted_batch100", gas, twin, per=BATCH)

    def pledge_and_release(self) -> None:
        """Lock a hundred titles to one facility, and release them by one list."""
        desk, house = self.desk, self.house
        roots = desk.roots(BATCH)
        facility = desk.serial + 1_000_000
        assert house.open_facility(facility, TIER_1, 10**12) == "None"
        gas = desk.done("lock", [desk.lock_item(root, facility) for root in roots])
        twin = self.twin("lock", desk.lock_item(roots[0], facility, sequence=1))
        self.add("lock_batch100_one_facility", gas, twin, per=BATCH)
        # One slot holds 256 one-time bits: a lender's first list of each 256 pays for it, and is not measured.
        desk.done("release", [self.release_item(facility, [])])
        item = self.release_item(facility, roots)
        gas = desk.done("release", [item])
        self.add("release_list100", gas, self.twin("release", item), per=BATCH)

    def release_item(self, facility: int, titles: Sequence[int]) -> Any:
        """Two persons of the lender release a list."""
        message = {
            "facility": facility, "titles": list(titles), "nonce": self.house.nonce(),
            "expiresAt": self.house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        return self.desk.item(
            "release", message, first=LENDER["credit_maker"], second=LENDER["credit_checker"]
        )

    def mature(self) -> None:
        """One root in a hundred pieces, paid by one list."""
        desk, house = self.desk, self.house
        root = desk.roots(1)[0]
        piece = QUANTITY // BATCH
        children = [TIER_1.number << 32 | desk.serial << 8 | number for number in range(1, BATCH)]
        for sequence, child in enumerate(children):
            item = desk.split_item(root, child, sequence=sequence, quantity=piece, to=TIER_1.number)
            desk.done("split", [item])
        desk.titles += BATCH - 1
        house.machine.pass_days(90)
        assert house.fact(RECEIVED, root, QUANTITY, CLEARING, b"\7" * 32) == "None"
        titles = sorted([root, *children])
        message = {
            "root": root, "distributedBefore": 0, "titles": titles, "amounts": [piece] * BATCH,
            "expiresAt": house.expiry(),
        }  # fmt: skip
        item = desk.item("distribute", message, clearingBank=CLEARING["clearing"])
        gas = desk.done("distribute", [item])
        self.add("payout_list100", gas, self.twin("distribute", item), per=BATCH)

    def offers(self) -> None:
        """Thousands of offers under one Merkle root, and one taken."""
        desk, house = self.desk, self.house
        base = CORE.number << 32 | desk.serial + 1
        desk.serial += OFFERS
        list_id = CORE.number << 32 | 0xF0000000 | desk.serial
        offers = [desk.receivable(base + number, TIER_1) for number in range(OFFERS)]
        hashes = [receivable_hash(offer) for offer in offers]
        root, proofs = tree([keccak(each) for each in hashes])
        message = {
            "list": list_id, "debtor": CORE.number, "currency": CNY, "total": QUANTITY * OFFERS, "offers": root,
            "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        item = desk.item("publishOffers", message, maker=CORE["maker"], checker=CORE["checker"])
        gas = desk.done("publishOffers", [item])
        self.add("bulk_offer_root", gas, self.twin("publishOffers", item), per=OFFERS)
        desk.done("attestInvoices", [desk.attest_item(base, TIER_1)])
        answer = {
            "list": list_id, "receivable": hashes[0], "root": base, "quantity": QUANTITY,
            "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        taken = desk.item("acceptOffer", answer, receivable=offers[0], proof=proofs[0], payee=TIER_1["maker"])
        gas = desk.done("acceptOffer", [taken])
        self.add("bulk_accept", gas, self.twin("acceptOffer", taken))

    def loan_life(self) -> None:
        """Lock and draw, pay-out confirmed, part repaid with interest, closed and released: five transactions."""
        desk, house = self.desk, self.house
        root = desk.roots(1)[0]
        facility = desk.serial + 2_000_000
        assert house.open_facility(facility, TIER_1, 10**12) == "None"
        loan = TIER_1.number << 32 | facility
        draw = {
            "loan": loan, "facility": facility, "title": 0, "amount": 50_000_000, "rate": 72_000,
            "dueDay": house.machine.day() + 30, "basis": 0, "minimumDays": 0, "penaltyBps": 5_000,
            "terms": 0, "count": 0, "graceDays": 0, "registration": EVIDENCE_HASH,
            "expiresAt": house.expiry(), "evidence": EVIDENCE_HASH,
        }  # fmt: skip
        people = {
            "borrower": TIER_1["maker"], "maker": LENDER["credit_maker"], "checker": LENDER["credit_checker"]
        }  # fmt: skip
        gas = desk.done("lock", [desk.lock_item(root, facility)])
        gas += desk.done("draw", [desk.item("draw", draw, **people)])
        assert house.loan(loan)["phase"] == 1
        assert house.fact(PAYOUT, loan, 50_000_000, CLEARING, account_of(TIER_1)) == "None"
        gas += desk.spent()
        house.machine.pass_days(10)
        account = collection_account(facility)
        assert house.fact(REPAYMENT, loan, 20_000_000, LENDER, account) == "None"
        gas += desk.spent()
        house.machine.pass_days(10)
        owed = sum(house.machine.view("Credit", "owedOn", loan, house.machine.day()))
        twin = house.fact(REPAYMENT, loan, owed + 1, LENDER, account)
        assert house.fact(REPAYMENT, loan, owed, LENDER, account, unlock=[root]) == "None"
        gas += desk.spent()
        assert house.loan(loan)["phase"] == 3
        assert house.title(root)["lock"] == 0
        self.add("loan_life", gas, twin)


_RULES: Mapping[str, str] = {
    "Ledger.isRelayer": "new obligations are carried by relayers or live signers (decision 8)",
    "AccessManager.hasRole": "of that, relayers are admitted in one place only (decision 0008 in docs/decisions)",
    "Ledger.authorise": "a payments person of the bank, live, in role, within its mandate (decisions 4, 10)",
    "Ledger.authoriseAll": "two or three persons of the parties bound, live, in role, within mandates (decision 5)",
    "Ledger.openRoot": "ids once, issuers not stopped (CN77-15), an admitted clearing bank (decision 9); the root",
    "Ledger.lock": "holder and lender, due day, currency, one lock (decision 7); the title",
    "Ledger.unlock": "locks end with the debt where the lender agreed (decision 5); the title",
    "Credit.post": "paid out once, the amount instructed, from the day of the draw (decision 10); the loan",
    "Credit.facilityOfLoan": "a lender does not attest its own pay-out alone (decision 10)",
    "Credit.repay": "interest exact and first (decision 16), the release clock (CC-433); accrual, loan, position",
}
"""What stands behind a wall, by the rule that put it there."""


def _above(whole: int, each: int, bar: Bar, found: Walls) -> str:
    """What a row above its bar is spent on, as its trace shows: of all its transactions, inclusive of the calls made
    there.
    """
    parts = ", ".join(f"{name} {spent:,}" for name, spent in found.parts(whole).items())
    rules = "; ".join(
        f"{name} {found.times[name]} times for {spent:,}: {_RULES[name]}"
        for name, spent in found.behind.most_common()
        if name in _RULES
    )
    return f"{each - (bar.reach or 0):,} above. Spent on: {parts}. Behind the walls: {rules}."


def receivable_hash(receivable: Mapping[str, Any]) -> bytes:
    """The EIP-712 struct hash of an offered receivable."""
    return acts.struct_hash("Issue", "Receivable", receivable)


def run(counts: Sequence[int], *, quick: bool = False, say: Callable[[str], None] = print) -> dict[str, Any]:
    """All rows after each number of titles in `counts` (rising); then one loan's acts beside more and more others."""
    rows: list[Row] = []
    with anvil_house() as house:
        house.set_limit(CORE.number, 2**48 - 1, before=10**13)
        desk = Desk(house)
        for count in counts:
            if count > desk.titles:
                desk.roots(count - desk.titles)
            say(f"after {desk.titles} titles")
            rows += Measurement(desk).run()
    spread = {
        name: max(row.gas for row in rows if row.operation == name)
        / min(row.gas for row in rows if row.operation == name)
        for name in BARS
    }
    with anvil_house() as house:
        beside, more = beside_others(Desk(house), QUICK_OTHERS if quick else OTHERS, say)
        pools, spread["receipt_handover"] = beside_receipts(Desk(house), QUICK_POOLS if quick else POOLS, say)
    with anvil_house() as house:
        looks, pledged = beside_pledged(Desk(house), QUICK_OTHERS if quick else OTHERS, say)
    beside += pools + looks
    spread |= more | pledged
    return {
        "bench": "gas",
        "rows": [asdict(row) for row in rows] + beside,
        "spread": {name: round(ratio - 1, 5) for name, ratio in spread.items()},
        "valid": len(rows) + len(beside),
        "violations": sum(not row.reached for row in rows) + sum(ratio > 1.01 for ratio in spread.values()),
        "reached": all(row.reached for row in rows) and all(ratio <= 1.01 for ratio in spread.values()),
    }
