"""Why a customer moved: the condition that decided, its names of ``[let]`` spelled out, and what it read."""

from __future__ import annotations

from agents.policy.evidence import Evidence, evidence, points
from agents.policy.exact import ExactRow
from agents.policy.nodes import Condition
from agents.policy.schemes import Axis, Scheme
from agents.tiers import Outcome


def because(scheme: Scheme, outcome: Outcome, row: ExactRow) -> tuple[str, Evidence]:
    """``enter`` upward, ``stay`` downward, the scope out; of classes what let in, or kept no more, or the axes that moved."""
    found = _decisive(scheme, outcome)
    if outcome.sides:
        return "; ".join(f"{name}: {condition.spelled}" for name, condition in found), _seen(found, row)
    return " and ".join(condition.spelled for _, condition in found), _seen(found, row)


def _seen(found: list[tuple[str, Condition]], row: ExactRow) -> Evidence:
    read = evidence([column for _, condition in found for column in condition.columns], row)
    return {**read, **{name: worth for _, condition in found for name, worth in points(condition, row).items()}}


def _decisive(scheme: Scheme, outcome: Outcome) -> list[tuple[str, Condition]]:
    move = outcome.move
    if move is None:
        return []
    if move.direction == "out":
        condition = scheme.applies_to
    elif outcome.sides:
        return _sides(scheme, outcome)
    elif scheme.levels:
        enters = move.direction != "down"
        name = move.to if enters else move.from_
        level = next((level for level in scheme.levels if level.table.name == name), None)
        condition = None if level is None else level.enter if enters else level.stay
    else:
        condition = _class_condition(scheme, move.from_, move.to)
    return [] if condition is None else [("", condition)]


def _class_condition(scheme: Scheme, left: str, entered: str | None) -> Condition | None:
    """What let in; where nothing did, what keeps no more the class that was left."""
    classes = {one.table.name: one for one in scheme.classes}
    if entered in classes and classes[entered].when is not None:
        return classes[entered].when
    return classes[left].keep if left in classes else None


def _sides(scheme: Scheme, outcome: Outcome) -> list[tuple[str, Condition]]:
    axes = {axis.table.name: axis for axis in scheme.axes}
    found = [(name, _side(axes[name], before, after)) for name, before, after in outcome.sides]
    return [(name, condition) for name, condition in found if condition is not None]


def _side(axis: Axis, before: str, after: str) -> Condition | None:
    """``enter`` of the level reached on an axis, ``stay`` of the one left downward."""
    names = [axis.table.base, *(level.table.name for level in axis.levels)]
    start = names.index(before) if before in names else 0
    place = names.index(after)
    if place > start:
        return axis.levels[place - 1].enter
    return axis.levels[start - 1].stay if place < start else None
