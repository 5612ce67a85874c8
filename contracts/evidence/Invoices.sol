// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "../types/ActHash.sol";
import {AttestInvoice, AttestInvoiceItem, CreditInvoice, CreditInvoiceItem} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {RowLog} from "../types/RowLog.sol";
import {Skips} from "../types/Skips.sol";
import {ROLE_ATTEST} from "../types/Words.sol";
import {EvidenceStore} from "./EvidenceStore.sol";
import {IEvidence} from "./IEvidence.sol";
import {Policies} from "./Policies.sol";

/// @notice Evidence's first room: invoices, debtors' limits, and the policy in force.
abstract contract Invoices is EvidenceStore, IEvidence {
    using RowLog for RowLog.Log;
    using Policies for uint256;

    uint256 private constant CAP_MASK = uint256(type(uint48).max) << CAP_SHIFT;

    // ── Attest ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IEvidence
    function attestInvoices(AttestInvoiceItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 3);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _attest(items[i], log);
        }
        log.emitAs(InvoicesAttested.selector);
        Skips.answer(reasons, Skipped.selector);
    }

    function _attest(AttestInvoiceItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        AttestInvoice memory act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        reason = _authorise(ActHash.hash(item.act), Needs.need(act.service, ROLE_ATTEST, 0), item.service);
        if (reason != Reason.None) return reason;
        if (act.evidence == 0) return Reason.EvidenceMissing;
        // An attestor is never the beneficiary: the service may be neither side of the invoice.
        if (act.service == act.seller || act.service == act.debtor) return Reason.WrongParty;
        if (_invoices[act.nullifier] != 0) return Reason.InvoiceKnown;

        uint256 word = (uint256(act.cap) << CAP_SHIFT) | (uint256(act.seller) << 128) | (uint256(act.debtor) << 96)
            | (uint256(act.currency) << 80) | (uint256(act.service) << 48);
        _invoices[act.nullifier] = word;
        _row(log, act.nullifier, word, act.evidence);
    }

    /// @inheritdoc IEvidence
    function creditInvoices(CreditInvoiceItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        RowLog.Log memory log = RowLog.open(items.length * 3);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _creditOne(items[i], log);
        }
        log.emitAs(InvoicesCredited.selector);
        Skips.answer(reasons, Skipped.selector);
    }

    function _creditOne(CreditInvoiceItem calldata item, RowLog.Log memory log) private returns (Reason reason) {
        CreditInvoice calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint256 word = _invoices[act.nullifier];
        if (word == 0) return Reason.InvoiceUnknown;
        reason = _authorise(ActHash.hash(act), Needs.need(uint32(word >> 48), ROLE_ATTEST, 0), item.service);
        if (reason != Reason.None) return reason;
        if (word >> CAP_SHIFT != act.capBefore || act.cap >= act.capBefore) return Reason.InvoiceChanged;

        word = (word & ~CAP_MASK) | (uint256(act.cap) << CAP_SHIFT);
        _invoices[act.nullifier] = word;
        _row(log, act.nullifier, word, act.evidence);
    }

    // ── For Settlement and Registry ─────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IEvidence
    function returnLimit(uint32 debtor, uint16 currency, uint48 amount) external only(_settlement) {
        _returnLimit(debtor, currency, amount);
    }

    /// @inheritdoc IEvidence
    function setLimit(uint32 debtor, uint16 currency, uint48 limit, uint48 limitBefore, bytes32 evidence)
        external
        only(_registry)
        returns (Reason)
    {
        Limit storage place = _limits[debtor][currency];
        uint256 word = place.word;
        if (word >> 48 != limitBefore) return Reason.AmountDiffers;
        place.word = (uint256(limit) << 48) | uint48(word);
        emit LimitSet(debtor, currency, limit, evidence);
        return Reason.None;
    }

    /// @inheritdoc IEvidence
    function publishPolicy(uint256 word, bytes32 document) external only(_registry) returns (Reason) {
        uint256 today = Calendar.day(block.timestamp);
        uint256 current = _policies.inForce(today);
        // Above the newest, announced or in force: one that was replaced before its day does not come back.
        if (_policies != 0 && word.version() <= _policies.newest().version()) return Reason.NonceUsed;
        // Before the first policy nothing can be issued, so the first one needs no notice.
        if (current != 0 && word.effectiveDay() < today + Policies.NOTICE_DAYS) return Reason.PolicyTooSoon;
        _policies = _policies.announce(word, today);
        emit PolicyPublished(word.version(), word, document);
        return Reason.None;
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function invoiceOf(bytes32 nullifier) external view returns (uint256) {
        return _invoices[nullifier];
    }

    function limitOf(uint32 debtor, uint16 currency) external view returns (uint256) {
        return _limits[debtor][currency].word;
    }

    function policyOn(uint16 day) external view returns (uint256) {
        return _policies.inForce(day);
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _row(RowLog.Log memory log, bytes32 nullifier, uint256 word, bytes32 document) private pure {
        log.push(uint256(nullifier));
        log.push(word);
        log.push(uint256(document));
        log.endRow();
    }
}
