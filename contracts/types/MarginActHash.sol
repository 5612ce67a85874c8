// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "./ActHash.sol";
import "./MarginActs.sol";

/// @title  EIP-712 struct hashes of the acts on goods that secure a facility
/// @notice As ActHash has it: structs of value types are hashed as they stand in calldata; the two with a list of
///         titles, field for field.
library MarginActHash {
    bytes32 internal constant AGREE_GOODS = keccak256(
        "AgreeGoods(uint32 facility,uint32 controlAgent,uint32 appraiser,uint32 secondAppraiser,uint16 main"
        "tenanceBps,uint16 riseBps,uint8 validDays,uint8 callDays,uint48 floor,uint8 version,uint40 expires"
        "At,bytes32 evidence)"
    );
    bytes32 internal constant APPRAISE = keccak256(
        "Appraise(uint32 facility,uint64 lot,uint64 rateBefore,uint64 rate,uint16 valuedDay,uint16 validUnt"
        "il,uint32 model,uint40 expiresAt,bytes32 evidence)"
    );
    bytes32 internal constant PLEDGE_GOODS = keccak256(
        "PledgeGoods(uint64 title,uint64 lot,uint16 sequence,uint48 quantity,uint32 facility,uint64 rate,ui"
        "nt64 orderTitle,uint16 orderSequence,uint48 taken,uint40 expiresAt,bytes32 evidence)"
    );
    bytes32 internal constant RELEASE_GOODS = keccak256(
        "ReleaseGoods(uint32 facility,uint64 lot,uint48 quantity,uint64[] titles,uint64 nonce,uint40 expir"
        "esAt,bytes32 evidence)"
    );
    bytes32 internal constant UNLOCK_GOODS = keccak256(
        "UnlockGoods(uint32 facility,uint64 lot,uint48 quantity,uint64[] titles,uint64 nonce,uint40 expire"
        "sAt)"
    );
    bytes32 internal constant CARVE_GOODS = keccak256(
        "CarveGoods(uint32 facility,uint64 title,uint64 part,uint48 quantity,uint64 rest,uint40 expiresAt,b"
        "ytes32 evidence)"
    );
    bytes32 internal constant CALL_MARGIN = keccak256(
        "CallMargin(uint32 facility,uint16 untilDay,uint64 nonce,uint40 expiresAt,bytes32 evidence)"
    );
    bytes32 internal constant WAIVE_CALL = keccak256("WaiveCall(uint32 facility,uint64 nonce,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant ENFORCE = keccak256(
        "Enforce(uint32 facility,uint64 loan,uint16 fromDay,uint64 nonce,uint40 expiresAt,bytes32 evidence)"
    );
    bytes32 internal constant SELL_GOODS = keccak256(
        "SellGoods(uint32 facility,uint64 title,uint32 buyer,uint48 price,uint16 payBy,uint40 expiresAt,byt"
        "es32 evidence)"
    );

    function hash(AgreeGoods calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(AGREE_GOODS, position, 12);
    }

    function hash(Appraise calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(APPRAISE, position, 9);
    }

    function hash(PledgeGoods calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(PLEDGE_GOODS, position, 11);
    }

    function hash(ReleaseGoods calldata act) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(RELEASE_GOODS, act.facility, act.lot, act.quantity, keccak256(abi.encodePacked(act.titles)), act.nonce, act.expiresAt, act.evidence)
        );
    }

    function hash(UnlockGoods calldata act) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(UNLOCK_GOODS, act.facility, act.lot, act.quantity, keccak256(abi.encodePacked(act.titles)), act.nonce, act.expiresAt)
        );
    }

    function hash(CarveGoods calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(CARVE_GOODS, position, 7);
    }

    function hash(CallMargin calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(CALL_MARGIN, position, 5);
    }

    function hash(WaiveCall calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(WAIVE_CALL, position, 4);
    }

    function hash(Enforce calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(ENFORCE, position, 6);
    }

    function hash(SellGoods calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(SELL_GOODS, position, 7);
    }
}
