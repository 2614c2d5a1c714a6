"""Checked schemes: every name resolved, every condition typed, every bound that can be proven wrong refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.policy.check import Checker
from agents.policy.given import check_examples
from agents.policy.mistakes import PolicyError, PolicyMistake, Report, did_you_mean
from agents.policy.nodes import Condition, Node
from agents.policy.proofs import check_bounds
from agents.policy.reading import read_scheme
from schemas.measures import MEASURES
from schemas.policy_file import OUT, LevelTable, SchemeFile


@dataclass(frozen=True, slots=True)
class Level:
    """A level with its conditions read; ``reasons`` maps the let-names of the file to their conditions."""

    table: LevelTable
    enter: Condition
    stay: Condition
    reasons: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A file with its conditions read."""

    file: str
    table: SchemeFile
    applies_to: Condition | None
    levels: tuple[Level, ...]


def load_schemes(files: Mapping[str, str]) -> tuple[Scheme, ...]:
    """All schemes, by name; ``PolicyError`` lists the mistakes of all files."""
    mistakes: list[PolicyMistake] = []
    schemes: dict[str, Scheme] = {}
    for file, text in sorted(files.items()):
        report = Report(file)
        scheme = _scheme(file, text, report)
        if scheme is not None:
            name = scheme.table.scheme
            if name in schemes:
                report.add("scheme", name, f"a name of its own: {schemes[name].file} has it already")
            schemes.setdefault(name, scheme)
        mistakes += report
    if mistakes:
        raise PolicyError(mistakes)
    return tuple(schemes[name] for name in sorted(schemes))


def _scheme(file: str, text: str, report: Report) -> Scheme | None:
    table = read_scheme(text, report)
    if table is None:
        return None
    _check_let_names(table, report)
    _check_level_names(table, report)
    if table.downgrade.grace_days is not None and table.downgrade.grace_months is not None:
        report.add("downgrade.grace_months", table.downgrade.grace_months, "only one of grace_days and grace_months")
    checker = Checker(report, table.let)
    for name in table.let:
        checker.let(name)
    applies_to = _condition(checker, "applies_to", table.applies_to)
    levels = [_level(checker, level, report) for level in table.level]
    known = [level for level in levels if level is not None]
    check_examples(table, report)
    check_bounds([(level.table.name, level.enter, level.stay) for level in known], report)
    return None if len(report) else Scheme(file, table, applies_to, tuple(known))


def _level(checker: Checker, table: LevelTable, report: Report) -> Level | None:
    place = f"level.{table.name}"
    enter = _condition(checker, f"{place}.enter", table.enter)
    stay = enter if table.stay is None else _condition(checker, f"{place}.stay", table.stay)
    reasons = _reasons(checker, table, report)
    return None if enter is None or stay is None else Level(table, enter, stay, reasons)


def _reasons(checker: Checker, table: LevelTable, report: Report) -> dict[str, Node]:
    place = f"level.{table.name}.reasons"
    conditions: dict[str, Node] = {}
    for name in table.reasons:
        if not checker.has(name):
            report.add(place, name, "names of conditions in [let]", did_you_mean(name, checker.names))
            continue
        node = checker.let(name)
        if node is not None and node.type != "flag":
            report.add(place, name, "names of conditions in [let]", f"{name} is a value of type {node.type}")
        elif node is not None:
            conditions[name] = node
    return conditions


def _condition(checker: Checker, key: str, text: str | None) -> Condition | None:
    if not text:  # left out, or reported as missing
        return None
    node = checker.condition(key, text)
    return None if node is None else Condition(text.strip(), node)


def _check_let_names(table: SchemeFile, report: Report) -> None:
    for name in table.let:
        if not name.isidentifier() or not name.islower():
            report.add(f"let.{name}", table.let[name], "a name of small letters, digits and underscores")
        elif name in MEASURES or name == "today":
            report.add(f"let.{name}", table.let[name], "a name that is not a measure or fact already")


def _check_level_names(table: SchemeFile, report: Report) -> None:
    if not table.level and all(mistake.key != "level" for mistake in report):
        report.add("level", None, "at least one level, written [[level]]")
    names: Sequence[str] = [table.base, *(level.name for level in table.level)]
    for place, name in enumerate(names):
        key = "base" if place == 0 else f"level.{name}.name"
        if name and name in names[:place]:
            report.add(key, name, "a name that no other level of the scheme and not the base has")
        if name == OUT:
            report.add(key, name, f"another name: {OUT} means a customer outside the scheme")
