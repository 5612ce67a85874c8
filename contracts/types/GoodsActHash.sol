// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "./ActHash.sol";
import "./GoodsActs.sol";

/// @title  EIP-712 struct hashes of the acts on goods
/// @notice As ActHash has it: all of them are structs of value types, hashed as they stand in calldata.
library GoodsActHash {
    bytes32 internal constant STORE = keccak256(
        "Store(uint64 lot,uint64 receipt,uint32 keeper,uint32 depositor,uint32 inspector,uint16 unit,uint1"
        "6 decimals,bool pooled,uint16 lastDay,uint48 quantity,bytes32 number,uint40 expiresAt,bytes32 evi"
        "dence)"
    );
    bytes32 internal constant ENDORSE = keccak256("Endorse(uint64 title,uint16 sequence,uint32 to,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant SPLIT_RECEIPT = keccak256(
        "SplitReceipt(uint64 title,uint16 sequence,uint64 part,uint48 quantity,uint64 rest,uint32 to,uint4"
        "0 expiresAt,bytes32 evidence)"
    );
    bytes32 internal constant MERGE_RECEIPTS = keccak256(
        "MergeReceipts(uint64 into,uint16 intoSequence,uint64 from,uint16 fromSequence,uint40 expiresAt)"
    );
    bytes32 internal constant HAND_OVER = keccak256(
        "HandOver(uint64 title,uint16 sequence,uint48 quantity,uint48 delivered,uint40 expiresAt,bytes32 e"
        "vidence)"
    );
    bytes32 internal constant COUNT = keccak256(
        "Count(uint64 lot,uint48 deliveredBefore,uint16 countsBefore,uint48 counted,uint16 day,uint40 expiresAt,bytes32 eviden"
        "ce)"
    );
    bytes32 internal constant CHARGE_STORAGE = keccak256(
        "ChargeStorage(uint64 title,uint16 currency,uint48 amount,uint64 nonce,uint40 expiresAt,bytes32 ev"
        "idence)"
    );
    bytes32 internal constant CHANGE_MEDIUM = keccak256("ChangeMedium(uint64 title,uint16 sequence,bool paper,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant REPLACE = keccak256("Replace(uint64 title,uint16 sequence,uint64 replacement,uint40 expiresAt,bytes32 evidence)");

    function hash(Store calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(STORE, position, 13);
    }

    function hash(Endorse calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(ENDORSE, position, 5);
    }

    function hash(SplitReceipt calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(SPLIT_RECEIPT, position, 8);
    }

    function hash(MergeReceipts calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(MERGE_RECEIPTS, position, 5);
    }

    function hash(HandOver calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(HAND_OVER, position, 6);
    }

    function hash(Count calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(COUNT, position, 7);
    }

    function hash(ChargeStorage calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(CHARGE_STORAGE, position, 6);
    }

    function hash(ChangeMedium calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(CHANGE_MEDIUM, position, 5);
    }

    function hash(Replace calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(REPLACE, position, 5);
    }
}
