"""Checked schemes: every name resolved, every condition typed, every bound that can be proven wrong refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.policy.nodes import Column, Condition, Node
from schemas.policy_file import AxisLevelTable, AxisTable, ClassTable, LevelTable, SchemeFile


@dataclass(frozen=True, slots=True)
class Route:
    """Who acts where ``when`` holds."""

    when: Condition
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Care:
    """What goes with a level or class; ``reasons`` maps the let-names of the file to their conditions."""

    reasons: Mapping[str, Node]
    routes: tuple[Route, ...]
    carried: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A level with its conditions read."""

    table: LevelTable
    enter: Condition
    stay: Condition
    care: Care

    @property
    def keeps(self) -> Condition:
        """What keeps a customer there."""
        return self.stay


@dataclass(frozen=True, slots=True)
class Class:
    """A class with its conditions read; ``at`` is its place in the matrix instead."""

    table: ClassTable
    when: Condition | None
    keep: Condition | None
    care: Care

    @property
    def at(self) -> Mapping[str, str] | None:
        """The level of each axis that is named."""
        return self.table.at

    @property
    def keeps(self) -> Condition | None:
        """What keeps a customer there; None of a place in a matrix."""
        return self.keep


@dataclass(frozen=True, slots=True)
class AxisLevel:
    """One level of an axis with its conditions read."""

    table: AxisLevelTable
    enter: Condition
    stay: Condition


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of a matrix."""

    table: AxisTable
    levels: tuple[AxisLevel, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """A file with its conditions read: ``levels``, or ``classes`` with or without ``axes``.

    ``lets`` holds what ``[let]`` names, by name.
    """

    file: str
    table: SchemeFile
    applies_to: Condition | None
    levels: tuple[Level, ...] = ()
    classes: tuple[Class, ...] = ()
    axes: tuple[Axis, ...] = ()
    lets: Mapping[str, Node] = field(default_factory=dict)

    @property
    def places(self) -> tuple[Level | Class, ...]:
        """The levels or the classes, in the order of the file."""
        return self.levels or self.classes

    def conditions(self) -> list[Condition]:
        """Who is meant, what leads in and what keeps there: what decides, in the order of the file."""
        scope = [] if self.applies_to is None else [self.applies_to]
        ladders: list[Level | AxisLevel] = [*self.levels, *(level for axis in self.axes for level in axis.levels)]
        steps = [condition for level in ladders for condition in (level.enter, level.stay)]
        whens = [condition for one in self.classes for condition in (one.when, one.keep) if condition is not None]
        return [*scope, *steps, *whens]
