"""The histogram of event ages by source: filled a batch at a time, since one call an event would cost more than the fold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

AGES_S: Final = (1, 10, 60, 600, 3_600, 21_600, 86_400, 259_200, 604_800, 2_592_000)
"""Upper bounds in seconds: from a stream that keeps up to files of the day, the weekend, the week and the month."""

_BOUNDS_US: Final = tuple(bound * 1_000_000 for bound in AGES_S)


class EventAges(Collector):
    """``tierline_event_age_seconds``: how old bookings are when their record is written."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._buckets: dict[str, list[int]] = {}
        self._sum_us: dict[str, float] = {}
        registry.register(self)

    def add(self, source: str, ages_us: NDArray[np.int64]) -> None:
        """Take in the ages of a source's bookings; one from ahead of its record counts as 0."""
        buckets = self._buckets.setdefault(source, [0] * (len(AGES_S) + 1))
        for index, bound in enumerate(_BOUNDS_US):
            buckets[index] += int(np.count_nonzero(ages_us <= bound))
        buckets[-1] += len(ages_us)
        self._sum_us[source] = self._sum_us.get(source, 0.0) + float(np.maximum(ages_us, 0).sum(dtype=float))

    def collect(self) -> Iterator[Metric]:
        """What Prometheus reads."""
        family = HistogramMetricFamily(
            "tierline_event_age_seconds", "Time from a booking to its record's timestamp.", labels=["source"]
        )
        names = [*(str(float(bound)) for bound in AGES_S), "+Inf"]
        for source, buckets in self._buckets.items():
            family.add_metric([source], list(zip(names, buckets, strict=True)), self._sum_us[source] / 1e6)
        yield family
