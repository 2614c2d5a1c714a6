"""What the policy files say, in words: who is meant, the levels or classes, what leads where, and what is proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from agents.policy.explain_signals import nodes_of, signals_in_words
from agents.policy.loading import load_policies
from agents.policy.nodes import Node, account_columns_of, occasion_columns_of, reads
from agents.policy.proofs import implied
from agents.policy.schemes import AxisLevel, Class, Level, Scheme
from agents.policy.signals import Family
from agents.policy.words import in_words
from agents.signals.tier_alerts import near_node
from schemas.measures import ACCOUNT_MEASURES, measure_named
from schemas.occasion_names import OCCASIONAL
from schemas.policy_file import DowngradeTable, PlaceTable

_CHECKED: Mapping[str, str] = {
    "event": "at each event and each close of a day",
    "day_close": "at each close of a day",
    "month_close": "at each close of a month",
    "quarter_close": "at each close of a quarter",
    "year_close": "at each close of a year",
    "anniversary": "at the close of each day that is whole years after the standing began",
}


def explain_policy(files: Mapping[str, str], beside: Mapping[str, str] | None = None) -> str:
    """All schemes and all families of signals in words, one paragraph each; raises ``PolicyError`` as ``load_policies`` does."""
    schemes, families = load_policies(files, beside)
    told = [*map(_scheme, schemes), *map(_family, families)]
    return "\n\n".join("\n".join(lines) for lines in told)


def _family(family: Family) -> Iterator[str]:
    yield from _head(family.table.signals, family)
    yield from _dates(family.table.calendar)
    yield "  Signals:"
    yield from signals_in_words(family)
    yield from _measures(nodes_of(family))


def _head(name: str, rules: Scheme | Family) -> Iterator[str]:
    table = rules.table
    yield f"{name} ({rules.file})" + (f": {table.title}" if table.title else "")
    if table.source:
        yield f"  Source: {table.source}"
    if table.ours:
        yield f"  Ours: {table.ours}"
    yield f"  Who: {'everybody' if rules.applies_to is None else in_words(rules.applies_to.node)}"


def _dates(calendar: Mapping[str, Sequence[object]]) -> Iterator[str]:
    for name, dates in calendar.items():
        yield f"  Dates: next_{name} is the first of {len(dates)} that is today or later"


def _scheme(scheme: Scheme) -> Iterator[str]:
    table = scheme.table
    yield from _head(table.scheme, scheme)
    if table.primary:
        yield "  Primary: leads routing for these customers"
    if table.base_roles:
        yield f"  At {table.base}: looked after by {', '.join(table.base_roles)}"
    yield from _dates(table.calendar)
    yield from _levels(scheme) if scheme.levels else _classes(scheme)
    for cut in table.cut:
        title = f": {cut.title}" if cut.title else ""
        yield f"  Cut {cut.name}{title}; the first {cut.top_percent} % of them by {cut.measure}, at each close of a day"
    for old, new in table.retired.items():
        yield f"  Retired: whoever stood at {old} stands at {new}"
    yield from _measures([condition.node for condition in scheme.conditions()])


def _levels(scheme: Scheme) -> Iterator[str]:
    table = scheme.table
    yield f"  Levels, lowest first, above {table.base}:"
    for level in scheme.levels:
        yield from _level(level)
    yield f"  Up: checked {_CHECKED[table.rising.check]}; to the highest level that can be entered"
    if held := _hold(table.falling):
        yield f"  Held: {held}"
    yield f"  Down: checked {_CHECKED[table.falling.check]}; {_fall(table.falling)}"
    if table.near is not None:
        percent, days = table.near.percent, table.near.days
        never = [level.table.name for level in scheme.levels if near_node(level, percent) is None]
        but = f"; never to {', '.join(never)}, which no single comparison with money lets into" if never else ""
        yield f"  Near: within {percent} % below the bound of the next level; what reaches an average in {days} days is told{but}"
    yield from _proofs(scheme.levels)


def _classes(scheme: Scheme) -> Iterator[str]:
    table = scheme.table
    for axis in scheme.axes:
        title = f": {axis.table.title}" if axis.table.title else ""
        yield f"  Axis {axis.table.name}{title}, lowest first, above {axis.table.base}:"
        for level in axis.levels:
            yield from _step(level)
        yield from _proofs(axis.levels)
    yield f"  Classes, the first that matches; {table.base} where none does:"
    for one in scheme.classes:
        yield from _class(one)
    yield f"  Checked: {_CHECKED[table.check or 'event']}"


def _level(level: Level) -> Iterator[str]:
    yield from _step(level)
    yield from _care(level, level.table)
    if level.table.referral_on_upgrade:
        yield "      rising from here suggests another owner, unless the same roles go on"
    yield from _reasons(level)


def _step(level: Level | AxisLevel) -> Iterator[str]:
    yield f"    {level.table.name}" + (f": {level.table.title}" if level.table.title else "")
    yield f"      enters when {in_words(level.enter.node)}"
    if level.stay.node != level.enter.node:
        yield f"      stays while {in_words(level.stay.node)}"


def _class(one: Class) -> Iterator[str]:
    yield f"    {one.table.name}" + (f": {one.table.title}" if one.table.title else "")
    if one.at is not None:
        yield f"      at {', '.join(f'{axis} {level}' for axis, level in one.at.items()) or 'any place'}"
    if one.when is not None:
        yield f"      when {in_words(one.when.node)}"
    if one.keep is not None and one.keep != one.when:
        yield f"      kept while {in_words(one.keep.node)}"
    yield from _care(one, one.table)
    yield from _reasons(one)


def _care(place: Level | Class, table: PlaceTable) -> Iterator[str]:
    for route in place.care.routes:
        yield f"      looked after by {', '.join(route.roles)} when {in_words(route.when.node)}"
    if table.roles:
        yield f"      {'otherwise' if table.routes else 'looked after'} by {', '.join(table.roles)}"
    for role, count in table.contacts_per_month.items():
        yield f"      contacts a month: {role} {count}"
    if table.benefits:
        yield f"      benefits: {', '.join(table.benefits)}"
    if table.carry:
        yield f"      brings along: {', '.join(table.carry)}"


def _reasons(place: Level | Class) -> Iterator[str]:
    for name, node in place.care.reasons.items():
        yield f"      reason {name}: {in_words(node)}"


def _hold(table: DowngradeTable) -> str:
    after = "after an upgrade or placement, before any grace"
    if table.hold_until:
        return f"to the end of the next year {after}"
    if table.hold_months:
        return f"for {table.hold_months} months {after}"
    return f"for {table.hold_days} days {after}" if table.hold_days else ""


def _fall(table: DowngradeTable) -> str:
    steps = "one level down" if table.steps == "one" else "to the highest lower level that still holds"
    if table.grace_months:
        return f"a level is kept for {table.grace_months} months after it first fails, then {steps}"
    if table.grace_days:
        return f"a level is kept for {table.grace_days} days after it first fails, then {steps}"
    return f"at once {steps}"


def _proofs(levels: Sequence[Level | AxisLevel]) -> Iterator[str]:
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
    yield "  Measures:"
    known = list(nodes)
    for name in dict.fromkeys(name for node in known for name in reads(node)):
        measure = measure_named(name)
        yield f"    {name}: {'' if measure is None else measure.definition}"
    for name in dict.fromkeys(column.name for node in known for column in account_columns_of(node)):
        yield f"    {name}: {ACCOUNT_MEASURES[name].definition}"
    for name in dict.fromkeys(column.name for node in known for column in occasion_columns_of(node)):
        yield f"    {name}: {OCCASIONAL[name].definition}"
