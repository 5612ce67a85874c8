// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {Signature} from "../types/Acts.sol";
import {Modules, RELAYER_ROLE} from "../types/Modules.sol";
import {Reason} from "../types/Reasons.sol";
import {PartyWord, SIGNER_REVOKED, SIGNER_SUSPENDED, SignerWord} from "../types/Words.sol";
import {ISigners} from "./ISigners.sol";

/// @notice The signers' room of the Ledger: keys, parties, one-time bits, and the check of every signature.
abstract contract Signers is ISigners, EIP712 {
    uint256 private constant WALLET_GAS = 100_000;
    /// Half the order of secp256k1.
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    IAccessManager private immutable _authority;
    address internal immutable _evidence;
    address internal immutable _registry;
    address internal immutable _credit;
    address internal immutable _settlement;

    /// Signers are never removed: a revoked key keeps its word, so that it is refused by name.
    mapping(address key => SignerWord) private _signers;
    mapping(uint32 party => PartyWord) internal _parties;
    mapping(uint32 party => mapping(uint256 index => uint256 bits)) private _nonces;
    /// All who co-signed, not the last one: a signature is public once it travels, so with one place only anyone could
    /// push the second person out of it by handing in the first one's own signature.
    mapping(bytes32 digest => mapping(uint32 party => address[] keys)) private _coSigners;
    mapping(bytes32 digest => mapping(address wallet => bool)) private _approvals;

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

    // ── Acts ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISigners
    function coSign(bytes32 digest, Signature calldata signature) external returns (Reason) {
        address key = _recover(digest, signature);
        SignerWord word = _signers[key];
        if (SignerWord.unwrap(word) == 0) return Reason.SignatureInvalid;
        if (!word.isLive(block.timestamp)) return _whyNotLive(word);
        address[] storage keys = _coSigners[digest][word.party()];
        for (uint256 i; i < keys.length; ++i) {
            if (keys[i] == key) return Reason.None;
        }
        keys.push(key);
        emit CoSigned(digest, word.party(), key);
        return Reason.None;
    }

    /// @inheritdoc ISigners
    function approve(bytes32 digest, address wallet, bytes calldata signature) external {
        bool agreed;
        try IERC1271(wallet).isValidSignature{gas: WALLET_GAS}(digest, signature) returns (bytes4 answer) {
            agreed = answer == IERC1271.isValidSignature.selector;
        } catch {}
        if (!agreed) revert WalletRefused(wallet);
        _approvals[digest][wallet] = true;
        emit Approved(digest, wallet);
    }

    // ── For the other contracts ─────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc ISigners
    function authorise(bytes32 structHash, uint256 need, Signature calldata signature)
        external
        view
        returns (Reason reason)
    {
        (reason,) = _check(_hashTypedDataV4(structHash), signature, need);
    }

    /// @inheritdoc ISigners
    function authoriseAll(
        bytes32 structHash,
        uint256[3] calldata needs,
        Signature calldata first,
        Signature calldata second,
        Signature calldata third
    ) external view returns (Reason reason) {
        bytes32 digest = _hashTypedDataV4(structHash);
        uint256 one;
        uint256 two;
        (reason, one, two) = _checkTwo(digest, first, needs[0], second, needs[1]);
        if (reason != Reason.None || needs[2] == 0) return reason;
        uint256 three;
        (reason, three) = _check(digest, third, needs[2]);
        if (reason == Reason.None && (three == one || three == two)) return Reason.SamePerson;
    }

    /// @inheritdoc ISigners
    function authoriseBoard(bytes32 structHash, uint256[] calldata needs, Signature[] calldata signatures)
        external
        view
        returns (Reason reason)
    {
        if (needs.length != signatures.length || needs.length == 0) return Reason.OfficesTooFew;
        bytes32 digest = _hashTypedDataV4(structHash);
        uint256[] memory persons = new uint256[](needs.length);
        for (uint256 i; i < needs.length; ++i) {
            (reason, persons[i]) = _check(digest, signatures[i], needs[i]);
            if (reason != Reason.None) return reason;
            for (uint256 j; j < i; ++j) {
                if (persons[j] == persons[i]) return Reason.SamePerson;
            }
        }
    }

    /// @inheritdoc ISigners
    function spend(uint32 party, uint64 nonce) external returns (bool) {
        if (msg.sender != _registry && msg.sender != _credit && msg.sender != _settlement) revert NotModule(msg.sender);
        return _spend(party, nonce);
    }

    function setParty(uint32 party, PartyWord word) external only(_registry) {
        _parties[party] = word;
        emit PartySet(party, word);
    }

    function setSigner(address key, SignerWord word) external only(_registry) {
        _signers[key] = word;
        emit SignerSet(key, word);
    }

    // ── Views ───────────────────────────────────────────────────────────────────────────────────────────────────

    function isRelayer(address sender) public view returns (bool admitted) {
        (admitted,) = _authority.hasRole(RELAYER_ROLE, sender);
        if (!admitted) {
            SignerWord word = _signers[sender];
            admitted = SignerWord.unwrap(word) != 0 && word.isLive(block.timestamp);
        }
    }

    function signerOf(address key) external view returns (SignerWord) {
        return _signers[key];
    }

    function partyOf(uint32 party) external view returns (PartyWord) {
        return _parties[party];
    }

    function nonceSpent(uint32 party, uint64 nonce) external view returns (bool) {
        return _nonces[party][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    function digestOf(bytes32 structHash) external view returns (bytes32) {
        return _hashTypedDataV4(structHash);
    }

    // ── Internals ───────────────────────────────────────────────────────────────────────────────────────────────

    function _onlyRelayers() private view {
        if (!isRelayer(msg.sender)) revert NotRelayer(msg.sender);
    }

    function _only(address module) private view {
        if (msg.sender != module) revert NotModule(msg.sender);
    }

    function _spend(uint32 party, uint64 nonce) internal returns (bool) {
        uint256 bits = _nonces[party][nonce >> 8];
        uint256 bit = 1 << (nonce & 0xff);
        if (bits & bit != 0) return false;
        _nonces[party][nonce >> 8] = bits | bit;
        emit NonceSpent(party, nonce);
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

    function _whyNotLive(SignerWord word) private pure returns (Reason) {
        uint8 flags = word.flags();
        if (flags & SIGNER_REVOKED != 0) return Reason.SignerRevoked;
        return flags & SIGNER_SUSPENDED != 0 ? Reason.SignerSuspended : Reason.SignerExpired;
    }

    /// @return the key that signed, the wallet that approved, or 0.
    function _recover(bytes32 digest, Signature calldata signature) private view returns (address) {
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
