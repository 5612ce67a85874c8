// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Open, OpenItem} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {PARTY_PLATFORM, PartyWord, ROLE_TITLE} from "../types/Words.sol";
import {CreditStore} from "./CreditStore.sol";
import {FORM_LEASE, FORM_PLEDGE} from "./CreditWords.sol";
import {ICredit} from "./ICredit.sol";
import {IMargin} from "./IMargin.sol";

/// @notice Who funds a facility: the lender itself, or an entrustor behind it, whose agent it is (S5).
abstract contract Funders is CreditStore, IMargin {
    /// @dev Is the form one, and may this entrustor stand behind this lender?
    function _fundable(Open calldata act) internal view returns (Reason) {
        uint32 entrustor = act.entrustor;
        // An entrusted loan is a loan: nothing is bought with the entrustor's money.
        if (act.form > (entrustor == 0 ? FORM_LEASE : FORM_PLEDGE)) return Reason.TermsOutOfRange;
        if (act.agentFeeBps > (entrustor == 0 ? 0 : 10_000)) return Reason.TermsOutOfRange;
        if (entrustor == 0) return Reason.None;
        PartyWord party = _ledger.partyOf(entrustor);
        if (entrustor == act.lender || party.kinds() & PARTY_PLATFORM != 0) return Reason.EntrustorConflict;
        if (party.group() == _ledger.partyOf(act.borrower).group()) return Reason.EntrustorConflict;
        return Reason.None;
    }

    /// @dev Two people of the entrustor; the second one's mandate must reach the limit.
    function _entrusted(OpenItem calldata item, bytes32 hash) internal view returns (Reason) {
        uint256[3] memory needs;
        needs[0] = Needs.need(item.act.entrustor, ROLE_TITLE, 0);
        needs[1] = Needs.need(item.act.entrustor, ROLE_TITLE, item.act.limit);
        return _authorise(hash, needs, item.entrustor, item.entrustorSecond, item.entrustorSecond);
    }

    function _entrust(uint32 facility, uint32 entrustor, uint16 agentFeeBps) internal {
        _entrustors[facility] = (uint256(entrustor) << 16) | agentFeeBps;
        emit ICredit.Entrusted(facility, entrustor, agentFeeBps);
    }
}
