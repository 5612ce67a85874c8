"""The world of the state machine: its parties and people, its numbers, and how it chooses."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeVar

from eth_account import Account
from eth_utils.address import to_checksum_address

from gateway.domain.acts import Issue, Receivable
from gateway.domain.calendar import day_of
from gateway.domain.goods_records import RootKind
from gateway.domain.ledger_state import PARTS, LedgerState
from gateway.domain.office_acts import Admit, PublishPolicy, SetLimit, SignerGrant
from gateway.domain.parties import OfficeSignature, alive
from gateway.domain.reasons import Reason
from gateway.domain.records import MAX_AMOUNT, Kind, Role, Root
from tests.contracts.wallets import deploy
from tests.invariants.pair import Pair
from tests.invariants.verbs import Step

T = TypeVar("T")

CNY, USD = 156, 840
DOCUMENT = sha256(b"the documents behind this act").digest()
FOREVER = 2**40 - 1
SMALL_CAP = 50_000
PLATFORM, EVIDENCE = 1, 21
INSPECTOR = 22
SISTER_INSPECTOR = 23  # in the group of the first keeper
APPRAISER = 24
CONTROL_AGENT = 33
KEEPER, SECOND_KEEPER = KEEPERS = (31, 32)
BANKS = (11, 12, 13)
SISTER_BANK = 14  # in the group of the first bank
FACTOR = 15  # lends, and is no bank
CORES = (101, 102)
SUPPLIERS = (201, 202, 203, 204)
SISTER_SUPPLIER = 205  # in the group of the last bank
TRADERS = (*SUPPLIERS, SISTER_SUPPLIER)
GUARANTORS = (301, 302)  # the second one insures, too
CURRENCIES = (CNY, CNY, CNY, USD)

_TRADE = Role.ADMIN | Role.TITLE | Role.BORROW
_BOARDS: dict[int, tuple[int, ...]] = {
    Kind.PLATFORM: (Role.OFFICE | Role.ADMIN, Role.OFFICE | Role.ADMIN),
    Kind.EVIDENCE: (Role.ATTEST | Role.ADMIN, Role.ATTEST | Role.ADMIN),
    Kind.KEEPER: (Role.ADMIN | Role.TITLE | Role.KEEP, Role.ADMIN | Role.KEEP),
    Kind.ENTERPRISE: (_TRADE | Role.ISSUE_MAKER, _TRADE | Role.ISSUE_CHECKER, _TRADE | Role.ISSUE_CHECKER),
    Kind.LENDER: (
        Role.CREDIT_MAKER | _TRADE,
        Role.CREDIT_CHECKER | Role.CREDIT_MAKER | _TRADE,
        Role.CREDIT_CHECKER | Role.TITLE,
    ),
    Kind.BANK: (
        Role.CREDIT_MAKER | Role.ADMIN | Role.TITLE,
        Role.CREDIT_CHECKER | Role.CREDIT_MAKER | Role.ADMIN | Role.TITLE,
        Role.PAYMENTS | Role.CLEARING,
        Role.PAYMENTS,
        Role.CLEARING | Role.ADMIN,
        Role.OFFICE,
        Role.OFFICE,
    ),
}  # fmt: skip
"""Roles of each person by what a party is. The last person of a trading firm's or lender's board has a small cap."""


class World:
    """Everything a step is chosen from. `rng` decides; the same seed makes the same steps."""

    def __init__(self, seed: int, machine: Callable[..., Any] | None = None) -> None:
        self.rng = random.Random(seed)
        self.keys: dict[str, bytes] = {}
        self._serial = 0
        genesis = [self.admission(PLATFORM, Kind.PLATFORM, 1)]
        genesis += [self.admission(bank, Kind.BANK | Kind.LENDER, bank) for bank in BANKS]
        self.pair = Pair(genesis, self.keys) if machine is None else Pair(genesis, self.keys, machine)
        self._wallets = self._make_wallets()
        self.done: list[Step] = []
        self.queue: list[Step] = []
        self.loose = 0.0

    def _make_wallets(self) -> Iterator[str]:
        """One contract wallet for each supplier, each with an owner whose key is no signer of anybody."""
        for _ in SUPPLIERS:
            owner = self.grant(0, 0).key
            wallet = deploy(self.pair.machine, "OwnedWallet", to_checksum_address(owner)).lower()
            self.wallets[wallet] = owner
            yield wallet

    # ── what stands ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def state(self) -> LedgerState:
        """The specification's state."""
        return self.pair.state

    @property
    def wallets(self) -> dict[str, str]:
        """Contract wallets that are signers, and their owners."""
        return self.pair.wallets

    @property
    def now(self) -> int:
        """Unix time."""
        return self.pair.now

    @property
    def today(self) -> int:
        """Shanghai day."""
        return day_of(self.now)

    def go_past(self, day: int, within: int) -> None:
        """Move the clock to the day after, if that is not further away than so many days."""
        ahead = day + 1 - self.today
        if 0 < ahead <= within:
            self.pair.pass_seconds(ahead * 86_400)

    def receivables(self) -> dict[int, Root]:
        """The roots that owe money."""
        return {number: root for number, root in self.state.roots.items() if root.kind == RootKind.RECEIVABLE}

    def serial(self) -> int:
        """A number never used before."""
        self._serial += 1
        return self._serial

    def id_of(self, party: int) -> int:
        """A new number made by a party."""
        return party << 32 | self.serial()

    def part_of(self, party: int) -> int:
        """A new number for a part: of those that are for nothing else, every other time."""
        serial = self.serial()
        return party << 32 | serial | (PARTS if serial % 2 else 0)

    def hash(self, text: str = "") -> bytes:
        """A hash nobody used before."""
        return sha256(f"{text} {self.serial()}".encode()).digest()

    def expiry(self) -> int:
        """A few days from now."""
        return self.now + 5 * 86_400

    def amount(self, most: int = 10**10) -> int:
        """An amount of any size up to `most`; small and round ones come more often than chance."""
        choice = self.rng.random()
        if choice < 0.1:
            return min(most, self.rng.choice((1, 9_999, 10_000, 10_001, 20_000, SMALL_CAP, SMALL_CAP + 1)))
        if choice < 0.4:
            return min(most, 100 * self.rng.randint(1, 1_000_000))
        return self.rng.randint(1, max(1, most))

    def pick(self, wanted: Iterable[T], otherwise: Iterable[T] = ()) -> T | None:
        """One of the wanted, or, in a loose mood, any of the others too."""
        if self.loose and self.rng.random() < self.loose:
            found = list(otherwise)
            if found:
                return self.rng.choice(found)
        found = list(wanted)
        return self.rng.choice(found) if found else None

    # ── people ──────────────────────────────────────────────────────────────────────────────────────────────

    def grant(self, person: int, roles: int, **terms: Any) -> SignerGrant:
        """A new key for a person."""
        secret = sha256(f"signer {self.serial()} of the state machine".encode()).digest()
        address = Account.from_key(secret).address.lower()
        self.keys[address] = secret
        plain: dict[str, Any] = {
            "solo_cap": MAX_AMOUNT, "valid_from": 0, "valid_until": FOREVER, "managed": False,
            "certificate": bytes(32), **terms,
        }  # fmt: skip
        return SignerGrant(key=address, person=person, roles=roles, **plain)

    def board(self, kinds: int) -> tuple[SignerGrant, ...]:
        """People for a new party of these kinds."""
        leading = next(kind for kind in _BOARDS if kinds & kind) if kinds else Kind.ENTERPRISE
        leading = Kind.BANK if kinds & Kind.BANK else leading
        roles = _BOARDS[leading]
        capped = len(roles) if leading in (Kind.ENTERPRISE, Kind.LENDER) else 0
        return tuple(
            self.grant(person, role, solo_cap=SMALL_CAP if person == capped else MAX_AMOUNT)
            for person, role in enumerate(roles, 1)
        )

    def admission(self, party: int, kinds: int, group: int, **changes: Any) -> Admit:
        """An admission act."""
        fields: dict[str, Any] = {
            "party": party, "kinds": kinds, "group": group, "identity": sha256(str(party).encode()).digest(),
            "quorum": 2, "signers": self.board(kinds), "expires_at": FOREVER, **changes,
        }  # fmt: skip
        return Admit(**fields)

    def signer(
        self, party: int, role: int, amount: int = 0, besides: Sequence[str | None] = ()
    ) -> str | None:
        """A live key of a party in this role whose mandate reaches the amount, of another person than `besides`."""
        persons = {self.state.signers[key].person for key in besides if key in self.state.signers}
        found = [
            key
            for key, signer in self.state.signers.items()
            if signer.party == party
            and signer.roles & role
            and key not in self.wallets
            and signer.solo_cap >= amount
            and signer.person not in persons
            and alive(signer, self.now) is Reason.NONE
        ]
        return self.rng.choice(found) if found else None

    def two(self, party: int, first: int, second: int, amount: int = 0) -> tuple[str | None, str | None]:
        """Keys of two people of a party; the second one's mandate reaches the amount."""
        checker = self.signer(party, second, amount)
        return self.signer(party, first, besides=(checker,)), checker

    def offices(self, *concerned: int) -> tuple[OfficeSignature, ...]:
        """Two offices of different groups, none of it concerned."""
        groups = {self.state.group_of(party) for party in concerned if party}
        found: dict[int, OfficeSignature] = {}
        candidates = [PLATFORM, *BANKS, SISTER_BANK]
        self.rng.shuffle(candidates)
        for party in candidates:
            key, group = self.signer(party, Role.OFFICE), self.state.group_of(party)
            if key is not None and group not in groups and group not in found:
                found[group] = OfficeSignature(party, key)
        return tuple(list(found.values())[:2])

    def majority(self) -> tuple[OfficeSignature, ...]:
        """As many banks as are needed, rising."""
        banks = [party for party, word in self.state.parties.items() if word.kinds & Kind.BANK]
        keys = {bank: self.signer(bank, Role.OFFICE) for bank in banks}
        able = sorted(bank for bank, key in keys.items() if key is not None)
        needed = self.state.banks // 2 + 1
        chosen = sorted(self.rng.sample(able, min(needed, len(able))))
        return tuple(OfficeSignature(bank, keys[bank]) for bank in chosen)

    def administrators(self, party: int) -> tuple[str | None, ...]:
        """Keys of as many administrators as the party's quorum needs."""
        word = self.state.parties.get(party)
        keys: list[str | None] = []
        for _ in range(word.quorum if word else 2):
            keys.append(self.signer(party, Role.ADMIN, besides=keys))
        return tuple(keys)

    def live_keys(self, party: int) -> tuple[str, ...]:
        """Every key of a party that is not revoked, rising."""
        return tuple(
            sorted(key for key, s in self.state.signers.items() if s.party == party and not s.flags & 1)
        )

    # ── the beginning ───────────────────────────────────────────────────────────────────────────────────────

    def furnish(self) -> Iterator[Step]:
        """Steps that admit everyone, publish a policy and set limits; each is to be applied before the next."""
        admissions = [
            self.admission(SISTER_BANK, Kind.BANK | Kind.LENDER, BANKS[0]),
            self.admission(EVIDENCE, Kind.EVIDENCE, EVIDENCE),
            self.admission(INSPECTOR, Kind.EVIDENCE, INSPECTOR),
            self.admission(APPRAISER, Kind.EVIDENCE, APPRAISER),
            self.admission(SISTER_INSPECTOR, Kind.EVIDENCE, KEEPER),
            *(self.admission(keeper, Kind.KEEPER, keeper) for keeper in (*KEEPERS, CONTROL_AGENT)),
            self.admission(FACTOR, Kind.LENDER, FACTOR),
            *(self.admission(core, Kind.ENTERPRISE, core) for core in CORES),
            *(self.admission(s, Kind.ENTERPRISE, s, signers=self.with_a_guest()) for s in SUPPLIERS),
            self.admission(SISTER_SUPPLIER, Kind.ENTERPRISE, BANKS[2]),
            *(self.admission(each, Kind.ENTERPRISE | Kind.GUARANTOR, each) for each in GUARANTORS),
        ]
        for act in admissions:
            by_banks = act.kinds & (Kind.BANK | Kind.KEEPER | Kind.EVIDENCE)
            yield Step("admit", act, self.majority() if by_banks else self.offices(act.party))
        # Before the first policy nothing can be promised.
        keys = self.two(CORES[0], Role.ISSUE_MAKER, Role.ISSUE_CHECKER)
        yield Step("issue", Issue(CORES[0], (self.promise(),), FOREVER), keys)
        policy = PublishPolicy(1, self.today, 6, 100, 2, 10, 2, 100, DOCUMENT, FOREVER)
        yield Step("publish_policy", policy, self.majority())
        for core in CORES:
            for currency in (CNY, USD):
                limit = SetLimit(core, currency, 10**13, 0, DOCUMENT, self.serial(), FOREVER)
                yield Step("set_limit", limit, self.majority())

    def with_a_guest(self) -> tuple[SignerGrant, ...]:
        """A trading firm's people, one whose key is good for three days only, and one who signs by a wallet."""
        board = self.board(Kind.ENTERPRISE)
        guest = self.grant(len(board) + 1, _TRADE, valid_until=self.now + 3 * 86_400)
        by_wallet = replace(self.grant(len(board) + 2, _TRADE), key=next(self._wallets))
        return (*board, guest, by_wallet)

    def promise(self) -> Receivable:
        """A promise on an invoice nobody attested."""
        number, invoice = self.id_of(CORES[0]), self.hash("invoice")
        return Receivable(
            number, SUPPLIERS[0], BANKS[0], CNY, self.today + 9, 500, 10, (invoice,), (10,), DOCUMENT
        )
