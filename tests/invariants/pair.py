"""The pair: the real contracts and the specification, given the same steps and compared after each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.adapters.ledger import acts as signing
from gateway.domain import registry
from gateway.domain.ledger_state import LedgerState
from gateway.domain.mandates import UNRELAYED
from gateway.domain.office_acts import Admit
from gateway.domain.parties import OfficeSignature, may_relay, named
from gateway.domain.reasons import Reason
from tests.house.machine import CHAIN_ID, RELAYER, Machine, Reverted
from tests.invariants import mirror
from tests.invariants.messages import Messages
from tests.invariants.verbs import VERBS, Step

START = 1_790_000_000  # 2026-09-21
Change = tuple[str, Any]
"""A record: its table in the specification's state, and its number there."""


class Difference(AssertionError):
    """The contracts and the specification do not agree."""


def require(holds: bool, law: str, *what: object) -> None:
    """Raises Difference with the law, and what broke it, where it does not hold."""
    if not holds:
        raise Difference(f"{law} does not hold: {' '.join(map(str, what))}")


class Recorded(dict[Any, Any]):
    """A table that remembers which of its records changed, and what each was before; None for one that was not."""

    def __init__(self, table: str, before: dict[Change, Any]) -> None:
        super().__init__()
        self._table = table
        self._before = before

    def __setitem__(self, key: Any, value: Any) -> None:
        self._before.setdefault((self._table, key), self.get(key))
        super().__setitem__(key, value)

    def __delitem__(self, key: Any) -> None:
        self._before.setdefault((self._table, key), self.get(key))
        super().__delitem__(key)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step came to: one reason an item, and the records it touched. `carried` is False where the sender was
    no relayer and the verb needs one; then there are no reasons.
    """

    reasons: tuple[Reason, ...]
    touched: frozenset[Change]
    carried: bool = True

    @property
    def done(self) -> bool:
        """Whether anything changed."""
        return Reason.NONE in self.reasons


class Pair:
    """Both sides of one ledger. `apply` raises Difference as soon as they disagree; `before` holds what the records
    that it changed were.
    """

    def __init__(
        self,
        genesis: Sequence[Admit],
        keys: Mapping[str, bytes],
        machine: Callable[[Any, int], Machine] = Machine,
        start: int = START,
    ) -> None:
        self.before: dict[Change, Any] = {}
        self.state = LedgerState()
        for name in mirror.RECORDED:
            setattr(self.state, name, Recorded(name, self.before))
        packed = [signing.pack_act("admit", Messages.fields(act)) for act in genesis]
        self.machine = machine(packed, start)
        self.wallets: dict[str, str] = {}
        domain = signing.Domain(CHAIN_ID, self.machine.addresses["Ledger"])
        self.messages = Messages(domain, keys, self.wallets)
        for act in genesis:
            reason = registry.admit_genesis(self.state, act)
            if reason:
                raise Difference(f"genesis: {reason.name}")

    @property
    def now(self) -> int:
        """The time of both sides, Unix seconds."""
        return self.machine.now

    def pass_seconds(self, seconds: int) -> None:
        """Move the clock of both sides on."""
        self.machine.pass_seconds(seconds)

    def apply(self, *steps: Step) -> list[Outcome]:
        """Carry steps of one verb and one sender as one batch on both sides; compare the reasons, item by item, and
        every record touched.
        """
        self.before.clear()
        first = steps[0]
        outside = first.sender is not None and first.verb not in UNRELAYED
        carried = not outside or may_relay(self.state, first.sender, self.now)
        named = {change for step in steps for change in mirror.mentioned(self.state, step)}
        expected: list[Sequence[Reason]] = [()] * len(steps)
        if carried:
            expected = [VERBS[step.verb].domain(self.state, self._seen(step), self.now) for step in steps]
        answered = self._send(steps)
        wanted = tuple(reason for reasons in expected for reason in reasons)
        if answered != (wanted if carried else None):
            raise Difference(_disagreement(steps, wanted if carried else None, answered))
        touched = frozenset(self.before.keys() | named)
        self.compare(touched)
        return [Outcome(tuple(reasons), touched, carried) for reasons in expected]

    def _seen(self, step: Step) -> Step:
        """The step as the specification takes it: a wallet signed only what it approved."""

        def seen(key: Any) -> Any:
            if isinstance(key, OfficeSignature):
                return key._replace(key=seen(key.key))
            if isinstance(key, tuple):
                return tuple(seen(each) for each in key)
            return named(self.state, step.act, key) if key in self.wallets else key

        return replace(step, keys=tuple(seen(key) for key in step.keys))

    def _send(self, steps: Sequence[Step]) -> tuple[Reason, ...] | None:
        first = steps[0]
        verb = VERBS[first.verb]
        contract = signing.verbs()[verb.function].contract if verb.function in signing.verbs() else "Ledger"
        arguments = verb.arguments(self.messages, steps)
        try:
            answer = self.machine.call(contract, verb.function, *arguments, sender=first.sender or RELAYER)
        except Reverted as reverted:
            if reverted.name == "NotRelayer":
                return None
            if reverted.name == "WalletRefused":
                return (Reason.SIGNATURE_INVALID,)
            raise Difference(f"{steps}: the contracts reverted with {reverted}") from reverted
        if first.verb == "approve":
            return (Reason.NONE,)
        found = answer if isinstance(answer, (list, tuple)) else [answer]
        return tuple(Reason(reason) for reason in found)

    def compare(self, records: Iterable[Change]) -> None:
        """Compare these records on both sides; raises Difference with the first that is not the same."""
        for table, number in records:
            wanted, got = mirror.both(self, table, number)
            if wanted != got:
                raise Difference(f"{table}[{number!r}]: the specification has {wanted}, the contracts {got}")

    def compare_all(self) -> int:
        """Compare every record the specification knows; answers how many."""
        records = list(mirror.everything(self.state))
        self.compare(records)
        return len(records)


def _disagreement(
    steps: Sequence[Step], wanted: tuple[Reason, ...] | None, answered: tuple[Reason, ...] | None
) -> str:
    said = [
        "not carried" if each is None else [reason.name for reason in each] for each in (wanted, answered)
    ]
    return f"{steps}: the specification says {said[0]}, the contracts {said[1]}"
