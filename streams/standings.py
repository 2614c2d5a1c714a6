"""How many customers stand where, carried from commit to commit."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.partition import PartitionState
from schemas.population import Levels, YearStart


def counted(levels: Levels, stood: Mapping[tuple[str, str], int]) -> Levels:
    """``levels`` after who came and who left by scheme and level; what is empty is left out, names are in order."""
    after = {scheme: dict(counts) for scheme, counts in levels.items()}
    for (scheme, level), change in stood.items():
        counts = after.setdefault(scheme, {})
        counts[level] = counts.get(level, 0) + change
    in_order = (
        (scheme, {level: count for level, count in sorted(counts.items()) if count})
        for scheme, counts in sorted(after.items())
    )
    return {scheme: counts for scheme, counts in in_order if counts}


def recount(state: PartitionState, stood: Mapping[tuple[str, str], int], year_closed: int | None) -> None:
    """Bring the counts of ``state`` up to date, and keep them as the year's start if day ``year_closed`` ended one."""
    if state.levels is None:
        return
    if stood:
        state.levels = counted(state.levels, stood)
    if year_closed is not None:
        state.year_start = YearStart(day=year_closed, levels=state.levels)
