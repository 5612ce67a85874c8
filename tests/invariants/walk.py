"""From any state to an end: every promise is answered or paid, every debt repaid, every lock ended, all money credited.

The walk uses nothing but acts of the parties who would do them, on the real contracts and the specification at
once; a step that is refused means that something is stuck.
"""

from __future__ import annotations

from gateway.domain import credit, quotes
from gateway.domain.acts import BindAccount, Distribution, Fact, HeldRelease, Release, Void, WriteOff
from gateway.domain.goods_acts import ChangeMedium, ChargeStorage
from gateway.domain.goods_records import RootKind
from gateway.domain.goods_sales import claim_of, payee_of
from gateway.domain.life_cycle import LOAN_ENDS, ROOT_ENDS
from gateway.domain.lists import proposed_distribution
from gateway.domain.margin_acts import ReleaseGoods
from gateway.domain.office_acts import Lift, Recover, Reinstate
from gateway.domain.protection_acts import EndCall
from gateway.domain.reasons import Reason
from gateway.domain.records import Flag, Form, LoanPhase, Phase, Role, Standing
from gateway.domain.registry import RECOVERY_SECONDS
from gateway.domain.settlement import FactKind
from gateway.domain.terms import schedules
from tests.invariants import propose_offices
from tests.invariants.pair import Difference
from tests.invariants.propose_goods import handing_over
from tests.invariants.propose_leases import ending, noticing, withdrawing
from tests.invariants.propose_orders import reducing
from tests.invariants.propose_protection import in_order
from tests.invariants.verbs import Step
from tests.invariants.world import BANKS, DOCUMENT, World


class Walk:
    """Drives one world to its end; `steps` counts what it took."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.state = world.state
        self.steps = 0
        world.loose = 0.0
        world.queue.clear()

    def to_the_end(self) -> int:
        """Wind everything down; answers the number of steps. Raises Difference where something is stuck."""
        self._reinstate()
        self._renew_signers()
        self._end_offers()
        self._lift()
        self._end_loans()
        self._end_claims()
        self._release()
        self._hand_over()
        self._give_up_orders()
        self._pay()
        self._settle_cash()
        return self.steps

    def _nonce(self) -> int:
        """A one-time number that no spoilt step came near to."""
        return 2**63 + self.world.serial()

    def _do(self, step: Step) -> None:
        self.steps += 1
        (outcome,) = self.world.pair.apply(step)
        if outcome.reasons != (Reason.NONE,):
            said = [reason.name for reason in outcome.reasons]
            raise Difference(f"stuck: {step.verb} is refused with {said}: {step}")

    # ── people ──────────────────────────────────────────────────────────────────────────────────────────────

    def _reinstate(self) -> None:
        world = self.world
        for party, word in list(self.state.parties.items()):
            if word.standing is Standing.SUSPENDED:
                keys = world.live_keys(party)
                act = Reinstate(party, keys, DOCUMENT, self._nonce(), world.expiry())
                self._do(Step("reinstate", act, world.offices(party)))

    def _renew_signers(self) -> None:
        """A party whose people cannot sign any more gets new ones, by offices and seven days."""
        world, announced = self.world, []
        for party in propose_offices.CHANGING:
            word = self.state.parties[party]
            fresh = world.board(word.kinds)
            lacking = any(
                world.signer(party, 1 << bit) is None for bit in range(12) if _held(fresh, 1 << bit)
            )
            if not lacking and None not in world.administrators(party):
                continue
            act = Recover(party, True, 2, world.live_keys(party), fresh, DOCUMENT, world.expiry())
            self._do(Step("recover", act, world.offices(party)))
            announced.append(act)
        world.pair.pass_seconds(RECOVERY_SECONDS)
        for act in announced:
            self._do(Step("complete", act))

    # ── promises ────────────────────────────────────────────────────────────────────────────────────────────

    def _end_offers(self) -> None:
        world, state = self.world, self.state
        last = [state.roots[number].last_day for number in state.offers]
        last += [word.last_day for word in state.lists.values()]
        world.go_past(max(last, default=0), within=400)
        for number, (payee, invoices) in list(state.offers.items()):
            self._do(Step("expire", more={"root": number, "payee": payee, "invoices": invoices}))
        for number, found in list(state.lists.items()):
            if found.total > found.taken:
                self._do(Step("close_offers", more={"list": number}))

    def _lift(self) -> None:
        world = self.world
        for number, end_day in list(self.state.frozen_until.items()):
            offices = world.offices(*propose_offices.concerned(world, number))
            if len(offices) < 2:
                world.go_past(end_day, within=400)
            act = Lift(number, DOCUMENT, self._nonce(), world.expiry())
            self._do(Step("lift", act, offices))

    # ── debts ───────────────────────────────────────────────────────────────────────────────────────────────

    def _end_loans(self) -> None:
        world, state = self.world, self.state
        for number, loan in list(state.loans.items()):
            facility = state.facilities[loan.facility]
            two = world.two(facility.lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, loan.drawn)
            if loan.phase is LoanPhase.RESERVED:
                self._do(Step("void", Void(number, DOCUMENT, world.expiry()), two))
            if loan.phase not in (LoanPhase.OUTSTANDING, LoanPhase.WRITTEN_OFF):
                continue
            account = state.collections[loan.facility]
            if world.signer(account[0], Role.PAYMENTS) is not None:
                owed = quotes.owed(state, number, world.today)
                self._do(self._fact(FactKind.REPAYMENT, number, owed.total, account))
            elif loan.phase is LoanPhase.OUTSTANDING:
                # No bank stands behind the collection account that was agreed: the lender gives the loan up.
                rows = schedules.schedule(loan, loan.start_day)
                missed = (row.day for row in rows if credit.overdue_since(state, number, row.day + 1))
                world.go_past(next(missed), within=2_000)
                self._do(Step("write_off", WriteOff(number, world.expiry(), DOCUMENT), two))

    def _end_claims(self) -> None:
        """What was called and not paid ends; what was paid is recovered, and goes to those who paid it."""
        world, state = self.world, self.state
        for (number, loan), call in list(state.calls.items()):
            if call.unpaid and state.loans[loan].phase is LoanPhase.SETTLED:
                act = EndCall(number, loan, call.called, world.expiry(), DOCUMENT)
                self._do(Step("end_call", act, (None, None)))
        for loan, claims in list(state.claims.items()):
            facility = state.facilities[state.loans[loan].facility]
            if claims.open > claims.pot:
                account = state.collections[state.loans[loan].facility]
                self._do(self._fact(FactKind.REPAYMENT, loan, claims.open - claims.pot, account))
            while state.claims_of(loan).open:
                number = in_order(world, loan)[0]
                account = self._bound(number >> 32, facility.currency)
                claim = state.call_of(number, loan).claim
                self._do(self._fact(FactKind.REIMBURSED, number, claim, account, loan))

    def _release(self) -> None:
        world, state = self.world, self.state
        for number, facility in state.facilities.items():
            # A lender keeps what it bought with a loan that it wrote off: that goes free in its own hands.
            locked = tuple(sorted(n for n, title in state.titles.items() if title.lock == number))
            if not locked:
                continue
            if facility.form is Form.LEASE:
                self._end_leases(locked)
                continue
            goods = [n for n in locked if state.titles[n].flags & Flag.GOODS]
            self._free_goods(number, goods)
            locked = tuple(n for n in locked if n not in goods)
            if not locked:
                continue
            opened = sum(state.titles[title].open for title in locked)
            two = world.two(facility.lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, opened)
            act = Release(number, locked, self._nonce(), world.expiry(), DOCUMENT)
            self._do(Step("release", act, two, {"loans": ()}))

    def _end_leases(self, receipts: tuple[int, ...]) -> None:
        """What was never paid out its owner takes back; what was written off and not paid the lessor does."""
        world, state = self.world, self.state
        for receipt in receipts:
            loan = state.sales.get(receipt)
            if loan is None:
                self._do(withdrawing(world, receipt))
                continue
            self._do(noticing(world, loan))
            world.go_past(state.leases[receipt].from_day - 1, within=400)
            self._do(ending(world, loan))

    def _free_goods(self, number: int, receipts: list[int]) -> None:
        """Nothing is owed any more: sales that nobody paid for end, and lender and keepers release what was pledged."""
        world, state = self.world, self.state
        for receipt in receipts:
            sale = state.goods_sales.get(receipt)
            if sale is None:
                continue
            if state.cash_of(receipt).collected:
                owed = sale.price - state.cash_of(receipt).collected
                if owed:
                    self._do(self._fact(FactKind.COLLECTED, receipt, owed, state.collections[number]))
                self._do(Step("complete_sales", more={"title": receipt}))
            else:
                world.go_past(sale.pay_by, within=400)
                self._do(Step("end_sales", more={"title": receipt}))
        facility = state.facilities[number]
        for lot in sorted({state.titles[receipt].root for receipt in receipts}):
            titles = tuple(
                n for n, title in state.titles.items() if (title.lock, title.root) == (number, lot)
            )
            if not titles:
                continue
            quantity = sum(state.titles[n].quantity for n in titles)
            value = state.pledged_lot_of(number, lot).value
            two = world.two(facility.lender, Role.CREDIT_MAKER, Role.CREDIT_CHECKER, value)
            keeper = world.signer(state.roots[lot].debtor, Role.KEEP)
            act = ReleaseGoods(number, lot, quantity, titles, self._nonce(), world.expiry(), DOCUMENT)
            self._do(Step("release_goods", act, (*two, keeper), {"loans": ()}))

    # ── goods ───────────────────────────────────────────────────────────────────────────────────────────────

    def _hand_over(self) -> None:
        """Receipts come back from paper, storage is paid, and the goods leave, as much as there is of them."""
        world, state = self.world, self.state
        for number in [n for n, title in state.titles.items() if title.flags & Flag.GOODS and not title.dead]:
            title = state.titles[number]
            keeper = world.signer(state.roots[title.root].debtor, Role.KEEP)
            holder = world.signer(title.holder, Role.TITLE, title.quantity)
            if title.flags & Flag.PAPER:
                back = ChangeMedium(number, title.sequence, False, world.expiry(), DOCUMENT)
                self._do(Step("change_medium", back, (holder, keeper)))
            if number in state.liens:
                paid = ChargeStorage(number, 0, 0, self._nonce(), world.expiry(), DOCUMENT)
                self._do(Step("charge_storage", paid, (keeper,)))
            title = state.titles[number]
            self._do(handing_over(world, number, title, title.quantity))

    def _give_up_orders(self) -> None:
        """What has not come of an order is cancelled."""
        for number, title in list(self.state.titles.items()):
            if title.flags & Flag.ORDER and not title.dead:
                self._do(reducing(self.world, number, title.quantity))

    # ── money ───────────────────────────────────────────────────────────────────────────────────────────────

    def _fact(
        self, kind: FactKind, subject: int, amount: int, account: tuple[int, bytes], loan: int = 0
    ) -> Step:
        world = self.world
        act = Fact(
            kind,
            subject,
            loan,
            account[0],
            account[1],
            world.today,
            amount,
            True,
            world.hash(),
            world.expiry(),
        )
        return Step("record", act, (world.signer(account[0], Role.PAYMENTS, amount), None))

    def _pay(self) -> None:
        world, state = self.world, self.state
        live = [number for number, root in world.receivables().items() if root.phase is Phase.LIVE]
        world.go_past(max((state.roots[number].due_day for number in live), default=0), within=400)
        for number in live:
            root = state.roots[number]
            owed = quotes.still_owed(root, state.money_of(number))
            if owed > 0:
                self._do(self._fact(FactKind.RECEIVED, number, owed, (root.clearing_bank, DOCUMENT)))
            lines = proposed_distribution(state, number)
            act = Distribution(
                number,
                state.money_of(number).distributed,
                tuple(lines),
                tuple(lines.values()),
                world.expiry(),
            )
            self._do(Step("distribute", act, (world.signer(root.clearing_bank, Role.CLEARING),)))

    def _settle_cash(self) -> None:
        world, state = self.world, self.state
        for number, title in state.titles.items():
            bank = state.roots[title.root].clearing_bank
            held = state.cash_of(number).held
            if held:
                act = HeldRelease(number, held, held, world.expiry() + world.serial())
                self._do(Step("release_held", act, (world.signer(bank, Role.CLEARING, held),)))
            pending = state.cash_of(number).pending(claim_of(state, number)[1])
            surplus = state.cash_of(number).surplus
            account = self._bound(*payee_of(state, number)) if pending or surplus else None
            if pending and account is not None:
                self._do(self._fact(FactKind.CREDITED, number, pending, account))
            if surplus and account is not None:
                self._do(self._fact(FactKind.SURPLUS, number, surplus, account))

    def _bound(self, party: int, currency: int) -> tuple[int, bytes]:
        world = self.world
        if (party, currency) not in self.state.accounts:
            bank = world.rng.choice(BANKS)
            act = BindAccount(party, currency, bank, world.hash(), self._nonce(), world.expiry())
            keys = (*world.administrators(party), world.signer(bank, Role.PAYMENTS))
            self._do(Step("bind_account", act, keys))
        return self.state.accounts[party, currency]

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def left_open(self) -> list[str]:
        """What has not come to an end."""
        state = self.state
        # A pool stays for goods to come: at its end there are none in it.
        pools = {
            n
            for n, r in state.roots.items()
            if r.kind == RootKind.POOL and not state.lot_of(n).nominal(r.quantity)
        }
        found = [
            f"root {n} {root.phase.name}"
            for n, root in state.roots.items()
            if root.phase not in ROOT_ENDS and n not in pools
        ]
        found += [
            f"loan {n} {word.phase.name}" for n, word in state.loans.items() if word.phase not in LOAN_ENDS
        ]
        found += [f"claims on loan {n}: {claims}" for n, claims in state.claims.items() if claims.open]
        found += [f"title {n} is locked" for n, title in state.titles.items() if title.lock]
        found += [f"offer {n}" for n in state.offers]
        found += [f"title {n} is frozen" for n, title in state.titles.items() if title.frozen]
        found += [f"limit {key} used {limit.used}" for key, limit in state.limits.items() if limit.used]
        for number, cash in state.cash.items():
            waiting = (cash.held, cash.surplus, cash.pending(claim_of(state, number)[1]))
            if any(waiting):
                found.append(f"title {number}: held, surplus, pending {waiting}")
        return found


def _held(board: tuple[object, ...], role: int) -> bool:
    return any(getattr(grant, "roles", 0) & role for grant in board)
