// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    CarveItem,
    DrawItem,
    LockItem,
    ReleaseItem,
    Signature,
    UnlockItem,
    VoidItem,
    WriteOffItem
} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";
import {CostsWord} from "./CostsWords.sol";
import {AccrualWord, LoanWord, PositionWord} from "./CreditWords.sol";
import {FacilityWord} from "./FacilityWords.sol";

/// @title  Facility and loan: what may be drawn, what is owed, what secures it
/// @notice A facility is an agreement of a lender and a borrower with a limit; titles are locked to it, loans draw
///         under it. A draw reserves (pending); the attested pay-out posts; a rejected one is void. `used` (reserved
///         and outstanding together) never exceeds min(limit, advance rate × face value locked).
/// @dev    Trusts Settlement for which money came. If that trust is misplaced a debt can shrink wrongly; no title can
///         move by it except back to its own holder.
interface ICredit {
    event Opened(
        uint32 indexed facility,
        FacilityWord word,
        PositionWord position,
        uint32 collectionBank,
        bytes32 collectionAccount,
        bytes32 evidence
    );
    /// @dev Where a loan's event does not tell the new position of its facility.
    event PositionChanged(uint32 indexed facility, PositionWord word);
    /// @dev `registration`: the lender's declaration to the registry of movables, as signed (CN77-13); 0 where none was
    ///      needed.
    event Drawn(
        uint64 indexed loan, LoanWord word, PositionWord position, bytes32 registration, bytes32 evidence
    );
    event PaidOut(uint64 indexed loan, LoanWord word);
    /// @dev At the pay-out of a loan in equal instalments: from its value day follows what is due each time.
    event InstalmentSet(uint64 indexed loan, AccrualWord accrual);
    /// @dev `filled`: costs 48 · interest 48 · principal 48 · surplus 48, in the low bits. `accrual` is the last word on a
    ///      loan that this settles: its record is deleted.
    event Repaid(
        uint64 indexed loan, LoanWord word, AccrualWord accrual, PositionWord position, uint256 filled
    );
    /// @dev `restored`: costs 48 · interest 48 · principal 48, owed again.
    event RepaymentReversed(
        uint64 indexed loan, LoanWord word, AccrualWord accrual, PositionWord position, uint256 restored
    );
    event Voided(uint64 indexed loan, LoanWord word, PositionWord position, bytes32 reason);
    event WrittenOff(
        uint64 indexed loan, LoanWord word, AccrualWord accrual, PositionWord position, bytes32 evidence
    );
    /// @dev Who funds a facility, bears its loss and pays the lender, its agent, a fee on what is collected (S5).
    event Entrusted(uint32 indexed facility, uint32 entrustor, uint16 agentFeeBps);
    /// @dev The draw of `loan`, told just before, buys `title`; it moves when the pay-out is attested.
    event TitleSold(uint64 indexed loan, uint64 indexed title);
    event CostsAdded(uint64 indexed loan, LoanWord word, CostsWord costs, bytes32 evidence);
    /// @dev Rows `index << 8 | reason` of the items that were refused; bad signatures are not logged.
    event Skipped(uint256[] rows);

    error NotModule(address caller);
    error NotRelayer(address caller);

    /// @notice Holder and lender lock titles, or parts of them, to a facility.
    function lock(LockItem[] calldata items) external returns (Reason[] memory);
    /// @notice Borrower, and the lender's maker and checker, agree a loan and with it the instruction to pay it out to
    ///         the borrower's bound account. Under forms 1 to 3 the draw names the title it buys; that is delivered when
    ///         the pay-out is attested, and given back when a loan with recourse is repaid whole. A leased receipt (form 3)
    ///         is paid for on its seller's account, and is the lessee's with the last rental: see ILeases.
    function draw(DrawItem[] calldata items) external returns (Reason[] memory);
    /// @notice A draw that will not be paid out gives its reservation back.
    function void(VoidItem[] calldata items) external returns (Reason[] memory);
    /// @notice Two persons of the lender release a list. Coverage holds after and no loan of the facility is overdue, or
    ///         there is no debt. Beside goods the floor holds too, and in stages all goes free against sales cash.
    function release(ReleaseItem[] calldata items) external returns (Reason[] memory);
    /// @notice Ends locks without the lender: by the holder once debt is 0 and the release clock (CC-433/436) has run,
    ///         or by anyone where the lender signed at opening that the lock ends with the debt.
    function unlock(UnlockItem[] calldata items) external returns (Reason[] memory);
    /// @notice The lender divides a title locked to it, so that a part can be released.
    function carve(CarveItem[] calldata items) external returns (Reason[] memory);
    function writeOff(WriteOffItem[] calldata items) external returns (Reason[] memory);

    // ── For Protection ──────────────────────────────────────────────────────────────────────────────────────────

    /// @notice Whether a reserve behind the facility is below its floor, and whether a protector that paid has an open
    ///         claim: while either is so, nothing new is drawn; while the latter is so, no lock ends.
    function guard(uint32 facility, bool short, bool open) external;
    /// @notice Enforcing a loan cost so much more.
    function addCost(uint64 loan, uint48 amount, bytes32 evidence) external;

    // ── For Settlement ──────────────────────────────────────────────────────────────────────────────────────────

    /// @notice The pay-out arrived. Its amount is what was drawn; of a loan at discount, that less the interest of the agreed
    ///         tenor (ITerms.start).
    function post(uint64 loan, uint48 amount, uint16 valueDay) external returns (Reason);
    function reject(uint64 loan, bytes32 reason) external returns (Reason);
    /// @notice Costs first, then interest, then principal (CC-561); what is left is surplus. Called by Protection, too, for
    ///         what a protector paid. `unlockHint`: see FactItem.
    ///         Interest is accrued once for each day, so repayments come in the order of their value days: one that is
    ///         dated before the last accrual is refused (ValueDayOutOfRange), and a person decides what becomes of it.
    /// @param account   keccak256(bank, account) of the account that was credited: the facility's collection account.
    /// @param source title 64 · facility 32, in the low bits: whose money this is, and what it is locked to; 0 for a
    ///        plain repayment, of which nothing may be left.
    /// @return reason   why not, or None.
    /// @return filled   costs 48 · interest 48 · principal 48 · surplus 48, in the low bits.
    function repay(
        uint64 loan,
        uint48 amount,
        uint16 valueDay,
        bytes32 account,
        uint96 source,
        uint256[] calldata unlockHint
    ) external returns (Reason reason, uint256 filled);
    /// @notice The pay-out was taken back before anything was repaid: the loan is void.
    function takeBackPayout(uint64 loan, bytes32 entry) external returns (Reason);
    /// @notice A repayment was taken back: what it filled is owed again, and bears interest as if it had never been paid.
    ///         Only while the loan is open; a closed one is not revived (decision 9).
    /// @param filled   costs 48 · interest 48 · principal 48 of that repayment, in the low bits.
    /// @param valueDay of that repayment.
    function takeBackRepayment(uint64 loan, uint256 filled, uint16 valueDay) external returns (Reason);

    // ── For Settlement and Evidence ─────────────────────────────────────────────────────────────────────────────

    /// @notice What is locked to a facility claims `amount` less: its money is on the way, or what was ordered does not
    ///         come. A fact of the world, so it holds even where less is left than covers what is owed.
    function lowerFace(uint32 facility, uint48 amount) external;

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function facilityOf(uint32 facility) external view returns (FacilityWord);
    function facilityOfLoan(uint64 loan) external view returns (FacilityWord);
    function positionOf(uint32 facility) external view returns (PositionWord);
    function loanOf(uint64 loan) external view returns (LoanWord, AccrualWord);
    /// @return loan the draw that buys the title: reserved, or with recourse and not repaid; 0 for none.
    function saleOf(uint64 title) external view returns (uint64 loan);
    /// @return title what the loan's draw named, for ever; 0 for none.
    function boughtBy(uint64 loan) external view returns (uint64 title);
    /// @return payee   whose account the pay-out goes to: that of the seller of leased goods, or else the borrower's.
    /// @return special the end of keccak256(bank, account) of the special account of a facility in stages, which it goes to
    ///         instead; 0 for none.
    function payeeOf(uint64 loan) external view returns (uint32 payee, uint136 special);
    /// @return entrustor 32 · agentFeeBps 16, in the low bits: who funds the facility and bears its loss, and what the
    ///         lender is paid for it, in basis points of what it collects; 0: the lender funds it and bears its loss.
    function entrustorOf(uint32 facility) external view returns (uint256);
    function costsOf(uint64 loan) external view returns (CostsWord);
    /// @notice Interest and principal needed to settle a loan on `day`, in minor units; costs come on top: see costsOf.
    function owedOn(uint64 loan, uint16 day) external view returns (uint256 interest, uint256 principal);
}
