"""Where a customer stands in each scheme and how far the next move is, for the explanations of one customer."""

from __future__ import annotations

from dataclasses import dataclass

from agents.policy.decider import CompiledPolicies, CompiledScheme, level_of, mask_bits, true_reasons
from agents.policy.distance import Distance, margin, missing
from agents.policy.evidence import Evidence, evidence
from agents.policy.exact import ExactRow
from agents.policy.nodes import Logic, Node, columns_of
from agents.policy.schemes import Level
from schemas.state import Profile, Standing
from streams.rows import Rows


@dataclass(frozen=True, slots=True)
class StandingView:
    """A customer in one scheme, on one row of measures.

    Days are day numbers. ``level`` is None while not placed or out of scope. ``next_level`` is the one just above,
    ``next_condition`` lets in, ``missing`` is what more money would do it (None: money alone does not). ``stay_condition``
    keeps the present level, ``margin`` is how far money may fall before that fails. ``failing_since`` and
    ``falls_on`` are set during a grace: the close of ``falls_on`` takes the level. ``evidence`` holds what these conditions read.
    """

    scheme: str
    title: str | None
    level: str | None
    level_title: str | None
    since: int | None
    roles: tuple[str, ...]
    reasons: tuple[str, ...]
    next_level: str | None
    next_condition: str | None
    missing: tuple[Distance, ...] | None
    stay_condition: str | None
    margin: tuple[Distance, ...] | None
    failing_since: int | None
    falls_on: int | None
    evidence: Evidence


def standing_views(policies: CompiledPolicies, rows: Rows, row: int, profile: Profile) -> list[StandingView]:
    """One view a scheme, by name; ``rows`` has the columns of ``policies``."""
    bits = mask_bits(policies.masks(rows)[row])
    exact = ExactRow(rows, row, policies.vocabulary)
    return [_view(compiled, bits, exact, profile.standings.get(compiled.tiers.name)) for compiled in policies.schemes]


def _view(compiled: CompiledScheme, bits: int, row: ExactRow, standing: Standing | None) -> StandingView:
    name = None if standing is None else standing.level
    level = level_of(compiled, name)
    above = _above(compiled, name)
    return StandingView(
        scheme=compiled.tiers.name,
        title=compiled.rules.table.title,
        level=name,
        level_title=None if level is None else level.table.title,
        since=None if standing is None or name is None else standing.since,
        roles=() if level is None else tuple(level.table.roles),
        reasons=tuple(true_reasons(compiled, name, bits)),
        next_level=None if above is None else above.table.name,
        next_condition=None if above is None else above.enter.text,
        missing=None if above is None else missing(above.enter.node, row),
        stay_condition=None if level is None else level.stay.text,
        margin=None if level is None else margin(level.stay.node, row),
        failing_since=None if standing is None else standing.failing_since,
        falls_on=None if standing is None else standing.falls_on,
        evidence=_read(compiled, level, above, row),
    )


def _above(compiled: CompiledScheme, name: str | None) -> Level | None:
    """The level just above the one held; for a customer not placed, or out of scope, the lowest."""
    position = 0 if name is None else compiled.tiers.positions.get(name, 0)
    return compiled.rules.levels[position] if position < len(compiled.rules.levels) else None


def _read(compiled: CompiledScheme, level: Level | None, above: Level | None, row: ExactRow) -> Evidence:
    scope = compiled.rules.applies_to
    nodes: list[Node] = [] if scope is None else [scope.node]
    nodes += [] if level is None else [level.stay.node]
    nodes += [] if above is None else [above.enter.node]
    return evidence(columns_of(Logic("and", tuple(nodes))), row)
