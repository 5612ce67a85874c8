// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  The packed words
/// @notice Each record is one 256-bit storage slot, because slots are what an act costs. The drawings give fields
///         from the high bits to the low ones, with their width in bits. Quantities are minor units of the root's
///         currency (or units of its lot); days are Asia/Shanghai calendar days since 1970-01-01.

/// holder 32 · lock 32 · root 64 · quantity 48 · paid 48 · sequence 16 · depth 8 · flags 8
type TitleWord is uint256;

/// debtor 32 · clearingBank 32 · currency 16 · dueDay 16 · openedDay 16 · kind 8 · phase 8 · terms 16 ·
/// policyVersion 32 · quantity 48 · acceptDays 8 · maximumDepth 8 · minimumPiece 16
/// The last 32 bits freeze the policy the root was opened under, so that no later act has to look it up.
/// Of a lot: keeper 32 · inspector 32 · unit 16 · last day of storage 16 · openedDay 16 · kind 8 · phase 8 ·
/// decimals of the unit 16 · 0 32 · quantity 48, of the first receipt · 0 8 · maximumDepth 8 · 0 16.
/// Of an order: buyer 32 · 0 32 · currency 16 · last day of delivery 16 · openedDay 16 · kind 8 · phase 8 · 0 16 ·
/// policyVersion 32 · quantity 48, as confirmed · and the policy. No bank clears it: it is no promise to pay.
type RootWord is uint256;

/// received 48 · distributed 48 · removed 48 · writtenOff 48 · lateInterest 48 · (16 unused)
type MoneyWord is uint256;

/// party 32 · person 32 · roles 32 · soloCap 48 · validFrom 40 · validUntil 40 · flags 8 · (24 unused)
type SignerWord is uint256;

/// kinds 16 · group 32 · status 8 · quorum 8 · signers 16 · stopped 8 · stoppedUntilDay 16 · suspendedUntilDay 16 ·
/// administrators 16 · (120 unused)
type PartyWord is uint256;

uint256 constant FLAG_FROZEN = 1;
uint256 constant FLAG_SPENT = 2;
uint256 constant FLAG_SETTLED = 4;
uint256 constant FLAG_HELD = 8;
uint256 constant FLAG_PAPER = 16;
uint256 constant FLAG_EARLY = 32; // of a certificate: settled before the due day
uint256 constant FLAG_LIEN = 32; // of a receipt, which money never settles: its keeper is owed storage
uint256 constant FLAG_GOODS = 64; // of a lot: its keeper signs with the holder
uint256 constant FLAG_ORDER = 128; // of an order: goods to come, and no money yet
uint256 constant FLAGS_KIND = FLAG_GOODS | FLAG_ORDER; // without either, a certificate
uint256 constant FLAGS_DEAD = FLAG_SPENT | FLAG_SETTLED;

uint8 constant KIND_RECEIVABLE = 1;
uint8 constant KIND_LOT = 2; // goods told from all others
uint8 constant KIND_POOL = 3; // goods of one kind and quality, stored together
uint8 constant KIND_ORDER = 4; // confirmed by its buyer, and not yet delivered

uint8 constant PHASE_OFFERED = 1;
uint8 constant PHASE_LIVE = 2;
uint8 constant PHASE_CLOSED = 3;
uint8 constant PHASE_CANCELLED = 4;

uint32 constant ROLE_ADMIN = 1; // changes the party's own signers
uint32 constant ROLE_ISSUE_MAKER = 2;
uint32 constant ROLE_ISSUE_CHECKER = 4;
uint32 constant ROLE_TITLE = 8; // accepts, assigns, acquires, splits, merges, pledges
uint32 constant ROLE_BORROW = 16;
uint32 constant ROLE_CREDIT_MAKER = 32;
uint32 constant ROLE_CREDIT_CHECKER = 64;
uint32 constant ROLE_PAYMENTS = 128; // attests movements of money
uint32 constant ROLE_CLEARING = 256; // distributes at maturity
uint32 constant ROLE_ATTEST = 512;
uint32 constant ROLE_OFFICE = 1024; // freeze, stop, admit, suspend, succeed, policy
uint32 constant ROLE_KEEP = 2048; // a keeper's: issues receipts, agrees to what happens to them, hands over
uint32 constant ROLES_CREDIT = ROLE_CREDIT_MAKER | ROLE_CREDIT_CHECKER;

uint8 constant SIGNER_REVOKED = 1;
uint8 constant SIGNER_SUSPENDED = 2;
uint8 constant SIGNER_MANAGED = 4; // held by a signing service for the party

uint16 constant PARTY_ENTERPRISE = 1;
uint16 constant PARTY_BANK = 2;
uint16 constant PARTY_LENDER = 4;
uint16 constant PARTY_KEEPER = 8;
uint16 constant PARTY_EVIDENCE = 16;
uint16 constant PARTY_PLATFORM = 32;
uint16 constant PARTY_GUARANTOR = 64;

uint8 constant STATUS_ADMITTED = 1;
uint8 constant STATUS_SUSPENDED = 2;

library TitleWords {
    function make(uint32 holder, uint64 root, uint48 quantity, uint256 depth) internal pure returns (TitleWord) {
        return TitleWord.wrap(
            (uint256(holder) << 224) | (uint256(root) << 128) | (uint256(quantity) << 80) | (depth << 8)
        );
    }

    function exists(TitleWord word) internal pure returns (bool) {
        return TitleWord.unwrap(word) != 0;
    }

    function holder(TitleWord word) internal pure returns (uint32) {
        return uint32(TitleWord.unwrap(word) >> 224);
    }

    function lock(TitleWord word) internal pure returns (uint32) {
        return uint32(TitleWord.unwrap(word) >> 192);
    }

    function root(TitleWord word) internal pure returns (uint64) {
        return uint64(TitleWord.unwrap(word) >> 128);
    }

    function quantity(TitleWord word) internal pure returns (uint48) {
        return uint48(TitleWord.unwrap(word) >> 80);
    }

    function paid(TitleWord word) internal pure returns (uint48) {
        return uint48(TitleWord.unwrap(word) >> 32);
    }

    function sequence(TitleWord word) internal pure returns (uint16) {
        return uint16(TitleWord.unwrap(word) >> 16);
    }

    function depth(TitleWord word) internal pure returns (uint8) {
        return uint8(TitleWord.unwrap(word) >> 8);
    }

    function has(TitleWord word, uint256 flags) internal pure returns (bool) {
        return TitleWord.unwrap(word) & flags != 0;
    }

    /// What the title still claims from its root: nothing once settled or spent. None is paid above its quantity.
    function open(TitleWord word) internal pure returns (uint48) {
        unchecked {
            return has(word, FLAGS_DEAD) ? 0 : quantity(word) - paid(word);
        }
    }

    function withHolder(TitleWord word, uint32 value) internal pure returns (TitleWord) {
        return TitleWord.wrap((TitleWord.unwrap(word) & ~(uint256(type(uint32).max) << 224)) | (uint256(value) << 224));
    }

    function withLock(TitleWord word, uint32 value) internal pure returns (TitleWord) {
        return TitleWord.wrap((TitleWord.unwrap(word) & ~(uint256(type(uint32).max) << 192)) | (uint256(value) << 192));
    }

    function withQuantity(TitleWord word, uint48 value) internal pure returns (TitleWord) {
        return TitleWord.wrap((TitleWord.unwrap(word) & ~(uint256(type(uint48).max) << 80)) | (uint256(value) << 80));
    }

    function withPaid(TitleWord word, uint48 value) internal pure returns (TitleWord) {
        return TitleWord.wrap((TitleWord.unwrap(word) & ~(uint256(type(uint48).max) << 32)) | (uint256(value) << 32));
    }

    /// The sequence wraps at 65,536: an act signed that many holder acts ago has long expired.
    function withNextSequence(TitleWord word) internal pure returns (TitleWord) {
        unchecked {
            uint256 next = uint16(sequence(word) + 1);
            return TitleWord.wrap((TitleWord.unwrap(word) & ~(uint256(type(uint16).max) << 16)) | (next << 16));
        }
    }

    function withFlags(TitleWord word, uint256 flags) internal pure returns (TitleWord) {
        return TitleWord.wrap(TitleWord.unwrap(word) | flags);
    }

    /// Others stand for it now, and for ever: nothing is left of it.
    function cancelled(TitleWord word) internal pure returns (TitleWord) {
        uint256 lockAndQuantity = (uint256(type(uint32).max) << 192) | (uint256(type(uint48).max) << 80);
        return TitleWord.wrap((TitleWord.unwrap(word) & ~lockAndQuantity) | FLAG_SPENT).withNextSequence();
    }

    /// As a new title has it: with sequence 0, and of all flags its kind alone.
    function begunAnew(TitleWord word, uint256 depth_) internal pure returns (TitleWord) {
        uint256 bits = TitleWord.unwrap(word);
        return TitleWord.wrap((bits & ~uint256(type(uint32).max)) | (depth_ << 8) | (bits & FLAGS_KIND));
    }

    function withoutFlags(TitleWord word, uint256 flags) internal pure returns (TitleWord) {
        return TitleWord.wrap(TitleWord.unwrap(word) & ~flags);
    }
}

library RootWords {
    function exists(RootWord word) internal pure returns (bool) {
        return RootWord.unwrap(word) != 0;
    }

    function debtor(RootWord word) internal pure returns (uint32) {
        return uint32(RootWord.unwrap(word) >> 224);
    }

    function clearingBank(RootWord word) internal pure returns (uint32) {
        return uint32(RootWord.unwrap(word) >> 192);
    }

    function currency(RootWord word) internal pure returns (uint16) {
        return uint16(RootWord.unwrap(word) >> 176);
    }

    function dueDay(RootWord word) internal pure returns (uint16) {
        return uint16(RootWord.unwrap(word) >> 160);
    }

    function openedDay(RootWord word) internal pure returns (uint16) {
        return uint16(RootWord.unwrap(word) >> 144);
    }

    function kind(RootWord word) internal pure returns (uint8) {
        return uint8(RootWord.unwrap(word) >> 136);
    }

    function phase(RootWord word) internal pure returns (uint8) {
        return uint8(RootWord.unwrap(word) >> 128);
    }

    /// Late interest agreed for a receivable, in parts per million a day (SME-17).
    function terms(RootWord word) internal pure returns (uint16) {
        return uint16(RootWord.unwrap(word) >> 112);
    }

    function quantity(RootWord word) internal pure returns (uint48) {
        return uint48(RootWord.unwrap(word) >> 32);
    }

    function acceptDays(RootWord word) internal pure returns (uint8) {
        return uint8(RootWord.unwrap(word) >> 24);
    }

    function maximumDepth(RootWord word) internal pure returns (uint8) {
        return uint8(RootWord.unwrap(word) >> 16);
    }

    /// In minor units; stored in hundreds of them.
    function minimumPiece(RootWord word) internal pure returns (uint256) {
        return uint256(uint16(RootWord.unwrap(word))) * 100;
    }

    function withPhase(RootWord word, uint8 value) internal pure returns (RootWord) {
        return RootWord.wrap((RootWord.unwrap(word) & ~(uint256(type(uint8).max) << 128)) | (uint256(value) << 128));
    }
}

library MoneyWords {
    function received(MoneyWord word) internal pure returns (uint48) {
        return uint48(MoneyWord.unwrap(word) >> 208);
    }

    function distributed(MoneyWord word) internal pure returns (uint48) {
        return uint48(MoneyWord.unwrap(word) >> 160);
    }

    function removed(MoneyWord word) internal pure returns (uint48) {
        return uint48(MoneyWord.unwrap(word) >> 112);
    }

    function writtenOff(MoneyWord word) internal pure returns (uint48) {
        return uint48(MoneyWord.unwrap(word) >> 64);
    }

    function lateInterest(MoneyWord word) internal pure returns (uint48) {
        return uint48(MoneyWord.unwrap(word) >> 16);
    }

    /// Callers have checked each sum against the root's quantity, so no field can carry into the next.
    function plusReceived(MoneyWord word, uint256 amount) internal pure returns (MoneyWord) {
        return MoneyWord.wrap(MoneyWord.unwrap(word) + (amount << 208));
    }

    function minusReceived(MoneyWord word, uint256 amount) internal pure returns (MoneyWord) {
        return MoneyWord.wrap(MoneyWord.unwrap(word) - (amount << 208));
    }

    function plusDistributed(MoneyWord word, uint256 amount) internal pure returns (MoneyWord) {
        return MoneyWord.wrap(MoneyWord.unwrap(word) + (amount << 160));
    }

    function plusRemoved(MoneyWord word, uint256 amount) internal pure returns (MoneyWord) {
        return MoneyWord.wrap(MoneyWord.unwrap(word) + (amount << 112));
    }

    function plusWrittenOff(MoneyWord word, uint256 amount) internal pure returns (MoneyWord) {
        return MoneyWord.wrap(MoneyWord.unwrap(word) + (amount << 64));
    }

    function plusLateInterest(MoneyWord word, uint256 amount) internal pure returns (MoneyWord) {
        return MoneyWord.wrap(MoneyWord.unwrap(word) + (amount << 16));
    }

    /// What no longer stands open on the root: paid out, settled early, or given up.
    function gone(MoneyWord word) internal pure returns (uint256) {
        return uint256(distributed(word)) + removed(word) + writtenOff(word);
    }
}

library SignerWords {
    uint256 private constant SIGNER_DEAD = uint256(SIGNER_REVOKED | SIGNER_SUSPENDED) << 24;

    function party(SignerWord word) internal pure returns (uint32) {
        return uint32(SignerWord.unwrap(word) >> 224);
    }

    function person(SignerWord word) internal pure returns (uint32) {
        return uint32(SignerWord.unwrap(word) >> 192);
    }

    /// party 32 · person 32: one human being, whatever keys it has.
    function whom(SignerWord word) internal pure returns (uint256) {
        return SignerWord.unwrap(word) >> 192;
    }

    function roles(SignerWord word) internal pure returns (uint32) {
        return uint32(SignerWord.unwrap(word) >> 160);
    }

    /// The largest amount, in minor units, that this signer may sign without a second person.
    function soloCap(SignerWord word) internal pure returns (uint48) {
        return uint48(SignerWord.unwrap(word) >> 112);
    }

    /// Neither revoked nor suspended, and between validFrom and validUntil, both included.
    function isLive(SignerWord word, uint256 time) internal pure returns (bool) {
        uint256 bits = SignerWord.unwrap(word);
        return bits & SIGNER_DEAD == 0 && time >= uint40(bits >> 72) && time <= uint40(bits >> 32);
    }

    function flags(SignerWord word) internal pure returns (uint8) {
        return uint8(SignerWord.unwrap(word) >> 24);
    }

    function withFlags(SignerWord word, uint8 value) internal pure returns (SignerWord) {
        return SignerWord.wrap(SignerWord.unwrap(word) | (uint256(value) << 24));
    }

    function withoutFlags(SignerWord word, uint8 value) internal pure returns (SignerWord) {
        return SignerWord.wrap(SignerWord.unwrap(word) & ~(uint256(value) << 24));
    }
}

library PartyWords {
    function make(uint16 kinds_, uint32 group_, uint8 quorum_) internal pure returns (PartyWord) {
        return PartyWord.wrap(
            (uint256(kinds_) << 240) | (uint256(group_) << 208) | (uint256(STATUS_ADMITTED) << 200)
                | (uint256(quorum_) << 192)
        );
    }

    function exists(PartyWord word) internal pure returns (bool) {
        return PartyWord.unwrap(word) != 0;
    }

    function kinds(PartyWord word) internal pure returns (uint16) {
        return uint16(PartyWord.unwrap(word) >> 240);
    }

    function group(PartyWord word) internal pure returns (uint32) {
        return uint32(PartyWord.unwrap(word) >> 208);
    }

    function status(PartyWord word) internal pure returns (uint8) {
        return uint8(PartyWord.unwrap(word) >> 200);
    }

    function quorum(PartyWord word) internal pure returns (uint8) {
        return uint8(PartyWord.unwrap(word) >> 192);
    }

    /// How many signers of the party are not revoked.
    function signers(PartyWord word) internal pure returns (uint16) {
        return uint16(PartyWord.unwrap(word) >> 176);
    }

    /// How many of those may change the party's own signers.
    function administrators(PartyWord word) internal pure returns (uint16) {
        return uint16(PartyWord.unwrap(word) >> 120);
    }

    /// CN77-15: a stopped core enterprise issues nothing new until the stop is cured or its end day passes.
    function stopped(PartyWord word, uint256 today) internal pure returns (bool) {
        return uint8(PartyWord.unwrap(word) >> 168) != 0 && today <= uint16(PartyWord.unwrap(word) >> 152);
    }

    function withStop(PartyWord word, bool on, uint16 untilDay) internal pure returns (PartyWord) {
        uint256 cleared = PartyWord.unwrap(word) & ~(uint256(0xffffff) << 152);
        return PartyWord.wrap(on ? cleared | (uint256(1) << 168) | (uint256(untilDay) << 152) : cleared);
    }

    /// Past its last day a suspension still binds, but reinstating needs no office any more.
    function suspensionRanOut(PartyWord word, uint256 today) internal pure returns (bool) {
        return status(word) == STATUS_SUSPENDED && today > uint16(PartyWord.unwrap(word) >> 136);
    }

    function withStatus(PartyWord word, uint8 value, uint16 untilDay) internal pure returns (PartyWord) {
        uint256 cleared = PartyWord.unwrap(word) & ~((uint256(0xff) << 200) | (uint256(0xffff) << 136));
        return PartyWord.wrap(cleared | (uint256(value) << 200) | (uint256(untilDay) << 136));
    }

    /// Callers have checked that both numbers fit.
    function withBoard(PartyWord word, uint8 quorum_, uint256 signers_, uint256 administrators_)
        internal
        pure
        returns (PartyWord)
    {
        uint256 cleared = PartyWord.unwrap(word) & ~((uint256(0xffffff) << 176) | (uint256(0xffff) << 120));
        return PartyWord.wrap(cleared | (uint256(quorum_) << 192) | (signers_ << 176) | (administrators_ << 120));
    }
}

using TitleWords for TitleWord global;
using RootWords for RootWord global;
using MoneyWords for MoneyWord global;
using SignerWords for SignerWord global;
using PartyWords for PartyWord global;
