"""One customer on the days to come, as the measures will be at their closes if nothing happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agents.policy.compiled import mask_bits
from agents.policy.decider import CompiledPolicies
from agents.whatnext.rows import joined
from streams.calendar import BusinessCalendar
from streams.ledger.ledger import Ledger
from streams.rows import UNKNOWN, LookKind, Rows, Wanted

HORIZON_DAYS: Final = 400
"""How far ahead is looked: by then every window has passed, and every yearly check was made once."""
BALANCES: Final = ("aum", "deposits")
"""What a deposit raises, which rows ahead have whether policies read it or not."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """Row ``i`` is the close of day ``first + i``, of that kind and with these truths.

    ``event_day`` is the latest day as of which an event of the customer was evaluated, None if none.
    """

    first: int
    rows: Rows
    kinds: Sequence[LookKind]
    bits: Sequence[int]
    event_day: int | None


def horizon(
    ledger: Ledger,
    slot: int,
    calendar: BusinessCalendar,
    policies: CompiledPolicies,
    first: int,
    days: int = HORIZON_DAYS,
) -> Horizon:
    """The closes of a cached customer from day ``first`` on to ``days`` later, or to the end of the calendar."""
    slots = np.array([slot], np.int64)
    wanted = Wanted(tuple(dict.fromkeys([*policies.columns, *BALANCES])), policies.account_columns)
    last = min(first + days, calendar.last_day)
    rows = joined([ledger.rows(slots, day, wanted=wanted) for day in range(first, last + 1)])
    seen = int(ledger.event_day[slot])
    return Horizon(
        first=first,
        rows=rows,
        kinds=[calendar.close_kind(day) for day in range(first, last + 1)],
        bits=[mask_bits(mask) for mask in policies.masks(rows)],
        event_day=None if seen == UNKNOWN else seen,
    )
