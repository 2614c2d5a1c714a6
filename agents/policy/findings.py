"""What looks odd in policy files without being a mistake: levels nobody reaches, gaps, overlaps, bounds that shrink.

Only what bounds prove is told: a file without a finding is not proven sound, but every finding is true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Final, get_args

from agents.policy.gaps import gap
from agents.policy.linear import Atom
from agents.policy.loading import load_policies
from agents.policy.nodes import Column, Compare, Condition, Const, Logic, Node
from agents.policy.odd import Finding, names_of, never, overlap, unused
from agents.policy.odd_names import alike_roles
from agents.policy.odd_signals import of_family
from agents.policy.odd_values import of_scheme, of_values
from agents.policy.proofs import implied
from agents.policy.schemes import Axis, Class, Scheme
from agents.policy.untold import untold
from agents.policy.values import atom_name, bounds_of, impossible, lower_end, shown
from agents.policy.worlds import in_each
from agents.signals.tier_alerts import near_node
from schemas.cuts import CUTS_FILE, NO_CUTS, read_cuts
from schemas.facts import CustomerKind

_KINDS: Final = get_args(CustomerKind)


def find_odd(files: Mapping[str, str], beside: Mapping[str, str] | None = None) -> list[Finding]:
    """What is odd in all files, scheme by scheme, then signals; raises ``PolicyError`` as ``load_policies`` does."""
    schemes, families = load_policies(files, beside)
    found = [Finding(scheme.file, key, text) for scheme in schemes for key, text in _of_scheme(scheme)]
    signals = [Finding(family.file, key, text) for family in families for key, text in of_family(family)]
    cuts = [] if beside else [Finding(CUTS_FILE, key, text) for key, text in _of_cuts(files, schemes)]
    return [*found, *_primaries(schemes), *signals, *alike_roles(schemes, families), *cuts]


def _of_cuts(files: Mapping[str, str], schemes: Sequence[Scheme]) -> Iterator[tuple[str, str]]:
    cuts = {cut.name for scheme in schemes for cut in scheme.table.cut}
    for name in read_cuts(files.get(CUTS_FILE, NO_CUTS)):
        if name not in cuts:
            yield f"cut.{name}", "no scheme has a [[cut]] of this name: fit-cuts will not write it again"


def _of_scheme(scheme: Scheme) -> Iterator[tuple[str, str]]:
    yield from _of_ladder("level", [(level.table.name, level.enter, level.stay) for level in scheme.levels])
    for axis in scheme.axes:
        sides = [(level.table.name, level.enter, level.stay) for level in axis.levels]
        yield from _of_ladder(f"axis.{axis.table.name}.level", sides)
    yield from _of_classes(scheme)
    yield from _of_cells(scheme)
    yield from _of_routes(scheme)
    yield from untold(scheme)
    yield from of_values(of_scheme(scheme), scheme.lets)
    yield from _of_near(scheme)
    yield from unused(scheme.table, _used(scheme))
    yield from _unexpected(scheme)


def _of_ladder(place: str, levels: Sequence[tuple[str, Condition, Condition]]) -> Iterator[tuple[str, str]]:
    for name, enter, _ in levels:
        if never(enter.node):
            yield f"{place}.{name}.enter", "can never hold: its bounds contradict each other"
    for (name, enter, stay), (upper, harder, holding) in combinations(levels, 2):
        if not never(enter.node) and implied(enter.node, harder.node):
            yield f"{place}.{name}.enter", f"raises nobody: whoever can enter {name} can enter {upper}"
        for word, low, high in (("enter", enter, harder), ("stay", stay, holding)):
            for told in _shrinks(low.node, high.node):
                yield f"{place}.{upper}.{word}", f"{told} for {name}"
    hole = gap([enter.node for _, enter, _ in levels])
    if hole is not None:
        yield place, f"a gap: no level can be entered with {hole}, but with less one can"


def _shrinks(low: Node, high: Node) -> Iterator[str]:
    """Measures whose lower bound is lower for the higher level."""
    found: dict[Atom, str] = {}
    for lower, upper in in_each(low, high):
        below, above = bounds_of(lower)[0], bounds_of(upper)[0]
        if impossible(below) or impossible(above):
            continue
        for atom in below.keys() & above.keys():
            old, new = lower_end(below[atom]), lower_end(above[atom])
            if old is not None and new is not None and new < old:
                found[atom] = (
                    f"the bound of {atom_name(atom)} shrinks to {shown(atom, new[0])} from {shown(atom, old[0])}"
                )
    yield from sorted(found.values())


def _of_classes(scheme: Scheme) -> Iterator[tuple[str, str]]:
    classes = [(one, one.when) for one in scheme.classes if one.when is not None]
    for one, when in classes:
        if never(when.node):
            yield f"class.{one.table.name}.when", "can never hold: its bounds contradict each other"
    for (first, when), (second, later) in combinations(classes, 2):
        if implied(later.node, when.node):
            yield f"class.{second.table.name}.when", f"never reached: whoever matches it matches {first.table.name}"
            continue
        shared = overlap(when.node, later.node)
        if shared is not None:
            yield f"class.{second.table.name}.when", f"overlaps {first.table.name}, which wins: both hold with {shared}"
    hole = None if scheme.axes else gap([when.node for _, when in classes])
    if hole is not None:
        yield "class", f"a gap: no class has {hole}, which comes to {scheme.table.base}"


def _of_cells(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Classes of a matrix whose cells all have an earlier class."""
    cells = [dict(cell) for cell in product(*(_side(axis) for axis in scheme.axes))] if scheme.axes else []
    for one in scheme.classes:
        if one.at is None:
            continue
        rest = [cell for cell in cells if not _in(one, cell)]
        if len(rest) == len(cells):
            yield f"class.{one.table.name}.at", "never reached: earlier classes have all of its cells"
        cells = rest


def _side(axis: Axis) -> list[tuple[str, str]]:
    names = [axis.table.base, *(level.table.name for level in axis.levels)]
    return [(axis.table.name, name) for name in names]


def _in(one: Class, cell: Mapping[str, str]) -> bool:
    return one.at is not None and one.at.items() <= cell.items()


def _of_routes(scheme: Scheme) -> Iterator[tuple[str, str]]:
    kind = "level" if scheme.levels else "class"
    for place in scheme.places:
        routes = place.care.routes
        for count, route in enumerate(routes):
            if any(implied(route.when.node, earlier.when.node) for earlier in routes[:count]):
                yield (
                    f"{kind}.{place.table.name}.routes.{count + 1}",
                    "never reached: an earlier route holds wherever it does",
                )


def _of_near(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """``[near]`` in a scheme that has no level which one comparison with money lets into."""
    near = scheme.table.near
    if near is not None and all(near_node(level, near.percent) is None for level in scheme.levels):
        yield "near", "nobody is ever near: no level is entered by one comparison with money, such as aum >= 100_000"


def _used(scheme: Scheme) -> Iterator[str]:
    """The names that levels, classes, routes and conditions read."""
    for place in scheme.places:
        yield from place.table.reasons
        for route in place.care.routes:
            yield from names_of(route.when.text)
    for condition in scheme.conditions():
        yield from names_of(condition.text)


def _unexpected(scheme: Scheme) -> Iterator[tuple[str, str]]:
    """Levels and classes at which no example comes to rest."""
    expected = {example.expect for example in scheme.table.example}
    kind = "level" if scheme.levels else "class"
    for place in scheme.places:
        if place.table.name not in expected:
            yield f"{kind}.{place.table.name}", "no example comes to rest here"


def _primaries(schemes: Sequence[Scheme]) -> Iterator[Finding]:
    """Kinds of customers for which more than one scheme leads routing."""
    for kind in _KINDS:
        leading = [scheme for scheme in schemes if scheme.table.primary and _meant(scheme, kind)]
        for scheme in leading[1:]:
            yield Finding(scheme.file, "primary", f"{leading[0].table.scheme} is primary for {kind} customers already")


def _meant(scheme: Scheme, kind: str) -> bool:
    """Whether the scheme may be for customers of a kind."""
    if scheme.applies_to is None:
        return True
    is_kind = Compare("==", Column("kind", "text"), Const(kind, "text"))
    return not never(Logic("and", (scheme.applies_to.node, is_kind)))
