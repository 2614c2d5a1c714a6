"""One evaluation under way: the rows and what the steps before have given."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.policy.exact import ExactRow
from agents.policy.kleene import Bools, Truth
from schemas.occasion_names import OCCASIONAL
from streams.rows import UNKNOWN, Rows, Vocabulary

Floats = NDArray[np.float64]


class Whole(NamedTuple):
    """Whole numbers: exact. With ``divisors`` they are areas, and the value is the quotient."""

    values: NDArray[np.int64]
    unknown: Bools | None
    divisors: NDArray[np.int64] | None = None


class Real(NamedTuple):
    """Floats near the exact values: off by far less than ``TOLERANCE`` times ``magnitude``.

    ``magnitude`` is the same expression with every term positive, so it bounds all rounding on the way.
    """

    values: Floats
    magnitude: Floats
    unknown: Bools | None


Result = Whole | Real | Truth


class Frame:
    """Rows being evaluated and the results of the steps so far, in step order."""

    def __init__(self, rows: Rows, vocabulary: Vocabulary) -> None:
        self.rows = rows
        self.results: list[Any] = []  # of Result: the planner knows which step gives which kind
        self.accounts: list[Truth] = []
        self._vocabulary = vocabulary
        self._places = {name: place for place, name in enumerate(rows.names)}

    def column(self, name: str, *, averaged: bool) -> Whole:
        """A measure or fact, with the days of its window if it is an average; of an occasion unknown at looks of others."""
        if name in OCCASIONAL and name not in self._places:
            return Whole(np.full(len(self.rows), UNKNOWN, np.int64), np.ones(len(self.rows), np.bool_))
        values = self.rows.values[self._places[name]]
        unknown = values == UNKNOWN
        divisors = self.rows.divisors[name] if averaged else None
        return Whole(values, unknown if unknown.any() else None, divisors)

    def whole(self, step: int) -> Whole:
        """The result of a step that gives whole numbers."""
        result: Whole = self.results[step]
        return result

    def real(self, step: int) -> Real:
        """The result of a step that gives floats."""
        result: Real = self.results[step]
        return result

    def truth(self, step: int) -> Truth:
        """The result of a step that gives truths."""
        result: Truth = self.results[step]
        return result

    def exact(self, row: int) -> ExactRow:
        """One row in exact arithmetic."""
        return ExactRow(self.rows, row, self._vocabulary)
