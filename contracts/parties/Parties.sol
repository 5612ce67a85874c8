// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidence} from "../evidence/IEvidence.sol";
import {ILedger} from "../titles/ILedger.sol";
import {Admit, OfficeSignature, Signature, SignerGrant} from "../types/Acts.sol";
import {Calendar} from "../types/Calendar.sol";
import {Modules} from "../types/Modules.sol";
import {Reason} from "../types/Reasons.sol";
import {
    PARTY_BANK,
    PARTY_EVIDENCE,
    PARTY_KEEPER,
    PARTY_LENDER,
    PARTY_PLATFORM,
    PartyWord,
    PartyWords,
    ROLE_ADMIN,
    ROLE_ATTEST,
    ROLE_CLEARING,
    ROLE_KEEP,
    ROLE_OFFICE,
    ROLE_PAYMENTS,
    ROLES_CREDIT,
    SIGNER_MANAGED,
    SIGNER_REVOKED,
    SIGNER_SUSPENDED,
    SignerWord
} from "../types/Words.sol";
import {IRegistry} from "./IRegistry.sol";

/// @notice The Registry's first room: what holds of every party and signer, and how offices are counted.
abstract contract Parties is IRegistry {
    uint256 private constant LARGEST_BOARD = 16;

    ILedger internal immutable _ledger;
    IEvidence internal immutable _evidence;

    uint256 private _banks;
    /// The roles a person holds over all its keys, so that no person gets a forbidden pair through two of them.
    mapping(uint32 party => mapping(uint32 person => uint32 roles)) private _personRoles;

    constructor(Modules memory modules) {
        _ledger = ILedger(modules.ledger);
        _evidence = IEvidence(modules.evidence);
    }

    modifier relayed() {
        if (!_ledger.isRelayer(msg.sender)) revert NotRelayer(msg.sender);
        _;
    }

    function banks() public view returns (uint256 admitted, uint256 needed) {
        return (_banks, _banks / 2 + 1);
    }

    // ── Parties ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Checks everything before it writes anything: a refused admission leaves nothing behind.
    function _admissible(Admit memory act) internal view returns (Reason) {
        if (act.party == 0) return Reason.PartyUnknown;
        if (_party(act.party).exists()) return Reason.PartyTaken;
        // CN77-4: the platform informs; it is never payer, payee, obligor, guarantor or funder.
        uint16 kinds = act.kinds;
        if (kinds == 0 || (kinds & PARTY_PLATFORM != 0 && kinds != PARTY_PLATFORM)) return Reason.PartyKindConflict;
        return _grantable(act.party, PartyWords.make(kinds, act.group, act.quorum), act.signers);
    }

    /// @param word the party with its new quorum, and with the signers that stay beside those granted: their
    ///        administrators together must reach the quorum, or nobody could ever change the board again.
    function _grantable(uint32 party, PartyWord word, SignerGrant[] memory signers) internal view returns (Reason) {
        uint16 kinds = word.kinds();
        if (word.quorum() == 0) return Reason.QuorumUnreachable;
        if (word.quorum() > word.administrators() + _administratorsOf(signers)) return Reason.QuorumUnreachable;
        if (word.signers() + signers.length > LARGEST_BOARD) return Reason.QuorumUnreachable;
        for (uint256 i; i < signers.length; ++i) {
            SignerGrant memory grant = signers[i];
            if (grant.key == address(0) || SignerWord.unwrap(_signer(grant.key)) != 0) {
                return Reason.SignerTaken;
            }
            for (uint256 j; j < i; ++j) {
                if (signers[j].key == grant.key) return Reason.SignerTaken;
            }
            if (grant.roles & ~_rolesOf(kinds) != 0) return Reason.RoleNotAllowed;
            uint32 all = grant.roles | _personRoles[party][grant.person];
            for (uint256 j; j < i; ++j) {
                if (signers[j].person == grant.person) all |= signers[j].roles;
            }
            // Decision 10: who attests money holds no credit role.
            if (all & ROLE_PAYMENTS != 0 && all & ROLES_CREDIT != 0) return Reason.RoleNotAllowed;
        }
        return Reason.None;
    }

    function _administratorsOf(SignerGrant[] memory signers) private pure returns (uint256 count) {
        for (uint256 i; i < signers.length; ++i) {
            if (signers[i].roles & ROLE_ADMIN != 0) ++count;
        }
    }

    /// @dev Roles follow what the party is, so that no verb has to look the kind up.
    function _rolesOf(uint16 kinds) private pure returns (uint32 roles) {
        if (kinds & PARTY_PLATFORM != 0) return ROLE_ADMIN | ROLE_OFFICE;
        if (kinds & PARTY_EVIDENCE != 0) return ROLE_ADMIN | ROLE_ATTEST;
        roles = 31; // ADMIN, ISSUE_MAKER, ISSUE_CHECKER, TITLE, BORROW
        if (kinds & PARTY_LENDER != 0) roles |= ROLES_CREDIT;
        if (kinds & PARTY_KEEPER != 0) roles |= ROLE_KEEP;
        if (kinds & PARTY_BANK != 0) roles |= ROLES_CREDIT | ROLE_PAYMENTS | ROLE_CLEARING | ROLE_OFFICE;
    }

    function _admit(Admit memory act) internal {
        if (act.kinds & PARTY_BANK != 0) {
            ++_banks;
            emit BanksChanged(_banks, _banks / 2 + 1);
        }
        PartyWord word = PartyWords.make(act.kinds, act.group, act.quorum);
        emit Admitted(act.party, act.kinds, act.group, act.identity);
        _grantAll(act.party, word, act.signers);
    }

    /// @param word see _grantable.
    function _grantAll(uint32 party, PartyWord word, SignerGrant[] memory signers) internal {
        for (uint256 i; i < signers.length; ++i) {
            SignerGrant memory grant = signers[i];
            _personRoles[party][grant.person] |= grant.roles;
            _setSigner(grant.key, _signerWord(party, grant));
            emit SignerGranted(grant.key, party, grant.managed, grant.certificate);
        }
        uint256 administrators = word.administrators() + _administratorsOf(signers);
        _setParty(party, word.withBoard(word.quorum(), word.signers() + signers.length, administrators));
    }

    function _signerWord(uint32 party, SignerGrant memory grant) private pure returns (SignerWord) {
        return SignerWord.wrap(
            (uint256(party) << 224) | (uint256(grant.person) << 192) | (uint256(grant.roles) << 160)
                | (uint256(grant.soloCap) << 112) | (uint256(grant.validFrom) << 72) | (uint256(grant.validUntil) << 32)
                | (uint256(grant.managed ? SIGNER_MANAGED : 0) << 24)
        );
    }

    /// @dev Every key named once, of this party, and not revoked yet.
    function _areLive(uint32 party, address[] calldata keys) internal view returns (bool) {
        address last;
        for (uint256 i; i < keys.length; ++i) {
            if (keys[i] <= last) return false;
            last = keys[i];
            SignerWord word = _signer(last);
            if (word.party() != party || SignerWord.unwrap(word) == 0) return false;
            if (word.flags() & SIGNER_REVOKED != 0) return false;
        }
        return true;
    }

    /// @dev The party without these of its signers, and with a new quorum.
    function _without(PartyWord word, address[] calldata revoked, uint8 quorum) internal view returns (PartyWord) {
        uint256 gone;
        for (uint256 i; i < revoked.length; ++i) {
            if (_signer(revoked[i]).roles() & ROLE_ADMIN != 0) ++gone;
        }
        return word.withBoard(quorum, word.signers() - revoked.length, word.administrators() - gone);
    }

    function _revokeAll(address[] calldata keys) internal {
        for (uint256 i; i < keys.length; ++i) {
            _setSigner(keys[i], _signer(keys[i]).withFlags(SIGNER_REVOKED));
        }
    }

    function _suspendAll(address[] calldata keys, bool on) internal {
        for (uint256 i; i < keys.length; ++i) {
            SignerWord word = _signer(keys[i]);
            _setSigner(keys[i], on ? word.withFlags(SIGNER_SUSPENDED) : word.withoutFlags(SIGNER_SUSPENDED));
        }
    }

    // ── Offices ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev At least two offices, each of a group of its own, none of it the group of one who gains.
    function _twoOffices(bytes32 structHash, OfficeSignature[] calldata offices, uint32[3] memory beneficiaries)
        internal
        view
        returns (Reason)
    {
        if (offices.length < 2) return Reason.OfficesTooFew;
        for (uint256 i; i < offices.length; ++i) {
            PartyWord office = _party(offices[i].party);
            if (office.kinds() & (PARTY_BANK | PARTY_PLATFORM) == 0) return Reason.RoleNotAllowed;
            for (uint256 j; j < i; ++j) {
                if (_party(offices[j].party).group() == office.group()) return Reason.OfficesSameGroup;
            }
            for (uint256 j; j < 3; ++j) {
                uint32 other = beneficiaries[j];
                if (other == 0) continue;
                if (other == offices[i].party || _party(other).group() == office.group()) {
                    return Reason.OfficeIsBeneficiary;
                }
            }
        }
        return _authoriseOffices(structHash, offices);
    }

    /// @dev k of the n admitted banks, each once (parties rise), never the platform.
    function _bankMajority(bytes32 structHash, OfficeSignature[] calldata offices) internal view returns (Reason) {
        (, uint256 needed) = banks();
        if (offices.length < needed) return Reason.OfficesTooFew;
        uint32 last;
        for (uint256 i; i < offices.length; ++i) {
            if (offices[i].party <= last) return Reason.OfficesSameGroup;
            last = offices[i].party;
            if (_party(last).kinds() & PARTY_BANK == 0) return Reason.RoleNotAllowed;
        }
        return _authoriseOffices(structHash, offices);
    }

    function _authoriseOffices(bytes32 structHash, OfficeSignature[] calldata offices) private view returns (Reason) {
        uint256[] memory needs = new uint256[](offices.length);
        Signature[] memory signatures = new Signature[](offices.length);
        for (uint256 i; i < offices.length; ++i) {
            needs[i] = (uint256(offices[i].party) << 80) | (uint256(ROLE_OFFICE) << 48);
            signatures[i] = offices[i].signature;
        }
        return _authorise(structHash, needs, signatures);
    }

    // Each question to the Ledger stands in one place: an external call written out costs a hundred bytes of code.

    function _party(uint32 party) internal view returns (PartyWord) {
        return _ledger.partyOf(party);
    }

    function _signer(address key) private view returns (SignerWord) {
        return _ledger.signerOf(key);
    }

    function _setSigner(address key, SignerWord word) private {
        _ledger.setSigner(key, word);
    }

    function _setParty(uint32 party, PartyWord word) internal {
        _ledger.setParty(party, word);
    }

    function _spend(uint32 party, uint64 nonce) internal returns (bool) {
        return _ledger.spend(party, nonce);
    }

    function _authorise(bytes32 structHash, uint256[] memory needs, Signature[] memory signatures)
        internal
        view
        returns (Reason)
    {
        return _ledger.authoriseBoard(structHash, needs, signatures);
    }

    function _today() internal view returns (uint16) {
        return Calendar.day(block.timestamp);
    }
}
