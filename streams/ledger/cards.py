"""Cards: their use by calendar month, and day by day where a close may look back past the newest day."""

from __future__ import annotations

from streams.ledger.arrays import Ints
from streams.ledger.compiled import kernel
from streams.ledger.knots import month_of
from streams.ledger.layout import (
    CARD_DAY,
    CARD_DAY_SPEND,
    CARD_DAY_USES,
    CARD_MONTHS,
    CARD_SPEND_BY_MONTH,
    CARD_USES_BY_MONTH,
    NONE,
)

CARD_WINDOW = 6
"""Calendar months of card use that are asked for."""


@kernel
def note_card(account: Ints, day: int, uses: int, spend: int, months: Ints) -> None:
    """Count a purchase with the card, or with -1 uses take it back, in its month and among the two newest days."""
    newest = account[CARD_DAY]
    if day > newest:
        _next_card_day(account, day, day == newest + 1)
        moved = month_of(months, day) - month_of(months, newest) if newest != NONE else CARD_MONTHS
        _move_months(account, CARD_USES_BY_MONTH, moved)
        _move_months(account, CARD_SPEND_BY_MONTH, moved)
    back = account[CARD_DAY] - day
    if back <= 1:
        account[CARD_DAY_USES + back] += uses
        account[CARD_DAY_SPEND + back] += spend
    month = month_of(months, account[CARD_DAY]) - month_of(months, day)
    if month < CARD_MONTHS:
        account[CARD_USES_BY_MONTH + month] += uses
        account[CARD_SPEND_BY_MONTH + month] += spend


@kernel
def _next_card_day(account: Ints, day: int, follows: int) -> None:
    account[CARD_DAY] = day
    for column in (CARD_DAY_USES, CARD_DAY_SPEND):
        account[column + 1] = account[column] if follows else 0
        account[column] = 0


@kernel
def _move_months(account: Ints, column: int, moved: int) -> None:
    """Make room for ``moved`` newer months."""
    for month in range(CARD_MONTHS - 1, -1, -1):
        account[column + month] = account[column + month - moved] if month >= moved else 0


@kernel
def card_at(account: Ints, by_day: int, by_month: int, as_of: int, month: int, months: Ints) -> int:
    """Uses or spend of the card in the 6 months up to ``as_of``, a day of calendar month ``month``."""
    if account[CARD_DAY] == NONE:
        return 0
    newest = month_of(months, account[CARD_DAY])
    total = 0
    for back in range(CARD_MONTHS):
        if month - CARD_WINDOW < newest - back <= month:
            total += account[by_month + back]
    for back in range(2):
        day = account[CARD_DAY] - back
        if day > as_of and month_of(months, day) <= month:
            total -= account[by_day + back]
    return int(total)
