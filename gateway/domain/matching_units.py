"""Units of measure: when two spellings count the same thing.

Documents write UN/ECE Recommendation 20 codes, older codes and words. Only spellings of one and the same unit
are alike here; nothing is converted: 1 tonne and 1,000 kilograms are different units.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_SPELLINGS = {
    # One piece each: Recommendation 20 has three codes for it, and withdrew a fourth.
    "C62": ("C62", "EA", "H87", "PCE", "NAR", "EACH", "PC", "PCS", "PIECE", "PIECES", "UNIT", "UNITS"),
    "KGM": ("KGM", "KG", "KGS", "KILO", "KILOGRAM", "KILOGRAMS", "KILOGRAMME", "公斤", "千克"),
    "GRM": ("GRM", "G", "GRAM", "GRAMS", "克"),
    "TNE": ("TNE", "TONNE", "TONNES", "吨"),
    "MTR": ("MTR", "M", "METRE", "METRES", "METER", "METERS", "米"),
    "CMT": ("CMT", "CM", "厘米"),
    "MMT": ("MMT", "MM", "毫米"),
    "KMT": ("KMT", "KM", "公里"),
    "MTK": ("MTK", "M2", "SQM", "平方米"),
    "MTQ": ("MTQ", "M3", "CBM", "立方米"),
    "LTR": ("LTR", "L", "LITRE", "LITRES", "LITER", "LITERS", "升"),
    "MLT": ("MLT", "ML", "毫升"),
    "HUR": ("HUR", "HR", "HRS", "HOUR", "HOURS", "小时"),
    "DAY": ("DAY", "DAYS", "天"),
    "MON": ("MON", "MONTH", "MONTHS"),
    "KWH": ("KWH",),
    "PR": ("PR", "PAIR", "PAIRS", "双"),
    "SET": ("SET", "SETS", "套"),
    "DZN": ("DZN", "DOZEN", "打"),
}  # fmt: skip
_UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}


@lru_cache(maxsize=4096)
def unit_of(text: str) -> str:
    """The unit a spelling stands for; one we do not know stands for itself, in upper case."""
    spelling = unicodedata.normalize("NFKC", text).upper().strip()
    return _UNITS.get(spelling, spelling)


def units_differ(one: str, other: str) -> bool:
    """Whether two lines both name a unit, and not the same one."""
    return bool(one and other) and unit_of(one) != unit_of(other)
