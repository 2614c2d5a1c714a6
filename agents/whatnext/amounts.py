"""The deposit that reaches the level above, and the balance that keeps the one held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from agents.days import anniversary_from
from agents.policy.compiled import CompiledScheme
from agents.policy.distance import Distance, missing
from agents.policy.exact import ExactRow
from agents.policy.nodes import Node, columns_of
from agents.policy.schemes import Level
from agents.tiers import ANNIVERSARY, Check, TierScheme
from agents.whatnext.horizon import BALANCES, Horizon
from agents.whatnext.later import Deposit
from agents.whatnext.needs import ALWAYS, NEVER, needs, raised
from agents.whatnext.rows import picked
from agents.whatnext.saving import least_to_keep
from schemas.state import Standing
from streams.rows import LookKind, Vocabulary

SENSIBLE_TIMES: Final = 10
"""A deposit for the next check is not told where it is more than so many times what is enough for a later one: on the last day of a
90-day average it would be ninety times."""


@dataclass(frozen=True, slots=True)
class Keep:
    """The least balance of ``measure``, in minor units, that keeps the level when it is held from tomorrow on."""

    measure: str
    amount: int


@dataclass(frozen=True, slots=True)
class Threat:
    """The close of ``day`` takes the level unless its measures are higher then by what is ``missing`` (None: money alone does
    not save it)."""

    day: int
    missing: tuple[Distance, ...] | None


def reach(compiled: CompiledScheme, ahead: Horizon, standing: Standing, vocabulary: Vocabulary) -> tuple[Deposit, ...]:
    """What to deposit on the horizon's first day so that the level above is entered: the least, and more than it for the next check
    where that is not beyond all sense.

    None at all where it is entered by itself at the next check, or money alone does not lead there; none that counts only when it is entered
    by itself anyway.
    """
    tiers, level = compiled.tiers, level_above(compiled, standing.level)
    if level is None or not isinstance(tiers, TierScheme):
        return ()
    checks = [place for place in _checks(tiers.upgrade_check, ahead, standing) if _in_scope(tiers, ahead.bits[place])]
    found = None
    if checks:
        rows = picked(ahead.rows, checks)
        found = needs(level.enter.node, rows, vocabulary, ahead.first, unknown_holds=False)
    if not found or found[0] <= 0:
        return ()
    found = list(takewhile(lambda amount: amount > 0, found))
    least = found.index(min(found))
    beyond_sense = SENSIBLE_TIMES * found[least] < found[0]
    pairs = dict.fromkeys([least] if beyond_sense else [least, 0])
    averaged = reads_averages(level.enter.node)
    days = [ahead.first + place for place in checks]
    return tuple(
        Deposit(found[place], ahead.first if averaged else days[place], days[place])
        for place in pairs
        if found[place] < NEVER
    )


def keep(compiled: CompiledScheme, ahead: Horizon, standing: Standing, vocabulary: Vocabulary) -> Keep | None:
    """The balance that keeps the level held at every check to come; of a level in grace or hold, at those after it.

    None at the base, where the level falls today, and where no balance alone keeps the level, or none is needed.
    """
    level, tiers = level_held(compiled, standing.level), compiled.tiers
    if level is None or not isinstance(tiers, TierScheme):
        return None
    measure, checks = _balance(level), _checks(tiers.downgrade_check, ahead, standing)
    ends = _grace_end(tiers, ahead, standing, checks) or 0
    from_day = max(ahead.first + 1, ends, standing.held_until or 0)
    falls_now = checks[:1] == [0] and 0 < ends <= ahead.first and _fails(tiers, ahead, standing)
    later = [place for place in checks if ahead.first + place >= from_day]
    if measure is None or falls_now or not later:
        return None
    least = least_to_keep(level, picked(ahead.rows, later), vocabulary, ahead.first + 1)
    if least is None or max(least) in (ALWAYS, NEVER):
        return None
    now = int(ahead.rows.values[ahead.rows.names.index(measure), -1])
    return Keep(measure, max(now + max(least), 0))


def save(compiled: CompiledScheme, ahead: Horizon, standing: Standing, vocabulary: Vocabulary) -> Deposit | None:
    """What to deposit on the horizon's first day so that a level in grace is kept at the check that ends it.

    None where nothing fails, money alone does not save the level, or it is not failing by then.
    """
    level, tiers = level_held(compiled, standing.level), compiled.tiers
    if level is None or not isinstance(tiers, TierScheme):
        return None
    place = _taking(tiers, ahead, standing)
    if place is None:
        return None
    least = least_to_keep(level, picked(ahead.rows, [place]), vocabulary, ahead.first)
    if least is None or least[0] in (ALWAYS, NEVER) or least[0] <= 0:
        return None
    day = ahead.first + place
    averaged = reads_averages(level.stay.node) or reads_averages(level.enter.node)
    return Deposit(least[0], ahead.first if averaged else day, day)


def threat(compiled: CompiledScheme, ahead: Horizon, standing: Standing, vocabulary: Vocabulary) -> Threat | None:
    """The close that takes a level in grace, as far as nobody is saved before; None without a grace, or beyond the horizon."""
    level, tiers = level_held(compiled, standing.level), compiled.tiers
    if level is None or not isinstance(tiers, TierScheme) or standing.falls_on is None:
        return None
    place = _taking(tiers, ahead, standing)
    if place is None:
        return None
    return Threat(ahead.first + place, missing(level.stay.node, ExactRow(ahead.rows, place, vocabulary)))


def _taking(tiers: TierScheme, ahead: Horizon, standing: Standing) -> int | None:
    """The row of the check that ends the grace of the level held, which may begin with the first close to come."""
    checks = _checks(tiers.downgrade_check, ahead, standing)
    ends = _grace_end(tiers, ahead, standing, checks)
    return None if ends is None else next((place for place in checks if ahead.first + place >= ends), None)


def _grace_end(tiers: TierScheme, ahead: Horizon, standing: Standing, checks: Sequence[int]) -> int | None:
    """The end of the grace of the level held, which may begin with the first close to come; None without one."""
    if standing.falls_on is not None:
        return standing.falls_on
    if checks[:1] != [0] or (standing.held_until or 0) > ahead.first or not _fails(tiers, ahead, standing):
        return None
    return tiers.falls_on(ahead.first)


def _fails(tiers: TierScheme, ahead: Horizon, standing: Standing) -> bool:
    """Whether the level held fails at the first close to come."""
    position = tiers.positions.get(standing.level or tiers.base, 0)
    return not ahead.bits[0] & tiers.ladder.keeps[position]


def level_above(compiled: CompiledScheme, name: str | None) -> Level | None:
    """The level just above the one held; for a customer not placed the lowest; none among classes."""
    levels = compiled.rules.levels
    position = 0 if name is None else compiled.tiers.positions.get(name, 0)
    return levels[position] if position < len(levels) else None


def level_held(compiled: CompiledScheme, name: str | None) -> Level | None:
    """The level called ``name``; None for the base and for one no longer there."""
    return next((level for level in compiled.rules.levels if level.table.name == name), None)


def reads_averages(node: Node) -> bool:
    """Whether an amount for ``node`` depends on the day from which on it is there."""
    return any(column.averaged and raised(column.name) for column in columns_of(node))


def _balance(level: Level) -> str | None:
    """The balance that the level's ``stay`` asks for, itself or on average."""
    read = [column.name.partition("_avg_")[0] for column in columns_of(level.stay.node) if raised(column.name)]
    return next((name for name in read if name in BALANCES), None)


def _checks(check: Check, ahead: Horizon, standing: Standing) -> Sequence[int]:
    """The rows whose closes make the check, as far as it was not made for a later day yet.

    A check at events comes with the deposit itself, as of the latest day that the customer was seen on.
    """
    days = range(len(ahead.kinds))
    if check == ANNIVERSARY:
        placed = standing.level is not None
        return [at for at in days if not placed or _anniversary(standing.since, ahead.first + at)]
    seen = ahead.event_day if check == LookKind.EVENT else standing.checked_on
    return [at for at in days if ahead.kinds[at] >= check and (seen is None or ahead.first + at >= seen)]


def _anniversary(since: int, day: int) -> bool:
    return anniversary_from(since, day) == day


def _in_scope(tiers: TierScheme, bits: int) -> bool:
    """Whether a customer is in the scheme's scope; whoever may be is not let in."""
    return tiers.scope is None or bool(bits & tiers.scope.true)
