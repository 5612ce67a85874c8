// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signature} from "./Acts.sol";

// The acts on the stages of a facility, as Acts.sol has those on the facility itself.

/// A facility is used stage by stage: `first` at once, and `stepBps` of each unit of sales cash beyond it; of goods,
/// `releaseBps` of each unit of sales cash may be released while anything is owed. Loans are paid out on the special
/// account alone. `approver` looks at merchants for the platform; 0: nobody does. It comes into force with its `version`,
/// one above the last.
struct AgreeStages {
    uint32 facility;
    uint32 approver;
    uint32 specialBank;
    bytes32 specialAccount;
    uint48 first;
    uint16 stepBps;
    uint16 releaseBps;
    uint8 version;
    uint40 expiresAt;
    bytes32 evidence;
}

struct AgreeStagesItem {
    AgreeStages act;
    Signature maker;
    Signature checker;
    Signature borrower;
    Signature approver;
}

/// From now on `opened` may be used. `evidence` is the merchant's need: its orders, or what it plans to buy.
struct OpenStage {
    uint32 facility;
    uint48 openedBefore;
    uint48 opened;
    uint40 expiresAt;
    bytes32 evidence;
}

/// Of approver and checker one signs: the approver, where one is named.
struct OpenStageItem {
    OpenStage act;
    Signature maker;
    Signature checker;
    Signature approver;
}
