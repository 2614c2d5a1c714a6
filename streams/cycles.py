"""Cycles of purchases: on which days a customer bought something of a category, and for how much.

Kept only where the policies ask for cycles, from then on. Only closes read them, so that a batch may take over all its purchases
before its looks are decided.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from schemas.limits import CLASS_BALANCE_MAX
from schemas.state import Profile
from schemas.transactions import KINDS
from streams.columns import Events
from streams.ledger.ledger import Ledger
from streams.rows import UNKNOWN, LookKind

DAYS_KEPT: Final = 8
"""Days of purchase kept of a category: seven gaps tell a rhythm, and older habits should not."""

CATEGORIES_KEPT: Final = 12
"""Categories kept of a customer, the latest bought: a record stays small however a till names things."""

CATEGORY_LENGTH_MAX: Final = 64
"""Longest category followed, in characters: what is longer is a description, and no rhythm will show in it."""

_PURCHASE: Final = KINDS.index("purchase")
_EVENT_FLAG: Final = np.uint8(1 << LookKind.EVENT)


def follow(ledger: Ledger, events: Events) -> None:
    """Take the purchases among ``events`` over into the profiles of their customers, in order."""
    bought = np.flatnonzero((events.kind == _PURCHASE) & events.measured).tolist()
    bought = [index for index in bought if 0 < len(events.categories[index] or "") <= CATEGORY_LENGTH_MAX]
    if not bought:
        return
    slots = ledger.slots([events.customers[index] for index in bought])
    for index, slot in zip(bought, slots.tolist(), strict=True):
        day, taken_back = int(events.day[index]), int(events.reverses_day[index])
        reversal = taken_back != UNKNOWN
        if reversal:
            day = min(day, taken_back)
        spend = -int(events.amount[index])
        if take(ledger.profile(slot), str(events.categories[index]), day, spend, reversal=reversal):
            ledger.touch_profile(slot)
            ledger.settled_flags[slot] &= _EVENT_FLAG  # event looks read no cycles, so they stay settled


def take(profile: Profile, category: str, day: int, spend: int, *, reversal: bool = False) -> bool:
    """A purchase for ``spend`` minor units, or the reversal of one (negative) of ``day``; whether anything changed.

    A refund that names no purchase is none. A day on which nothing is left is no day of purchase.
    """
    cycles = profile.cycles
    days = cycles.get(category, {})
    if (spend >= 0) if reversal else (spend <= 0):
        return False
    if reversal and day not in days:
        return False
    days[day] = min(days.get(day, 0) + spend, CLASS_BALANCE_MAX)
    if days[day] <= 0:
        del days[day]
    if len(days) > DAYS_KEPT:
        del days[min(days)]
    cycles[category] = days
    if not days:
        del cycles[category]
    elif len(cycles) > CATEGORIES_KEPT:
        del cycles[min(cycles, key=lambda name: (max(cycles[name]), name))]
    return True
