"""From policy files to a decider: equal conditions share one place in the truth mask."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Final

from agents.policy.compiled import CompiledScheme, Near, Place, places_in, words_of
from agents.policy.cuts import CompiledCut, compile_cuts
from agents.policy.decider import CompiledPolicies
from agents.policy.loading import load_churn_model, load_policies, load_rates
from agents.policy.nodes import Condition, Node, account_columns_of, reads
from agents.policy.schemes import AxisLevel, Class, Level, Scheme
from agents.signals.compile import account_columns_read, columns_read, reserve, rules_of
from agents.signals.rules import Rule
from agents.signals.tier_alerts import near_node
from agents.tiers import Bits, ClassScheme, Ladder, TierClass, TierLevel, TierScheme, union
from agents.tiers.scheme import check_named, may_check
from agents.whatnext.rising import rising_columns
from agents.whatnext.saving import saving_columns
from schemas.measures import ACCOUNT_MEASURES, MEASURES
from streams.rows import LookKind, Vocabulary, Wanted

VERSION_LENGTH: Final = 12
"""Hexadecimal digits of a version: enough to tell all versions a bank will ever have apart."""


def compile_policies(files: Mapping[str, str], vocabulary: Vocabulary) -> CompiledPolicies:
    """Compile policy files (name to TOML text); raises ``PolicyError`` naming all mistakes of all files at once."""
    policies = load_policies(files)
    schemes, signals = policies.schemes, policies.signals
    conditions = _Conditions()
    compiled = [_compiled(scheme, conditions) for scheme in schemes]
    reserve(signals, conditions.of)
    nodes = conditions.nodes
    cut = {cut.measure for scheme in schemes for cut in scheme.table.cut}
    rules = rules_of(signals, conditions.of, words_of(len(nodes)))
    every = _wanted(nodes, schemes, rules, None, cut)
    return CompiledPolicies(
        version=policy_version(files),
        rates=load_rates(files),
        churn=load_churn_model(files),
        columns=every.columns,
        account_columns=every.account_columns,
        wanted=[
            _wanted_at(kind, nodes, compiled, rules, cut if kind != LookKind.EVENT else set()) for kind in LookKind
        ],
        schemes=compiled,
        conditions=nodes,
        cuts=[cut for scheme in schemes for cut in _cuts(scheme, conditions)],
        vocabulary=vocabulary,
        rules=rules,
    )


def _wanted_at(
    kind: LookKind, nodes: Sequence[Node], schemes: Sequence[CompiledScheme], rules: Sequence[Rule], cut: set[str]
) -> Wanted:
    """The columns that looks of one kind read."""
    places = places_in(union(one.reads[kind] for one in schemes))
    moving = [one.rules for one in schemes if _moves_at(one.tiers, kind)]
    return _wanted([nodes[place] for place in places], moving, rules, kind, cut)


def _wanted(
    nodes: Sequence[Node], schemes: Sequence[Scheme], rules: Sequence[Rule], kind: LookKind | None, cut: set[str]
) -> Wanted:
    """The columns that conditions read, those that changes of ``schemes`` carry, those that ``rules`` read, and the
    measures ``cut``."""
    used = cut | {name for node in nodes for name in reads(node)} | columns_read(rules, kind)
    used |= {column.name for scheme in schemes for place in scheme.places for column in place.care.carried}
    used |= set(saving_columns(scheme for scheme in schemes if _made_at(scheme.table.falling.check, kind)))
    used |= set(rising_columns(scheme for scheme in schemes if _made_at(scheme.table.rising.check, kind)))
    of_accounts = {column.name for node in nodes for column in account_columns_of(node)}
    of_accounts |= account_columns_read(rules, kind)
    return Wanted(
        columns=(*(name for name in MEASURES if name in used), *sorted(used - MEASURES.keys())),
        account_columns=tuple(name for name in ACCOUNT_MEASURES if name in of_accounts),
    )


def _made_at(check: str, kind: LookKind | None) -> bool:
    """Whether a check may be made at looks of this kind."""
    return kind is None or may_check(check_named(check), kind)


def policy_version(files: Mapping[str, str]) -> str:
    """The version of readable files: a hash of what they say, whatever their names, comments and layout."""
    tables = [json.dumps(tomllib.loads(text, parse_float=str), sort_keys=True, default=str) for text in files.values()]
    return hashlib.sha256("\n".join(sorted(tables)).encode()).hexdigest()[:VERSION_LENGTH]


class _Conditions:
    """Conditions in the order first seen, each once."""

    def __init__(self) -> None:
        self._places: dict[Node, int] = {}

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(self._places)

    def bits(self, node: Node) -> Bits:
        place = self._places.setdefault(node, len(self._places))
        return Bits(1 << 2 * place, 2 << 2 * place)

    def of(self, condition: Condition) -> Bits:
        return self.bits(condition.node)


def _compiled(scheme: Scheme, conditions: _Conditions) -> CompiledScheme:
    tiers = _levels(scheme, conditions) if scheme.levels else _classes(scheme, conditions)
    places = {place.table.name: _place(place, conditions) for place in scheme.places}
    deciding = [conditions.of(condition) for condition in scheme.conditions()]
    unknowns = union(bits.unknown for bits in deciding)
    nears = _nears(scheme, conditions)
    every = (
        unknowns | union(bits.true for bits in deciding) | union(union(one.near) for one in nears if one is not None)
    )
    scope = 0 if tiers.scope is None else union(tiers.scope)
    # Where no check is made the scope alone is looked at.
    by_kind = tuple(every if tiers.checks_at(kind) else scope for kind in LookKind)
    told = every | union(bit for place in places.values() for bit in _told(place))
    reads = tuple(told if _moves_at(tiers, kind) else scope for kind in LookKind)
    return CompiledScheme(scheme, tiers, places, by_kind, reads, unknowns, nears)


def _nears(scheme: Scheme, conditions: _Conditions) -> tuple[Near | None, ...]:
    """By position what tells who is near the level above; empty where the scheme asks for no such alert."""
    if scheme.table.near is None:
        return ()
    nodes = [(level, near_node(level, scheme.table.near.percent)) for level in scheme.levels]
    return tuple(
        None if node is None else Near(conditions.bits(node), conditions.of(level.enter)) for level, node in nodes
    )


def _moves_at(tiers: TierScheme | ClassScheme, kind: LookKind) -> bool:
    """Whether a look of this kind may lead to a level or class: by a check, or because the one held has a new name."""
    return bool(tiers.retired) or tiers.checks_at(kind)


def _told(place: Place) -> list[int]:
    """The bits that tell what a change to this level or class says besides."""
    return [bit for _, bit in place.reasons] + [bit for bit, _ in place.routes]


def _place(place: Level | Class, conditions: _Conditions) -> Place:
    return Place(
        rules=place,
        reasons=tuple((name, conditions.bits(node).true) for name, node in place.care.reasons.items()),
        routes=tuple((conditions.of(route.when).true, route.roles) for route in place.care.routes),
    )


def _cuts(scheme: Scheme, conditions: _Conditions) -> Sequence[CompiledCut]:
    scope = _scope(scheme, conditions)
    return compile_cuts(scheme, None if scope is None else scope.true)


def _scope(scheme: Scheme, conditions: _Conditions) -> Bits | None:
    return None if scheme.applies_to is None else conditions.of(scheme.applies_to)


def _levels(scheme: Scheme, conditions: _Conditions) -> TierScheme:
    table, falling = scheme.table, scheme.table.falling
    return TierScheme(
        name=table.scheme,
        base=table.base,
        scope=_scope(scheme, conditions),
        levels=_steps(scheme.levels, conditions),
        upgrade_check=check_named(table.rising.check),
        downgrade_check=check_named(falling.check),
        grace_days=falling.grace_days or 0,
        grace_months=falling.grace_months or 0,
        one_step=falling.steps == "one",
        hold_days=falling.hold_days or 0,
        hold_months=falling.hold_months or 0,
        hold_next_year_end=falling.hold_until is not None,
        retired=table.retired,
    )


def _classes(scheme: Scheme, conditions: _Conditions) -> ClassScheme:
    table = scheme.table
    classes = [
        TierClass(
            name=one.table.name,
            when=None if one.when is None else conditions.of(one.when),
            keep=None if one.keep is None else conditions.of(one.keep),
            at=one.at,
        )
        for one in scheme.classes
    ]
    return ClassScheme(
        name=table.scheme,
        base=table.base,
        scope=_scope(scheme, conditions),
        classes=tuple(classes),
        axes={axis.table.name: Ladder(axis.table.base, _steps(axis.levels, conditions)) for axis in scheme.axes},
        check=check_named(table.check or "event"),
        retired=table.retired,
    )


def _steps(levels: Sequence[Level | AxisLevel], conditions: _Conditions) -> tuple[TierLevel, ...]:
    return tuple(TierLevel(lv.table.name, conditions.of(lv.enter), conditions.of(lv.stay)) for lv in levels)
