"""The next close at which an item may begin or end a signal by itself: no event tells of it, so it is a deadline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from agents.days import MONTHS_IN_A_YEAR, date_of, day_number
from agents.policy.nodes import columns_of
from agents.signals.items import Duties, items_of
from agents.signals.rules import Rule
from agents.signals.subjects import item_row
from agents.signals.turn import Turn
from streams.decider import NO_DEADLINE, Look
from streams.rows import LookKind

_MONTHS: Final[Mapping[LookKind, int]] = {
    LookKind.MONTH_CLOSE: 1,
    LookKind.QUARTER_CLOSE: 3,
    LookKind.YEAR_CLOSE: MONTHS_IN_A_YEAR,
}


def has_items(rule: Rule, turn: Turn, duties: Duties) -> bool:
    """Whether a customer has any items of a signal, or had when it was raised."""
    profile = turn.profile
    match rule.each:
        case "relative":
            found = bool(profile.family_dates)
        case "cycle":
            found = bool(profile.cycles)
        case _:
            found = any(place.level in duties.get(scheme, ()) for scheme, place in profile.standings.items())
    return found or rule.name in profile.signals


def items_deadline(rule: Rule, turn: Turn, duties: Duties) -> int | None:
    """The next day whose close must look at a customer's items again; None: the next close that may decide them.

    At a close that may decide them.
    """
    if not has_items(rule, turn, duties):
        return NO_DEADLINE
    due = rule.signal.due_on
    if due is None or columns_of(due.node) or rule.name in turn.profile.signals:
        return None
    lead, first = rule.signal.table.lead_days or 0, NO_DEADLINE
    following = next_close(rule.check, turn.look)
    for item in items_of(rule.each or "", turn.profile, duties, turn.look.as_of):
        day = item_row(turn, item).value(due.node)
        if day is not None and day >= turn.look.as_of:
            first = min(first, max(int(day) - lead, following))
    return first


def next_close(check: LookKind, look: Look) -> int:
    """The first day after a close whose own close is of kind ``check``."""
    day = look.as_of + 1
    if check not in _MONTHS:
        return day
    date, months = date_of(day), _MONTHS[check]
    month = ((date.month - 1) // months + 1) * months
    year, following = (date.year + 1, 1) if month == MONTHS_IN_A_YEAR else (date.year, month + 1)
    return day_number(dt.date(year, following, 1)) - 1
