// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMargin} from "../credit/IMargin.sol";
import {Receivable, Signature} from "../types/Acts.sol";
import {Needs} from "../types/Needs.sol";
import {OrderActHash} from "../types/OrderActHash.sol";
import {ConvertGoods, ConvertGoodsItem} from "../types/OrderActs.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {
    FLAG_GOODS,
    KIND_RECEIVABLE,
    ROLE_CREDIT_MAKER,
    ROLE_ISSUE_CHECKER,
    ROLE_ISSUE_MAKER,
    ROLE_KEEP,
    ROLE_TITLE,
    RootWord,
    TitleWord
} from "../types/Words.sol";
import {IOrders} from "./IOrders.sol";
import {Policies} from "./Policies.sol";
import {Undertaking} from "./Undertaking.sol";

/// @notice A room of the page: goods in store are sold, and what is owed for them takes their place (S9).
abstract contract StockSales is Undertaking, IOrders {
    using Policies for uint256;

    /// @inheritdoc IOrders
    function convertGoods(ConvertGoodsItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _convertGoods(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _convertGoods(ConvertGoodsItem calldata item) private returns (Reason reason) {
        ConvertGoods calldata act = item.act;
        Receivable calldata receivable = act.receivable;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        TitleWord title = _ledger.titleOf(act.title);
        if (!title.exists()) return Reason.UnknownTitle;
        if (!title.has(FLAG_GOODS)) return Reason.OtherKind;
        uint256 policy = _policyToday();
        if (policy == 0) return Reason.NoPolicy;
        RootWord word = _rootWord(_frame(uint32(receivable.root >> 32), _today(), KIND_RECEIVABLE, policy), receivable);
        if (receivable.payee != title.holder()) return Reason.DifferentHolder;
        if (act.evidence == 0) return Reason.EvidenceMissing;
        reason = _issuable(receivable.root, receivable.payee, receivable, word, policy);
        if (reason == Reason.None) reason = _agreed(item, title, word);
        if (reason != Reason.None) return reason;
        Limit storage limit = _limit(word.debtor(), word.currency());
        uint256 limitWord = limit.word;
        if (!_allows(limitWord, word.quantity())) return Reason.DebtorLimitExceeded;
        IMargin margin = IMargin(address(_credit));
        reason = margin.exchangeGoods(act.title, act.sequence, receivable.root, word, act.evidence);
        if (reason != Reason.None) return reason;

        limit.word = limitWord + word.quantity();
        _tellIssued(receivable.root, 0, receivable.payee, receivable);
    }

    /// @dev The buyer's two people, the seller, the keeper of the goods, and the lender that they secure.
    function _agreed(ConvertGoodsItem calldata item, TitleWord title, RootWord word) private view returns (Reason) {
        uint256 count = title.lock() == 0 ? 4 : 5;
        uint256[] memory needs = new uint256[](count);
        Signature[] memory signatures = new Signature[](count);
        (needs[0], signatures[0]) = (Needs.need(word.debtor(), ROLE_ISSUE_MAKER, 0), item.maker);
        (needs[1], signatures[1]) = (Needs.need(word.debtor(), ROLE_ISSUE_CHECKER, word.quantity()), item.checker);
        (needs[2], signatures[2]) = (Needs.need(title.holder(), ROLE_TITLE, title.quantity()), item.seller);
        (needs[3], signatures[3]) = (Needs.need(_ledger.rootOf(title.root()).debtor(), ROLE_KEEP, 0), item.keeper);
        if (count == 5) {
            uint32 lender = _credit.facilityOf(title.lock()).lender();
            (needs[4], signatures[4]) = (Needs.need(lender, ROLE_CREDIT_MAKER, word.quantity()), item.lender);
        }
        return _ledger.authoriseBoard(OrderActHash.hash(item.act), needs, signatures);
    }
}
