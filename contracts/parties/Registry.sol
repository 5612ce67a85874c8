// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FacilityWord} from "../credit/FacilityWords.sol";
import {ICredit} from "../credit/ICredit.sol";
import {Policies} from "../evidence/Policies.sol";
import {ActHash} from "../types/ActHash.sol";
import {
    Admit,
    AdmitItem,
    CompleteItem,
    Cure,
    CureItem,
    Freeze,
    FreezeItem,
    Lift,
    LiftItem,
    OfficeSignature,
    PublishPolicy,
    PublishPolicyItem,
    Recover,
    RecoverItem,
    Reinstate,
    ReinstateItem,
    SetLimit,
    SetLimitItem,
    SetSigners,
    SetSignersItem,
    Signature,
    Stop,
    StopItem,
    Suspend,
    SuspendItem,
    Veto,
    VetoItem
} from "../types/Acts.sol";
import {Modules} from "../types/Modules.sol";
import {Reason} from "../types/Reasons.sol";
import {Skips} from "../types/Skips.sol";
import {
    PARTY_BANK,
    PARTY_EVIDENCE,
    PARTY_KEEPER,
    PARTY_PLATFORM,
    PartyWord,
    ROLE_ADMIN,
    SignerWord,
    STATUS_ADMITTED,
    STATUS_SUSPENDED,
    TitleWord
} from "../types/Words.sol";
import {Parties} from "./Parties.sol";

contract Registry is Parties {
    uint256 private constant RECOVERY_DELAY = 7 days;
    /// Orders are acts of the offices together, and so are their one-time numbers: kept under one office's number, an
    /// order would count again for each office a relayer puts first. Choose them at random.
    uint32 private constant OFFICES = 0;
    uint8 private constant BY_PARTY = 1;
    uint8 private constant BY_COURT = 2;

    ICredit private immutable _credit;

    mapping(uint32 party => bytes32) private _recoveries;
    mapping(uint32 party => uint40) private _recoveryReadyAt;
    /// BY_PARTY, or BY_COURT which no signer may veto. Never deleted: a recovery is announced once, so that one that
    /// was vetoed does not come back.
    mapping(bytes32 recovery => uint8 order) private _announced;
    mapping(uint64 title => uint16 endDay) private _frozenUntil;

    /// @param genesis the platform and the first three banks, who admit everyone else.
    constructor(Modules memory modules, Admit[] memory genesis) Parties(modules) {
        _credit = ICredit(modules.credit);
        for (uint256 i; i < genesis.length; ++i) {
            Admit memory act = genesis[i];
            Reason reason = _admissible(act);
            if (reason != Reason.None) revert GenesisRefused(act.party, reason);
            _admit(act);
        }
    }

    // ── Parties ─────────────────────────────────────────────────────────────────────────────────────────────────

    function admit(AdmitItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _admitOne(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _admitOne(AdmitItem calldata item) private returns (Reason reason) {
        Admit calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.kinds & (PARTY_BANK | PARTY_KEEPER | PARTY_EVIDENCE | PARTY_PLATFORM) != 0) {
            reason = _bankMajority(ActHash.hash(act), item.offices);
        } else {
            reason = _twoOffices(ActHash.hash(act), item.offices, [act.party, uint32(0), 0]);
        }
        if (reason != Reason.None) return reason;
        reason = _admissible(act);
        if (reason == Reason.None) _admit(act);
    }

    function setSigners(SetSignersItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _setSigners(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _setSigners(SetSignersItem calldata item) private returns (Reason reason) {
        SetSigners calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        PartyWord word = _party(act.party);
        if (!word.exists()) return Reason.PartyUnknown;
        if (item.party.length < word.quorum()) return Reason.OfficesTooFew;
        uint256[] memory needs = new uint256[](item.party.length);
        for (uint256 i; i < needs.length; ++i) {
            needs[i] = (uint256(act.party) << 80) | (uint256(ROLE_ADMIN) << 48);
        }
        reason = _authorise(ActHash.hash(act), needs, item.party);
        if (reason != Reason.None) return reason;
        if (!_areLive(act.party, act.revoked)) return Reason.SignerUnknown;
        word = _without(word, act.revoked, act.quorum);
        reason = _grantable(act.party, word, act.granted);
        if (reason != Reason.None) return reason;
        if (!_spend(act.party, act.nonce)) return Reason.NonceUsed;

        _revokeAll(act.revoked);
        _grantAll(act.party, word, act.granted);
    }

    function recover(RecoverItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _recover(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _recover(RecoverItem calldata item) private returns (Reason reason) {
        Recover calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        bytes32 id = ActHash.hash(act);
        reason = _twoOffices(id, item.offices, [act.party, uint32(0), 0]);
        if (reason != Reason.None) return reason;
        reason = _recoverable(act);
        if (reason != Reason.None) return reason;
        if (_announced[id] != 0) return Reason.NonceUsed;

        uint40 readyAt = uint40(block.timestamp + RECOVERY_DELAY);
        (_recoveries[act.party], _recoveryReadyAt[act.party]) = (id, readyAt);
        _announced[id] = act.succession ? BY_COURT : BY_PARTY;
        emit RecoveryAnnounced(act.party, id, act.succession, act.order, readyAt);
    }

    /// @dev Every signer the party has must be named, so that none of the old ones keeps a say. While a party is suspended
    ///      only a court's succession replaces its signers: else a recovery would end what an order began.
    function _recoverable(Recover calldata act) private view returns (Reason) {
        PartyWord word = _party(act.party);
        if (!word.exists()) return Reason.PartyUnknown;
        if (act.revoked.length != word.signers() || !_areLive(act.party, act.revoked)) return Reason.SignerUnknown;
        if (word.status() != STATUS_ADMITTED && !act.succession) return Reason.SignerSuspended;
        return _grantable(act.party, word.withBoard(act.quorum, 0, 0), act.granted);
    }

    function veto(VetoItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _veto(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    /// @dev Any live signer of the party, whatever its role; a succession is a court's and knows no veto.
    function _veto(VetoItem calldata item) private returns (Reason reason) {
        Veto calldata act = item.act;
        if (block.timestamp > act.expiresAt) return Reason.InstructionExpired;
        if (act.recovery == 0 || _recoveries[act.party] != act.recovery) return Reason.RecoveryUnknown;
        uint256[] memory needs = new uint256[](1);
        needs[0] = (uint256(act.party) << 80) | (uint256(type(uint32).max) << 48);
        Signature[] memory signatures = new Signature[](1);
        signatures[0] = item.party;
        reason = _authorise(ActHash.hash(act), needs, signatures);
        if (reason != Reason.None) return reason;
        if (_announced[act.recovery] == BY_COURT) return Reason.RoleNotAllowed;
        delete _recoveries[act.party];
        emit RecoveryVetoed(act.party, act.recovery);
    }

    function complete(CompleteItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _complete(items[i].act);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    /// @dev What was announced, word for word; anyone may carry it once the seven days are over.
    function _complete(Recover calldata act) private returns (Reason reason) {
        bytes32 id = ActHash.hash(act);
        if (_recoveries[act.party] != id) return Reason.RecoveryUnknown;
        if (block.timestamp < _recoveryReadyAt[act.party]) return Reason.RecoveryTooSoon;
        reason = _recoverable(act);
        if (reason != Reason.None) return reason;

        delete _recoveries[act.party];
        _revokeAll(act.revoked);
        // The successor acts: what was ordered against those before it ends with them.
        PartyWord word = _party(act.party).withBoard(act.quorum, 0, 0).withStatus(STATUS_ADMITTED, 0);
        _grantAll(act.party, word, act.granted);
        emit RecoveryCompleted(act.party, id);
    }

    // ── Orders of two offices ───────────────────────────────────────────────────────────────────────────────────

    function suspend(SuspendItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _suspend(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _suspend(SuspendItem calldata item) private returns (Reason reason) {
        Suspend calldata act = item.act;
        reason = _order(ActHash.hash(act), act.expiresAt, act.order, act.party, item.offices);
        if (reason != Reason.None) return reason;
        if (act.endDay <= _today()) return Reason.DueDayPast;
        reason = _suspendable(act.party, act.keys, STATUS_ADMITTED);
        if (reason != Reason.None) return reason;
        if (!_spend(OFFICES, act.nonce)) return Reason.NonceUsed;
        _suspendAll(act.keys, true);
        _setParty(act.party, _party(act.party).withStatus(STATUS_SUSPENDED, act.endDay));
        emit Ordered(ActHash.SUSPEND, act.party, act.order, act.endDay);
    }

    function reinstate(ReinstateItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _reinstate(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _reinstate(ReinstateItem calldata item) private returns (Reason reason) {
        Reinstate calldata act = item.act;
        bool ordered = !_party(act.party).suspensionRanOut(_today());
        if (ordered) {
            reason = _order(ActHash.hash(act), act.expiresAt, act.order, act.party, item.offices);
            if (reason != Reason.None) return reason;
        }
        reason = _suspendable(act.party, act.keys, STATUS_SUSPENDED);
        if (reason != Reason.None) return reason;
        if (ordered && !_spend(OFFICES, act.nonce)) return Reason.NonceUsed;
        _suspendAll(act.keys, false);
        _setParty(act.party, _party(act.party).withStatus(STATUS_ADMITTED, 0));
        emit Ordered(ActHash.REINSTATE, act.party, act.order, 0);
    }

    /// @dev All signers at once: a party is suspended as a whole, and each of its keys says so by itself, so that the
    ///      acts of every day need not look the party up.
    function _suspendable(uint32 party, address[] calldata keys, uint8 status) private view returns (Reason) {
        PartyWord word = _party(party);
        if (!word.exists()) return Reason.PartyUnknown;
        if (word.status() != status) return Reason.SignerSuspended;
        if (keys.length != word.signers() || !_areLive(party, keys)) return Reason.SignerUnknown;
        return Reason.None;
    }

    function freeze(FreezeItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _freeze(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _freeze(FreezeItem calldata item) private returns (Reason reason) {
        Freeze calldata act = item.act;
        reason = _ordered(act.expiresAt, act.order);
        if (reason != Reason.None) return reason;
        if (act.endDay <= _today()) return Reason.DueDayPast;
        reason = _twoOffices(ActHash.hash(act), item.offices, _concerned(act.title));
        if (reason != Reason.None) return reason;
        if (act.child != 0 && uint32(act.child >> 32) != item.offices[0].party) return Reason.ForeignId;
        if (!_spendable(act.nonce)) return Reason.NonceUsed;
        // A sold title is one thing until its sale ends: an order stops all of it.
        if (act.child != 0 && _credit.saleOf(act.title) != 0) return Reason.TitleSold;
        reason = _ledger.freeze(act.title, act.child, act.quantity, act.order);
        if (reason != Reason.None) return reason;
        _spend(OFFICES, act.nonce);
        uint64 frozen = act.child == 0 ? act.title : act.child;
        _frozenUntil[frozen] = act.endDay;
        emit Ordered(ActHash.FREEZE, frozen, act.order, act.endDay);
    }

    function lift(LiftItem[] calldata items) external returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _lift(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _lift(LiftItem calldata item) private returns (Reason reason) {
        Lift calldata act = item.act;
        uint16 endDay = _frozenUntil[act.title];
        if (endDay == 0) return Reason.NotFrozen;
        if (_today() <= endDay) {
            reason = _ordered(act.expiresAt, act.order);
            if (reason != Reason.None) return reason;
            reason = _twoOffices(ActHash.hash(act), item.offices, _concerned(act.title));
            if (reason != Reason.None) return reason;
            if (!_spend(OFFICES, act.nonce)) return Reason.NonceUsed;
        }
        delete _frozenUntil[act.title];
        emit Ordered(ActHash.LIFT, act.title, act.order, 0);
        return _ledger.lift(act.title, act.order);
    }

    function stop(StopItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            Stop calldata act = items[i].act;
            reasons[i] = _order(ActHash.hash(act), act.expiresAt, act.reason, act.party, items[i].offices);
            if (reasons[i] == Reason.None) {
                reasons[i] = _setStop(act.party, act.nonce, true, act.endDay);
            }
            if (reasons[i] == Reason.None) emit Ordered(ActHash.STOP, act.party, act.reason, act.endDay);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function cure(CureItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            Cure calldata act = items[i].act;
            reasons[i] = _order(ActHash.hash(act), act.expiresAt, act.reason, act.party, items[i].offices);
            if (reasons[i] == Reason.None) {
                reasons[i] = _setStop(act.party, act.nonce, false, 0);
            }
            if (reasons[i] == Reason.None) emit Ordered(ActHash.CURE, act.party, act.reason, 0);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    /// @dev CN77-15.
    function _setStop(uint32 party, uint64 nonce, bool on, uint16 endDay) private returns (Reason) {
        PartyWord word = _party(party);
        if (!word.exists()) return Reason.PartyUnknown;
        if (on && endDay <= _today()) return Reason.DueDayPast;
        if (!on && !word.stopped(_today())) return Reason.NotStopped;
        if (!_spend(OFFICES, nonce)) return Reason.NonceUsed;
        _setParty(party, word.withStop(on, endDay));
        return Reason.None;
    }

    // ── Acts of k of n banks ────────────────────────────────────────────────────────────────────────────────────

    function setLimit(SetLimitItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _setLimit(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    function _setLimit(SetLimitItem calldata item) private returns (Reason reason) {
        SetLimit calldata act = item.act;
        reason = _ordered(act.expiresAt, act.evidence);
        if (reason != Reason.None) return reason;
        reason = _bankMajority(ActHash.hash(act), item.banks);
        if (reason != Reason.None) return reason;
        if (!_party(act.debtor).exists()) return Reason.PartyUnknown;
        if (!_spendable(act.nonce)) return Reason.NonceUsed;
        reason = _evidence.setLimit(act.debtor, act.currency, act.limit, act.limitBefore, act.evidence);
        if (reason == Reason.None) _spend(OFFICES, act.nonce);
    }

    function publishPolicy(PublishPolicyItem[] calldata items) external relayed returns (Reason[] memory reasons) {
        reasons = new Reason[](items.length);
        for (uint256 i; i < items.length; ++i) {
            reasons[i] = _publishPolicy(items[i]);
        }
        Skips.answer(reasons, Skipped.selector);
    }

    /// @dev CN77-11: no policy allows more than twelve months; decision 11: no tree of splits is deeper than eight.
    function _publishPolicy(PublishPolicyItem calldata item) private returns (Reason reason) {
        PublishPolicy calldata act = item.act;
        reason = _ordered(act.expiresAt, act.document);
        if (reason != Reason.None) return reason;
        if (act.version == 0 || act.maximumTenorMonths == 0 || act.maximumTenorMonths > 12) {
            return Reason.PolicyOutOfRange;
        }
        if (act.maximumDepth > 8 || act.minimumPiece > type(uint16).max) return Reason.PolicyOutOfRange;
        reason = _bankMajority(ActHash.hash(act), item.banks);
        if (reason != Reason.None) return reason;
        return _evidence.publishPolicy(Policies.pack(act), act.document);
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function frozenUntil(uint64 title) external view returns (uint16) {
        return _frozenUntil[title];
    }

    function recoveryOf(uint32 party) external view returns (bytes32, uint40) {
        return (_recoveries[party], _recoveryReadyAt[party]);
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev An office's act names the order or reason it stands on.
    function _ordered(uint40 expiresAt, bytes32 order) private view returns (Reason) {
        if (block.timestamp > expiresAt) return Reason.InstructionExpired;
        return order == 0 ? Reason.EvidenceMissing : Reason.None;
    }

    function _order(
        bytes32 structHash,
        uint40 expiresAt,
        bytes32 order,
        uint32 party,
        OfficeSignature[] calldata offices
    ) private view returns (Reason reason) {
        reason = _ordered(expiresAt, order);
        return reason == Reason.None ? _twoOffices(structHash, offices, [party, uint32(0), 0]) : reason;
    }

    /// @dev Those who gain or lose by what happens to a title: its holder or seller, its debtor, its lender.
    function _concerned(uint64 title) private view returns (uint32[3] memory parties) {
        TitleWord word = _ledger.titleOf(title);
        parties[0] = word.holder();
        parties[1] = _ledger.rootOf(word.root()).debtor();
        if (word.lock() == 0) return parties;
        FacilityWord facility = _credit.facilityOf(word.lock());
        (parties[0], parties[2]) = (facility.borrower(), facility.lender());
    }

    function _spendable(uint64 nonce) private view returns (bool) {
        return !_ledger.nonceSpent(OFFICES, nonce);
    }
}
