// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashWord} from "../settlement/CashWords.sol";
import {ISettlement} from "../settlement/ISettlement.sol";
import {Signature} from "../types/Acts.sol";
import {Enforce, EnforceItem, SellGoods, SellGoodsItem} from "../types/MarginActs.sol";
import {MarginActHash} from "../types/MarginActHash.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_FROZEN,
    FLAG_GOODS,
    FLAG_LIEN,
    ROLE_ATTEST,
    ROLE_CREDIT_CHECKER,
    ROLE_CREDIT_MAKER,
    ROLE_KEEP,
    ROLE_TITLE,
    TitleWord
} from "../types/Words.sol";
import {Coverage} from "./Coverage.sol";
import {LOAN_OUTSTANDING, LoanWord, PositionWord} from "./CreditWords.sol";
import {FacilityWord} from "./FacilityWords.sol";
import {ICredit} from "./ICredit.sol";
import {IEnforcement} from "./IEnforcement.sol";
import {
    GoodsSaleWord,
    GoodsSaleWords,
    GoodsTermsWord,
    MARGIN_CALLED,
    MARGIN_ENFORCED,
    MarkWord,
    SALE_AGREED,
    SALE_DONE,
    SALE_ENDED
} from "./MarginWords.sol";

/// @notice The page's second room: the borrower did not, and the goods are sold. No path gives them to the lender (CC-428).
abstract contract GoodsSales is Coverage, IEnforcement {
    /// Most that a buyer may take: goods that nobody pays for come back.
    uint256 private constant DAYS_TO_PAY = 90;
    /// For a buyer that paid a part in time.
    uint256 private constant DAYS_MORE = 30;

    // ── Enforce ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IEnforcement
    function enforce(EnforceItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _enforce(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _enforce(EnforceItem calldata item) private returns (Reason reason) {
        Enforce calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (!_goodsTerms[act.facility].exists()) return Reason.GoodsTermsMissing;
        MarkWord word = _marks[act.facility];
        if (word.state() == MARGIN_ENFORCED) return Reason.MarginCalled;
        reason = act.loan == 0 ? _ranOut(act.facility, word) : _overdue(act.facility, act.loan);
        if (reason != Reason.None) return reason;
        if (act.fromDay <= _today()) return Reason.ValueDayOutOfRange;
        reason = _byLender(act.facility, MarginActHash.hash(act), act.nonce, item.maker, item.checker);
        if (reason == Reason.None) _setMark(act.facility, word.withState(MARGIN_ENFORCED, act.fromDay, act.loan), act.evidence);
    }

    function _ranOut(uint32 facility, MarkWord word) private view returns (Reason) {
        if (word.state() != MARGIN_CALLED) return Reason.NotCalled;
        if (_today() <= word.day()) return Reason.NotYetDue;
        return _isShort(facility, _positions[facility]) ? Reason.None : Reason.NotShort;
    }

    function _overdue(uint32 facility, uint64 id) private view returns (Reason) {
        LoanWord loan = _loans[id];
        if (loan.facility() != facility || loan.phase() != LOAN_OUTSTANDING) return Reason.LoanNotOutstanding;
        return _overdueSince(id, loan, _today()) == 0 ? Reason.NotYetDue : Reason.None;
    }

    // ── Sell ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IEnforcement
    function sellGoods(SellGoodsItem[] calldata items) external paged relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _sell(items[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _sell(SellGoodsItem calldata item) private returns (Reason reason) {
        SellGoods calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord title = _ledger.titleOf(act.title);
        reason = _sellable(act, title);
        if (reason == Reason.None) reason = _sold(item, title);
        if (reason != Reason.None) return reason;
        uint48 came;
        (reason, came) = _cameBefore(act);
        if (reason != Reason.None) return reason;

        uint48 quantity = title.quantity();
        bool again = _goodsSales[act.title].state() == SALE_AGREED;
        GoodsSaleWord sale = GoodsSaleWords.make(came, act.price, act.buyer, act.facility, quantity, act.payBy);
        _setSale(act.title, sale, act.evidence);
        if (again) return reason;
        _goods().holdGoods(act.title, true);
        uint64 lot = title.root();
        _setQuantity(act.facility, lot, _pledgedLots[act.facility][lot].quantity() - quantity, act.evidence);
    }

    function _sellable(SellGoods calldata act, TitleWord title) private view returns (Reason) {
        // One whose day passed is agreed anew: with the same buyer, or with another, and however the debt stands by then.
        GoodsSaleWord sale = _goodsSales[act.title];
        uint256 today = _today();
        bool agreed = sale.state() == SALE_AGREED;
        MarkWord word = _marks[act.facility];
        PositionWord position = _positions[act.facility];
        if (!agreed && (word.state() != MARGIN_ENFORCED || today < word.day())) return Reason.NotEnforced;
        if (position.owesNothing()) return Reason.NothingOwed;
        if (!agreed && _isMet(word, position)) return Reason.NotEnforced;
        if (title.lock() != act.facility || !title.has(FLAG_GOODS)) return Reason.WrongLock;
        if (agreed && today <= sale.payBy()) return Reason.GoodsSold;
        if (title.has(FLAG_FROZEN)) return Reason.TitleFrozen;
        if (title.has(FLAG_LIEN)) return Reason.StorageUnpaid;
        if (act.price == 0) return Reason.ZeroQuantity;
        // A day that is over is too far off, too.
        unchecked {
            if (act.payBy - today > DAYS_TO_PAY) return Reason.ValueDayOutOfRange;
        }
        if (act.evidence == 0) return Reason.EvidenceMissing;
        return _strange(act);
    }

    /// @dev What came in for these goods that does not count towards this price: what anybody but this buyer paid. A price
    ///      is not agreed below what its buyer has paid, nor while a former pledgor waits for what was left of another.
    function _cameBefore(SellGoods calldata act) private view returns (Reason, uint48 came) {
        GoodsSaleWord sale = _goodsSales[act.title];
        CashWord cash = _cashOf(act.title);
        came = cash.collected();
        if (sale.exists() && sale.facility() != act.facility && cash.surplus() != 0) return (Reason.SaleUnpaid, 0);
        if (sale.state() == SALE_AGREED && sale.buyer() == act.buyer) {
            if (act.price < came - sale.before()) return (Reason.ExcessAmount, 0);
            came = sale.before();
        }
        return (came > type(uint48).max - act.price ? Reason.ExcessAmount : Reason.None, came);
    }

    /// @dev Goods never go to who lent on them, to who says what they are worth, nor back to who owes it, nor to anybody of
    ///      their groups.
    function _strange(SellGoods calldata act) private view returns (Reason) {
        uint32 group = _group(act.buyer);
        GoodsTermsWord terms = _goodsTerms[act.facility];
        bool near = _lentOn(act.facility, group) || group == _group(_facilities[act.facility].borrower())
            || group == _group(terms.appraiser()) || group == _group(terms.secondAppraiser());
        return near ? Reason.NotIndependent : Reason.None;
    }

    function _sold(SellGoodsItem calldata item, TitleWord title) private view returns (Reason) {
        uint32 lender = _facilities[item.act.facility].lender();
        GoodsTermsWord terms = _goodsTerms[item.act.facility];
        uint256[] memory needs = new uint256[](6);
        Signature[] memory signatures = new Signature[](6);
        (needs[0], signatures[0]) = (Needs.need(lender, ROLE_CREDIT_MAKER, 0), item.maker);
        (needs[1], signatures[1]) = (Needs.need(lender, ROLE_CREDIT_CHECKER, item.act.price), item.checker);
        (needs[2], signatures[2]) = (Needs.need(_ledger.rootOf(title.root()).debtor(), ROLE_KEEP, 0), item.keeper);
        (needs[3], signatures[3]) = (Needs.need(terms.appraiser(), ROLE_ATTEST, 0), item.appraiser);
        (needs[4], signatures[4]) = (Needs.need(terms.secondAppraiser(), ROLE_ATTEST, 0), item.secondAppraiser);
        (needs[5], signatures[5]) = (Needs.need(item.act.buyer, ROLE_TITLE, item.act.price), item.buyer);
        return _board(MarginActHash.hash(item.act), needs, signatures);
    }

    /// @inheritdoc IEnforcement
    function completeSales(uint64[] calldata titles) external paged returns (Reason[] memory reasons) {
        reasons = new Reason[](titles.length);
        for (uint256 i; i < titles.length; ++i) {
            reasons[i] = _complete(titles[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    function _complete(uint64 title) private returns (Reason reason) {
        GoodsSaleWord sale = _goodsSales[title];
        if (sale.state() != SALE_AGREED) return Reason.NotEnforced;
        if (_cashOf(title).collected() != sale.total()) return Reason.SaleUnpaid;
        reason = _goods().deliverGoods(title, sale.buyer(), 0);
        if (reason != Reason.None) return reason;
        _setSale(title, sale.withState(SALE_DONE), 0);
    }

    /// @inheritdoc IEnforcement
    function endSales(uint64[] calldata titles) external paged returns (Reason[] memory reasons) {
        reasons = new Reason[](titles.length);
        for (uint256 i; i < titles.length; ++i) {
            reasons[i] = _end(titles[i]);
        }
        Skips.answer(reasons, ICredit.Skipped.selector);
    }

    /// @dev Nobody paid: the goods secure the facility again, and may be sold to another. Where a part was paid the lender
    ///      sells anew; but once nothing is owed and a month more went by, the pledgor gets its goods back, and the buyer asks
    ///      it for its money.
    function _end(uint64 title) private returns (Reason) {
        GoodsSaleWord sale = _goodsSales[title];
        if (sale.state() != SALE_AGREED) return Reason.NotEnforced;
        uint256 today = _today();
        if (today <= sale.payBy()) return Reason.OfferStillOpen;
        uint32 facility = sale.facility();
        uint48 came = _cashOf(title).collected();
        uint48 paid = came - sale.before();
        bool waits = today <= uint256(sale.payBy()) + DAYS_MORE;
        if (paid != 0 && (waits || !_positions[facility].owesNothing())) return Reason.SaleUnpaid;
        uint64 lot = _ledger.titleOf(title).root();
        uint256 quantity = uint256(_pledgedLots[facility][lot].quantity()) + sale.quantity();
        _goods().holdGoods(title, false);
        _setQuantity(facility, lot, quantity, 0);
        _setSale(title, came == 0 ? GoodsSaleWord.wrap(0) : sale.withPrice(paid).withState(SALE_ENDED), 0);
        return Reason.None;
    }

    function _setSale(uint64 title, GoodsSaleWord sale, bytes32 evidence) private {
        _goodsSales[title] = sale;
        emit GoodsSaleChanged(title, sale, evidence);
    }

    function _cashOf(uint64 title) private view returns (CashWord) {
        return CashWord.wrap(ISettlement(_settlement).cashOf(title));
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    function goodsSaleOf(uint64 title) external view returns (GoodsSaleWord) {
        return _goodsSales[title];
    }
}
