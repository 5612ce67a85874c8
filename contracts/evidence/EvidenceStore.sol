// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredit} from "../credit/ICredit.sol";
import {ILedger} from "../titles/ILedger.sol";
import {Signature} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Modules} from "../types/Modules.sol";
import {Reason} from "../types/Reasons.sol";
import {IEvidence} from "./IEvidence.sol";
import {Policies} from "./Policies.sol";

/// @notice The records of Evidence, and the few rules that every room of both its pages shares.
abstract contract EvidenceStore {
    using Policies for uint256;

    uint256 internal constant CAP_SHIFT = 208;
    uint256 internal constant USED_SHIFT = 160;

    ILedger internal immutable _ledger;
    ICredit internal immutable _credit;
    address internal immutable _registry;
    address internal immutable _settlement;

    /// Of invoices and of orders: cap 48 · used 48 · seller 32 · debtor 32 · currency 16 · service 32 · (48 unused). Never
    /// deleted.
    mapping(bytes32 nullifier => uint256) internal _invoices;
    /// limit 48 · used 48 (in the low 96 bits): what a debtor may owe, and owes or has offered. One slot; a struct, so
    /// that a verb finds it once and then reads and writes it.
    struct Limit {
        uint256 word;
    }

    mapping(uint32 debtor => mapping(uint16 currency => Limit)) internal _limits;
    uint256 internal _policies;
    /// The struct hash of the table that stands.
    mapping(uint32 facility => bytes32) internal _shares;
    /// Tables that stood once: none comes back.
    mapping(bytes32 table => bool) internal _usedTables;
    /// What an open offer promises, and to whom: keccak256(payee, invoices). Deleted when it is answered.
    mapping(uint64 root => bytes32) internal _offers;
    /// Published lists of offers: see IEvidence.offersOf.
    mapping(uint64 list => uint256) internal _lists;
    mapping(uint64 list => bytes32) internal _listRoots;
    /// Published lists of orders, in the same words; they reserve no limit.
    mapping(uint64 list => uint256) internal _orderLists;
    mapping(uint64 list => bytes32) internal _orderListRoots;

    constructor(Modules memory modules) {
        _ledger = ILedger(modules.ledger);
        _credit = ICredit(modules.credit);
        _registry = modules.registry;
        _settlement = modules.settlement;
    }

    modifier only(address module) {
        if (msg.sender != module) revert IEvidence.NotModule(msg.sender);
        _;
    }

    modifier relayed() {
        if (!_ledger.isRelayer(msg.sender)) revert IEvidence.NotRelayer(msg.sender);
        _;
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Every invoice is attested for this seller and debtor with room left, and together they make the quantity.
    ///      Ascending order makes naming one invoice twice impossible.
    /// @param parties seller 32 · debtor 32 · currency 16, in the low bits: what every invoice must say.
    function _room(uint256 parties, uint256 quantity, bytes32[] calldata nullifiers, uint48[] calldata amounts)
        internal
        view
        returns (Reason)
    {
        uint256 count = nullifiers.length;
        if (count != amounts.length) return Reason.InvoiceSumWrong;
        uint256 sum;
        bytes32 last;
        for (uint256 i; i < count; ++i) {
            bytes32 nullifier = nullifiers[i];
            if (nullifier <= last) return Reason.InvoicesUnordered;
            last = nullifier;
            uint256 amount = amounts[i];
            Reason reason = _fits(parties, nullifier, amount);
            if (reason != Reason.None) return reason;
            unchecked {
                sum += amount;
            }
        }
        return sum == quantity ? Reason.None : Reason.InvoiceSumWrong;
    }

    /// @dev The same of one document: an invoice, or an order.
    function _fits(uint256 parties, bytes32 nullifier, uint256 amount) internal view returns (Reason) {
        uint256 word = _invoices[nullifier];
        if (word == 0) return Reason.InvoiceUnknown;
        if (uint80(word >> 80) != parties) {
            return uint64(word >> 96) != parties >> 16 ? Reason.InvoiceOtherParty : Reason.InvoiceOtherCurrency;
        }
        if (amount == 0) return Reason.ZeroQuantity;
        unchecked {
            if (uint48(word >> USED_SHIFT) + amount > word >> CAP_SHIFT) return Reason.InvoiceExhausted;
        }
        return Reason.None;
    }

    /// @dev `_room` has been asked before, so no field carries into the next.
    function _use(bytes32[] calldata nullifiers, uint48[] calldata amounts) internal {
        unchecked {
            for (uint256 i; i < nullifiers.length; ++i) {
                _useUp(nullifiers[i], amounts[i]);
            }
        }
    }

    function _useUp(bytes32 nullifier, uint256 amount) internal {
        unchecked {
            _invoices[nullifier] += amount << USED_SHIFT;
        }
    }

    function _giveBack(bytes32[] calldata nullifiers, uint48[] calldata amounts) internal {
        for (uint256 i; i < nullifiers.length; ++i) {
            _invoices[nullifiers[i]] -= uint256(amounts[i]) << USED_SHIFT;
        }
    }

    function _limit(uint32 debtor, uint16 currency) internal view returns (Limit storage) {
        return _limits[debtor][currency];
    }

    function _allows(uint256 limit, uint256 amount) internal pure returns (bool) {
        unchecked {
            return uint256(uint48(limit)) + amount <= limit >> 48;
        }
    }

    function _returnLimit(uint32 debtor, uint16 currency, uint48 amount) internal {
        _limits[debtor][currency].word -= amount;
    }

    function _policyToday() internal view returns (uint256) {
        return _policies.inForce(_today());
    }

    function _today() internal view returns (uint16) {
        return Calendar.day(block.timestamp);
    }

    function _authorise(bytes32 structHash, uint256 need, Signature calldata signature)
        internal
        view
        returns (Reason)
    {
        return _ledger.authorise(structHash, need, signature);
    }
}
