"""Why the customer of an example came to rest where it did, and not where it was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from agents.policy.compiled import Place
from agents.policy.exact import ExactRow
from agents.policy.schemes import AxisLevel, Class, Level, Scheme
from agents.policy.why import why, why_node
from schemas.policy_file import OUT


class Came(NamedTuple):
    """Where the customer of an example stood before (None: nowhere), and came to rest: at a level or class, and in a matrix
    at a level of each axis."""

    before: str | None
    at: str
    cell: Mapping[str, str]


def why_there(scheme: Scheme, row: ExactRow, expected: str, came: Came) -> Iterator[str]:
    """The conditions that decided between the level or class ``expected`` and the one that it ``came`` to."""
    if OUT in (expected, came.at):
        if scheme.applies_to is not None:
            yield why("applies_to", scheme.applies_to, row)
    elif scheme.levels:
        yield from _on_ladder("level", scheme.levels, row, expected, came)
    elif scheme.axes:
        yield from _in_matrix(scheme, row, expected, came.cell)
    else:
        yield from _of_classes(scheme, row, expected, came.at)


def _on_ladder(
    place: str, levels: Sequence[Level | AxisLevel], row: ExactRow, expected: str, came: Came
) -> Iterator[str]:
    """What kept a customer from a higher level, or let into one, or kept at it."""
    names = [level.table.name for level in levels]
    before, wanted, found = (names.index(name) if name in names else -1 for name in (came.before, expected, came.at))
    level = levels[max(wanted, found)]
    key, enters = f"{place}.{level.table.name}", row.value(level.enter.node) is True
    stayed = before >= wanted if wanted > found else not enters
    if level.table.stay is None or not stayed or wanted > found:
        yield why(f"{key}.enter", level.enter, row)
    if level.table.stay is not None and stayed:
        yield why(f"{key}.stay", level.stay, row)


def _in_matrix(scheme: Scheme, row: ExactRow, expected: str, cell: Mapping[str, str]) -> Iterator[str]:
    """Where the customer stands on each axis, and why not where ``expected`` is."""
    yield f"it stands at {', '.join(f'{axis} {level}' for axis, level in cell.items())}"
    at = next((one.at or {} for one in scheme.classes if one.table.name == expected), {})
    for axis in scheme.axes:
        name = axis.table.name
        level, came = at.get(name, cell[name]), cell[name]
        if level != came:
            yield from _on_ladder(f"axis.{name}.level", axis.levels, row, level, Came(None, came, {}))


def _of_classes(scheme: Scheme, row: ExactRow, expected: str, came: str) -> Iterator[str]:
    """That the class expected does not match, or that an earlier one does, or that the present one is kept."""
    classes = {one.table.name: one for one in scheme.classes}
    for name in (expected, came):
        one = classes.get(name)
        if one is None or one.when is None:
            continue
        if (row.value(one.when.node) is True) == (name == came):
            yield why(f"class.{name}.when", one.when, row)
        elif name == came and one.keep is not None:
            yield why(f"class.{name}.{'when' if one.table.keep is None else 'keep'}", one.keep, row)


def why_roles(place: Place | None, row: ExactRow, expected: Sequence[str], got: Sequence[str]) -> Iterator[str]:
    """The route that has the roles ``expected`` and does not hold, or the one that holds."""
    if place is None:
        return
    key = f"{'class' if isinstance(place.rules, Class) else 'level'}.{place.rules.table.name}.routes"
    for count, route in enumerate(place.rules.care.routes, 1):
        if list(route.roles) in (list(expected), list(got)):
            yield why(f"{key}.{count}.when", route.when, row)


def why_reasons(scheme: Scheme, row: ExactRow, expected: Sequence[str], got: Sequence[str]) -> Iterator[str]:
    """The names of ``[let]`` that are expected and do not hold, and those that hold and are not expected."""
    for name in dict.fromkeys([*expected, *got]):
        if (name in expected) != (name in got) and name in scheme.lets:
            yield why_node(f"let.{name}", scheme.lets[name], row)
