"""Names that look odd beside others: a role that is spelled nearly like another one, of all files together."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from agents.policy.odd import Finding
from agents.policy.schemes import Scheme
from agents.policy.signals import Family

_NEAR: Final = 0.9
"""How alike two names are that differ in a letter or two (``difflib`` gives 1 to the same)."""

_Uses = Mapping[str, list[tuple[str, str]]]
"""File and key of each use, by role."""


def alike_roles(schemes: Sequence[Scheme], families: Sequence[Family]) -> Iterator[Finding]:
    """Roles that are spelled nearly like one that is used more often."""
    uses: dict[str, list[tuple[str, str]]] = {}
    for file, key, role in [*_of_schemes(schemes), *_of_families(families)]:
        uses.setdefault(role, []).append((file, key))
    counts = Counter({role: len(places) for role, places in uses.items()})
    for role, places in uses.items():
        other = _like(role, [more for more in counts if counts[more] > counts[role]])
        if other is not None:
            for file, key in places:
                yield Finding(
                    file, key, f"{role} is spelled nearly like {other} ({uses[other][0][0]}): is it the same role?"
                )


def _like(role: str, others: Sequence[str]) -> str | None:
    """A name that differs from ``role`` by more than its digits, and by little."""
    bare = re.sub(r"\d", "", role)
    known = [other for other in others if re.sub(r"\d", "", other) != bare]
    return next(iter(difflib.get_close_matches(role, known, n=1, cutoff=_NEAR)), None)


def _of_schemes(schemes: Sequence[Scheme]) -> Iterator[tuple[str, str, str]]:
    for scheme in schemes:
        yield from ((scheme.file, "base_roles", role) for role in scheme.table.base_roles)
        kind = "level" if scheme.levels else "class"
        for place in scheme.places:
            table, key = place.table, f"{kind}.{place.table.name}"
            yield from ((scheme.file, f"{key}.roles", role) for role in table.roles)
            yield from ((scheme.file, f"{key}.contacts_per_month", role) for role in table.contacts_per_month)
            for route in table.routes:
                yield from ((scheme.file, f"{key}.routes", role) for role in route.roles)


def _of_families(families: Sequence[Family]) -> Iterator[tuple[str, str, str]]:
    for family in families:
        for signal in family.signals:
            yield from ((family.file, f"signal.{signal.name}.roles", role) for role in signal.table.roles)
