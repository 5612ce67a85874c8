// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidence} from "../evidence/IEvidence.sol";
import {ILedger} from "../titles/ILedger.sol";
import {Signature} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Modules} from "../types/Modules.sol";
import {Needs} from "../types/Needs.sol";
import {Reason} from "../types/Reasons.sol";
import {ROLE_CREDIT_CHECKER, ROLE_CREDIT_MAKER} from "../types/Words.sol";
import {CostsWord} from "./CostsWords.sol";
import {AccrualWord, LOAN_OUTSTANDING, LOAN_RESERVED, LoanWord, PositionWord} from "./CreditWords.sol";
import {FacilityWord} from "./FacilityWords.sol";
import {ICredit} from "./ICredit.sol";
import {LeaseWord} from "./LeaseWords.sol";
import {GoodsSaleWord, GoodsTermsWord, MarkWord, PledgedLotWord} from "./MarginWords.sol";
import {IStages} from "./IStages.sol";
import {StageTermsWord, StagesWord} from "./StageWords.sol";
import {ITerms} from "./terms/ITerms.sol";

/// @notice The records of Credit, and the few rules that the rooms of both its pages share.
abstract contract CreditStore {
    ILedger internal immutable _ledger;
    IEvidence internal immutable _evidence;
    ITerms internal immutable _terms;
    address internal immutable _credit;
    address internal immutable _protection;
    address internal immutable _settlement;

    mapping(uint32 facility => FacilityWord) internal _facilities;
    mapping(uint32 facility => PositionWord) internal _positions;
    mapping(uint64 loan => LoanWord) internal _loans;
    /// Deleted with the last payment: from then on nothing is owed, and Repaid said what had been.
    mapping(uint64 loan => AccrualWord) internal _accruals;
    /// The title that a loan bought, for ever; and, while that stands, the loan that a title is sold under.
    mapping(uint64 loan => uint64 title) internal _bought;
    mapping(uint64 title => uint64 loan) internal _sales;
    /// entrustor 32 · agentFeeBps 16, where there is one.
    mapping(uint32 facility => uint256) internal _entrustors;
    /// Only of loans whose word says that they have costs.
    mapping(uint64 loan => CostsWord) internal _costs;
    /// Only of facilities whose word says that they take goods.
    mapping(uint32 facility => GoodsTermsWord) internal _goodsTerms;
    mapping(uint32 facility => MarkWord) internal _marks;
    mapping(uint32 facility => mapping(uint64 lot => PledgedLotWord)) internal _pledgedLots;
    /// Of receipts whose goods were sold in enforcement.
    mapping(uint64 title => GoodsSaleWord) internal _goodsSales;
    /// Of receipts that are to be leased or are, until the last rental.
    mapping(uint64 title => LeaseWord) internal _leases;
    /// What goods taken back were worth beyond what was owed: the lessee's (CC-758).
    mapping(uint64 loan => uint48) internal _differences;
    /// Only of facilities whose word says that they are used stage by stage.
    mapping(uint32 facility => StageTermsWord) internal _stageTerms;
    mapping(uint32 facility => StagesWord) internal _reached;

    constructor(Modules memory modules) {
        _ledger = ILedger(modules.ledger);
        _evidence = IEvidence(modules.evidence);
        _credit = modules.credit;
        _protection = modules.protection;
        _settlement = modules.settlement;
        _terms = ITerms(modules.terms);
    }

    modifier relayed() {
        _onlyRelayers();
        _;
    }

    /// @dev On a verb of the second page, which has no records of its own to act on.
    modifier paged() {
        if (address(this) != _credit) revert ICredit.NotModule(address(this));
        _;
    }

    modifier onlySettlement() {
        _onlyTheSettlement();
        _;
    }

    modifier onlyProtection() {
        _onlyProtection();
        _;
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev What a modifier says is copied into every function that bears it; a call is not.
    function _onlyRelayers() private view {
        if (!_ledger.isRelayer(msg.sender)) revert ICredit.NotRelayer(msg.sender);
    }

    function _onlyTheSettlement() private view {
        if (msg.sender != _settlement) revert ICredit.NotModule(msg.sender);
    }

    /// @dev In one place: a check written out twice costs code that this contract has little of.
    function _onlyProtection() internal view {
        if (msg.sender != _protection) revert ICredit.NotModule(msg.sender);
    }

    function _today() internal view returns (uint16) {
        return Calendar.day(block.timestamp);
    }

    function _minusFace(uint32 facility, PositionWord position, uint256 opened) internal {
        if (opened != 0) _setPosition(facility, position.minusFace(opened));
    }

    function _setPosition(uint32 facility, PositionWord word) internal {
        _positions[facility] = word;
        emit ICredit.PositionChanged(facility, word);
    }

    function _setStages(uint32 facility, StagesWord word, bytes32 evidence) internal {
        _reached[facility] = word;
        emit IStages.StagesChanged(facility, word, evidence);
    }

    /// @dev What is asked before anything is drawn or released on goods: while a call stands, or a valuation is too old,
    ///      nobody knows what they cover.
    function _covering(uint32 facility, PositionWord position) internal view returns (Reason) {
        if (!position.takesGoods()) return Reason.None;
        MarkWord mark = _marks[facility];
        if (mark.state() != 0) return Reason.MarginCalled;
        return mark.isFresh(_today()) ? Reason.None : Reason.ValuationStale;
    }

    /// @dev What may still go free against sales cash, of a facility that is used stage by stage.
    function _againstSales(uint32 facility) internal view returns (uint256) {
        StagesWord stages = _reached[facility];
        (uint256 earned, uint256 released) = (_stageTerms[facility].earned(stages.sales()), stages.released());
        return earned > released ? earned - released : 0;
    }

    /// @dev Once nothing is owed all goes free whatever was sold. It uses up what sales had earned, so that no sale counts
    ///      for what is pledged in another season, and no more than that.
    /// @param value what the face value fell by.
    function _countReleased(uint32 facility, PositionWord position, uint256 value, bytes32 evidence) internal {
        if (!position.inStages()) return;
        uint256 most = _againstSales(facility);
        if (value > most) value = most;
        if (value != 0) _setStages(facility, _reached[facility].plusReleased(value), evidence);
    }

    /// @dev `loans` must be all that are reserved or outstanding, rising: as many as the facility counts.
    function _noneOverdue(uint32 id, PositionWord position, uint64[] calldata loans) internal view returns (Reason) {
        if (loans.length != position.loans()) return Reason.LoanUnknown;
        uint16 today = _today();
        uint64 last;
        for (uint256 i; i < loans.length; ++i) {
            LoanWord loan = _loans[loans[i]];
            uint8 phase = loan.phase();
            if (loans[i] <= last || loan.facility() != id) return Reason.LoanUnknown;
            if (phase != LOAN_RESERVED && phase != LOAN_OUTSTANDING) return Reason.LoanUnknown;
            if (phase == LOAN_OUTSTANDING && _overdueSince(loans[i], loan, today) != 0) return Reason.PastDue;
            last = loans[i];
        }
        return Reason.None;
    }

    /// @dev The contractual due day of a loan's oldest instalment that is unpaid at the beginning of `day`; 0 for none.
    function _overdueSince(uint64 id, LoanWord loan, uint16 day) internal view returns (uint256) {
        if (!loan.isPlain()) return _terms.overdueSince(loan, _accruals[id], day);
        return day > loan.dueDay() ? loan.dueDay() : 0;
    }

    /// @dev The accrual brought up to `day`, and the interest due then.
    function _accrued(uint64 id, LoanWord loan, uint16 day) internal view returns (AccrualWord accrual, uint256 interest) {
        accrual = _accruals[id];
        if (!loan.isPlain()) return _terms.accrue(loan, accrual, day);
        accrual = accrual.accrueTo(loan, day);
        interest = accrual.interestDue(loan, uint256(loan.drawn()) * loan.minimumDays());
    }

    function _authorise(
        bytes32 structHash,
        uint256[3] memory needs,
        Signature calldata first,
        Signature calldata second,
        Signature calldata third
    ) internal view returns (Reason) {
        return _ledger.authoriseAll(structHash, needs, first, second, third);
    }

    /// @dev The lender's two people; the checker's mandate must reach the amount.
    function _makerAndChecker(
        bytes32 structHash,
        uint32 lender,
        uint48 amount,
        Signature calldata maker,
        Signature calldata checker
    ) internal view returns (Reason) {
        uint256[3] memory needs;
        needs[0] = Needs.need(lender, ROLE_CREDIT_MAKER, 0);
        needs[1] = Needs.need(lender, ROLE_CREDIT_CHECKER, amount);
        return _authorise(structHash, needs, maker, checker, checker);
    }
}
