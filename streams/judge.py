"""When the sources of the whole bank are judged, and by which figures: partition 0 reads what each partition has counted.

What it finds enters its journal, and that entry alone decides (``streams.judgement``): as with marks, the clock says when.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from typing import Final, Protocol

from schemas.journal import PolicyActivated, SourcesMeasured
from schemas.mistakes import Mistake
from schemas.partition import PartitionState
from schemas.quality import Judged, KeyInformation, SourceCounts
from streams.calendar import date_of, number_of
from streams.ports import Kept, StoreUnavailable
from streams.quality import added, name_in, thresholds_of

JUDGE: Final = 0
"""The partition whose journal has the judgements."""

log = logging.getLogger(__name__)


class KeptStates(Protocol):
    """What a judge reads of the store."""

    async def kept(self, partition: int) -> Kept | None:
        """The partition's state and how far it is relayed; None if it was never committed."""
        ...


class Judge:
    """Asks the store, for the lease of partition 0, at most once in ``every_s`` seconds; for others it does nothing.

    What it cannot read now it will read later: partition 0 goes on meanwhile.
    """

    def __init__(self, number: int, partitions: int, store: KeptStates, every_s: float) -> None:
        self._judges = number == JUDGE
        self._partitions = partitions
        self._store = store
        self._every_s = every_s
        self._asks_from = 0.0

    async def measured(self, state: PartitionState, policy: PolicyActivated) -> SourcesMeasured | None:
        """What is to be judged by ``policy`` now, ``state`` being the judge's own; None if there is nothing new."""
        if not self._judges or not _is_past(state, state.quality.judged):
            return None
        loop = asyncio.get_running_loop()
        if loop.time() < self._asks_from:
            return None
        try:
            kept = await _all_kept(self._store, self._partitions)
        except (StoreUnavailable, Mistake) as error:  # a shard that is down, a state that the next version wrote
            log.info("sources are not judged now: %s", error)
            return None
        finally:
            self._asks_from = loop.time() + self._every_s
        return None if kept is None else measured(kept, state.quality.judged, policy)


async def is_due(store: KeptStates, partitions: int) -> bool:
    """Whether there is something that partition 0 will judge as things stand."""
    kept = await _all_kept(store, partitions)
    return kept is not None and _closed_days(kept, kept[JUDGE].state.quality.judged) is not None


def measured(kept: Sequence[Kept], last: Judged, policy: PolicyActivated) -> SourcesMeasured | None:
    """The partitions' figures together, to be judged by ``policy``; None where ``last`` has judged all there is."""
    closed = _closed_days(kept, last)
    if closed is None:
        return None
    thresholds = thresholds_of(policy)
    states = [one.state.quality for one in kept]
    return SourcesMeasured(
        day=date_of(min(day for day in closed if day is not None)),
        closed=[None if day is None else date_of(day) for day in closed],
        totals=_together([state.totals for state in states], last.totals.keys() | last.raised.keys()),
        key_information=reduce(added, [state.closed for state in states if state.closed], KeyInformation()),
        policy_version=policy.version,
        minimum_records=thresholds.minimum_records,
        thresholds=dict(thresholds.percent),
    )


async def _all_kept(store: KeptStates, partitions: int) -> list[Kept] | None:
    """What all partitions are kept as; None while one of them was never claimed, so that nobody knows what it has."""
    found: list[Kept] = []
    for number in range(partitions):
        kept = await store.kept(number)
        if kept is None:
            return None
        found.append(kept)
    return found


def _closed_days(kept: Sequence[Kept], last: Judged) -> list[int | None] | None:
    """The last closed day of each partition; None unless they all have closed a day that ``last`` had not judged.

    A close counts once its mark is relayed: what a failover may still undo must not have been judged. A partition that stands
    before what was judged of it (a rebuild under way) is waited for.
    """
    days = [None if one.state.open_day is None else one.state.open_day - 1 for one in kept]
    before = [None if day is None else number_of(day) for day in last.closed] or [None] * len(days)
    if any(was is not None and (day is None or day < was) for day, was in zip(days, before, strict=True)):
        return None
    if any(one.state.quality.closed_by > (one.relayed.sequence if one.relayed else 0) for one in kept):
        return None
    is_open = any(day is not None for day in days)
    return days if is_open and all(_is_past(one.state, last) for one in kept) else None


def _is_past(state: PartitionState, last: Judged) -> bool:
    """Whether a partition has closed a day since the judgement ``last``; one that has had no record holds nothing up.

    Before the first judgement it must have closed one itself; later it is enough that its first day is after that day.
    """
    if state.open_day is None:
        return True
    return state.quality.closed_by > 0 if last.day is None else state.open_day - 1 > number_of(last.day)


def _together(parts: Iterable[dict[str, SourceCounts]], known: Collection[str]) -> dict[str, SourceCounts]:
    """The partitions' counts added up by source; ``known`` names keep their places."""
    total: dict[str, SourceCounts] = {}
    named = set(known)
    for part in parts:
        for source, counts in part.items():
            name = name_in(source, named)
            named.add(name)
            total[name] = added(total.get(name, SourceCounts()), counts)
    return total
