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
from agents.tiers.outcome import AHEAD_MAX
from streams.decider import NO_DEADLINE, Look
from streams.rows import LookKind

_MONTHS: Final[Mapping[LookKind, int]] = {
    LookKind.MONTH_CLOSE: 1,
    LookKind.QUARTER_CLOSE: 3,
    LookKind.YEAR_CLOSE: MONTHS_IN_A_YEAR,
}


def items_deadline(rule: Rule, turn: Turn, duties: Duties) -> int:
    """The next day whose close must look at a customer's items again; none where there are none."""
    if rule.each is None or rule.each == "account":
        return NO_DEADLINE
    items = items_of(rule.each, turn.profile, duties, turn.look.as_of)
    entries = turn.entries(rule.name)
    following = next_close(rule.check, turn.look)
    due = rule.signal.due_on
    if due is None or columns_of(due.node):
        return following if items or entries else NO_DEADLINE
    if any(kept.since is not None for kept in entries.values()):
        return following
    lead, first = rule.signal.table.lead_days or 0, NO_DEADLINE
    for item in items:
        day = item_row(turn, item).value(due.node)
        if day is not None and day >= turn.look.as_of:
            first = min(first, max(int(day) - lead, following))
    return first


def next_close(check: LookKind, look: Look) -> int:
    """The first day after a look whose close is of kind ``check``; an event may be ahead of closes still to come."""
    day = look.as_of - AHEAD_MAX if look.kind == LookKind.EVENT else look.as_of + 1
    if check not in _MONTHS:
        return day
    date, months = date_of(day), _MONTHS[check]
    month = ((date.month - 1) // months + 1) * months
    year, following = (date.year + 1, 1) if month == MONTHS_IN_A_YEAR else (date.year, month + 1)
    return day_number(dt.date(year, following, 1)) - 1
