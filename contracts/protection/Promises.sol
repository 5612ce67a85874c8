// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LoanWord} from "../credit/CreditWords.sol";
import {FacilityWord} from "../credit/FacilityWords.sol";
import {ActHash} from "../types/ActHash.sol";
import {
    AttestReserve,
    AttestReserveItem,
    Consent,
    ConsentItem,
    Protect,
    ProtectItem,
    Signature
} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {
    PARTY_BANK,
    PARTY_GUARANTOR,
    PARTY_LENDER,
    PARTY_PLATFORM,
    ROLE_CREDIT_CHECKER,
    ROLE_CREDIT_MAKER,
    ROLE_PAYMENTS
} from "../types/Words.sol";
import {IProtection} from "./IProtection.sol";
import {ProtectionStore} from "./ProtectionStore.sol";
import {
    CallWord,
    GuardWord,
    PROTECTION_INSURANCE,
    PROTECTION_RESERVE,
    PROTECTION_SHARE,
    ProtectionWord,
    ProtectionWords,
    StandingWord
} from "./ProtectionWords.sol";

/// @notice Protection's first room: who promises to stand behind a facility, and what is in a reserve.
abstract contract Promises is ProtectionStore {
    /// So many protections stand behind one facility at most: a call looks at all of them.
    uint256 private constant MOST = 16;
    uint256 private constant MOST_BPS = 10_000;

    // ── Protect ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProtection
    function protect(ProtectItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _protect(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _protect(ProtectItem calldata item) private returns (Reason reason) {
        Protect calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        FacilityWord facility = _credit.facilityOf(act.facility);
        if (!facility.exists()) return Reason.FacilityUnknown;
        GuardWord guard = _guards[act.facility];
        if (_protections[act.protection].exists()) return Reason.IdTaken;
        if (!_inRange(act) || guard.protections() == MOST) return Reason.TermsOutOfRange;
        reason = _mayStand(act, facility);
        if (reason != Reason.None) return reason;
        reason = _agreed(item, facility.lender());
        if (reason != Reason.None) return reason;

        ProtectionWord word = ProtectionWords.make(act.cap, act.facility, act.bps, act.order, act.kind);
        StandingWord standing = StandingWord.wrap(
            (uint256(act.custodian) << 224) | (uint256(act.floor) << 128) | (uint256(act.target) << 80)
                | (uint256(act.untilDay) << 64) | (uint256(act.rate) << 8) | act.topUpDays
        ).withBalance(0, 0, _today());
        _protections[act.protection] = word;
        _standings[act.protection] = standing;
        GuardWord after_ = guard.plusProtection();
        // Until its custodian speaks, nothing is in a reserve.
        if (standing.isShort()) after_ = after_.plusShort(true);
        _setGuard(act.facility, guard, after_);
        emit Protected(act.protection, word, standing, act.evidence);
    }

    function _inRange(Protect calldata act) private view returns (bool) {
        uint8 kind = act.kind;
        if (kind == 0 || kind > PROTECTION_INSURANCE || act.cap == 0) return false;
        if (act.untilDay != 0 && act.untilDay < _today()) return false;
        if ((kind == PROTECTION_SHARE) != (act.bps != 0) || act.bps > MOST_BPS) return false;
        if (kind == PROTECTION_RESERVE) return act.floor <= act.target;
        return act.custodian == 0 && act.target == 0 && act.floor == 0 && act.topUpDays == 0;
    }

    /// @dev CN77-4: never the platform. Nor one who gains: nobody guarantees its own debt, or to itself.
    function _mayStand(Protect calldata act, FacilityWord facility) private view returns (Reason) {
        uint32 protector = uint32(act.protection >> 32);
        uint32 lender = facility.lender();
        if (protector == lender || protector == facility.borrower()) return Reason.ProtectorNotAllowed;
        uint256 kinds = _ledger.partyOf(protector).kinds();
        uint256 needed = PARTY_GUARANTOR;
        if (act.kind == PROTECTION_SHARE) needed |= PARTY_LENDER | PARTY_BANK;
        if (act.kind == PROTECTION_RESERVE) needed = type(uint16).max ^ PARTY_PLATFORM;
        if (kinds & needed == 0) return Reason.ProtectorNotAllowed;
        if (act.kind != PROTECTION_RESERVE) return Reason.None;
        // Who says what is in a reserve neither gains by it nor fills it.
        if (_ledger.partyOf(act.custodian).kinds() & PARTY_BANK == 0) return Reason.NotABank;
        uint256 group = _ledger.partyOf(act.custodian).group();
        if (group == _ledger.partyOf(lender).group() || group == _ledger.partyOf(protector).group()) {
            return Reason.OfficeIsBeneficiary;
        }
        return Reason.None;
    }

    function _agreed(ProtectItem calldata item, uint32 lender) private view returns (Reason) {
        Protect calldata act = item.act;
        uint256 count = act.kind == PROTECTION_RESERVE ? 5 : 4;
        uint256[] memory needs = new uint256[](count);
        Signature[] memory signatures = new Signature[](count);
        (needs[0], needs[1]) = _promises(act.protection, act.cap);
        needs[2] = Needs.need(lender, ROLE_CREDIT_MAKER, 0);
        needs[3] = Needs.need(lender, ROLE_CREDIT_CHECKER, act.cap);
        (signatures[0], signatures[1]) = (item.first, item.second);
        (signatures[2], signatures[3]) = (item.maker, item.checker);
        if (count == 5) (needs[4], signatures[4]) = (Needs.need(act.custodian, ROLE_PAYMENTS, 0), item.custodian);
        return _ledger.authoriseBoard(ActHash.hash(act), needs, signatures);
    }

    // ── Consent ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProtection
    function consent(ConsentItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _consent(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _consent(ConsentItem calldata item) private returns (Reason reason) {
        Consent calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        ProtectionWord word = _protections[act.protection];
        if (!word.exists()) return Reason.ProtectionUnknown;
        (LoanWord loan,) = _credit.loanOf(act.loan);
        if (loan.facility() != word.facility()) return Reason.LoanUnknown;
        CallWord call_ = _calls[act.protection][act.loan];
        if (call_.consented()) return Reason.NonceUsed;
        reason = _twoOfProtector(ActHash.hash(act), act.protection, loan.drawn(), item.first, item.second);
        if (reason != Reason.None) return reason;
        call_ = call_.withConsent();
        _calls[act.protection][act.loan] = call_;
        emit CallChanged(
            act.protection, act.loan, call_, word, _standings[act.protection], _claims[act.loan], act.evidence
        );
    }

    // ── Reserves ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IProtection
    function attestReserve(AttestReserveItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _attest(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _attest(AttestReserveItem calldata item) private returns (Reason reason) {
        AttestReserve calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        ProtectionWord word = _protections[act.protection];
        if (word.kind() != PROTECTION_RESERVE) return Reason.ProtectionUnknown;
        StandingWord standing = _standings[act.protection];
        if (act.day > _today() || act.day < standing.attestedDay()) return Reason.ValueDayOutOfRange;
        bytes32 id = ActHash.hash(act);
        if (_used[id]) return Reason.NonceUsed;
        uint256 need = Needs.need(standing.custodian(), ROLE_PAYMENTS, act.balance);
        reason = _ledger.authorise(id, need, item.custodian);
        if (reason != Reason.None) return reason;
        _used[id] = true;
        standing = _withBalance(act.protection, word.facility(), standing, act.balance, act.day);
        emit ReserveAttested(act.protection, standing, act.evidence);
    }

    function _withBalance(uint64 protection, uint32 facility, StandingWord standing, uint48 balance, uint16 day)
        internal
        returns (StandingWord changed)
    {
        changed = standing.withBalance(balance, day, _today());
        _standings[protection] = changed;
        if (changed.isShort() != standing.isShort()) {
            GuardWord guard = _guards[facility];
            _setGuard(facility, guard, guard.plusShort(changed.isShort()));
        }
    }
}
