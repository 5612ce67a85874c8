// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {Signature} from "../types/Acts.sol";
import {Modules, RELAYER_ROLE} from "../types/Modules.sol";
import {Reason} from "../types/Reasons.sol";
import {PartyWord, SIGNER_REVOKED, SIGNER_SUSPENDED, SignerWord} from "../types/Words.sol";
import {ISigners} from "./ISigners.sol";

/// @notice Keys, parties and one-time bits, and the check of every signature: what both pages of the Ledger stand on.
abstract contract Keys is EIP712 {
    /// Half the order of secp256k1.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    IAccessManager private immutable _authority;
    address internal immutable _evidence;
    address internal immutable _registry;
    address internal immutable _credit;
    address internal immutable _settlement;

    /// Signers are never removed: a revoked key keeps its word, so that it is refused by name.
    mapping(address key => SignerWord) internal _signers;
    mapping(uint32 party => PartyWord) internal _parties;
    mapping(uint32 party => mapping(uint256 index => uint256 bits)) internal _nonces;
    /// All who co-signed, not the last one: a signature is public once it travels, so with one place only anyone could
    /// push the second person out of it by handing in the first one's own signature.
    mapping(bytes32 digest => mapping(uint32 party => address[] keys)) internal _coSigners;
    mapping(bytes32 digest => mapping(address wallet => bool)) internal _approvals;

    constructor(Modules memory modules) EIP712("Tallystick", "1") {
        _authority = IAccessManager(modules.authority);
        _evidence = modules.evidence;
        _registry = modules.registry;
        _credit = modules.credit;
        _settlement = modules.settlement;
    }

    /// New obligations are carried by admitted relayers, or by any live signer of any party itself.
    modifier relayed() {
        _onlyRelayers();
        _;
    }

    modifier only(address module) {
        _only(module);
        _;
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _onlyRelayers() private view {
        if (!_isRelayer(msg.sender)) revert ISigners.NotRelayer(msg.sender);
    }

    function _isRelayer(address sender) internal view returns (bool admitted) {
        (admitted,) = _authority.hasRole(RELAYER_ROLE, sender);
        if (!admitted) {
            SignerWord word = _signers[sender];
            admitted = SignerWord.unwrap(word) != 0 && word.isLive(block.timestamp);
        }
    }

    function _only(address module) private view {
        if (msg.sender != module) revert ISigners.NotModule(msg.sender);
    }

    function _spend(uint32 party, uint64 nonce) internal returns (bool) {
        uint256 bits = _nonces[party][nonce >> 8];
        uint256 bit = 1 << (nonce & 0xff);
        if (bits & bit != 0) return false;
        _nonces[party][nonce >> 8] = bits | bit;
        emit ISigners.NonceSpent(party, nonce);
        return true;
    }

    /// @dev One signature against one need. Answers the person (party 32 · person 32), so that callers can ask for two
    ///      different ones.
    function _check(bytes32 digest, Signature calldata signature, uint256 need)
        internal
        view
        returns (Reason reason, uint256 person)
    {
        SignerWord word = _signers[_recover(digest, signature)];
        if (SignerWord.unwrap(word) == 0) return (Reason.SignatureInvalid, 0);
        person = word.whom();
        if (person >> 32 != need >> 80) return (Reason.WrongParty, 0);
        if (!word.isLive(block.timestamp)) return (_whyNotLive(word), 0);
        uint256 role = uint32(need >> 48);
        if (word.roles() & role == 0) return (Reason.WrongRole, 0);
        if (uint48(need) > word.soloCap() && !_coSigned(digest, word, role)) return (Reason.AboveMandate, 0);
    }

    /// @dev Two signatures of two persons.
    function _checkTwo(
        bytes32 digest,
        Signature calldata first,
        uint256 firstNeed,
        Signature calldata second,
        uint256 secondNeed
    ) internal view returns (Reason reason, uint256 one, uint256 two) {
        (reason, one) = _check(digest, first, firstNeed);
        if (reason != Reason.None) return (reason, 0, 0);
        (reason, two) = _check(digest, second, secondNeed);
        if (reason == Reason.None && one == two) reason = Reason.SamePerson;
    }

    function _coSigned(bytes32 digest, SignerWord word, uint256 role) private view returns (bool) {
        address[] storage keys = _coSigners[digest][word.party()];
        for (uint256 i; i < keys.length; ++i) {
            SignerWord second = _signers[keys[i]];
            if (second.person() == word.person() || second.roles() & role == 0) continue;
            if (second.isLive(block.timestamp)) return true;
        }
        return false;
    }

    function _whyNotLive(SignerWord word) internal pure returns (Reason) {
        uint8 flags = word.flags();
        if (flags & SIGNER_REVOKED != 0) return Reason.SignerRevoked;
        return flags & SIGNER_SUSPENDED != 0 ? Reason.SignerSuspended : Reason.SignerExpired;
    }

    /// @return the key that signed, the wallet that approved, or 0.
    function _recover(bytes32 digest, Signature calldata signature) internal view returns (address) {
        uint256 vs = uint256(signature.vs);
        if (vs == 0) {
            address wallet = address(uint160(uint256(signature.r)));
            return _approvals[digest][wallet] ? wallet : address(0);
        }
        // EIP-2098: the low 255 bits of `vs` are s, the high one says which of two points. An s in the upper half of the
        // curve's order would be a second form of the same signature (EIP-2).
        uint256 s = vs & type(uint256).max >> 1;
        if (s > HALF_ORDER) return address(0);
        unchecked {
            return ecrecover(digest, uint8(27 + (vs >> 255)), signature.r, bytes32(s));
        }
    }
}
