// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signature} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {PHASE_CANCELLED, PHASE_OFFERED, ROLE_TITLE, RootWord} from "../types/Words.sol";
import {Beginning} from "./Beginning.sol";
import {ILedger} from "./ILedger.sol";

/// @notice The Ledger's first room: a promise becomes a root, and a root gets its first title. Evidence alone calls
///         it, and has checked what the promise stands on.
abstract contract Opening is Beginning, ILedger {
    function openRoot(uint64 id, RootWord word) external only(_evidence) returns (Reason) {
        return _open(id, word);
    }

    function acceptRoot(uint64 id, uint32 payee, bytes32 structHash, Signature calldata signature, bytes32 evidence)
        external
        only(_evidence)
        returns (Reason reason)
    {
        RootWord root = _roots[id];
        if (root.phase() != PHASE_OFFERED) return Reason.NotOffered;
        if (_today() >= root.dueDay()) return Reason.PastDue;
        if (_titles[id].word.exists()) return Reason.IdTaken;
        (reason,) =
            _check(_hashTypedDataV4(structHash), signature, Needs.need(payee, ROLE_TITLE, root.quantity()));
        if (reason == Reason.None) _accept(id, root, payee, 0, evidence);
    }

    function takeRoot(
        uint64 id,
        RootWord root,
        uint32 payee,
        bytes32 structHash,
        Signature calldata signature,
        bytes32 evidence
    ) external only(_evidence) returns (Reason reason) {
        (reason,) =
            _check(_hashTypedDataV4(structHash), signature, Needs.need(payee, ROLE_TITLE, root.quantity()));
        if (reason != Reason.None) return reason;
        if (_titles[id].word.exists()) return Reason.IdTaken;
        reason = _open(id, root);
        if (reason == Reason.None) _accept(id, root, payee, 0, evidence);
    }

    function cancelRoot(uint64 id) external only(_evidence) {
        _roots[id] = _roots[id].withPhase(PHASE_CANCELLED);
        emit RootCancelled(id);
    }
}
