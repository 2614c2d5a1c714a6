"""Whether a file is one scheme: of levels or of classes, with names that tell everything apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from agents.policy.mistakes import Report, did_you_mean
from schemas.policy_file import OUT, AxisTable, ClassTable, DowngradeTable, SchemeFile

_CELLS_MAX = 1_000
"""Most cells of a matrix: more of them nobody can oversee."""


def check_shape(table: SchemeFile, report: Report) -> None:
    """Report keys that do not go together and names that are not told apart."""
    if table.class_ or table.axis:
        _check_classes(table, report)
    else:
        _check_levels(table, report)
    _check_names(table, report)
    _check_retired(table, report)


def _check_levels(table: SchemeFile, report: Report) -> None:
    if not table.level and all(mistake.key != "level" for mistake in report):
        report.add("level", None, "at least one level, written [[level]], or class, written [[class]]")
    if table.check is not None:
        report.add("check", table.check, "[upgrade] and [downgrade] in a scheme of levels", "check is for classes")
    _only_one(table.falling, ("grace_days", "grace_months"), report)
    _only_one(table.falling, ("hold_days", "hold_months", "hold_until"), report)


def _only_one(table: DowngradeTable, keys: Sequence[str], report: Report) -> None:
    given = [key for key in keys if getattr(table, key) is not None]
    for key in given[1:]:
        report.add(f"downgrade.{key}", getattr(table, key), f"only one of {', '.join(keys[:-1])} and {keys[-1]}")


def _check_classes(table: SchemeFile, report: Report) -> None:
    for key in ("level", "upgrade", "downgrade", "near"):
        if getattr(table, key):
            hint = "classes have check at the top of the file" if key != "level" else ""
            report.add(key, None, "no such part in a scheme of classes", hint)
    if table.base_roles and any(one.name == table.base for one in table.class_):
        report.add("base_roles", None, f"no such key beside the class {table.base}", "give that class its roles")
    if not table.class_:
        report.add("class", None, "at least one class, written [[class]]")
    axes = {axis.name: axis for axis in table.axis}
    for one in table.class_:
        _check_class(one, axes, report)
    if table.axis:
        _check_covered(table, report)


def _check_class(one: ClassTable, axes: dict[str, AxisTable], report: Report) -> None:
    place = f"class.{one.name}"
    if (one.when is None) == (one.at is None):
        if all(not mistake.key.startswith(f"{place}.") for mistake in report):
            report.add(place, None, "either when or at")
        return
    if one.at is None:
        return
    if one.keep is not None:
        report.add(f"{place}.keep", one.keep, "no keep beside at", "give the axis levels a stay")
    for axis, level in one.at.items():
        if axis not in axes:
            expected = f"one of the axes {', '.join(axes)}" if axes else "axes, each written [[axis]]"
            report.add(f"{place}.at.{axis}", level, expected, did_you_mean(axis, axes))
            continue
        names = _names_of(axes[axis])
        if level not in names:
            report.add(f"{place}.at.{axis}", level, f"one of {', '.join(names)}", did_you_mean(level, names))


def _names_of(axis: AxisTable) -> list[str]:
    return [axis.base, *(level.name for level in axis.level)]


def _check_covered(table: SchemeFile, report: Report) -> None:
    """Every cell of the matrix needs a class: the first cells without one are told."""
    sides = [[(axis.name, name) for name in _names_of(axis)] for axis in table.axis]
    count = 1
    for side in sides:
        count *= len(side)
    if count > _CELLS_MAX:
        report.add("axis", None, f"at most {_CELLS_MAX:,} cells, not {count:,}")
        return
    places = [one.at for one in table.class_ if one.at is not None]
    bare = [dict(cell) for cell in product(*sides) if not any(at.items() <= dict(cell).items() for at in places)]
    for cell in bare:
        told = ", ".join(f'{axis} = "{level}"' for axis, level in cell.items())
        report.add("class", None, f"a class with at = {{ {told} }}: no class has this cell")


def _check_names(table: SchemeFile, report: Report) -> None:
    levels = [*(level.name for level in table.level), *(one.name for one in table.class_)]
    kind = "class" if table.class_ else "level"
    # The base of classes may be one of them.
    _distinct([("base", table.base)] if table.level else [], [(f"{kind}.{name}.name", name) for name in levels], report)
    if table.base == OUT and not table.level:
        _no_out("base", report)
    _distinct([], [(f"axis.{axis.name}.name", axis.name) for axis in table.axis], report)
    for axis in table.axis:
        place = f"axis.{axis.name}"
        own = [(f"{place}.level.{level.name}.name", level.name) for level in axis.level]
        _distinct([(f"{place}.base", axis.base)], own, report)
        if not axis.level and all(mistake.key != f"{place}.level" for mistake in report):
            report.add(f"{place}.level", None, "at least one level, written [[axis.level]]")


def _distinct(first: list[tuple[str, str]], more: list[tuple[str, str]], report: Report) -> None:
    seen: set[str] = set()
    for key, name in (*first, *more):
        if name and name in seen:
            report.add(key, name, "a name that no other level of the scheme and not the base has")
        if name == OUT:
            _no_out(key, report)
        seen.add(name)


def _no_out(key: str, report: Report) -> None:
    report.add(key, OUT, f"another name: {OUT} means a customer outside the scheme")


def _check_retired(table: SchemeFile, report: Report) -> None:
    present = places_of(table)
    for old, new in table.retired.items():
        if old in present:
            report.add(f"retired.{old}", new, "a name that no level has any more")
        if present and new not in present:
            report.add(f"retired.{old}", new, f"one of {', '.join(present)}", did_you_mean(new, present))


def places_of(table: SchemeFile) -> list[str]:
    """The names of the base and of all levels or classes; none at all where one of them is a mistake, which is told."""
    levels, classes = [one.name for one in table.level], [one.name for one in table.class_]
    names = [*levels, *classes]
    distinct = dict.fromkeys([table.base, *names])
    unique = len(set(names)) == len(names) and table.base not in levels
    return list(distinct) if unique and all(distinct) and OUT not in levels else []
