"""Gaps between conditions on one measure: values that none of them has, though there are some on both sides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce

from agents.policy.finite import Finite
from agents.policy.linear import Atom
from agents.policy.nodes import Column, Node
from agents.policy.spans import Spans
from agents.policy.values import Values, atom_name, either, sampled, shown, values_of


def gap(nodes: Sequence[Node]) -> str | None:
    """A gap in words; None if there is none, or the conditions are not all on the same measure.

    Of texts whose every value is known, one that no condition has is a gap.
    """
    found = [values_of(node) for node in nodes]
    known = [values for values in found if values is not None]
    if len(known) < len(found) or len(known) < 2 or len({atom for atom, _ in known}) != 1:
        return None
    atom = known[0][0]
    together: Values = reduce(either, [values for _, values in known])
    if isinstance(together, Spans):
        return _between(atom, together)
    return _left_out(atom, together)


def _between(atom: Atom, together: Spans) -> str | None:
    if len(together.spans) < 2:
        return None
    (_, (start, open_start)), ((end, open_end), _) = together.spans[:2]
    if isinstance(start, float) or isinstance(end, float):  # only the outermost edges are infinite
        return None
    if not _fits(atom, (start, open_start), (end, open_end)):
        return None
    least, most = "more than" if open_start else "at least", "at most" if open_end else "less than"
    return f"{atom_name(atom)} {least} {shown(atom, start)} and {most} {shown(atom, end)}"


def _fits(atom: Atom, start: tuple[Fraction, int], end: tuple[Fraction, int]) -> bool:
    """Whether a value of the measure lies between the edges: one that is counted has whole values alone."""
    if isinstance(atom, Column) and not atom.whole:
        return True
    first = math.floor(start[0]) + 1 if start[1] else math.ceil(start[0])
    return first <= end[0] if end[1] else first < end[0]


def _left_out(atom: Atom, together: Finite) -> str | None:
    rest = together.complement()
    return sampled(atom, rest) if rest and not rest.others else None
