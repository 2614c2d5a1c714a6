"""The measures and facts that a level, a class or a signal names to be told along."""

from __future__ import annotations

from collections.abc import Sequence

from agents.policy.mistakes import Report, did_you_mean
from agents.policy.nodes import Column
from schemas.measures import MEASURES, measure_named


def carried_columns(key: str, names: Sequence[str], report: Report) -> tuple[Column, ...]:
    """The columns of ``names``, in that order; a name that no measure or fact has is a mistake of ``key``."""
    found = []
    for name in names:
        measure = measure_named(name)
        if measure is None:
            report.add(key, name, "names of measures or facts", did_you_mean(name, MEASURES))
        else:
            found.append(Column.of(measure))
    return tuple(found)
