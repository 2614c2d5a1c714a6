"""What saves a level whose grace begins at a look; the row must have ``saving_columns`` beside what the policies read."""

from __future__ import annotations

from collections.abc import Iterable

from agents.days import one_months_after
from agents.policy.schemes import Level, Scheme
from agents.whatnext.later import Deposit, Lead, check_on
from agents.whatnext.needs import ALWAYS, NEVER, needs
from streams.rows import Rows, Vocabulary


def saving_columns(schemes: Iterable[Scheme]) -> tuple[str, ...]:
    """The columns that ``saving_amount`` reads of a row besides the policies' own, each once.

    For each level with grace that averages keep: the balances behind them, and their areas as of the end of a grace that
    begins at the look.
    """
    leads = [_lead(scheme, level) for scheme in schemes for level in scheme.levels]
    return tuple(dict.fromkeys(name for lead in leads for name in lead.columns))


def saving_amount(
    scheme: Scheme, level: Level, rows: Rows, row: int, vocabulary: Vocabulary, as_of: int, days: range, falls_on: int
) -> Deposit | None:
    """The least that, deposited on whichever of ``days`` and kept, makes the level hold at the check that ends its grace.

    ``falls_on`` is the end of a grace that begins at this very look, of day ``as_of``. The amount is 0 where the average
    recovers by itself. None if money alone does not save the level, what comes in on the first of ``days`` counts no more by
    then, or the row cannot tell: a grace that began earlier, an anniversary.
    """
    ends, lead = due_on(scheme, falls_on), _lead(scheme, level)
    if ends is None or ((lead.averages or lead.flows) and not _tells(scheme, lead, rows, as_of, falls_on)):
        return None
    later = lead.row(rows, row, as_of, ends)
    # Of a balance the day does not matter, and what comes in counts from the first day of its window on.
    ways = [least_to_keep(level, later, vocabulary, day) for day in (days if lead.averages else days[:1])]
    amounts = [NEVER if way is None else way[0] for way in ways]
    if max(amounts) in (ALWAYS, NEVER):
        return None
    return Deposit(max(*amounts, 0), days[-1] if lead.averages else ends, ends)


def least_to_keep(level: Level, rows: Rows, vocabulary: Vocabulary, first: int) -> list[int] | None:
    """By row the smallest change of balances from day ``first`` on with which ``stay`` or ``enter`` keeps the level."""
    ways = [
        needs(level.stay.node, rows, vocabulary, first, unknown_holds=True),
        needs(level.enter.node, rows, vocabulary, first, unknown_holds=False),
    ]
    known = [way for way in ways if way is not None]
    return [min(row) for row in zip(*known, strict=True)] if known and ways[0] is not None else None


def due_on(scheme: Scheme, day: int) -> int | None:
    """The first close from ``day`` on that makes the scheme's downgrade check; None of anniversaries."""
    return check_on(scheme.table.falling.check, day)


def _lead(scheme: Scheme, level: Level) -> Lead:
    """From a look at which a grace begins to the check that ends it."""
    falling = scheme.table.falling
    count, unit = (falling.grace_months, "m") if falling.grace_months else (falling.grace_days or 0, "d")
    return Lead.of(falling.check, count, unit, level.stay.node, level.enter.node)


def _tells(scheme: Scheme, lead: Lead, rows: Rows, as_of: int, falls_on: int) -> bool:
    """Whether the grace began at the look of day ``as_of``, and its row has what is to be known of its end."""
    falling = scheme.table.falling
    if falling.grace_months:
        begins_now = one_months_after(as_of, falling.grace_months) == falls_on
    else:
        begins_now = falling.grace_days is not None and as_of + falling.grace_days == falls_on
    return begins_now and set(lead.columns) <= set(rows.names)
