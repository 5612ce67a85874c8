// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "./ActHash.sol";
import "./OrderActs.sol";

/// @title  EIP-712 struct hashes of the acts on orders
/// @notice As ActHash has it; an act that holds another struct is hashed over that struct's own hash.
library OrderActHash {
    bytes32 internal constant ORDER = keccak256(
        "Order(uint64 root,uint32 seller,uint16 currency,uint16 lastDay,uint48 quantity,bytes32 nullifier"
        ",bytes32 evidence)"
    );
    bytes32 internal constant CONFIRM_ORDER = keccak256(
        "ConfirmOrder(uint32 debtor,Order order,uint40 expiresAt)Order(uint64 root,uint32 seller,uint16 c"
        "urrency,uint16 lastDay,uint48 quantity,bytes32 nullifier,bytes32 evidence)"
    );
    bytes32 internal constant PUBLISH_ORDERS = keccak256(
        "PublishOrders(uint64 list,uint32 debtor,uint16 currency,uint48 total,bytes32 orders,uint40 expire"
        "sAt,bytes32 evidence)"
    );
    bytes32 internal constant TAKE_ORDER = keccak256(
        "TakeOrder(uint64 list,Order order,uint40 expiresAt)Order(uint64 root,uint32 seller,uint16 curren"
        "cy,uint16 lastDay,uint48 quantity,bytes32 nullifier,bytes32 evidence)"
    );
    bytes32 internal constant REDUCE_ORDER = keccak256("ReduceOrder(uint64 title,uint16 sequence,uint48 quantity,uint40 expiresAt,bytes32 evidence)");
    bytes32 internal constant CONVERT = keccak256(
        "Convert(uint64 title,uint16 sequence,uint48 taken,Receivable receivable,uint40 expiresAt,bytes32 "
        "evidence)Receivable(uint64 root,uint32 payee,uint32 clearingBank,uint16 currency,uint16 dueDay,ui"
        "nt16 terms,uint48 quantity,bytes32[] nullifiers,uint48[] amounts,bytes32 evidence)"
    );

    bytes32 internal constant CONVERT_GOODS = keccak256(
        "ConvertGoods(uint64 title,uint16 sequence,Receivable receivable,uint40 expiresAt,bytes32 evidence"
        ")Receivable(uint64 root,uint32 payee,uint32 clearingBank,uint16 currency,uint16 dueDay,uint16 ter"
        "ms,uint48 quantity,bytes32[] nullifiers,uint48[] amounts,bytes32 evidence)"
    );

    function hash(Order calldata order) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := order
        }
        return ActHash.flat(ORDER, position, 7);
    }

    function hash(ConfirmOrder calldata act) internal pure returns (bytes32) {
        return keccak256(abi.encode(CONFIRM_ORDER, act.debtor, hash(act.order), act.expiresAt));
    }

    function hash(PublishOrders calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(PUBLISH_ORDERS, position, 7);
    }

    function hash(TakeOrder calldata act) internal pure returns (bytes32) {
        return keccak256(abi.encode(TAKE_ORDER, act.list, hash(act.order), act.expiresAt));
    }

    function hash(ReduceOrder calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(REDUCE_ORDER, position, 5);
    }

    function hash(Convert calldata act) internal pure returns (bytes32) {
        bytes32 receivable = ActHash.hash(act.receivable);
        return keccak256(
            abi.encode(CONVERT, act.title, act.sequence, act.taken, receivable, act.expiresAt, act.evidence)
        );
    }

    function hash(ConvertGoods calldata act) internal pure returns (bytes32) {
        bytes32 receivable = ActHash.hash(act.receivable);
        return keccak256(
            abi.encode(CONVERT_GOODS, act.title, act.sequence, receivable, act.expiresAt, act.evidence)
        );
    }
}
