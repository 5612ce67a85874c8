// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActHash} from "./ActHash.sol";
import "./StageActs.sol";

/// @title  EIP-712 struct hashes of the acts on a facility's stages
/// @notice As ActHash has it: structs of value types are hashed as they stand in calldata.
library StageActHash {
    bytes32 internal constant AGREE_STAGES = keccak256(
        "AgreeStages(uint32 facility,uint32 approver,uint32 specialBank,bytes32 specialAccount,uint48 first"
        ",uint16 stepBps,uint16 releaseBps,uint8 version,uint40 expiresAt,bytes32 evidence)"
    );
    bytes32 internal constant OPEN_STAGE = keccak256(
        "OpenStage(uint32 facility,uint48 openedBefore,uint48 opened,uint40 expiresAt,bytes32 evidence)"
    );

    function hash(AgreeStages calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(AGREE_STAGES, position, 10);
    }

    function hash(OpenStage calldata act) internal pure returns (bytes32) {
        uint256 position;
        assembly {
            position := act
        }
        return ActHash.flat(OPEN_STAGE, position, 5);
    }
}
