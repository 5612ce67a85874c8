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
            (uint256 month, uint256 dayOfMonth) = monthOf(from);
            return inMonth(month + months, dayOfMonth);
        }
    }

    /// @return month      the month a day is in, counted from January of the year 0.
    /// @return dayOfMonth from 1 on.
    function monthOf(uint256 number) internal pure returns (uint256 month, uint256 dayOfMonth) {
        uint256 year;
        (year, month, dayOfMonth) = _date(number);
        unchecked {
            month = year * 12 + month - 1;
        }
    }

    /// @notice The day of a month as `monthOf` counts them, clipped to the end of that month; 0 before 1970.
    function inMonth(uint256 month, uint256 dayOfMonth) internal pure returns (uint256) {
        if (month < 1970 * 12) return 0;
        unchecked {
            uint256 year = month / 12;
            month = month % 12 + 1;
            uint256 last = _lengthOf(year, month);
            return _number(year, month, dayOfMonth < last ? dayOfMonth : last);
        }
    }

    /// @notice How many of the days before this one, since 1970, are days of leap years.
    function leapYearDaysBefore(uint256 number) internal pure returns (uint256) {
        unchecked {
            (uint256 year,,) = _date(number);
            uint256 last = year - 1;
            uint256 leapYears = last / 4 - last / 100 + last / 400 - 477; // 477 of them before 1970
            return leapYears * 366 + (_isLeap(year) ? number - _number(year, 1, 1) : 0);
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
        if (month == 2) return _isLeap(year) ? 29 : 28;
        return (month == 4 || month == 6 || month == 9 || month == 11) ? 30 : 31;
    }

    function _isLeap(uint256 year) private pure returns (bool) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }
}
