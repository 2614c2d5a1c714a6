"""How many customers stand at each level of each scheme, counted in the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from agents.walk import WalkedStore, ground_of, walk

OUTSIDE: Final = "(outside)"
"""Stands for customers who are out of a scheme's scope or not placed in it yet; no level has brackets in its name."""


async def census(store: WalkedStore, partitions: int, schemes: Sequence[str]) -> dict[str, Counter[str]]:
    """Customers by level for each of ``schemes``; a walk through the whole store, meant for thousands and not for millions."""
    counts: dict[str, Counter[str]] = {scheme: Counter() for scheme in schemes}
    async for chunk in walk(store, await ground_of(store, partitions)):
        for known in chunk.customers:
            for scheme, levels in counts.items():
                standing = known.profile.standings.get(scheme)
                levels[OUTSIDE if standing is None or standing.level is None else standing.level] += 1
    return counts
