"""What the policy files say, in words: who is meant, the levels, what leads up and down, and what is proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from agents.policy.nodes import Node, reads
from agents.policy.proofs import implied
from agents.policy.schemes import Level, Scheme, load_schemes
from agents.policy.words import in_words
from schemas.measures import MEASURES
from schemas.policy_file import DowngradeTable

_CHECKED: Mapping[str, str] = {
    "event": "at each event and each close of a day",
    "day_close": "at each close of a day",
    "month_close": "at each close of a month",
    "quarter_close": "at each close of a quarter",
    "year_close": "at each close of a year",
}


def explain_policy(files: Mapping[str, str]) -> str:
    """All schemes in words, one paragraph each; raises ``PolicyError`` as compiling does."""
    return "\n\n".join("\n".join(_scheme(scheme)) for scheme in load_schemes(files))


def _scheme(scheme: Scheme) -> Iterator[str]:
    table = scheme.table
    yield f"{table.scheme} ({scheme.file})" + (f": {table.title}" if table.title else "")
    if table.source:
        yield f"  Source: {table.source}"
    if table.ours:
        yield f"  Ours: {table.ours}"
    yield f"  Who: {'everybody' if scheme.applies_to is None else in_words(scheme.applies_to.node)}"
    yield f"  Levels, lowest first, above {table.base}:"
    for level in scheme.levels:
        yield from _level(level)
    yield f"  Up: checked {_CHECKED[table.upgrade.check]}; to the highest level that can be entered"
    yield f"  Down: checked {_CHECKED[table.downgrade.check]}; {_fall(table.downgrade)}"
    yield from _proofs(scheme)
    yield "  Measures:"
    nodes = [level.enter.node for level in scheme.levels] + [level.stay.node for level in scheme.levels]
    scope = [] if scheme.applies_to is None else [scheme.applies_to.node]
    yield from _measures([*scope, *nodes])


def _level(level: Level) -> Iterator[str]:
    table = level.table
    yield f"    {table.name}" + (f": {table.title}" if table.title else "")
    yield f"      enters when {in_words(level.enter.node)}"
    if level.stay.node != level.enter.node:
        yield f"      stays while {in_words(level.stay.node)}"
    if table.roles:
        yield f"      looked after by {', '.join(table.roles)}"
    if table.benefits:
        yield f"      benefits: {', '.join(table.benefits)}"
    if table.referral_on_upgrade:
        yield "      rising from here suggests another owner"
    for name, node in level.reasons.items():
        yield f"      reason {name}: {in_words(node)}"


def _fall(table: DowngradeTable) -> str:
    steps = "one level down" if table.steps == "one" else "to the highest lower level that still holds"
    if table.grace_months:
        return f"a level is kept for {table.grace_months} months after it first fails, then {steps}"
    if table.grace_days:
        return f"a level is kept for {table.grace_days} days after it first fails, then {steps}"
    return f"at once {steps}"


def _proofs(scheme: Scheme) -> Iterator[str]:
    levels = scheme.levels
    unkept = [level.table.name for level in levels if not implied(level.enter.node, level.stay.node)]
    pairs = list(pairwise(levels))
    loose = [upper.table.name for lower, upper in pairs if not implied(upper.enter.node, lower.enter.node)]
    yield f"  Proven: {_proven(unkept, 'whoever enters a level also stays')}"
    if pairs:
        yield f"  Proven: {_proven(loose, 'whoever can enter a level can enter all levels below it')}"


def _proven(exceptions: Iterable[str], sentence: str) -> str:
    names = ", ".join(exceptions)
    return f"{sentence}; bounds alone do not show it for {names}" if names else sentence


def _measures(nodes: Iterable[Node]) -> Iterator[str]:
    for name in dict.fromkeys(name for node in nodes for name in reads(node)):
        yield f"    {name}: {MEASURES[name].definition}"
