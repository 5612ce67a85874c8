// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// cap 48 · called 48 · paid 48 · reimbursed 48 · facility 32 · bps 16 · order 8 · kind 8: one protector behind one
/// facility. `bps` is a share's part of the loss; within a kind the lower order is called first.
type ProtectionWord is uint256;

/// custodian 32 · balance 48 · floor 48 · target 48 · untilDay 16 · attestedDay 16 · topUpDay 16 · rate 24 ·
/// topUpDays 8: its terms, and for a reserve what its custodian said last. `topUpDay` is the day by which a reserve below
/// its floor must be filled up, and 0 while it is not below.
type StandingWord is uint256;

/// called 48 · paid 48 · reimbursed 48 · day 16 · consented 8 · (88 unused): one protection for one loan. `reimbursed`
/// is what came back to the protector or was given up by it.
type CallWord is uint256;

/// first 48 · later 48 · pot 48 · shared 48 · (64 unused): what stands open on one loan for guarantors, partners and
/// reserves (`first`) and for insurers (`later`), what the lender has collected for them, and what partners paid.
type ClaimsWord is uint256;

/// protections 16 · short 16 · open 16 · (208 unused): one facility: how many stand behind it, how many of them are
/// reserves below their floor, and how many claims of protectors that paid are open.
type GuardWord is uint256;

uint8 constant PROTECTION_GUARANTEE = 1;
uint8 constant PROTECTION_SHARE = 2;
uint8 constant PROTECTION_RESERVE = 3;
uint8 constant PROTECTION_INSURANCE = 4;

library ProtectionWords {
    uint256 private constant CALLED = 160;
    uint256 private constant PAID = 112;
    uint256 private constant REIMBURSED = 64;

    function make(uint48 cap_, uint32 facility_, uint16 bps_, uint8 order_, uint8 kind_)
        internal
        pure
        returns (ProtectionWord)
    {
        return ProtectionWord.wrap(
            (uint256(cap_) << 208) | (uint256(facility_) << 32) | (uint256(bps_) << 16) | (uint256(order_) << 8) | kind_
        );
    }

    /// None is without a kind.
    function exists(ProtectionWord word) internal pure returns (bool) {
        return ProtectionWord.unwrap(word) != 0;
    }

    function facility(ProtectionWord word) internal pure returns (uint32) {
        return uint32(ProtectionWord.unwrap(word) >> 32);
    }

    function bps(ProtectionWord word) internal pure returns (uint16) {
        return uint16(ProtectionWord.unwrap(word) >> 16);
    }

    function kind(ProtectionWord word) internal pure returns (uint8) {
        return uint8(ProtectionWord.unwrap(word));
    }

    /// Kind first, then the order agreed within it: the lower one bears the loss first.
    function rank(ProtectionWord word) internal pure returns (uint256) {
        return (uint256(kind(word)) << 8) | uint8(ProtectionWord.unwrap(word) >> 8);
    }

    /// What may still be called.
    function room(ProtectionWord word) internal pure returns (uint48) {
        return uint48(ProtectionWord.unwrap(word) >> 208) - uint48(ProtectionWord.unwrap(word) >> CALLED);
    }

    /// Callers have checked what is added or taken, so no field carries into the next.
    function plusCalled(ProtectionWord word, uint256 amount) internal pure returns (ProtectionWord) {
        return ProtectionWord.wrap(ProtectionWord.unwrap(word) + (amount << CALLED));
    }

    function minusCalled(ProtectionWord word, uint256 amount) internal pure returns (ProtectionWord) {
        return ProtectionWord.wrap(ProtectionWord.unwrap(word) - (amount << CALLED));
    }

    function plusPaid(ProtectionWord word, uint256 amount) internal pure returns (ProtectionWord) {
        return ProtectionWord.wrap(ProtectionWord.unwrap(word) + (amount << PAID));
    }

    function plusReimbursed(ProtectionWord word, uint256 amount) internal pure returns (ProtectionWord) {
        return ProtectionWord.wrap(ProtectionWord.unwrap(word) + (amount << REIMBURSED));
    }
}

library StandingWords {
    uint256 private constant BALANCE = uint256(type(uint48).max) << 176;
    uint256 private constant DAYS = uint256(type(uint32).max) << 32;

    function custodian(StandingWord word) internal pure returns (uint32) {
        return uint32(StandingWord.unwrap(word) >> 224);
    }

    function balance(StandingWord word) internal pure returns (uint48) {
        return uint48(StandingWord.unwrap(word) >> 176);
    }

    function floor(StandingWord word) internal pure returns (uint48) {
        return uint48(StandingWord.unwrap(word) >> 128);
    }

    function untilDay(StandingWord word) internal pure returns (uint16) {
        return uint16(StandingWord.unwrap(word) >> 64);
    }

    function attestedDay(StandingWord word) internal pure returns (uint16) {
        return uint16(StandingWord.unwrap(word) >> 48);
    }

    function rate(StandingWord word) internal pure returns (uint24) {
        return uint24(StandingWord.unwrap(word) >> 8);
    }

    function isShort(StandingWord word) internal pure returns (bool) {
        return uint16(StandingWord.unwrap(word) >> 32) != 0;
    }

    /// @notice Another balance; below the floor the days to fill it up begin to run, unless they run already.
    function withBalance(StandingWord word, uint48 balance_, uint16 attestedDay_, uint256 today)
        internal
        pure
        returns (StandingWord)
    {
        uint256 bits = StandingWord.unwrap(word);
        uint256 topUp;
        if (balance_ < floor(word)) topUp = isShort(word) ? uint16(bits >> 32) : today + uint8(bits);
        return StandingWord.wrap(
            (bits & ~(BALANCE | DAYS)) | (uint256(balance_) << 176) | (uint256(attestedDay_) << 48) | (topUp << 32)
        );
    }
}

library CallWords {
    function called(CallWord word) internal pure returns (uint48) {
        return uint48(CallWord.unwrap(word) >> 208);
    }

    function paid(CallWord word) internal pure returns (uint48) {
        return uint48(CallWord.unwrap(word) >> 160);
    }

    /// Called and not paid.
    function unpaid(CallWord word) internal pure returns (uint48) {
        return called(word) - paid(word);
    }

    /// Paid and not got back.
    function claim(CallWord word) internal pure returns (uint48) {
        return paid(word) - uint48(CallWord.unwrap(word) >> 112);
    }

    function day(CallWord word) internal pure returns (uint16) {
        return uint16(CallWord.unwrap(word) >> 96);
    }

    function consented(CallWord word) internal pure returns (bool) {
        return uint8(CallWord.unwrap(word) >> 88) != 0;
    }

    function withConsent(CallWord word) internal pure returns (CallWord) {
        return CallWord.wrap(CallWord.unwrap(word) | (1 << 88));
    }

    function plusCalled(CallWord word, uint256 amount, uint256 today) internal pure returns (CallWord) {
        uint256 bits = CallWord.unwrap(word) & ~(uint256(type(uint16).max) << 96);
        return CallWord.wrap((bits + (amount << 208)) | (today << 96));
    }

    function minusCalled(CallWord word, uint256 amount) internal pure returns (CallWord) {
        return CallWord.wrap(CallWord.unwrap(word) - (amount << 208));
    }

    function plusPaid(CallWord word, uint256 amount) internal pure returns (CallWord) {
        return CallWord.wrap(CallWord.unwrap(word) + (amount << 160));
    }

    function plusReimbursed(CallWord word, uint256 amount) internal pure returns (CallWord) {
        return CallWord.wrap(CallWord.unwrap(word) + (amount << 112));
    }
}

library ClaimsWords {
    function first(ClaimsWord word) internal pure returns (uint48) {
        return uint48(ClaimsWord.unwrap(word) >> 208);
    }

    function open(ClaimsWord word) internal pure returns (uint256) {
        return uint256(first(word)) + uint48(ClaimsWord.unwrap(word) >> 160);
    }

    function pot(ClaimsWord word) internal pure returns (uint48) {
        return uint48(ClaimsWord.unwrap(word) >> 112);
    }

    function shared(ClaimsWord word) internal pure returns (uint48) {
        return uint48(ClaimsWord.unwrap(word) >> 64);
    }

    /// A protector of this kind paid.
    function plusClaim(ClaimsWord word, uint8 kind, uint256 amount) internal pure returns (ClaimsWord) {
        uint256 bits = ClaimsWord.unwrap(word) + (amount << _place(kind));
        if (kind == PROTECTION_SHARE) bits += amount << 64;
        return ClaimsWord.wrap(bits);
    }

    function minusClaim(ClaimsWord word, uint8 kind, uint256 amount) internal pure returns (ClaimsWord) {
        return ClaimsWord.wrap(ClaimsWord.unwrap(word) - (amount << _place(kind)));
    }

    function plusPot(ClaimsWord word, uint256 amount) internal pure returns (ClaimsWord) {
        return ClaimsWord.wrap(ClaimsWord.unwrap(word) + (amount << 112));
    }

    function minusPot(ClaimsWord word, uint256 amount) internal pure returns (ClaimsWord) {
        return ClaimsWord.wrap(ClaimsWord.unwrap(word) - (amount << 112));
    }

    /// Insurers come after all others.
    function _place(uint8 kind) private pure returns (uint256) {
        return kind == PROTECTION_INSURANCE ? 160 : 208;
    }
}

library GuardWords {
    uint256 private constant PROTECTIONS = 1 << 240;
    uint256 private constant SHORT = 1 << 224;
    uint256 private constant OPEN = 1 << 208;

    function protections(GuardWord word) internal pure returns (uint16) {
        return uint16(GuardWord.unwrap(word) >> 240);
    }

    function isShort(GuardWord word) internal pure returns (bool) {
        return uint16(GuardWord.unwrap(word) >> 224) != 0;
    }

    function hasOpen(GuardWord word) internal pure returns (bool) {
        return uint16(GuardWord.unwrap(word) >> 208) != 0;
    }

    function plusProtection(GuardWord word) internal pure returns (GuardWord) {
        return GuardWord.wrap(GuardWord.unwrap(word) + PROTECTIONS);
    }

    function plusShort(GuardWord word, bool more) internal pure returns (GuardWord) {
        return GuardWord.wrap(more ? GuardWord.unwrap(word) + SHORT : GuardWord.unwrap(word) - SHORT);
    }

    function plusOpen(GuardWord word, bool more) internal pure returns (GuardWord) {
        return GuardWord.wrap(more ? GuardWord.unwrap(word) + OPEN : GuardWord.unwrap(word) - OPEN);
    }
}

using ProtectionWords for ProtectionWord global;
using StandingWords for StandingWord global;
using CallWords for CallWord global;
using ClaimsWords for ClaimsWord global;
using GuardWords for GuardWord global;
