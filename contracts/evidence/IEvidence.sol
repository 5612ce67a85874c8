// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AcceptItem,
    AcceptOfferItem,
    AttestInvoiceItem,
    CreditInvoiceItem,
    DeclineItem,
    ExpireItem,
    IssueItem,
    PublishOffersItem,
    SharesItem
} from "../types/Acts.sol";
import {Reason} from "../types/Reasons.sol";

/// @title  What may be promised, and what is it evidence of?
/// @notice An invoice is known here only by its nullifier, a keyed hash that reveals nothing of it (decision 12).
///         The evidence service attests what an invoice is good for; a core enterprise's promise uses it up, within
///         the debtor's limit and the policy in force; nobody can use more.
/// @dev    Trusts the evidence service not to attest one invoice under two nullifiers: if it does, that invoice can be
///         promised twice (goes wrong). If it is silent, nothing new is issued (gets stuck), and no title is touched.
interface IEvidence {
    /// @dev A row `nullifier, word, document`: the invoice's new word and the hash of what was attested.
    struct InvoiceRow {
        bytes32 nullifier;
        uint256 word;
        bytes32 document;
    }

    event InvoicesAttested(InvoiceRow[] rows);
    event InvoicesCredited(InvoiceRow[] rows);
    event LimitSet(uint32 indexed debtor, uint16 indexed currency, uint48 limit, bytes32 evidence);
    event PolicyPublished(uint16 indexed version, uint256 word, bytes32 document);

    /// @dev A root was offered to `payee`, and used up so much of these invoices and of its debtor's limit. With
    ///      `list` zero it was offered by itself, else taken from that list, which held the limit already.
    event Issued(
        uint64 indexed root, uint64 indexed list, uint32 payee, bytes32[] nullifiers, uint48[] amounts, bytes32 evidence
    );
    /// @dev Declined (with the payee's reason) or expired (reason zero): invoices and limit are returned.
    event OfferEnded(uint64 indexed root, bytes32 reason);
    event OffersPublished(uint64 indexed list, uint256 word, bytes32 offers, bytes32 evidence);
    event OffersClosed(uint64 indexed list, uint48 returned);
    /// @dev Who funds and bears what part of a facility from now on; `shares` is the struct hash of the act.
    event Shared(uint32 indexed facility, uint32[] parties, uint16[] bps, bytes32 shares, bytes32 evidence);
    /// @dev Rows `index << 8 | reason` of the items that were refused; bad signatures are not logged.
    event Skipped(uint256[] rows);

    error NotModule(address caller);
    error NotRelayer(address caller);

    /// @notice Registers invoices: what each may be used for at the most, by which seller against which debtor.
    /// @dev    Invoice word: cap 48 · used 48 · seller 32 · debtor 32 · currency 16 · service 32 · (48 unused).
    function attestInvoices(AttestInvoiceItem[] calldata items) external returns (Reason[] memory);

    /// @notice A credit note sets an invoice's cap lower. Below what is used already it still counts: the gateway then
    ///         asks the debtor for prepayment.
    function creditInvoices(CreditInvoiceItem[] calldata items) external returns (Reason[] memory);

    /// @notice A core enterprise's maker and checker promise receivables to their payees. Each one reserves the
    ///         debtor's limit and uses up its invoices; each one that may not be issued is skipped by itself.
    /// @return reasons of the receivables, in their order over all items.
    function issue(IssueItem[] calldata items) external returns (Reason[] memory reasons);

    /// @notice The payee takes the promise; from now on it is irrevocable (SME-11: nobody is paid in certificates
    ///         without saying so).
    function accept(AcceptItem[] calldata items) external returns (Reason[] memory);
    function decline(DeclineItem[] calldata items) external returns (Reason[] memory);

    /// @notice After the days to accept have passed, anyone returns an offer's limit and invoices.
    function expire(ExpireItem[] calldata items) external returns (Reason[] memory);

    /// @notice Publishes any number of offers as one Merkle root, which reserves their total of the debtor's limit.
    function publishOffers(PublishOffersItem[] calldata items) external returns (Reason[] memory);

    /// @notice The payee of one published offer takes it; its invoices are used up now.
    function acceptOffer(AcceptOfferItem[] calldata items) external returns (Reason[] memory);

    /// @notice After the days to accept, anyone returns the limit that a list's untaken offers still reserve.
    function closeOffers(uint64[] calldata lists) external returns (Reason[] memory);

    /// @notice Who funds and bears what part of a facility, while nothing is owed under it: signed by the lender's maker
    ///         and checker, as the others' agent, and by every participant (S17). A later table replaces the earlier one.
    function share(SharesItem[] calldata items) external returns (Reason[] memory);

    /// @notice Returns limit as a debtor's promises are paid or given up. Settlement only.
    function returnLimit(uint32 debtor, uint16 currency, uint48 amount) external;

    /// @notice Sets what a debtor may owe in one currency. The Registry only, after k of n banks signed.
    function setLimit(uint32 debtor, uint16 currency, uint48 limit, uint48 limitBefore, bytes32 evidence)
        external
        returns (Reason);

    /// @notice Announces parameters that take effect on a later day. The Registry only, after k of n banks signed.
    function publishPolicy(uint256 word, bytes32 document) external returns (Reason);

    function invoiceOf(bytes32 nullifier) external view returns (uint256 word);
    /// @return word limit 48 · used 48, in the low 96 bits.
    function limitOf(uint32 debtor, uint16 currency) external view returns (uint256 word);

    /// @return word version 16 · effectiveDay 16 · maximumTenorMonths 8 · maximumDepth 8 · acceptDays 8 ·
    ///         releaseDays 8 · minimumLateInterest 16 · minimumPiece 32 (hundreds of minor units), in the low 112 bits.
    function policyOn(uint16 day) external view returns (uint256 word);

    /// @notice The struct hash of a facility's share table that stands, or 0.
    function sharesOf(uint32 facility) external view returns (bytes32);
    /// @notice The commitment to an offer's payee and invoices, while it is open.
    function offerOf(uint64 root) external view returns (bytes32);
    /// @return word debtor 32 · currency 16 · openedDay 16 · total 48 · taken 48 · policy 96 (Policies.compact).
    function offersOf(uint64 list) external view returns (uint256 word, bytes32 offers);
}
