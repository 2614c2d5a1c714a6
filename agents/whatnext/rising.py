"""What reaches a level that is near at a look; the row must have ``rising_columns`` beside what the policies read."""

from __future__ import annotations

from collections.abc import Iterable

from agents.policy.schemes import Level, Scheme
from agents.whatnext.later import Deposit, ahead_columns, averages, check_on, row_later, suffix
from agents.whatnext.needs import NEVER, needs
from streams.rows import Rows, Vocabulary


def rising_columns(schemes: Iterable[Scheme]) -> tuple[str, ...]:
    """The columns that ``rising_amount`` reads of a row besides the policies' own, each once."""
    near = [(scheme, level) for scheme in schemes if scheme.table.near is not None for level in scheme.levels]
    return tuple(dict.fromkeys(name for scheme, level in near for name in _read(scheme, level)))


def rising_amount(
    scheme: Scheme, level: Level, rows: Rows, row: int, vocabulary: Vocabulary, as_of: int, first: int
) -> Deposit | None:
    """The least that, deposited on day ``first`` and kept, lets into the level: of a balance at the next check, of an average
    at the first check from the scheme's ``near.days`` after the look of day ``as_of`` on.

    The amount is 0 where the average gets there by itself. None if no deposit leads there, or an anniversary is what lets in.
    """
    near, check = scheme.table.near, scheme.table.rising.check
    read = averages(level.enter.node)
    reached = None if near is None else check_on(check, as_of + near.days if read else first)
    if reached is None:
        return None
    later = row_later(rows, row, read, _suffix(scheme), as_of, reached)
    least = needs(level.enter.node, later, vocabulary, first, unknown_holds=False)
    if least is None or least[0] >= NEVER:
        return None
    return Deposit(max(least[0], 0), first if read else reached, reached)


def _suffix(scheme: Scheme) -> str | None:
    near = scheme.table.near
    return None if near is None else suffix(near.days, "d", scheme.table.rising.check)


def _read(scheme: Scheme, level: Level) -> list[str]:
    return ahead_columns(averages(level.enter.node), _suffix(scheme))
