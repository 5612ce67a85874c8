"""Orders of the ledger beside the documents that they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gateway.domain.matching_model import OrderMatch

Known = Mapping[bytes, OrderMatch]
"""Orders among the documents, by each evidence under which one may have been confirmed."""


def by_evidence(orders: Iterable[OrderMatch]) -> Known:
    """Every order among the documents, by what an order on the ledger rests on if it is that one."""
    return {digest: each for each in orders for digest in each.evidence()}
