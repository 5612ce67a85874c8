"""The exact fold from the contracts' events to the tables `ledger_*`.

Every event has one handler; an event without one stops the fold, because tables that pass something over are
wrong and do not show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.adapters.ledger.chain import Fact
from gateway.projections import (
    credit,
    evidence,
    goods,
    leases,
    margin,
    orders,
    parties,
    protection,
    stages,
    titles,
)
from gateway.projections.fold import Fold, UnexplainedFact

__all__ = ["HANDLERS", "Fold", "Handler", "UnexplainedFact"]

Handler = Callable[[Fold, Fact], None]

_ACCESS_MANAGER_EVENTS = (
    # Our contracts ask the access manager one thing, who holds the relayer's role: the rest binds none.
    "OperationCanceled",
    "OperationExecuted",
    "OperationScheduled",
    "RoleAdminChanged",
    "RoleGrantDelayChanged",
    "RoleGuardianChanged",
    "RoleLabel",
    "TargetAdminDelayUpdated",
    "TargetClosed",
    "TargetFunctionRoleUpdated",
)

HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("AccessManager", "RoleGranted"): parties.role_granted,
    ("AccessManager", "RoleRevoked"): parties.role_revoked,
    **{("AccessManager", event): parties.without_effect for event in _ACCESS_MANAGER_EVENTS},
    **{
        (contract, "Skipped"): credit.skipped
        for contract in ("Evidence", "Ledger", "Registry", "Credit", "Protection", "Settlement")
    },
    ("Evidence", "InvoicesAttested"): evidence.invoices_attested,
    ("Evidence", "InvoicesCredited"): evidence.invoices_credited,
    ("Evidence", "Issued"): evidence.issued,
    ("Evidence", "LimitSet"): evidence.limit_set,
    ("Evidence", "OfferEnded"): evidence.offer_ended,
    ("Evidence", "OffersClosed"): evidence.offers_closed,
    ("Evidence", "OffersPublished"): evidence.offers_published,
    ("Evidence", "OrderConfirmed"): orders.order_confirmed,
    ("Evidence", "OrdersPublished"): orders.orders_published,
    ("Evidence", "PolicyPublished"): evidence.policy_published,
    ("Evidence", "Shared"): credit.shared,
    ("Ledger", "Approved"): parties.approved,
    ("Ledger", "Assigned"): titles.title_rows,
    ("Ledger", "Carved"): titles.pair_rows,
    ("Ledger", "CoSigned"): parties.co_signed,
    ("Ledger", "Converted"): orders.converted,
    ("Ledger", "Counted"): goods.counted,
    ("Ledger", "Delivered"): leases.delivered,
    ("Ledger", "EIP712DomainChanged"): parties.without_effect,  # the domain is fixed in the code
    ("Ledger", "Frozen"): titles.frozen_or_lifted,
    ("Ledger", "GoodsConverted"): orders.goods_converted,
    ("Ledger", "GoodsHeld"): margin.goods_held,
    ("Ledger", "HandedOver"): goods.handed_over,
    ("Ledger", "LatePaid"): titles.late_paid,
    ("Ledger", "Lifted"): titles.frozen_or_lifted,
    ("Ledger", "Locked"): titles.title_rows,
    ("Ledger", "MediumChanged"): goods.medium_changed,
    ("Ledger", "Merged"): titles.merged,
    ("Ledger", "NonceSpent"): parties.nonce_spent,
    ("Ledger", "OfferWithdrawn"): titles.title_rows,
    ("Ledger", "OrderReduced"): orders.order_reduced,
    ("Ledger", "OrderStored"): orders.order_stored,
    ("Ledger", "PaidOut"): titles.paid_out,
    ("Ledger", "PartySet"): parties.party_set,
    ("Ledger", "ReceiptSplit"): goods.receipt_split,
    ("Ledger", "Received"): titles.received,
    ("Ledger", "Replaced"): goods.replaced,
    ("Ledger", "RootAccepted"): titles.root_accepted,
    ("Ledger", "RootCancelled"): titles.root_cancelled,
    ("Ledger", "RootOpened"): titles.root_opened,
    ("Ledger", "SettledEarly"): titles.settled_early,
    ("Ledger", "SignerSet"): parties.signer_set,
    ("Ledger", "Split"): titles.pair_rows,
    ("Ledger", "StorageCharged"): goods.storage_charged,
    ("Ledger", "Stored"): goods.stored,
    ("Ledger", "TitleWrittenOff"): titles.title_written_off,
    ("Ledger", "Unlocked"): titles.unlocked,
    ("Registry", "Admitted"): parties.admitted,
    ("Registry", "BanksChanged"): parties.without_effect,  # the parties' kinds say it
    ("Registry", "Ordered"): parties.ordered,
    ("Registry", "RecoveryAnnounced"): parties.recovery_announced,
    ("Registry", "RecoveryCompleted"): parties.recovery_completed,
    ("Registry", "RecoveryVetoed"): parties.recovery_vetoed,
    ("Registry", "SignerGranted"): parties.signer_granted,
    ("Credit", "GoodsAgreed"): margin.goods_agreed,
    ("Credit", "GoodsSaleChanged"): margin.goods_sale_changed,
    ("Credit", "LeaseChanged"): leases.lease_changed,
    ("Credit", "LeaseEnded"): leases.lease_ended,
    ("Credit", "LotMarked"): margin.lot_marked,
    ("Credit", "MarkChanged"): margin.mark_changed,
    ("Credit", "PositionChanged"): credit.position_changed,
    ("Credit", "Drawn"): credit.drawn,
    ("Credit", "Entrusted"): credit.entrusted,
    ("Credit", "Opened"): credit.opened,
    ("Credit", "PaidOut"): credit.paid_out,
    ("Credit", "InstalmentSet"): credit.instalment_set,
    ("Credit", "Repaid"): credit.repaid,
    ("Credit", "RepaymentReversed"): credit.repayment_reversed,
    ("Credit", "StagesAgreed"): stages.stages_agreed,
    ("Credit", "StagesChanged"): stages.stages_changed,
    ("Credit", "TitleSold"): credit.title_sold,
    ("Credit", "Voided"): credit.voided,
    ("Credit", "WrittenOff"): credit.written_off,
    ("Credit", "CostsAdded"): credit.costs_added,
    ("Protection", "CallChanged"): protection.call_changed,
    ("Protection", "Kept"): protection.kept,
    ("Protection", "Protected"): protection.protected,
    ("Protection", "ReserveAttested"): protection.reserve_attested,
    ("Settlement", "AccountBound"): parties.account_bound,
    ("Settlement", "CashChanged"): titles.cash_changed,
    ("Settlement", "FactRecorded"): credit.fact_recorded,
    ("Settlement", "HeldReleased"): titles.held_released,
    ("Settlement", "MovementReversed"): credit.movement_reversed,
}
