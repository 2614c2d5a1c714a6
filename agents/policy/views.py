"""Where a customer stands in each scheme and how far the next move is, for the explanations of one customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from agents.policy.compiled import CompiledScheme, mask_bits, place_of, roles_of, true_reasons
from agents.policy.decider import CompiledPolicies
from agents.policy.distance import Distance, lower_bound, margin, missing
from agents.policy.evidence import Evidence, evidence
from agents.policy.exact import ExactRow
from agents.policy.nodes import MINOR_UNITS, Condition, Logic, columns_of
from agents.policy.schemes import Axis, Class, Level
from agents.tiers import TierScheme
from schemas.state import Profile, Standing
from streams.rows import Rows


@dataclass(frozen=True, slots=True)
class StandingView:
    """A customer in one scheme, on one row of measures.

    Days are day numbers. ``level`` is None while not placed or out of scope, of classes the class. ``next_level`` is the
    one just above, ``next_condition`` lets in, ``missing`` is what more money would do it (None: money alone does not),
    ``near`` whether that is within the scheme's percentage of the bound. ``stay_condition`` keeps the present level, ``margin``
    is how far money may fall before that fails. ``failing_since`` and ``falls_on`` are set during a grace, which the close of
    ``falls_on`` ends; no grace begins before the close of ``held_until``. ``axes``
    are the customer's levels on each side of a matrix. ``duties`` are contacts a month by role. ``evidence`` holds what
    these conditions read. ``primary``: this scheme leads routing. ``at_base``: the lowest standing; ``classes``: no level is above
    another.
    """

    scheme: str
    title: str | None
    level: str | None
    level_title: str | None
    since: int | None
    roles: tuple[str, ...]
    reasons: tuple[str, ...]
    benefits: tuple[str, ...]
    duties: Mapping[str, int]
    next_level: str | None
    next_condition: str | None
    missing: tuple[Distance, ...] | None
    near: bool
    stay_condition: str | None
    margin: tuple[Distance, ...] | None
    failing_since: int | None
    falls_on: int | None
    held_until: int | None
    axes: Mapping[str, str]
    primary: bool
    at_base: bool
    classes: bool
    evidence: Evidence


def standing_views(policies: CompiledPolicies, rows: Rows, row: int, profile: Profile) -> list[StandingView]:
    """One view a scheme, by name; ``rows`` has the columns of ``policies``."""
    bits = mask_bits(policies.masks(rows)[row])
    exact = ExactRow(rows, row, policies.vocabulary)
    return [
        _view(compiled, bits, exact, profile.standings.get(compiled.tiers.name) or Standing())
        for compiled in policies.schemes
    ]


def leading_roles(views: Sequence[StandingView]) -> list[str]:
    """Who acts: the roles of the primary scheme in which the customer stands; none without one."""
    return next((list(view.roles) for view in views if view.primary and view.level is not None), [])


def all_benefits(views: Sequence[StandingView]) -> list[str]:
    """The benefits of all schemes, each once."""
    return list(dict.fromkeys(benefit for view in views for benefit in view.benefits))


def _view(compiled: CompiledScheme, bits: int, row: ExactRow, standing: Standing) -> StandingView:
    name = standing.level
    place = place_of(compiled, name)
    rules = None if place is None else place.rules
    keeps = None if rules is None else rules.keeps
    above = _above(compiled, name)
    table = compiled.rules.table
    gap = None if above is None else missing(above.enter.node, row)
    return StandingView(
        scheme=compiled.tiers.name,
        title=table.title,
        level=name,
        level_title=None if rules is None else rules.table.title,
        since=None if name is None else standing.since,
        roles=tuple(roles_of(compiled, name, bits)),
        reasons=tuple(true_reasons(place, bits)),
        benefits=() if rules is None else tuple(rules.table.benefits),
        duties={} if rules is None else rules.table.contacts_per_month,
        next_level=None if above is None else above.table.name,
        next_condition=None if above is None else above.enter.spelled,
        missing=gap,
        near=above is not None and table.near is not None and _near(above, row, table.near.percent),
        stay_condition=None if keeps is None else keeps.spelled,
        margin=None if keeps is None else margin(keeps.node, row),
        failing_since=standing.failing_since,
        falls_on=compiled.tiers.taken_on(standing, row.as_of) if isinstance(compiled.tiers, TierScheme) else None,
        held_until=standing.held_until,
        axes=dict(standing.axes),
        primary=table.primary,
        at_base=name == table.base,
        classes=not compiled.rules.levels,
        evidence=_read(compiled, rules, above, row),
    )


def _above(compiled: CompiledScheme, name: str | None) -> Level | None:
    """The level just above the one held; for a customer not placed, or out of scope, the lowest; none among classes."""
    levels = compiled.rules.levels
    position = 0 if name is None else compiled.tiers.positions.get(name, 0)
    return levels[position] if position < len(levels) else None


def _near(above: Level, row: ExactRow, percent: int) -> bool:
    """Whether one comparison with money lets in, and the money is below its bound by at most ``percent`` of it."""
    gap, bound = missing(above.enter.node, row), lower_bound(above.enter.node, row)
    if not gap or bound is None or bound.bound <= 0:
        return False
    return gap[0].amount * 100 <= Fraction(bound.bound, MINOR_UNITS) * percent


def _read(compiled: CompiledScheme, place: Level | Class | None, above: Level | None, row: ExactRow) -> Evidence:
    scope, keeps = compiled.rules.applies_to, None if place is None else place.keeps
    shown: list[Condition | None] = [scope, keeps, None if above is None else above.enter]
    if isinstance(place, Class) and place.at is not None:
        shown += [condition for axis in compiled.rules.axes for condition in _sides(axis)]
    nodes = [condition.node for condition in shown if condition is not None]
    return evidence(columns_of(Logic("and", tuple(nodes))), row)


def _sides(axis: Axis) -> list[Condition]:
    return [condition for level in axis.levels for condition in (level.enter, level.stay)]
