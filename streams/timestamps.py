"""RFC 3339 instants of a whole batch, parsed by one kernel.

The form is fixed: ``2025-03-01T10:11:12``, optionally a fraction of one to nine digits (what is finer than a
microsecond is cut off), then ``Z`` or ``+hh:mm``. ``T`` and ``Z`` may be small, as RFC 3339 allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

_LONGEST: Final = 35
"""Characters of ``2025-03-01T10:11:12.123456789+08:00``."""
_SHORTEST: Final = 20
"""Characters of ``2025-03-01T10:11:12Z``."""
_SECOND_US: Final = 1_000_000
_BAD: Final = -1
_BAD_OFFSET: Final = 10**9
"""No offset from UTC, in seconds, is as large."""


@njit(cache=True)
def _number(text: NDArray[np.uint8], at: int, digits: int) -> int:
    """The decimal number in ``digits`` characters from ``at``; -1 if one is not a digit."""
    value = 0
    for place in range(at, at + digits):
        digit = int(text[place]) - 48
        if digit < 0 or digit > 9:
            return _BAD
        value = value * 10 + digit
    return value


@njit(cache=True)
def _day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of the Gregorian calendar; -1 if there is no such date or it is older."""
    if year < 1970 or month < 1 or month > 12 or day < 1:
        return _BAD
    length = 31
    if month == 2:
        length = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    elif month in (4, 6, 9, 11):
        length = 30
    if day > length:
        return _BAD
    # Years that begin in March put the leap day last (civil-from-days arithmetic over eras of 400 years).
    shifted = year - 1 if month <= 2 else year
    era = shifted // 400
    of_era = shifted - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + day_of_year - 719_468


@njit(cache=True)
def _time_of_day(text: NDArray[np.uint8], at: int) -> int:
    """Seconds since midnight of ``hh:mm:ss`` at ``at``; -1 if it is not one."""
    hour, minute, second = _number(text, at, 2), _number(text, at + 3, 2), _number(text, at + 6, 2)
    if text[at + 2] != 58 or text[at + 5] != 58:  # colons
        return _BAD
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return _BAD
    return hour * 3600 + minute * 60 + second


@njit(cache=True)
def _utc_offset(text: NDArray[np.uint8], at: int, end: int) -> int:
    """Seconds that local time is ahead of UTC, from ``Z`` or ``+hh:mm`` filling ``at`` to ``end``."""
    if end - at == 1 and text[at] in (90, 122):  # Z z
        return 0
    if end - at != 6 or text[at] not in (43, 45) or text[at + 3] != 58:  # + - :
        return _BAD_OFFSET
    hour, minute = _number(text, at + 1, 2), _number(text, at + 4, 2)
    if hour < 0 or hour > 23 or minute < 0 or minute > 59:
        return _BAD_OFFSET
    seconds = hour * 3600 + minute * 60
    return seconds if text[at] == 43 else -seconds


@njit(cache=True)
def _fraction(text: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Microseconds of a fraction at ``at``, and where it ends (``at`` itself if there is none, -1 if it is bad)."""
    if text[at] != 46:  # point
        return 0, at
    stop = at + 1
    while stop < end and 48 <= text[stop] <= 57:
        stop += 1
    digits = stop - at - 1
    if digits < 1 or digits > 9:
        return 0, _BAD
    value = _number(text, at + 1, min(digits, 6))
    for _ in range(digits, 6):
        value *= 10
    return value, stop


@njit(cache=True)
def _instant(text: NDArray[np.uint8], at: int, end: int) -> int:
    """Microseconds since the Unix epoch of the instant that fills ``at`` to ``end``; -1 if it is not one."""
    if end - at < _SHORTEST or end - at > _LONGEST:
        return _BAD
    if text[at + 4] != 45 or text[at + 7] != 45 or text[at + 10] not in (84, 116):  # - - T t
        return _BAD
    day = _day_number(_number(text, at, 4), _number(text, at + 5, 2), _number(text, at + 8, 2))
    second = _time_of_day(text, at + 11)
    micros, stop = _fraction(text, at + 19, end)
    if day < 0 or second < 0 or stop < 0:
        return _BAD
    offset = _utc_offset(text, stop, end)
    if offset == _BAD_OFFSET:
        return _BAD
    instant = (day * 86_400 + second - offset) * _SECOND_US + micros
    return instant if instant >= 0 else _BAD


@njit(cache=True)
def _instants(text: NDArray[np.uint8], lengths: NDArray[np.int64], out: NDArray[np.int64]) -> None:
    at = 0
    for i in range(len(lengths)):
        out[i] = _instant(text, at, at + lengths[i])
        at += lengths[i]


def parse_instants(texts: Sequence[str]) -> NDArray[np.int64]:
    """Each text as microseconds since the Unix epoch; -1 where it is no RFC 3339 instant with offset since 1970."""
    out = np.empty(len(texts), np.int64)
    # One byte a character: whatever is not ASCII becomes a question mark, which no instant contains.
    joined = np.frombuffer("".join(texts).encode("ascii", "replace"), np.uint8)
    _instants(joined, np.fromiter(map(len, texts), np.int64, len(texts)), out)
    return out
