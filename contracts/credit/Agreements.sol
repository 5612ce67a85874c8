// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Policies} from "../evidence/Policies.sol";
import {ActHash} from "../types/ActHash.sol";
import {Open, OpenItem} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {ROLE_BORROW, ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER} from "../types/Words.sol";
import {PositionWord, PositionWords} from "./CreditWords.sol";
import {FacilityWord, FacilityWords} from "./FacilityWords.sol";
import {Funders} from "./Funders.sol";
import {ICredit} from "./ICredit.sol";
import {IMargin} from "./IMargin.sol";

/// @notice The page's first room: a lender and a borrower agree a facility.
abstract contract Agreements is Funders {
    using Policies for uint256;

    // ── Open ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMargin
    function open(OpenItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _open(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _open(OpenItem calldata item) private returns (Reason reason) {
        Open calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.facility == 0 || act.lender == act.borrower) return Reason.TermsOutOfRange;
        if (act.advanceBps == 0 || act.advanceBps > 10_000 || act.limit == 0) return Reason.TermsOutOfRange;
        if (act.endDay < _today()) return Reason.FacilityEnded;
        if (_facilities[act.facility].exists()) return Reason.FacilityTaken;
        reason = _fundable(act);
        if (reason != Reason.None) return reason;
        bytes32 hash = ActHash.hash(act);
        uint256[3] memory needs;
        needs[0] = Needs.need(act.lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(act.lender, ROLE_CREDIT_CHECKER, act.limit);
        needs[2] = Needs.need(act.borrower, ROLE_BORROW, act.limit);
        reason = _authorise(hash, needs, item.maker, item.checker, item.borrower);
        if (reason == Reason.None && act.entrustor != 0) reason = _entrusted(item, hash);
        if (reason != Reason.None) return reason;

        bytes32 account = keccak256(abi.encode(act.collectionBank, act.collectionAccount));
        FacilityWord word = FacilityWords.make(act.lender, act.borrower, act.currency, account);
        PositionWord position = PositionWords.opened(act, _evidence.policyOn(_today()).releaseDays());
        _facilities[act.facility] = word;
        _positions[act.facility] = position;
        emit ICredit.Opened(act.facility, word, position, act.collectionBank, act.collectionAccount, act.evidence);
        if (act.entrustor != 0) _entrust(act.facility, act.entrustor, act.agentFeeBps);
    }
}
