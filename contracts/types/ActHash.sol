// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import "./Acts.sol";

/// @title  EIP-712 struct hashes of the acts
/// @notice A struct of value types has one encoding as calldata and as typed data, so its hash is taken over the
///         calldata itself; arrays are hashed as their own words first. A list declared `uint256[] titles` in Solidity
///         is `uint64[] titles` to the signer: the words are equal, and the verbs refuse any value that does not fit,
///         so both readings agree. `uint256[] lines` travel in one word each and are signed as two lists: see _columns.
library ActHash {
    bytes32 internal constant RECEIVABLE = keccak256(
        "Receivable(uint64 root,uint32 payee,uint32 clearingBank,uint16 currency,uint16 dueDay,uint16 ter"
        "ms,uint48 quantity,bytes32[] nullifiers,uint48[] amounts,bytes32 evidence)"
    );
    bytes32 internal constant ISSUE = keccak256(
        "Issue(uint32 debtor,Receivable[] receivables,uint40 expiresAt)Receivable(uint64 root,uint32 paye"
        "e,uint32 clearingBank,uint16 currency,uint16 dueDay,uint16 terms,uint48 quantity,bytes32[] nulli"
        "fiers,uint48[] amounts,bytes32 evidence)"
    );
    bytes32 internal constant ACCEPT = keccak256("Accept(uint64 root,uint32 payee,bytes32 invoices,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant DECLINE = keccak256("Decline(uint64 root,uint32 payee,bytes32 reason,uint40 expiresAt)");
    bytes32 internal constant PUBLISH_OFFERS = keccak256(
        "PublishOffers(uint64 list,uint32 debtor,uint16 currency,uint48 total,bytes32 offers,uint40 expir"
        "esAt,bytes32 evidence)"
    );
    bytes32 internal constant ACCEPT_OFFER = keccak256(
        "AcceptOffer(uint64 list,bytes32 receivable,uint64 root,uint48 quantity,uint40 expiresAt,bytes32 "
        "evidence)"
    );
    bytes32 internal constant ASSIGN = keccak256("Assign(uint64 title,uint16 sequence,uint32 to,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant SPLIT = keccak256(
        "Split(uint64 title,uint16 sequence,uint64 child,uint48 quantity,uint32 to,uint40 expiresAt,bytes"
        "32 evidence)"
    );
    bytes32 internal constant MERGE = keccak256("Merge(uint64 into,uint16 intoSequence,uint64 from,uint16 fromSequence,uint40 expiresAt)");
    bytes32 internal constant WITHDRAW = keccak256("Withdraw(uint64 title,uint16 sequence,uint40 expiresAt)");
    bytes32 internal constant WRITE_OFF_TITLE = keccak256("WriteOffTitle(uint64 title,uint16 sequence,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant ATTEST_INVOICE = keccak256(
        "AttestInvoice(bytes32 nullifier,uint48 cap,uint32 seller,uint32 debtor,uint16 currency,uint32 se"
        "rvice,bytes32 evidence,uint40 expiresAt)"
    );
    bytes32 internal constant CREDIT_INVOICE = keccak256("CreditInvoice(bytes32 nullifier,uint48 cap,uint48 capBefore,bytes32 evidence,uint40 expiresAt)");
    bytes32 internal constant OPEN = keccak256(
        "Open(uint32 facility,uint32 lender,uint32 borrower,uint16 currency,uint16 advanceBps,uint48 limi"
        "t,uint16 endDay,bool closesWithDebt,uint8 form,uint32 entrustor,uint16 agentFeeBps,uint32 collec"
        "tionBank,bytes32 collectionAccount,uint40 expiresAt,bytes32 evidence)"
    );
    bytes32 internal constant SHARES = keccak256(
        "Shares(uint32 facility,uint32[] parties,uint16[] bps,uint64 nonce,uint40 expiresAt,bytes32 evide"
        "nce)"
    );
    bytes32 internal constant LOCK = keccak256(
        "Lock(uint64 title,uint16 sequence,uint32 facility,uint64 child,uint48 quantity,uint40 expiresAt,"
        "bytes32 evidence)"
    );
    bytes32 internal constant DRAW = keccak256(
        "Draw(uint64 loan,uint32 facility,uint64 title,uint48 amount,uint24 rate,uint16 dueDay,uint8 basi"
        "s,uint8 minimumDays,uint16 penaltyBps,uint8 terms,uint8 count,uint8 graceDays,bytes32 registrati"
        "on,uint40 expiresAt,bytes32 evidence)"
    );
    bytes32 internal constant RELEASE = keccak256("Release(uint32 facility,uint64[] titles,uint64 nonce,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant UNLOCK = keccak256("Unlock(uint32 facility,uint64[] titles,uint64 nonce,uint40 expiresAt)");
    bytes32 internal constant CARVE = keccak256("Carve(uint64 title,uint64 child,uint48 quantity,uint32 facility,uint40 expiresAt)");
    bytes32 internal constant VOID = keccak256("Void(uint64 loan,bytes32 reason,uint40 expiresAt)");
    bytes32 internal constant WRITE_OFF = keccak256("WriteOff(uint64 loan,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant ADD_COSTS = keccak256("AddCosts(uint64 loan,uint48 amount,uint48 costsBefore,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant PROTECT = keccak256(
        "Protect(uint64 protection,uint32 facility,uint8 kind,uint8 order,uint16 bps,uint48 cap,uint16 unt"
        "ilDay,uint24 rate,uint32 custodian,uint48 floor,uint48 target,uint8 topUpDays,uint40 expiresAt,by"
        "tes32 evidence)"
    );
    bytes32 internal constant CONSENT = keccak256("Consent(uint64 protection,uint64 loan,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant CALL_PROTECTION = keccak256(
        "CallProtection(uint64 protection,uint64 loan,uint48 amount,uint48 calledBefore,uint40 expiresAt,b"
        "ytes32 evidence)"
    );
    bytes32 internal constant END_CALL = keccak256("EndCall(uint64 protection,uint64 loan,uint48 calledBefore,uint40 expiresAt,bytes32 reason)");
    bytes32 internal constant WAIVE = keccak256("Waive(uint64 protection,uint64 loan,uint48 amount,uint64 nonce,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant ATTEST_RESERVE = keccak256(
        "AttestReserve(uint64 protection,uint48 balance,uint16 day,uint64 nonce,uint40 expiresAt,bytes32 e"
        "vidence)"
    );
    bytes32 internal constant FACT = keccak256(
        "Fact(uint8 kind,uint64 subject,uint64 loan,uint32 bank,bytes32 account,uint16 valueDay,uint48 am"
        "ount,bool credit,bytes32 entry,uint40 expiresAt)"
    );
    bytes32 internal constant DISTRIBUTION = keccak256(
        "Distribution(uint64 root,uint48 distributedBefore,uint64[] titles,uint48[] amounts,uint40 expire"
        "sAt)"
    );
    bytes32 internal constant LATE_INTEREST = keccak256(
        "LateInterest(uint64 root,uint48 lateBefore,uint64[] titles,uint48[] amounts,bytes32 account,uint"
        "16 valueDay,bytes32 entry,uint40 expiresAt)"
    );
    bytes32 internal constant EARLY_SETTLEMENT = keccak256(
        "EarlySettlement(uint64 title,uint16 sequence,uint48 amount,bytes32 account,uint16 valueDay,bytes"
        "32 entry,uint40 expiresAt)"
    );
    bytes32 internal constant HELD_RELEASE = keccak256("HeldRelease(uint64 title,uint48 heldBefore,uint48 amount,uint40 expiresAt)");
    bytes32 internal constant REVERSAL = keccak256(
        "Reversal(uint32 bank,bytes32 account,uint16 valueDay,uint48 amount,bytes32 entry,uint16 reversedDay,by"
        "tes32 reversalEntry,uint40 expiresAt)"
    );
    bytes32 internal constant BIND_ACCOUNT = keccak256(
        "BindAccount(uint32 party,uint16 currency,uint32 bank,bytes32 account,uint64 nonce,uint40 expires"
        "At)"
    );
    bytes32 internal constant SIGNER_GRANT = keccak256(
        "SignerGrant(address key,uint32 person,uint32 roles,uint48 soloCap,uint40 validFrom,uint40 validU"
        "ntil,bool managed,bytes32 certificate)"
    );
    bytes32 internal constant ADMIT = keccak256(
        "Admit(uint32 party,uint16 kinds,uint32 group,bytes32 identity,uint8 quorum,SignerGrant[] signers"
        ",uint40 expiresAt)SignerGrant(address key,uint32 person,uint32 roles,uint48 soloCap,uint40 valid"
        "From,uint40 validUntil,bool managed,bytes32 certificate)"
    );
    bytes32 internal constant SET_SIGNERS = keccak256(
        "SetSigners(uint32 party,uint8 quorum,address[] revoked,SignerGrant[] granted,uint64 nonce,uint40"
        " expiresAt)SignerGrant(address key,uint32 person,uint32 roles,uint48 soloCap,uint40 validFrom,ui"
        "nt40 validUntil,bool managed,bytes32 certificate)"
    );
    bytes32 internal constant RECOVER = keccak256(
        "Recover(uint32 party,bool succession,uint8 quorum,address[] revoked,SignerGrant[] granted,bytes3"
        "2 order,uint40 expiresAt)SignerGrant(address key,uint32 person,uint32 roles,uint48 soloCap,uint4"
        "0 validFrom,uint40 validUntil,bool managed,bytes32 certificate)"
    );
    bytes32 internal constant VETO = keccak256("Veto(uint32 party,bytes32 recovery,uint40 expiresAt)");
    bytes32 internal constant FREEZE = keccak256(
        "Freeze(uint64 title,uint64 child,uint48 quantity,bytes32 order,uint16 endDay,uint64 nonce,uint40"
        " expiresAt)"
    );
    bytes32 internal constant LIFT = keccak256("Lift(uint64 title,bytes32 order,uint64 nonce,uint40 expiresAt)");
    bytes32 internal constant STOP = keccak256("Stop(uint32 party,bytes32 reason,uint16 endDay,uint64 nonce,uint40 expiresAt)");
    bytes32 internal constant CURE = keccak256("Cure(uint32 party,bytes32 reason,uint64 nonce,uint40 expiresAt)");
    bytes32 internal constant SUSPEND = keccak256("Suspend(uint32 party,address[] keys,bytes32 order,uint16 endDay,uint64 nonce,uint40 expiresAt)");
    bytes32 internal constant REINSTATE = keccak256("Reinstate(uint32 party,address[] keys,bytes32 order,uint64 nonce,uint40 expiresAt)");
    bytes32 internal constant PUBLISH_POLICY = keccak256(
        "PublishPolicy(uint16 version,uint16 effectiveDay,uint8 maximumTenorMonths,uint32 minimumPiece,ui"
        "nt8 maximumDepth,uint8 acceptDays,uint8 releaseDays,uint16 minimumLateInterest,bytes32 document,"
        "uint40 expiresAt)"
    );
    bytes32 internal constant SET_LIMIT = keccak256(
        "SetLimit(uint32 debtor,uint16 currency,uint48 limit,uint48 limitBefore,bytes32 evidence,uint64 n"
        "once,uint40 expiresAt)"
    );

    function hash(Receivable calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(RECEIVABLE, position, 10);
        _patch(image, 7, words(act.nullifiers));
        _patch(image, 8, words(act.amounts));
        return _seal(image, 10);
    }

    function hash(Issue calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(ISSUE, position, 3);
        _patch(image, 1, _hashes(act.receivables));
        return _seal(image, 3);
    }

    function hash(Accept calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(ACCEPT, position, 5);
    }

    function hash(Decline calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(DECLINE, position, 4);
    }

    function hash(PublishOffers calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(PUBLISH_OFFERS, position, 7);
    }

    function hash(AcceptOffer calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(ACCEPT_OFFER, position, 6);
    }

    function hash(Assign calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(ASSIGN, position, 5);
    }

    function hash(Split calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(SPLIT, position, 7);
    }

    function hash(Merge calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(MERGE, position, 5);
    }

    function hash(Withdraw calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(WITHDRAW, position, 3);
    }

    function hash(WriteOffTitle calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(WRITE_OFF_TITLE, position, 4);
    }

    function hash(AttestInvoice calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(ATTEST_INVOICE, position, 8);
    }

    function hash(CreditInvoice calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(CREDIT_INVOICE, position, 5);
    }

    function hash(Open calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(OPEN, position, 15);
    }

    function hash(Shares calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(SHARES, position, 6);
        _patch(image, 1, words(act.parties));
        _patch(image, 2, words(act.bps));
        return _seal(image, 6);
    }

    function hash(Lock calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(LOCK, position, 7);
    }

    function hash(Draw calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(DRAW, position, 15);
    }

    function hash(Release calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(RELEASE, position, 5);
        _patch(image, 1, words(act.titles));
        return _seal(image, 5);
    }

    function hash(Unlock calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(UNLOCK, position, 4);
        _patch(image, 1, words(act.titles));
        return _seal(image, 4);
    }

    function hash(Carve calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(CARVE, position, 5);
    }

    function hash(Void calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(VOID, position, 3);
    }

    function hash(WriteOff calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(WRITE_OFF, position, 3);
    }

    function hash(AddCosts calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(ADD_COSTS, position, 5);
    }

    function hash(Protect calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(PROTECT, position, 14);
    }

    function hash(Consent calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(CONSENT, position, 4);
    }

    function hash(CallProtection calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(CALL_PROTECTION, position, 6);
    }

    function hash(EndCall calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(END_CALL, position, 5);
    }

    function hash(Waive calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(WAIVE, position, 6);
    }

    function hash(AttestReserve calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(ATTEST_RESERVE, position, 6);
    }

    function hash(Fact calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(FACT, position, 10);
    }

    function hash(Distribution calldata act) internal pure returns (bytes32) {
        (bytes32 titles, bytes32 amounts) = _columns(act.lines);
        return keccak256(
            abi.encode(DISTRIBUTION, act.root, act.distributedBefore, titles, amounts, act.expiresAt)
        );
    }

    function hash(LateInterest calldata act) internal pure returns (bytes32) {
        (bytes32 titles, bytes32 amounts) = _columns(act.lines);
        bytes32 head = LATE_INTEREST;
        return keccak256(
            abi.encode(
                head, act.root, act.lateBefore, titles, amounts, act.account, act.valueDay, act.entry, act.expiresAt
            )
        );
    }

    function hash(EarlySettlement calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(EARLY_SETTLEMENT, position, 7);
    }

    function hash(HeldRelease calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(HELD_RELEASE, position, 4);
    }

    function hash(Reversal calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(REVERSAL, position, 8);
    }

    function hash(BindAccount calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(BIND_ACCOUNT, position, 6);
    }

    function hash(SignerGrant calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(SIGNER_GRANT, position, 8);
    }

    function hash(Admit calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(ADMIT, position, 7);
        _patch(image, 5, _hashes(act.signers));
        return _seal(image, 7);
    }

    function hash(SetSigners calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(SET_SIGNERS, position, 6);
        _patch(image, 2, words(act.revoked));
        _patch(image, 3, _hashes(act.granted));
        return _seal(image, 6);
    }

    function hash(Recover calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(RECOVER, position, 7);
        _patch(image, 3, words(act.revoked));
        _patch(image, 4, _hashes(act.granted));
        return _seal(image, 7);
    }

    function hash(Veto calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(VETO, position, 3);
    }

    function hash(Freeze calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(FREEZE, position, 7);
    }

    function hash(Lift calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(LIFT, position, 4);
    }

    function hash(Stop calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(STOP, position, 5);
    }

    function hash(Cure calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(CURE, position, 4);
    }

    function hash(Suspend calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(SUSPEND, position, 6);
        _patch(image, 1, words(act.keys));
        return _seal(image, 6);
    }

    function hash(Reinstate calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        uint256 image = _image(REINSTATE, position, 5);
        _patch(image, 1, words(act.keys));
        return _seal(image, 5);
    }

    function hash(PublishPolicy calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(PUBLISH_POLICY, position, 10);
    }

    function hash(SetLimit calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return flat(SET_LIMIT, position, 7);
    }

    function _hashes(Receivable[] calldata list) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](list.length);
        for (uint256 i; i < list.length; ++i) {
            hashes[i] = hash(list[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashes(SignerGrant[] calldata list) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](list.length);
        for (uint256 i; i < list.length; ++i) {
            hashes[i] = hash(list[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function words(bytes32[] calldata list) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let image := mload(0x40)
            calldatacopy(image, list.offset, shl(5, list.length))
            digest := keccak256(image, shl(5, list.length))
        }
    }

    function words(uint48[] calldata list) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let image := mload(0x40)
            calldatacopy(image, list.offset, shl(5, list.length))
            digest := keccak256(image, shl(5, list.length))
        }
    }

    function words(uint32[] calldata list) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let image := mload(0x40)
            calldatacopy(image, list.offset, shl(5, list.length))
            digest := keccak256(image, shl(5, list.length))
        }
    }

    function words(uint16[] calldata list) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let image := mload(0x40)
            calldatacopy(image, list.offset, shl(5, list.length))
            digest := keccak256(image, shl(5, list.length))
        }
    }

    function words(uint256[] calldata list) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let image := mload(0x40)
            calldatacopy(image, list.offset, shl(5, list.length))
            digest := keccak256(image, shl(5, list.length))
        }
    }

    function words(address[] calldata list) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let image := mload(0x40)
            calldatacopy(image, list.offset, shl(5, list.length))
            digest := keccak256(image, shl(5, list.length))
        }
    }

    /// @dev The two lists that lines `title 64 · amount 48` make, hashed. Whatever stands above the 112 bits makes the
    ///      title one that no signer was shown, so the signature is nobody's.
    function _columns(uint256[] calldata lines) private pure returns (bytes32 titles, bytes32 amounts) {
        assembly ("memory-safe") {
            let size := shl(5, lines.length)
            let place := mload(0x40)
            let end := add(place, size)
            for { let from := lines.offset } lt(place, end) {
                place := add(place, 32)
                from := add(from, 32)
            } {
                let line := calldataload(from)
                mstore(place, shr(48, line))
                mstore(add(place, size), and(line, 0xffffffffffff))
            }
            titles := keccak256(sub(end, size), size)
            amounts := keccak256(end, size)
        }
    }

    /// @notice What an offer commits to besides its root: the invoices it uses, and how much of each.
    function invoices(bytes32[] calldata nullifiers, uint48[] calldata amounts) internal pure returns (bytes32) {
        return keccak256(abi.encode(words(nullifiers), words(amounts)));
    }

    function flat(bytes32 typeHash, uint256 position, uint256 fields) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let image := mload(0x40)
            mstore(image, typeHash)
            calldatacopy(add(image, 32), position, shl(5, fields))
            digest := keccak256(image, shl(5, add(fields, 1)))
        }
    }

    /// @dev Copies type hash and head to fresh memory, so that offsets of arrays can be replaced by their hashes.
    function _image(bytes32 typeHash, uint256 position, uint256 fields) private pure returns (uint256 image) {
        assembly ("memory-safe") {
            image := mload(0x40)
            mstore(0x40, add(image, shl(5, add(fields, 1))))
            mstore(image, typeHash)
            calldatacopy(add(image, 32), position, shl(5, fields))
        }
    }

    function _patch(uint256 image, uint256 field, bytes32 digest) private pure {
        assembly ("memory-safe") {
            mstore(add(image, shl(5, add(field, 1))), digest)
        }
    }

    function _seal(uint256 image, uint256 fields) private pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(image, shl(5, add(fields, 1)))
        }
    }
}
