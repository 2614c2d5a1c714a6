"""Rows and schemes made by hand for the tests of policies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agents.policy.compile import compile_policies
from agents.policy.decider import CompiledPolicies
from agents.tiers import Bits, TierScheme
from schemas.events import Cause, Reason
from schemas.measures import measure_named
from streams.decider import Look
from streams.rows import UNKNOWN, LookKind, Rows, Vocabulary

DAY = 20_000
"""An as-of day: 2024-10-04."""

ABC = """
scheme = "abc"
base = "ordinary"
[[level]]
name = "gold"
enter = "aum >= 100_000"
stay = "aum >= 95_000"
"""


def scheme(enter: str, **more: str) -> str:
    """A scheme of one level that is entered on ``enter``; ``more`` are further lines of the file's head."""
    head = "\n".join(f"{key} = {value}" for key, value in more.items())
    return f'scheme = "s"\nbase = "low"\n{head}\n[[level]]\nname = "high"\nenter = """{enter}"""\n'


def compiled(*texts: str) -> CompiledPolicies:
    return compile_policies({f"p{place}.toml": text for place, text in enumerate(texts)}, Vocabulary())


def rows_of(policies: CompiledPolicies, *given: Mapping[str, object], as_of: int = DAY) -> Rows:
    """Rows of raw values: minor units, day numbers, texts, ``(area, days)`` of an average.

    What is left out is unknown; what no condition reads is left out of the rows.
    """
    values = np.full((len(policies.columns), len(given)), UNKNOWN, np.int64)
    divisors = {name: np.full(len(given), 30, np.int64) for name in policies.columns if _divides(name)}
    for row, table in enumerate(given):
        for name, value in table.items():
            if name not in policies.columns:
                continue
            place = policies.columns.index(name)
            match value:
                case None:
                    continue
                case str():
                    values[place, row] = policies.vocabulary.code(value)
                case (int(area), int(days)):
                    values[place, row], divisors[name][row] = area, days
                case int():
                    values[place, row] = value
                case _:
                    raise TypeError(value)
    return Rows(policies.columns, np.arange(len(given)), np.full(len(given), as_of), values, divisors)


def _divides(name: str) -> bool:
    measure = measure_named(name)
    return measure is not None and (measure.averaged or measure.divided)


def enter_bits(policies: CompiledPolicies) -> Bits:
    """The bits of what lets into the lowest level of the first scheme."""
    tiers = policies.schemes[0].tiers
    assert isinstance(tiers, TierScheme)
    return tiers.levels[0].enter


def truths(enter: str, *given: Mapping[str, object], as_of: int = DAY) -> list[bool | None]:
    """What a condition comes to on each row: the bits of its mask."""
    policies = compiled(scheme(enter))
    masks = policies.masks(rows_of(policies, *given, as_of=as_of))
    bits = enter_bits(policies)
    return [None if int(mask[0]) & bits.unknown else bool(int(mask[0]) & bits.true) for mask in masks]


def look(
    as_of: int = DAY, kind: LookKind = LookKind.EVENT, reason: Reason = "event", event_day: int | None = None
) -> Look:
    return Look(
        kind=kind,
        as_of=as_of,
        event_day=event_day,
        reason=reason,
        effective_at="2024-10-04T12:00:00+08:00",
        cause=Cause(topic="transactions", partition=3, offset=17, transaction_id="t1"),
        customer_id="c1",
    )
