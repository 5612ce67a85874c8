"""From an instruction in the caller's database to its final place on the chain, once, whatever fails."""

from chainsvc.submitter.outbox import InstructionStatus, KeyReused, enqueue, enqueue_many, on_the_way, status
from chainsvc.submitter.states import State, TransactionState
from chainsvc.submitter.worker import Settings, StepReport, Worker

__all__ = [
    "InstructionStatus",
    "KeyReused",
    "Settings",
    "State",
    "StepReport",
    "TransactionState",
    "Worker",
    "enqueue",
    "enqueue_many",
    "on_the_way",
    "status",
]
