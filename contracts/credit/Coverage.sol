// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IGoods} from "../goods/IGoods.sol";
import {Signature} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {ROLE_BORROW, ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER} from "../types/Words.sol";
import {CreditStore} from "./CreditStore.sol";
import {LOAN_OUTSTANDING, LOAN_WRITTEN_OFF, LoanWord, PositionWord} from "./CreditWords.sol";
import {FacilityWord} from "./FacilityWords.sol";
import {IMargin} from "./IMargin.sol";
import {MarkWord, PledgedLotWord} from "./MarginWords.sol";

/// @notice What the rooms of Margin and Enforcement share: what pledged goods count for. A lot's value stands in the
///         facility's face value beside what certificates claim, so that one rule of coverage serves both.
abstract contract Coverage is CreditStore {
    uint256 private constant UNITS = 1_000_000;

    /// @dev A lot that is short counts for what is in store of it, pro rata, as its keeper would hand it over. An old
    ///      valuation may only lower what the lot counted for: nobody stands by its price.
    function _worth(uint64 lot, PledgedLotWord word) internal view returns (uint256 worth) {
        uint256 full = uint256(word.quantity()) * word.rate();
        if (full == 0) return 0;
        (uint256 nominal, uint256 stored) = _goods().lotOf(lot).stock(_ledger.rootOf(lot).quantity());
        worth = stored < nominal ? full * stored / (nominal * UNITS) : full / UNITS;
        if (worth > word.value() && word.validUntil() < _today()) worth = word.value();
    }

    function _revalue(uint32 facility, uint64 lot, PledgedLotWord word, bytes32 evidence) internal {
        _revalue(facility, _positions[facility], lot, word, evidence);
    }

    /// @dev Writes a lot's word with what it counts for now, and the facility's face value with it. It counts for no more
    ///      than the face value's field can take.
    /// @param position the facility's, with what else the act changes of it.
    function _revalue(uint32 facility, PositionWord position, uint64 lot, PledgedLotWord word, bytes32 evidence) internal {
        position = position.minusFace(word.value());
        uint256 value = _worth(lot, word);
        if (value > position.faceRoom()) value = position.faceRoom();
        word = word.withValue(value);
        _pledgedLots[facility][lot] = word;
        emit IMargin.LotMarked(facility, lot, word, evidence);
        position = position.plusFace(value);
        if (PositionWord.unwrap(position) != PositionWord.unwrap(_positions[facility])) _setPosition(facility, position);
    }

    function _setMark(uint32 facility, MarkWord mark, bytes32 evidence) internal {
        _marks[facility] = mark;
        emit IMargin.MarkChanged(facility, mark, evidence);
    }

    function _setQuantity(uint32 facility, uint64 lot, uint256 quantity, bytes32 evidence) internal {
        _setQuantity(facility, _positions[facility], lot, quantity, evidence);
    }

    /// @dev The lot's receipts pledged here are `quantity` now. A lot that comes first, or goes last, is counted.
    function _setQuantity(uint32 facility, PositionWord position, uint64 lot, uint256 quantity, bytes32 evidence) internal {
        PledgedLotWord word = _pledgedLots[facility][lot];
        uint256 before = word.quantity();
        _revalue(facility, position, lot, word.withQuantity(quantity), evidence);
        if ((before == 0) == (quantity == 0)) return;
        MarkWord mark = _marks[facility];
        uint256 lots = mark.lots();
        uint256 until = word.validUntil();
        if (quantity != 0 && (lots == 0 || until < mark.freshUntil())) mark = mark.withFresh(until);
        _setMark(facility, mark.withLots(quantity == 0 ? lots - 1 : lots + 1), evidence);
    }

    /// @dev Does so much face value cover what is owed, and keep what was agreed as a floor?
    function _coveredBy(uint32 facility, PositionWord position, uint256 face) internal view returns (Reason) {
        if (face < position.cover()) return Reason.CollateralShort;
        return face < _goodsTerms[facility].floor() ? Reason.BelowFloor : Reason.None;
    }

    /// @dev May what counts for `worth` take the place of what counted for `before`? Where less is pledged than was, the
    ///      rest must do.
    function _exchangeable(uint32 facility, uint256 before, uint256 worth) internal view returns (Reason) {
        PositionWord position = _positions[facility];
        if (worth >= before) return Reason.None;
        if (position.subrogated()) return Reason.SubrogationOpen;
        if (position.used() == 0) return Reason.None;
        Reason reason = _covering(facility, position);
        if (reason != Reason.None) return reason;
        uint256 fall = before - worth;
        return fall > position.face() ? Reason.CollateralShort : _coveredBy(facility, position, position.face() - fall);
    }

    /// @dev Is this the group of the lender, or of who stands behind the loan? Pledged goods go to nobody of it (CC-428).
    function _lentOn(uint32 facility, uint32 group) internal view returns (bool) {
        uint32 entrustor = uint32(_entrustors[facility] >> 16);
        return group == _group(_facilities[facility].lender()) || (entrustor != 0 && group == _group(entrustor));
    }

    /// @dev Whether less is pledged than what is owed needs before the lender calls.
    function _isShort(uint32 facility, PositionWord position) internal view returns (bool) {
        return uint256(position.used()) * 10_000 > uint256(position.face()) * _goodsTerms[facility].maintenanceBps();
    }

    /// @dev Whether what a call or a default notice was for is made good: enough is pledged again, or the loan that the
    ///      notice names is paid, or no more overdue.
    function _isMet(MarkWord word, PositionWord position) internal view returns (bool) {
        uint64 id = word.loan();
        if (id == 0) return position.face() >= position.cover();
        LoanWord loan = _loans[id];
        uint256 phase = loan.phase();
        return phase == LOAN_OUTSTANDING ? _overdueSince(id, loan, _today()) == 0 : phase != LOAN_WRITTEN_OFF;
    }

    /// @dev Two persons of the lender, once; the checker's mandate must reach what is owed.
    function _byLender(
        uint32 facility,
        bytes32 structHash,
        uint64 nonce,
        Signature calldata maker,
        Signature calldata checker
    ) internal returns (Reason reason) {
        uint32 lender = _facilities[facility].lender();
        reason = _makerAndChecker(structHash, lender, _positions[facility].used(), maker, checker);
        if (reason == Reason.None && !_ledger.spend(lender, nonce)) return Reason.NonceUsed;
    }

    /// @dev Both sides of a facility, for all of its limit, and whoever else `other` asks for, where it asks for anybody.
    function _bothSides(
        uint32 facility,
        bytes32 structHash,
        Signature calldata maker,
        Signature calldata checker,
        Signature calldata borrower,
        uint256 other,
        Signature calldata otherSignature
    ) internal view returns (Reason) {
        FacilityWord word = _facilities[facility];
        uint256 limit = _positions[facility].limit();
        uint256 count = other == 0 ? 3 : 4;
        uint256[] memory needs = new uint256[](count);
        Signature[] memory signatures = new Signature[](count);
        (needs[0], signatures[0]) = (Needs.need(word.lender(), ROLE_CREDIT_MAKER, 0), maker);
        (needs[1], signatures[1]) = (Needs.need(word.lender(), ROLE_CREDIT_CHECKER, limit), checker);
        (needs[2], signatures[2]) = (Needs.need(word.borrower(), ROLE_BORROW, limit), borrower);
        if (count == 4) (needs[3], signatures[3]) = (other, otherSignature);
        return _board(structHash, needs, signatures);
    }

    function _board(bytes32 structHash, uint256[] memory needs, Signature[] memory signatures)
        internal
        view
        returns (Reason)
    {
        return _ledger.authoriseBoard(structHash, needs, signatures);
    }

    function _group(uint32 party) internal view returns (uint32) {
        return _ledger.partyOf(party).group();
    }

    /// @dev The Ledger's second page.
    function _goods() internal view returns (IGoods) {
        return IGoods(address(_ledger));
    }
}
