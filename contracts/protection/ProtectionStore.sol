// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccrualWord, LoanWord} from "../credit/CreditWords.sol";
import {ICredit} from "../credit/ICredit.sol";
import {ITerms} from "../credit/terms/ITerms.sol";
import {ILedger} from "../titles/ILedger.sol";
import {Signature} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Modules} from "../types/Modules.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {ROLE_ISSUE_CHECKER, ROLE_ISSUE_MAKER} from "../types/Words.sol";
import {IProtection} from "./IProtection.sol";
import {CallWord, ClaimsWord, GuardWord, ProtectionWord, StandingWord} from "./ProtectionWords.sol";

/// @notice The records of Protection, and the few rules that both its rooms share.
abstract contract ProtectionStore is IProtection {
    ILedger internal immutable _ledger;
    ICredit internal immutable _credit;
    ITerms internal immutable _terms;
    address internal immutable _settlement;

    mapping(uint64 protection => ProtectionWord) internal _protections;
    mapping(uint64 protection => StandingWord) internal _standings;
    mapping(uint64 protection => mapping(uint64 loan => CallWord)) internal _calls;
    mapping(uint64 loan => ClaimsWord) internal _claims;
    mapping(uint32 facility => GuardWord) internal _guards;
    /// Acts by their struct hash that may count once only.
    mapping(bytes32 act => bool) internal _used;

    constructor(Modules memory modules) {
        _ledger = ILedger(modules.ledger);
        _credit = ICredit(modules.credit);
        _terms = ITerms(modules.terms);
        _settlement = modules.settlement;
    }

    modifier relayed() {
        if (!_ledger.isRelayer(msg.sender)) revert NotRelayer(msg.sender);
        _;
    }

    modifier onlySettlement() {
        if (msg.sender != _settlement) revert NotModule(msg.sender);
        _;
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function protectionOf(uint64 protection) external view returns (ProtectionWord, StandingWord) {
        return (_protections[protection], _standings[protection]);
    }

    function callOf(uint64 protection, uint64 loan) external view returns (CallWord) {
        return _calls[protection][loan];
    }

    function claimsOf(uint64 loan) external view returns (ClaimsWord) {
        return _claims[loan];
    }

    function guardOf(uint32 facility) external view returns (GuardWord) {
        return _guards[facility];
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _today() internal view returns (uint16) {
        return Calendar.day(block.timestamp);
    }

    /// @dev Is an instalment unpaid, its days of grace gone? Its terms say so: a loan may have many due days.
    function _isLate(LoanWord loan, AccrualWord accrual) internal view returns (bool) {
        uint256 since = _terms.overdueSince(loan, accrual, _today());
        return since != 0 && _today() > since + loan.graceDays();
    }

    /// @dev Credit is told only what it asks of: whether a reserve is short, and whether a claim is open.
    function _setGuard(uint32 facility, GuardWord before, GuardWord word) internal {
        _guards[facility] = word;
        if (before.isShort() != word.isShort() || before.hasOpen() != word.hasOpen()) {
            _credit.guard(facility, word.isShort(), word.hasOpen());
        }
    }

    /// @dev The protector's two people: a protection is a promise; the checker's mandate must reach the amount.
    function _twoOfProtector(
        bytes32 structHash,
        uint64 protection,
        uint48 amount,
        Signature calldata first,
        Signature calldata second
    ) internal view returns (Reason) {
        uint256[3] memory needs;
        (needs[0], needs[1]) = _promises(protection, amount);
        return _ledger.authoriseAll(structHash, needs, first, second, second);
    }

    function _promises(uint64 protection, uint48 amount) internal pure returns (uint256 maker, uint256 checker) {
        uint256 protector = protection >> 32;
        return (Needs.need(protector, ROLE_ISSUE_MAKER, 0), Needs.need(protector, ROLE_ISSUE_CHECKER, amount));
    }
}
