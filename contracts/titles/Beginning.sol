// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "../types/Reasons.sol";
import {
    FLAG_ORDER,
    KIND_ORDER,
    PARTY_BANK,
    PHASE_LIVE,
    RootWord,
    TitleWord,
    TitleWords
} from "../types/Words.sol";
import {ILedger} from "./ILedger.sol";
import {TitleStore} from "./TitleStore.sol";

/// @notice How a root begins, and its first title: of promises and of orders alike. Whoever must sign has been asked.
abstract contract Beginning is TitleStore {
    /// @dev A bank clears what is promised in money; of an order there is nothing to clear.
    function _open(uint64 id, RootWord word) internal returns (Reason) {
        if (_isForParts(id)) return Reason.NumberForParts;
        if (_roots[id].exists()) return Reason.IdTaken;
        if (_parties[word.debtor()].stopped(_today())) return Reason.IssuerStopped;
        if (word.kind() != KIND_ORDER && _parties[word.clearingBank()].kinds() & PARTY_BANK == 0) {
            return Reason.NotABank;
        }
        _roots[id] = word;
        emit ILedger.RootOpened(id, word);
        return Reason.None;
    }

    /// @param lock the facility that the title secures from its first moment, or 0.
    function _accept(uint64 id, RootWord root, uint32 payee, uint32 lock, bytes32 evidence) internal {
        _roots[id] = root.withPhase(PHASE_LIVE);
        TitleWord word = TitleWords.make(payee, id, root.quantity(), 0).withLock(lock);
        if (root.kind() == KIND_ORDER) word = word.withFlags(FLAG_ORDER);
        _titles[id].word = word;
        emit ILedger.RootAccepted(id, word, evidence);
    }
}
