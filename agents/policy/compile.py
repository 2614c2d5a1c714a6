"""From policy files to a decider: equal conditions share one place in the truth mask."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from typing import Final

from agents.policy.decider import CompiledPolicies, CompiledScheme
from agents.policy.nodes import Condition, Node, reads
from agents.policy.schemes import Scheme, load_schemes
from agents.tiers import Bits, TierLevel, TierScheme
from schemas.measures import MEASURES
from streams.rows import LookKind, Vocabulary

VERSION_LENGTH: Final = 12
"""Hexadecimal digits of a version: enough to tell all versions a bank will ever have apart."""


def compile_policies(files: Mapping[str, str], vocabulary: Vocabulary) -> CompiledPolicies:
    """Compile policy files (name to TOML text); raises ``PolicyError`` naming all mistakes of all files at once."""
    schemes = load_schemes(files)
    conditions = _Conditions()
    compiled = [_compiled(scheme, conditions) for scheme in schemes]
    nodes = conditions.nodes
    used = {name for node in nodes for name in reads(node)}
    columns = tuple(name for name in MEASURES if name in used)
    return CompiledPolicies(policy_version(files), columns, compiled, nodes, vocabulary)


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
    table = scheme.table
    scope = None if scheme.applies_to is None else conditions.of(scheme.applies_to)
    levels = [
        TierLevel(level.table.name, conditions.of(level.enter), conditions.of(level.stay)) for level in scheme.levels
    ]
    reasons = [
        tuple((name, conditions.bits(node).true) for name, node in level.reasons.items()) for level in scheme.levels
    ]
    tiers = TierScheme(
        name=table.scheme,
        base=table.base,
        levels=tuple(levels),
        scope=scope,
        upgrade_check=LookKind[table.upgrade.check.upper()],
        downgrade_check=LookKind[table.downgrade.check.upper()],
        grace_days=table.downgrade.grace_days or 0,
        grace_months=table.downgrade.grace_months or 0,
        one_step=table.downgrade.steps == "one",
    )
    return CompiledScheme(scheme, tiers, ((), *reasons))
