"""What saves a level whose grace begins at a look; the row must have ``saving_columns`` beside what the policies read."""

from __future__ import annotations

from collections.abc import Iterable

from agents.days import one_months_after
from agents.policy.nodes import Column
from agents.policy.schemes import Level, Scheme
from agents.whatnext.later import Deposit, ahead_columns, averages, check_on, row_later, suffix
from agents.whatnext.needs import ALWAYS, NEVER, needs
from streams.rows import Rows, Vocabulary


def saving_columns(schemes: Iterable[Scheme]) -> tuple[str, ...]:
    """The columns that ``saving_amount`` reads of a row besides the policies' own, each once.

    For each level with grace that averages keep: the balances behind them, and their areas as of the end of a grace that
    begins at the look.
    """
    return tuple(dict.fromkeys(name for scheme in schemes for level in scheme.levels for name in _read(scheme, level)))


def saving_amount(
    scheme: Scheme, level: Level, rows: Rows, row: int, vocabulary: Vocabulary, as_of: int, first: int, falls_on: int
) -> Deposit | None:
    """The least that, deposited on day ``first`` and kept, makes the level hold at the check that ends its grace.

    ``falls_on`` is the end of a grace that begins at this very look, of day ``as_of``. The amount is 0 where the average
    recovers by itself. None if money alone does not save the level, or the row cannot tell: a grace that began earlier, an
    anniversary.
    """
    ends = due_on(scheme, falls_on)
    averaged = _averages(level)
    if ends is None or (averaged and not _tells(scheme, level, rows, as_of, falls_on)):
        return None
    later = row_later(rows, row, averaged, _suffix(scheme), as_of, ends)
    least = least_to_keep(level, later, vocabulary, first)
    if least is None or least[0] in (ALWAYS, NEVER):
        return None
    return Deposit(max(least[0], 0), first if averaged else ends, ends)


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


def _suffix(scheme: Scheme) -> str | None:
    """How far ahead of the look at which a grace begins the windows end that decide at its end; None without grace."""
    falling = scheme.table.falling
    count, unit = (falling.grace_months, "m") if falling.grace_months else (falling.grace_days or 0, "d")
    return suffix(count, unit, falling.check)


def _averages(level: Level) -> list[Column]:
    return averages(level.stay.node, level.enter.node)


def _read(scheme: Scheme, level: Level) -> list[str]:
    return ahead_columns(_averages(level), _suffix(scheme))


def _tells(scheme: Scheme, level: Level, rows: Rows, as_of: int, falls_on: int) -> bool:
    falling = scheme.table.falling
    if falling.grace_months:
        begins_now = one_months_after(as_of, falling.grace_months) == falls_on
    else:
        begins_now = falling.grace_days is not None and as_of + falling.grace_days == falls_on
    return begins_now and set(_read(scheme, level)) <= set(rows.names)
