"""What reaches a level that is near at a look; the row must have ``rising_columns`` beside what the policies read."""

from __future__ import annotations

from collections.abc import Iterable

from agents.policy.schemes import Level, Scheme
from agents.whatnext.later import Deposit, Lead, check_on
from agents.whatnext.needs import NEVER, needs
from streams.rows import Rows, Vocabulary


def rising_columns(schemes: Iterable[Scheme]) -> tuple[str, ...]:
    """The columns that ``rising_amount`` reads of a row besides the policies' own, each once."""
    leads = [lead for scheme in schemes for level in scheme.levels if (lead := _lead(scheme, level)) is not None]
    return tuple(dict.fromkeys(name for lead in leads for name in lead.columns))


def rising_amount(
    scheme: Scheme, level: Level, rows: Rows, row: int, vocabulary: Vocabulary, as_of: int, first: int
) -> Deposit | None:
    """The least that, deposited on day ``first`` and kept, lets into the level: of a balance at the next check, of an average
    at the first check from the scheme's ``near.days`` after the look of day ``as_of`` on.

    The amount is 0 where the average gets there by itself. None if no deposit leads there, or an anniversary is what lets in.
    """
    lead = _lead(scheme, level)
    reached = None if lead is None else check_on(lead.check, as_of + lead.count if lead.averages else first)
    if lead is None or reached is None:
        return None
    later = lead.row(rows, row, as_of, reached)
    least = needs(level.enter.node, later, vocabulary, first, unknown_holds=False)
    if least is None or least[0] >= NEVER:
        return None
    return Deposit(max(least[0], 0), first if lead.averages else reached, reached)


def _lead(scheme: Scheme, level: Level) -> Lead | None:
    """From a look at which a customer is near the level to the check that the alert speaks of; None where it tells of nobody,
    and of flows, which the next check may find raised or gone."""
    near = scheme.table.near
    lead = None if near is None else Lead.of(scheme.table.rising.check, near.days, "d", level.enter.node)
    return None if lead is None or lead.flows else lead
