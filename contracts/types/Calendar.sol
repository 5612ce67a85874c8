// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title  Days of the ledger
/// @notice A day is the Asia/Shanghai calendar day, counted from 1970-01-01 (day 0). China has kept UTC+8 without
///         daylight saving since 1991, so a constant offset is exact for every day the ledger will see.
library Calendar {
    uint256 private constant SHANGHAI_SECONDS = 28_800;

    function day(uint256 timestamp) internal pure returns (uint16) {
        unchecked {
            return uint16((timestamp + SHANGHAI_SECONDS) / 1 days);
        }
    }

    /// @notice The same day of the month, `months` later, clipped to the end of that month (decision 16).
    /// @dev    Civil-date arithmetic on years that start in March, so that the leap day is a year's last day.
    function addMonths(uint256 from, uint256 months) internal pure returns (uint256) {
        unchecked {
            (uint256 year, uint256 month, uint256 dayOfMonth) = _date(from);
            uint256 index = year * 12 + (month - 1) + months;
            year = index / 12;
            month = index % 12 + 1;
            uint256 last = _lengthOf(year, month);
            return _number(year, month, dayOfMonth < last ? dayOfMonth : last);
        }
    }

    function _date(uint256 number) private pure returns (uint256 year, uint256 month, uint256 dayOfMonth) {
        unchecked {
            uint256 shifted = number + 719_468; // days since 0000-03-01
            uint256 era = shifted / 146_097; // 400 years
            uint256 ofEra = shifted % 146_097;
            uint256 yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365;
            uint256 ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
            uint256 marchMonth = (5 * ofYear + 2) / 153;
            dayOfMonth = ofYear - (153 * marchMonth + 2) / 5 + 1;
            month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
        }
    }

    function _number(uint256 year, uint256 month, uint256 dayOfMonth) private pure returns (uint256) {
        unchecked {
            uint256 marchYear = month <= 2 ? year - 1 : year;
            uint256 era = marchYear / 400;
            uint256 yearOfEra = marchYear - era * 400;
            uint256 ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + dayOfMonth - 1;
            return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468;
        }
    }

    function _lengthOf(uint256 year, uint256 month) private pure returns (uint256) {
        if (month == 2) return (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 29 : 28;
        return (month == 4 || month == 6 || month == 9 || month == 11) ? 30 : 31;
    }
}
