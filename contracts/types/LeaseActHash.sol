// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "./ActHash.sol";
import "./LeaseActs.sol";

/// @title  EIP-712 struct hashes of the acts on leased goods
/// @notice As ActHash has it: structs of value types are hashed as they stand in calldata.
library LeaseActHash {
    bytes32 internal constant LEASE_GOODS = keccak256(
        "LeaseGoods(uint64 title,uint16 sequence,uint48 quantity,uint32 facility,uint48 price,uint32 selle"
        "r,uint32 appraiser,uint8 noticeDays,uint40 expiresAt,bytes32 evidence)"
    );
    bytes32 internal constant WITHDRAW_LEASE = keccak256("WithdrawLease(uint64 title,uint16 sequence,uint40 expiresAt)");
    bytes32 internal constant GIVE_NOTICE = keccak256("GiveNotice(uint64 loan,uint16 fromDay,uint64 nonce,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant END_LEASE = keccak256("EndLease(uint64 loan,uint48 value,uint40 expiresAt,bytes32 evidence)");

    function hash(LeaseGoods calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(LEASE_GOODS, position, 10);
    }

    function hash(WithdrawLease calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(WITHDRAW_LEASE, position, 3);
    }

    function hash(GiveNotice calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(GIVE_NOTICE, position, 5);
    }

    function hash(EndLease calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(END_LEASE, position, 4);
    }
}
