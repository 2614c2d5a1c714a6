"""How many customers stand where, carried from commit to commit."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.population import Levels


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
