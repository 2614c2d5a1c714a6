"""Sets of numbers made of spans: what a condition on one measure allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Self

from agents.policy.nodes import Comparator

Edge = tuple[float | Fraction, int]
"""A place between numbers: just below the number (0) or just above it (1)."""

_LOW: Final[Edge] = (float("-inf"), 0)
_HIGH: Final[Edge] = (float("inf"), 0)


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans from edge to edge, in order, without touching each other; none is the empty set."""

    spans: tuple[tuple[Edge, Edge], ...]

    def __bool__(self) -> bool:
        return bool(self.spans)

    @classmethod
    def of(cls, op: Comparator, bound: Fraction) -> Self:
        """The numbers x with ``x op bound``."""
        below, above = (bound, 0), (bound, 1)
        match op:
            case ">=":
                return cls(((below, _HIGH),))
            case ">":
                return cls(((above, _HIGH),))
            case "<":
                return cls(((_LOW, below),))
            case "<=":
                return cls(((_LOW, above),))
            case "==":
                return cls(((below, above),))
            case _:
                return cls(((_LOW, below), (above, _HIGH)))

    def complement(self) -> Self:
        """All numbers not in this set."""
        edges = [_LOW, *(edge for span in self.spans for edge in span), _HIGH]
        return self._made(zip(edges[::2], edges[1::2], strict=True))

    def intersect(self, other: Self) -> Self:
        """Numbers in both sets."""
        return self._made(
            (max(start, other_start), min(end, other_end))
            for start, end in self.spans
            for other_start, other_end in other.spans
        )

    def union(self, other: Self) -> Self:
        """Numbers in either set."""
        return self.complement().intersect(other.complement()).complement()

    def sample(self) -> Fraction:
        """A number of the set, as near to a bound as whole units allow."""
        (low, above), (high, _) = self.spans[0]
        if isinstance(low, Fraction):
            inside = low if above == 0 else low + 1
            return inside if not isinstance(high, Fraction) or inside < high else (low + high) / 2
        return high - 1 if isinstance(high, Fraction) else Fraction(0)

    @classmethod
    def _made(cls, spans: Iterable[tuple[Edge, Edge]]) -> Self:
        return cls(tuple(sorted(span for span in spans if span[0] < span[1])))
