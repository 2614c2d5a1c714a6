"""Sets of texts and truths: what a condition on one fact that is no number allows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

Member = str | bool


@dataclass(frozen=True, slots=True)
class Finite:
    """``members``, or with ``others`` everything but these; where every value is known there are no others."""

    members: frozenset[Member]
    others: bool = False
    universe: frozenset[Member] | None = None

    def __bool__(self) -> bool:
        return bool(self.members) or self.others

    @classmethod
    def of(cls, members: Iterable[Member], universe: Iterable[Member] | None = None) -> Self:
        """The set of ``members``; ``universe`` where every value that can be is known."""
        return cls(frozenset(members), universe=None if universe is None else frozenset(universe))

    def complement(self) -> Self:
        """All values not in this set."""
        if self.universe is not None:
            return type(self)(self.universe - self.members, universe=self.universe)
        return type(self)(self.members, not self.others)

    def intersect(self, other: Self) -> Self:
        """Values in both sets."""
        if self.others and other.others:
            return type(self)(self.members | other.members, others=True)
        if self.others:
            return type(self)(other.members - self.members, universe=self.universe)
        kept = self.members - other.members if other.others else self.members & other.members
        return type(self)(kept, universe=self.universe)

    def union(self, other: Self) -> Self:
        """Values in either set."""
        return self.complement().intersect(other.complement()).complement()

    def sample(self) -> Member:
        """A value of the set."""
        return "another text" if self.others else min(self.members)
