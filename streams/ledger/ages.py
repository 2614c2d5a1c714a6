"""Whole years and months between two day numbers, in kernels: births lie before the tables of the business calendar."""

from __future__ import annotations

from streams.ledger.compiled import kernel
from streams.ledger.layout import NONE

# The civil calendar repeats every 400 years of 146,097 days; counted from 1 March of year 0, leap days come last.
_ERA = 146_097
_MARCH_OF_YEAR_0 = 719_468


@kernel
def civil(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day number."""
    since = day + _MARCH_OF_YEAR_0
    era = since // _ERA
    of_era = since - era * _ERA
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    of_month = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return year + era * 400 + (1 if month <= 2 else 0), month, of_month


@kernel
def years_between(birth: int, as_of: int) -> int:
    """Birthdays from ``birth`` to ``as_of``, that day included; 29 February is kept on the 28th in common years.

    ``NONE`` where the birth is not known or yet to come.
    """
    if birth == NONE or birth > as_of:
        return NONE
    year, month, day = civil(birth)
    this_year, this_month, today = civil(as_of)
    if month == 2 and day == 29 and not (this_year % 4 == 0 and (this_year % 100 != 0 or this_year % 400 == 0)):
        day = 28
    before = this_month < month or (this_month == month and today < day)
    return int(this_year - year - (1 if before else 0))


@kernel
def months_between(since: int, as_of: int) -> int:
    """Whole calendar months from ``since`` to ``as_of``, whole on a shorter month's last day; ``NONE`` if yet to come."""
    if since == NONE or since > as_of:
        return NONE
    year, month, day = civil(since)
    this_year, this_month, today = civil(as_of)
    whole = today >= day or civil(as_of + 1)[2] == 1
    return int((this_year - year) * 12 + this_month - month - (0 if whole else 1))
