"""The check of a scheme of classes: labels without order, the first that matches wins."""

from __future__ import annotations

from agents.tiers.outcome import NOTHING, PLACED, Move, Outcome, made, stand, unmade
from agents.tiers.scheme import BASE, ClassScheme, Ladder, TierClass
from schemas.state import Standing
from streams.decider import Look


def check_class(scheme: ClassScheme, look: Look, mask: int, standing: Standing) -> Outcome:
    """Look at the axes, then at the classes; within the scheme's scope."""
    if not made(scheme.check, look, standing):
        return unmade(scheme.check, look)
    present = standing.level
    axes = _sides(scheme, mask, standing.axes) if scheme.axes else {}
    one = _class(scheme, mask, present, axes)
    target = scheme.base if one is None else one.name
    if target == present and axes == standing.axes:
        return NOTHING
    sides = _moved(scheme, standing.axes, axes) if one is not None and one.at is not None else ()
    standing.axes = axes
    if target == present:
        return PLACED  # another cell of the same class
    stand(standing, look, target)
    standing.checked_on = look.as_of
    return Outcome(_told(scheme, look, present, target), changed=True, sides=sides, rests=True)


def _sides(scheme: ClassScheme, mask: int, present: dict[str, str]) -> dict[str, str]:
    return {name: _side(ladder, mask, present.get(name)) for name, ladder in scheme.axes.items()}


def _moved(scheme: ClassScheme, before: dict[str, str], after: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    ladders = scheme.axes.items()
    pairs = [(name, before.get(name, ladder.base), after[name]) for name, ladder in ladders]
    return tuple(pair for pair in pairs if pair[1] != pair[2])


def _told(scheme: ClassScheme, look: Look, present: str | None, target: str) -> Move | None:
    """The move as people are told of it; whoever is placed at the base is not."""
    if present is None:
        return None if target == scheme.base else Move(scheme.base, target, "across", "placement")
    return Move(present, target, "across", look.reason)


def _side(ladder: Ladder, mask: int, present: str | None) -> str:
    """The level on one axis: up where one can be entered, down where the present one is not kept."""
    position = ladder.positions.get(present or ladder.base, BASE)
    highest = ladder.highest(mask)
    if highest > position:
        return ladder.names[highest]
    if position == BASE or mask & ladder.keeps[position]:
        return ladder.names[position]
    return ladder.names[ladder.lower(mask, position)]


def _class(scheme: ClassScheme, mask: int, present: str | None, axes: dict[str, str]) -> TierClass | None:
    """The first class that matches, or the present one if it keeps before; None for the base."""
    cell = axes.items()
    for one in scheme.classes:
        if one.at is not None:
            if one.at.items() <= cell:
                return one
        elif mask & (one.let_in | one.kept if one.name == present else one.let_in):
            return one
    return None
