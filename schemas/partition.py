"""The state of a partition, kept beside its customers and written with every commit."""

from __future__ import annotations

import msgspec

from schemas.population import Cut, Levels, YearStart
from schemas.position import Position
from schemas.quality import QualityState

LAYOUT: int = 2
"""Version of everything at rest in the store; N and N-1 are read, another needs ``tierline rebuild``."""


class Fingerprint(msgspec.Struct, kw_only=True, frozen=True):
    """The last applied record: the claim compares it with the topic, to notice a recreated one."""

    offset: int
    timestamp: int
    crc: int


class Sweep(msgspec.Struct, kw_only=True, frozen=True):
    """A close under way: its day number and the number of customers already evaluated is the position's ordinal.

    ``total`` is the number of customers known when the close began: later ones have no part in it. ``cuts`` are about
    those already evaluated.
    """

    day: int
    total: int
    policy: bool
    cuts: list[Cut] = []


class PartitionState(msgspec.Struct, kw_only=True):
    """Where a partition stands and under which settings it was computed; stored as JSON, for people to read too.

    ``open_day`` is a day number, None before the first record. ``sources`` is the next offset of each side topic.
    ``customers`` counts the ids. Settings that would change every figure (zone, cut-off, currency, partitions) are
    compared at claim and refused if they differ. ``quality`` is what its sources sent.

    ``levels`` counts who stands where now; None in a partition that a version wrote which did not count. ``year_start``
    is that count after the latest close of a year, ``cuts`` are those of the latest close. These figures of earlier days
    include customers who were erased since, unless the state was computed anew from the logs.
    """

    position: Position
    layout: int = LAYOUT
    open_day: int | None = None
    sources: dict[str, int] = {}
    fingerprint: Fingerprint | None = None
    policy_version: str | None = None
    sweep: Sweep | None = None
    customers: int = 0
    levels: Levels | None = None
    year_start: YearStart | None = None
    cuts: list[Cut] = []
    quality: QualityState = QualityState()
    timezone: str
    cutoff: str
    base_currency: str
    partitions: int
