// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signature} from "../types/Acts.sol";
import {
    AgreeGoods,
    AgreeGoodsItem,
    Appraise,
    AppraiseItem,
    CarveGoods,
    CarveGoodsItem,
    PledgeGoods,
    PledgeGoodsItem,
    ReleaseGoods,
    ReleaseGoodsItem,
    UnlockGoods,
    UnlockGoodsItem
} from "../types/MarginActs.sol";
import {MarginActHash} from "../types/MarginActHash.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Refusals} from "../types/Refusals.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_HELD,
    KIND_RECEIVABLE,
    ROLE_ATTEST,
    ROLE_CREDIT_CHECKER,
    ROLE_CREDIT_MAKER,
    ROLE_KEEP,
    ROLE_TITLE,
    RootWord,
    TitleWord
} from "../types/Words.sol";
import {Coverage} from "./Coverage.sol";
import {FACILITY_GOODS, FORM_PLEDGE, PositionWord} from "./CreditWords.sol";
import {FacilityWord} from "./FacilityWords.sol";
import {ICredit} from "./ICredit.sol";
import {IMargin} from "./IMargin.sol";
import {GoodsTermsWord, GoodsTermsWords, MarkWord, PledgedLotWord, SALE_AGREED} from "./MarginWords.sol";

/// @notice The page's second room: receipts secure a facility. What is true of certificates is true of them, and beyond it
///         nothing of theirs is pledged or free again without their keeper, or counts for more than appraisers say.
abstract contract Collateral is Coverage, IMargin {
    // ── Agree ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMargin
    function agreeGoods(AgreeGoodsItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _agree(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _agree(AgreeGoodsItem calldata item) private returns (Reason reason) {
        AgreeGoods calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        PositionWord position = _positions[act.facility];
        if (!position.exists()) return Reason.FacilityUnknown;
        // What a draw buys is delivered against its price; goods are pledged.
        if (position.form() != FORM_PLEDGE) return Reason.TermsOutOfRange;
        if (act.maintenanceBps < position.advanceBps() || act.maintenanceBps > 10_000) return Reason.TermsOutOfRange;
        if (act.callDays == 0 || act.validDays == 0 || act.controlAgent == 0) return Reason.TermsOutOfRange;
        if (act.version != uint256(_goodsTerms[act.facility].version()) + 1) return Reason.ListStale;
        reason = _independent(act, _facilities[act.facility]);
        if (reason == Reason.None) reason = _agreed(item);
        if (reason != Reason.None) return reason;

        GoodsTermsWord word = GoodsTermsWords.make(act);
        _goodsTerms[act.facility] = word;
        emit GoodsAgreed(act.facility, word, act.evidence);
        if (!position.takesGoods()) _setPosition(act.facility, position.withFlag(FACILITY_GOODS));
    }

    /// @dev Who values goods is of neither side, nor of the other who does; who controls them is not of the borrower's.
    function _independent(AgreeGoods calldata act, FacilityWord facility) private view returns (Reason) {
        uint32 lender = _group(facility.lender());
        uint32 borrower = _group(facility.borrower());
        (uint32 first, uint32 second) = (_group(act.appraiser), _group(act.secondAppraiser));
        bool near = first == second || first == lender || first == borrower || second == lender || second == borrower;
        return near || _group(act.controlAgent) == borrower ? Reason.NotIndependent : Reason.None;
    }

    function _agreed(AgreeGoodsItem calldata item) private view returns (Reason) {
        uint256 agent = Needs.need(item.act.controlAgent, ROLE_KEEP, 0);
        bytes32 hash = MarginActHash.hash(item.act);
        return _bothSides(item.act.facility, hash, item.maker, item.checker, item.borrower, agent, item.agent);
    }

    // ── Appraise ────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMargin
    function appraise(AppraiseItem[] calldata items) external paged returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _appraise(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _appraise(AppraiseItem calldata item) private returns (Reason reason) {
        Appraise calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        GoodsTermsWord terms = _goodsTerms[act.facility];
        if (!terms.exists()) return Reason.GoodsTermsMissing;
        uint8 kind = _ledger.rootOf(act.lot).kind();
        if (kind <= KIND_RECEIVABLE) return Reason.UnknownRoot;
        PledgedLotWord word = _pledgedLots[act.facility][act.lot];
        reason = _credible(act, terms, word);
        if (reason == Reason.None) reason = _byAppraiser(item, terms);
        if (reason != Reason.None) return reason;

        uint256 quantity = word.quantity();
        word = word.withRate(act.rate, act.valuedDay, act.validUntil, act.model);
        _revalue(act.facility, act.lot, word, act.evidence);
        if (quantity == 0) return reason;
        MarkWord mark = _marks[act.facility];
        // Of one lot it is known that no other is older; of several, `mark` finds it out.
        if (mark.lots() == 1 || act.validUntil < mark.freshUntil()) {
            _setMark(act.facility, mark.withFresh(act.validUntil), act.evidence);
        }
    }

    function _credible(Appraise calldata act, GoodsTermsWord terms, PledgedLotWord word) private view returns (Reason) {
        uint16 today = _today();
        if (act.evidence == 0) return Reason.EvidenceMissing;
        if (act.rate == 0) return Reason.ZeroQuantity;
        if (act.rateBefore != word.rate()) return Reason.ListStale;
        uint256 last = word.valuedDay();
        if (act.valuedDay > today || act.valuedDay < last) return Reason.ValueDayOutOfRange;
        if (act.validUntil < today) return Reason.ValuationStale;
        if (act.validUntil > uint256(act.valuedDay) + terms.validDays()) return Reason.TermsOutOfRange;
        if (last == 0) return Reason.None;
        uint256 most = uint256(act.rateBefore) * (10_000 + uint256(terms.riseBps()) * (act.valuedDay - last)) / 10_000;
        return act.rate > most ? Reason.RiseTooSteep : Reason.None;
    }

    /// @dev Either of the two that both sides agreed on.
    function _byAppraiser(AppraiseItem calldata item, GoodsTermsWord terms) private view returns (Reason reason) {
        bytes32 hash = MarginActHash.hash(item.act);
        reason = _ledger.authorise(hash, Needs.need(terms.appraiser(), ROLE_ATTEST, 0), item.appraiser);
        if (reason != Reason.WrongParty) return reason;
        return _ledger.authorise(hash, Needs.need(terms.secondAppraiser(), ROLE_ATTEST, 0), item.appraiser);
    }

    // ── Pledge ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMargin
    function pledgeGoods(PledgeGoodsItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        uint256 count = items.length;
        reasons = new Reason[](count);
        uint256 first;
        // One new value for each run of items that name the same facility and lot.
        while (first < count) {
            uint256 end = first + 1;
            while (end < count && _goOn(items[first].act, items[end].act)) {
                unchecked {
                    ++end;
                }
            }
            _pledgeRun(items[first:end], reasons, first);
            first = end;
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    /// @dev Where a pledge takes an order's place, what it leaves covered is judged by itself.
    function _goOn(PledgeGoods calldata first, PledgeGoods calldata next) private pure returns (bool) {
        return next.facility == first.facility && next.lot == first.lot && next.orderTitle | first.orderTitle == 0;
    }

    /// @dev More collateral is never refused because too little stands (decision 14): neither a call nor an old valuation
    ///      matters here, nor that the facility's time for draws is over. Where this lot's is old, more of it counts for
    ///      nothing until it is valued anew.
    /// @param at where in `reasons` those of this run begin.
    function _pledgeRun(PledgeGoodsItem[] calldata run, Reason[] memory reasons, uint256 at) private {
        (uint32 id, uint64 lot) = (run[0].act.facility, run[0].act.lot);
        PledgedLotWord word = _pledgedLots[id][lot];
        Reason refusal = _pledgeable(id, word);
        uint32 keeper = _ledger.rootOf(lot).debtor();
        (uint256 added, uint256 taken, bytes32 evidence) = (0, 0, 0);
        for (uint256 i; i < run.length; ++i) {
            PledgeGoods calldata act = run[i].act;
            Reason reason = block.timestamp > act.expiresAt ? Reason.InstructionExpired : refusal;
            if (reason == Reason.None) reason = _pledge(run[i], word, keeper);
            if (reason == Reason.None) {
                (added, taken, evidence) = (added + act.quantity, act.taken, act.evidence);
            }
            reasons[at + i] = reason;
        }
        if (added == 0) return;
        PositionWord position = _positions[id].minusFace(taken);
        // As for certificates: a lender that never lends cannot keep a receipt by silence.
        position = position.withClock(position.isClear() ? _today() : 0, false);
        _setQuantity(id, position, lot, word.quantity() + added, evidence);
    }

    function _pledgeable(uint32 facility, PledgedLotWord word) private view returns (Reason) {
        if (!_goodsTerms[facility].exists()) return Reason.GoodsTermsMissing;
        return word.valuedDay() == 0 ? Reason.ValuationMissing : Reason.None;
    }

    function _pledge(PledgeGoodsItem calldata item, PledgedLotWord word, uint32 keeper) private returns (Reason reason) {
        PledgeGoods calldata act = item.act;
        if (word.rate() != act.rate) return Reason.AmountDiffers;
        FacilityWord facility = _facilities[act.facility];
        reason = _pledged(item, facility, keeper);
        if (reason == Reason.None && act.taken != 0) reason = _exchangeable(act, word);
        if (reason == Reason.None) return _goods().lockGoods(act, facility.borrower());
    }

    function _exchangeable(PledgeGoods calldata act, PledgedLotWord word) private view returns (Reason) {
        uint256 worth = _worth(act.lot, word.withQuantity(uint256(word.quantity()) + act.quantity));
        return _exchangeable(act.facility, uint256(word.value()) + act.taken, worth);
    }

    function _pledged(PledgeGoodsItem calldata item, FacilityWord facility, uint32 keeper) private view returns (Reason) {
        uint256[] memory needs = new uint256[](4);
        Signature[] memory signatures = new Signature[](4);
        (needs[0], signatures[0]) = (Needs.need(facility.borrower(), ROLE_TITLE, item.act.quantity), item.holder);
        (needs[1], signatures[1]) = (Needs.need(facility.lender(), ROLE_CREDIT_MAKER, 0), item.lender);
        (needs[2], signatures[2]) = (Needs.need(keeper, ROLE_KEEP, 0), item.keeper);
        uint32 agent = _goodsTerms[item.act.facility].controlAgent();
        (needs[3], signatures[3]) = (Needs.need(agent, ROLE_KEEP, 0), item.agent);
        return _board(MarginActHash.hash(item.act), needs, signatures);
    }

    // ── Release, unlock, carve ──────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMargin
    function releaseGoods(ReleaseGoodsItem[] calldata items) external paged returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _release(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _release(ReleaseGoodsItem calldata item) private returns (Reason reason) {
        ReleaseGoods calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        PositionWord position = _positions[act.facility];
        if (!position.exists()) return Reason.FacilityUnknown;
        if (position.subrogated()) return Reason.SubrogationOpen;
        PledgedLotWord word = _pledgedLots[act.facility][act.lot];
        if (act.quantity == 0) return Reason.ZeroQuantity;
        if (act.quantity > word.quantity()) return Reason.QuantityAboveTitle;
        uint256 rest = _worth(act.lot, word.withQuantity(word.quantity() - act.quantity));
        // Goods of a lot that was short, and is not any more, may count for more by what stays than all did before.
        uint256 value = word.value() > rest ? word.value() - rest : 0;
        if (position.used() != 0) {
            reason = _covering(act.facility, position);
            if (reason == Reason.None) reason = _coveredBy(act.facility, position, position.face() - value);
            if (reason == Reason.None && position.inStages() && value > _againstSales(act.facility)) {
                reason = Reason.SalesShort;
            }
            if (reason == Reason.None) reason = _noneOverdue(act.facility, position, item.loans);
            if (reason != Reason.None) return reason;
        }
        uint32 lender = _facilities[act.facility].lender();
        reason = _released(item, lender, value);
        if (reason != Reason.None) return reason;
        if (_ledger.nonceSpent(lender, act.nonce)) return Reason.NonceUsed;
        reason = _free(act.facility, act.lot, act.quantity, act.titles, act.evidence);
        if (reason == Reason.None) _ledger.spend(lender, act.nonce);
    }

    function _released(ReleaseGoodsItem calldata item, uint32 lender, uint256 value) private view returns (Reason) {
        uint256[3] memory needs;
        needs[0] = Needs.need(lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(lender, ROLE_CREDIT_CHECKER, value);
        needs[2] = Needs.need(_ledger.rootOf(item.act.lot).debtor(), ROLE_KEEP, 0);
        return _authorise(MarginActHash.hash(item.act), needs, item.maker, item.checker, item.keeper);
    }

    /// @inheritdoc IMargin
    function unlockGoods(UnlockGoodsItem[] calldata items) external paged returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _unlock(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _unlock(UnlockGoodsItem calldata item) private returns (Reason reason) {
        UnlockGoods calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        PositionWord position = _positions[act.facility];
        if (!position.exists()) return Reason.FacilityUnknown;
        if (position.used() != 0 || position.zeroDebtDay() == 0) return Reason.DebtOutstanding;
        if (!position.closesWithDebt() || !position.debtPaid()) {
            if (_today() < uint256(position.zeroDebtDay()) + position.releaseDays()) return Reason.ReleaseClockRunning;
        }
        if (act.quantity == 0) return Reason.ZeroQuantity;
        if (act.quantity > _pledgedLots[act.facility][act.lot].quantity()) return Reason.QuantityAboveTitle;
        uint32 borrower = _facilities[act.facility].borrower();
        uint256[3] memory needs;
        needs[0] = Needs.need(borrower, ROLE_TITLE, act.quantity);
        needs[1] = Needs.need(_ledger.rootOf(act.lot).debtor(), ROLE_KEEP, 0);
        reason = _authorise(MarginActHash.hash(act), needs, item.holder, item.keeper, item.keeper);
        if (reason != Reason.None) return reason;
        if (_ledger.nonceSpent(borrower, act.nonce)) return Reason.NonceUsed;
        reason = _free(act.facility, act.lot, act.quantity, act.titles, 0);
        if (reason == Reason.None) _ledger.spend(borrower, act.nonce);
    }

    function _free(uint32 facility, uint64 lot, uint256 quantity, uint256[] calldata titles, bytes32 evidence)
        private
        returns (Reason reason)
    {
        try _goods().freeGoods(facility, lot, quantity, titles) {
            uint256 before = _positions[facility].face();
            _setQuantity(facility, lot, _pledgedLots[facility][lot].quantity() - quantity, evidence);
            PositionWord position = _positions[facility];
            // Goods of a lot that was short, and is not any more, may count for more by what stays than all did before.
            if (position.face() < before) _countReleased(facility, position, before - position.face(), evidence);
        } catch (bytes memory failure) {
            return Refusals.reasonOf(failure);
        }
    }

    /// @inheritdoc IMargin
    function carveGoods(CarveGoodsItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _carve(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _carve(CarveGoodsItem calldata item) private returns (Reason reason) {
        CarveGoods calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        uint32 lender = _facilities[act.facility].lender();
        if (lender == 0) return Reason.FacilityUnknown;
        if (uint32(act.part >> 32) != lender || uint32(act.rest >> 32) != lender) return Reason.ForeignId;
        if (_goodsSales[act.title].state() == SALE_AGREED) return Reason.GoodsSold;
        uint256[3] memory needs;
        needs[0] = Needs.need(lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(_ledger.rootOf(_ledger.titleOf(act.title).root()).debtor(), ROLE_KEEP, 0);
        reason = _authorise(MarginActHash.hash(act), needs, item.lender, item.keeper, item.keeper);
        if (reason != Reason.None) return reason;
        return _goods().carveGoods(act);
    }

    // ── For Evidence ────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IMargin
    function exchangeGoods(uint64 title, uint16 sequence, uint64 root, RootWord rootWord, bytes32 evidence)
        external
        paged
        returns (Reason reason)
    {
        if (msg.sender != address(_evidence)) revert ICredit.NotModule(msg.sender);
        TitleWord word = _ledger.titleOf(title);
        (uint32 facility, uint64 lot) = (word.lock(), word.root());
        PledgedLotWord pledged = _pledgedLots[facility][lot];
        // A receipt that is being sold in enforcement is counted no more.
        if (word.has(FLAG_HELD)) return Reason.GoodsSold;
        if (facility != 0 && pledged.quantity() < word.quantity()) return Reason.WrongLock;
        uint256 left = pledged.quantity() - (facility == 0 ? 0 : word.quantity());
        if (facility != 0) reason = _replaceable(facility, lot, pledged, left, rootWord);
        if (reason == Reason.None) reason = _goods().convertGoods(title, sequence, root, rootWord, evidence);
        if (reason != Reason.None || facility == 0) return reason;
        _setQuantity(facility, _positions[facility].plusFace(rootWord.quantity()), lot, left, evidence);
    }

    function _replaceable(uint32 facility, uint64 lot, PledgedLotWord pledged, uint256 left, RootWord rootWord)
        private
        view
        returns (Reason)
    {
        if (_lentOn(facility, _group(rootWord.debtor()))) return Reason.NotIndependent;
        if (_facilities[facility].currency() != rootWord.currency()) return Reason.CurrencyMismatch;
        if (rootWord.quantity() > _positions[facility].faceRoom()) return Reason.ExcessAmount;
        return _exchangeable(facility, pledged.value(), _worth(lot, pledged.withQuantity(left)) + rootWord.quantity());
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function goodsTermsOf(uint32 facility) external view returns (GoodsTermsWord) {
        return _goodsTerms[facility];
    }

    function pledgedLotOf(uint32 facility, uint64 lot) external view returns (PledgedLotWord) {
        return _pledgedLots[facility][lot];
    }
}
