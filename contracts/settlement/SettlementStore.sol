// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../credit/ICredit.sol";
import {ITerms} from "../credit/terms/ITerms.sol";
import {IEvidence} from "../evidence/IEvidence.sol";
import {IProtection} from "../protection/IProtection.sol";
import {ILedger} from "../titles/ILedger.sol";
import {Signature} from "../types/Acts.sol";
import {Modules} from "../types/Modules.sol";
import {Reason} from "../types/Reasons.sol";
import {CashWord} from "./CashWords.sol";
import {ISettlement} from "./ISettlement.sol";

/// @notice The records of Settlement, and the few rules that both its rooms share.
abstract contract SettlementStore is ISettlement {
    /// Of the word of FactRecorded.
    uint256 private constant KIND_SHIFT = 160;

    ILedger internal immutable _ledger;
    IEvidence internal immutable _evidence;
    ICredit internal immutable _credit;
    ITerms internal immutable _terms;
    IProtection internal immutable _protection;

    mapping(bytes32 movement => uint256 use) internal _movements;
    mapping(uint32 party => mapping(uint16 currency => bytes32)) internal _accounts;
    mapping(uint64 title => CashWord) internal _cash;

    constructor(Modules memory modules) {
        _ledger = ILedger(modules.ledger);
        _evidence = IEvidence(modules.evidence);
        _credit = ICredit(modules.credit);
        _terms = ITerms(modules.terms);
        _protection = IProtection(modules.protection);
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function accountOf(uint32 party, uint16 currency) external view returns (bytes32) {
        return _accounts[party][currency];
    }

    function cashOf(uint64 title) external view returns (uint256) {
        return CashWord.unwrap(_cash[title]);
    }

    function movementOf(bytes32 movement) external view returns (uint256) {
        return _movements[movement];
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Of a credit. Debits are told apart by their side: see Reversals.
    function _movement(uint32 bank, bytes32 account, uint16 valueDay, uint48 amount, bytes32 entry)
        internal
        pure
        returns (bytes32)
    {
        return _movement(bank, account, valueDay, amount, true, entry);
    }

    function _movement(uint32 bank, bytes32 account, uint16 valueDay, uint48 amount, bool credit, bytes32 entry)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(bank, account, valueDay, amount, credit, entry));
    }

    /// @dev As FactRecorded has it.
    function _factWord(uint8 kind, uint64 loan, uint32 bank, uint16 valueDay, uint48 amount)
        internal
        pure
        returns (uint256)
    {
        return (uint256(kind) << KIND_SHIFT) | (uint256(loan) << 96) | (uint256(bank) << 64)
            | (uint256(valueDay) << 48) | amount;
    }

    /// @dev Money counts once, as a fact of its own or with the act it is for.
    /// @param filled costs 48 · interest 48 · principal 48 that it repaid of a loan, in the low bits.
    function _use(bytes32 movement, uint64 subject, uint256 word, uint256 filled, bytes32 account, bytes32 entry)
        internal
    {
        _movements[movement] = (filled << 72) | (word >> KIND_SHIFT << 64) | subject;
        emit FactRecorded(movement, subject, word, account, entry);
    }

    function _setCash(uint64 title, CashWord word) internal {
        _cash[title] = word;
        emit CashChanged(title, CashWord.unwrap(word));
    }

    function _authorise(bytes32 structHash, uint256 need, Signature calldata signature) internal view returns (Reason) {
        return _ledger.authorise(structHash, need, signature);
    }

    function _authoriseAll(
        bytes32 structHash,
        uint256[3] memory needs,
        Signature calldata first,
        Signature calldata second,
        Signature calldata third
    ) internal view returns (Reason) {
        return _ledger.authoriseAll(structHash, needs, first, second, third);
    }
}
