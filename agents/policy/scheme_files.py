"""A file of one scheme: its shape, its conditions, its examples and its bounds."""

from __future__ import annotations

from collections.abc import Sequence

from agents.policy.calendars import check_let_names, read_calendar
from agents.policy.carried import carried_columns
from agents.policy.check import Checker
from agents.policy.cuts import check_cuts, cut_names
from agents.policy.given import check_examples
from agents.policy.mistakes import Report, did_you_mean
from agents.policy.nodes import Condition, Node
from agents.policy.proofs import check_bounds
from agents.policy.schemes import Axis, AxisLevel, Care, Class, Level, Route, Scheme
from agents.policy.shapes import check_shape
from agents.policy.spelled import Speller
from schemas.cuts import Lines
from schemas.policy_file import AxisTable, ClassTable, LevelTable, PlaceTable, SchemeFile


def scheme_of(file: str, table: SchemeFile, report: Report, lines: Lines) -> Scheme | None:
    """The scheme of a file, None if there is a mistake in it."""
    check_let_names(table, report, lines)
    check_cuts(table, report)
    check_shape(table, report)
    reader = _Reader(table, report, lines)
    scheme = reader.scheme(file)
    check_examples(table, report, cut_names(lines))
    check_bounds("level", [(level.table.name, level.enter, level.stay) for level in scheme.levels], report)
    for axis in scheme.axes:
        sides = [(level.table.name, level.enter, level.stay) for level in axis.levels]
        check_bounds(f"axis.{axis.table.name}.level", sides, report)
    return None if len(report) else scheme


class _Reader:
    """Reads the conditions of one file."""

    def __init__(self, table: SchemeFile, report: Report, lines: Lines) -> None:
        self._table = table
        self._report = report
        self._checker = Checker(report, table.let, read_calendar(table, report), lines=lines)
        self._speller = Speller(table.let, self._checker.let)

    def scheme(self, file: str) -> Scheme:
        """The file with all conditions that can be read."""
        table, checker = self._table, self._checker
        lets = {name: node for name in table.let if (node := checker.let(name)) is not None}
        return Scheme(
            file=file,
            table=table,
            applies_to=self._condition("applies_to", table.applies_to),
            levels=tuple(level for one in table.level if (level := self._level(one)) is not None),
            classes=tuple(known for one in table.class_ if (known := self._class(one)) is not None),
            axes=tuple(self._axis(one) for one in table.axis),
            lets=lets,
        )

    def _level(self, table: LevelTable) -> Level | None:
        place = f"level.{table.name}"
        enter = self._condition(f"{place}.enter", table.enter)
        stay = enter if table.stay is None else self._condition(f"{place}.stay", table.stay)
        care = self._care(place, table)
        return None if enter is None or stay is None else Level(table, enter, stay, care)

    def _class(self, table: ClassTable) -> Class | None:
        place = f"class.{table.name}"
        when = self._condition(f"{place}.when", table.when)
        keep = when if table.keep is None else self._condition(f"{place}.keep", table.keep)
        care = self._care(place, table)
        return None if when is None and table.when else Class(table, when, keep, care)

    def _axis(self, table: AxisTable) -> Axis:
        levels = []
        for level in table.level:
            place = f"axis.{table.name}.level.{level.name}"
            enter = self._condition(f"{place}.enter", level.enter)
            stay = enter if level.stay is None else self._condition(f"{place}.stay", level.stay)
            if enter is not None and stay is not None:
                levels.append(AxisLevel(level, enter, stay))
        return Axis(table, tuple(levels))

    def _care(self, place: str, table: PlaceTable) -> Care:
        routes = []
        for count, route in enumerate(table.routes, 1):
            when = self._condition(f"{place}.routes.{count}.when", route.when)
            if when is not None:
                routes.append(Route(when, tuple(route.roles)))
        carried = carried_columns(f"{place}.carry", table.carry, self._report)
        return Care(self._reasons(f"{place}.reasons", table.reasons), tuple(routes), carried)

    def _reasons(self, place: str, names: Sequence[str]) -> dict[str, Node]:
        conditions: dict[str, Node] = {}
        expected = "names of conditions in [let]"
        for name in names:
            if name not in self._table.let:
                self._report.add(place, name, expected, did_you_mean(name, self._table.let))
                continue
            node, read = self._checker.listed(name), self._checker.let(name)
            if node is not None:
                conditions[name] = node
            elif read is not None:
                hint = (
                    f"{name} is a value of type {read.type}" if read.type != "flag" else f"{name} is about one account"
                )
                self._report.add(place, name, expected, hint)
        return conditions

    def _condition(self, key: str, text: str | None) -> Condition | None:
        if not text:  # left out, or reported as missing
            return None
        node = self._checker.condition(key, text)
        return None if node is None else Condition(text.strip(), node, self._speller.spelled(text))
