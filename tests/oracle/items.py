"""What a signal may be meant for each of, besides accounts: dates in the family, contact duties, cycles of purchases.

Readings of the names' descriptions:

* A purchase is a measured debit of kind ``purchase`` whose category has at most 64 characters; a reversal of that kind takes
  it back out of the day that it names, or out of its own, if it names a later one. What is left of a day goes no lower than nothing.
* After each purchase the latest eight days of its category stay, and the twelve categories bought last (of two on one day that with
  the later name): what went is not counted again. Days after the as-of day are none yet, though they have their place.
* The median of an even number of gaps is the lower of the two in the middle.
* A contact counts for the calendar month of its day from when it was told, also ahead of that day. Nobody is told of contacts two
  months ahead of a close here.
* A level that a customer holds owes what the scheme's file says of it now; to be out of scope owes nothing. Where two ask for as much of
  a role, the scheme whose name comes first asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from statistics import median_low

from tests.oracle.accounts import Booking
from tests.oracle.conditions import Value
from tests.oracle.days import anniversary, date_of
from tests.oracle.names import MINOR_DIGITS
from tests.oracle.talks import Talks

CATEGORY_LENGTH_MAX = 64
DAYS_OF_A_CATEGORY = 8
CATEGORIES = 12
DAYS_OF_A_RHYTHM = 3

Item = tuple[str, dict[str, Value]]
"""A name, and what conditions read of it."""


def relatives(dates: Mapping[str, dt.date], today: dt.date) -> list[Item]:
    """The dates in the family, by name."""
    following = {name: date if date >= today else anniversary(date, today) for name, date in sorted(dates.items())}
    return [(name, {"relative_name": name, "relative_next_on": date}) for name, date in following.items()]


def duties(
    owed: Mapping[str, Mapping[str, Mapping[str, int]]], levels: Mapping[str, str | None], talks: Talks, today: dt.date
) -> list[Item]:
    """What each role owes by the levels held, the most of any scheme; ``owed`` is by scheme, level and role."""
    asked = sorted(
        (role, -count, scheme, level)
        for scheme, level in levels.items()
        if level is not None
        for role, count in owed.get(scheme, {}).get(level, {}).items()
    )
    most = {role: (-less, scheme, level) for role, less, scheme, level in reversed(asked)}
    return [
        (role, _duty(role, count, talks.contacts(role, today)) | {"duty_scheme": scheme, "duty_level": level})
        for role, (count, scheme, level) in sorted(most.items())
    ]


def _duty(role: str, required: int, done: int) -> dict[str, Value]:
    missing = required - done if done < required else 0
    counts = {"duty_required": required, "duty_done": done, "duty_missing": missing}
    return {"duty_role": role} | {name: Fraction(count) for name, count in counts.items()}


def cycles(bookings: Iterable[Booking], as_of: int) -> list[Item]:
    """The categories bought, by name."""
    bought = {
        category: {day: spent for day, spent in days.items() if day <= as_of}
        for category, days in sorted(purchases(bookings).items())
    }
    return [(category, _cycle(category, days)) for category, days in bought.items() if days]


def purchases(bookings: Iterable[Booking]) -> dict[str, dict[int, int]]:
    """What was spent on which day, by category."""
    bought: dict[str, dict[int, int]] = {}
    for booking in bookings:
        category = booking.category or ""
        if booking.kind != "purchase" or not 0 < len(category) <= CATEGORY_LENGTH_MAX:
            continue
        days = bought.get(category, {})
        if booking.reverses_day is None and booking.amount < 0:
            days = days | {booking.day: days.get(booking.day, 0) - booking.amount}
        elif booking.reverses_day is not None and booking.amount > 0:
            day = min(booking.reverses_day, booking.day)
            days = days | {day: max(0, days.get(day, 0) - booking.amount)}
        left = sorted((day, spent) for day, spent in days.items() if spent > 0)
        bought[category] = dict(left[-DAYS_OF_A_CATEGORY:])
        latest = sorted((max(known), name) for name, known in bought.items() if known)
        bought = {name: bought[name] for _, name in latest[-CATEGORIES:]}
    return bought


def _cycle(category: str, days: Mapping[int, int]) -> dict[str, Value]:
    first, last = min(days), max(days)
    told: dict[str, Value] = {
        "cycle_category": category,
        "cycle_count": Fraction(len(days)),
        "cycle_gap_days": None,
        "cycle_last_on": date_of(last),
        "cycle_next_on": None,
        "cycle_weekly_spend": None,
    }
    if len(days) < DAYS_OF_A_RHYTHM:
        return told
    gap = median_low([later - day for day, later in pairwise(sorted(days))])
    spent = sum(days.values()) - days[first]
    return told | {
        "cycle_gap_days": Fraction(gap),
        "cycle_next_on": date_of(last + gap),
        "cycle_weekly_spend": Fraction(7 * spent, (last - first) * 10**MINOR_DIGITS),
    }
