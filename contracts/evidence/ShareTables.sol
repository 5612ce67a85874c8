// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PositionWord} from "../credit/CreditWords.sol";
import {FacilityWord} from "../credit/FacilityWords.sol";
import {ActHash} from "../types/ActHash.sol";
import {Shares, SharesItem, Signature} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER} from "../types/Words.sol";
import {IEvidence} from "./IEvidence.sol";
import {Invoices} from "./Invoices.sol";

/// @notice Evidence's second room: who funds and bears what part of a facility that one lender holds for several (S17).
///         Credit knows the lender alone; the table says whose the money is, and nothing on the ledger depends on it.
abstract contract ShareTables is Invoices {
    uint256 private constant WHOLE = 10_000;

    /// @inheritdoc IEvidence
    function share(SharesItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _share(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _share(SharesItem calldata item) private returns (Reason reason) {
        Shares calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        PositionWord position = _credit.positionOf(act.facility);
        if (!position.exists()) return Reason.FacilityUnknown;
        // Whose the loss is does not change while there may be one.
        if (!position.isClear()) return Reason.DebtOutstanding;
        FacilityWord facility = _credit.facilityOf(act.facility);
        if (!_isWhole(act, facility.borrower())) return Reason.ShareWrong;
        bytes32 hash = ActHash.hash(act);
        reason = _agreedByAll(item, hash, facility.lender(), position.limit());
        if (reason != Reason.None) return reason;
        if (_usedTables[hash]) return Reason.NonceUsed;

        _usedTables[hash] = true;
        _shares[act.facility] = hash;
        emit Shared(act.facility, act.parties, act.bps, hash, act.evidence);
    }

    /// @dev Parties rise, so none comes twice; each has a part, the borrower none, and the parts are the whole.
    function _isWhole(Shares calldata act, uint32 borrower) private pure returns (bool) {
        if (act.parties.length != act.bps.length) return false;
        uint256 sum;
        uint32 last;
        for (uint256 i; i < act.parties.length; ++i) {
            uint32 party = act.parties[i];
            if (party <= last || party == borrower || act.bps[i] == 0) return false;
            (last, sum) = (party, sum + act.bps[i]);
        }
        return sum == WHOLE;
    }

    /// @dev The lender's two people as the agent of all, and one of each other party for its part of the limit.
    function _agreedByAll(SharesItem calldata item, bytes32 hash, uint32 lender, uint256 limit)
        private
        view
        returns (Reason)
    {
        Shares calldata act = item.act;
        uint256 count = item.participants.length;
        uint256[] memory needs = new uint256[](count + 2);
        Signature[] memory signatures = new Signature[](count + 2);
        (needs[0], signatures[0]) = (Needs.need(lender, ROLE_CREDIT_MAKER, 0), item.maker);
        (needs[1], signatures[1]) = (Needs.need(lender, ROLE_CREDIT_CHECKER, limit), item.checker);
        uint256 at;
        for (uint256 i; i < act.parties.length; ++i) {
            if (act.parties[i] == lender) continue;
            if (at == count) return Reason.OfficesTooFew;
            uint256 part = limit * act.bps[i] / WHOLE;
            (needs[at + 2], signatures[at + 2]) =
                (Needs.need(act.parties[i], ROLE_CREDIT_CHECKER, part), item.participants[at]);
            ++at;
        }
        if (at != count) return Reason.OfficesTooFew;
        return _ledger.authoriseBoard(hash, needs, signatures);
    }

    function sharesOf(uint32 facility) external view returns (bytes32) {
        return _shares[facility];
    }
}
