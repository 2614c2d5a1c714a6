"""Figures about all customers of a partition: how many stand where, and what a measure adds up to by its size."""

from __future__ import annotations

import msgspec

Levels = dict[str, dict[str, int]]
"""Customers by scheme and level, the base included; no zeros."""

Sketch = dict[int, tuple[int, int]]
"""Customers and the exact sum of their values by bucket of values: see ``streams.sketch``."""


class YearStart(msgspec.Struct, kw_only=True, frozen=True):
    """Who stood where once the close of ``day``, the last of a year, was done."""

    day: int
    levels: Levels


class Cut(msgspec.Struct, kw_only=True, frozen=True):
    """The customers of one scheme by a measure of money (minor units), as of a close.

    ``lines`` are the policy file's cuts by name: the percentage of customers, highest values first.
    """

    scheme: str
    measure: str
    lines: dict[str, int]
    sketch: Sketch
