"""The items that a signal may be meant for each of, from a customer's profile: dates in the family, contact duties, cycles of
purchases. Plain and exact: they are read at closes, and only of customers who have any.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Final

from agents.days import anniversary_from
from schemas.state import Profile
from streams.calendar import month_of

Value = str | int | Fraction | None
"""Text, a count, a day number, money in minor units (a fraction where it is a quotient); None is unknown."""
Item = dict[str, Value]
"""The names of ``schemas.occasion_names`` of one item, all of them."""
Duties = Mapping[str, Mapping[str, Mapping[str, int]]]
"""``contacts_per_month`` (role to count) by scheme and level."""

DAYS_OF_A_CYCLE: Final = 3
"""Purchases on fewer days have no rhythm: one gap is none."""
_WEEK: Final = 7


def items_of(each: str, profile: Profile, duties: Duties, as_of: int) -> list[Item]:
    """The customer's items of one kind (``relative``, ``duty`` or ``cycle``) as of a day, by name."""
    match each:
        case "relative":
            return [_relative(name, day, as_of) for name, day in sorted(profile.family_dates.items())]
        case "duty":
            return _duties(profile, duties, as_of)
        case "cycle":
            days = {
                category: {day: spend for day, spend in spends.items() if day <= as_of}
                for category, spends in sorted(profile.cycles.items())
            }
            return [_cycle(category, spends) for category, spends in days.items() if spends]
    msg = f"there are no items {each!r}"
    raise ValueError(msg)


def _relative(name: str, day: int, as_of: int) -> Item:
    return {"relative_name": name, "relative_next_on": day if day >= as_of else anniversary_from(day, as_of)}


def _duties(profile: Profile, duties: Duties, as_of: int) -> list[Item]:
    """What each role owes by the levels at which the customer stands, the most of any scheme."""
    owed: dict[str, tuple[int, str, str]] = {}
    for scheme, standing in sorted(profile.standings.items()):
        level = standing.level or ""
        for role, count in duties.get(scheme, {}).get(level, {}).items():
            if role not in owed or count > owed[role][0]:
                owed[role] = (count, scheme, level)
    month = month_of(as_of)
    return [
        {
            "duty_role": role,
            "duty_required": count,
            "duty_done": (done := profile.contacts.get(role, {}).get(month, 0)),
            "duty_missing": max(0, count - done),
            "duty_scheme": scheme,
            "duty_level": level,
        }
        for role, (count, scheme, level) in sorted(owed.items())
    ]


def _cycle(category: str, spends: Mapping[int, int]) -> Item:
    days = sorted(spends)
    gap = weekly = None
    if len(days) >= DAYS_OF_A_CYCLE:
        gaps = sorted(later - day for day, later in pairwise(days))
        gap = gaps[(len(gaps) - 1) // 2]
        weekly = Fraction(sum(spends[day] for day in days[1:]) * _WEEK, days[-1] - days[0])
    return {
        "cycle_category": category,
        "cycle_count": len(days),
        "cycle_gap_days": gap,
        "cycle_last_on": days[-1],
        "cycle_next_on": None if gap is None else days[-1] + gap,
        "cycle_weekly_spend": weekly,
    }
