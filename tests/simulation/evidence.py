"""What a run left behind, to be checked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from schemas.journal import CustomerErased
from streams.config import EngineConfig
from streams.testing.logs import Cluster
from streams.testing.store import StoreServer
from tests.simulation.history import entries_of
from tests.simulation.world import World


@dataclass(frozen=True)
class Evidence:
    """What a run left behind."""

    world: World
    cluster: Cluster
    server: StoreServer
    config: EngineConfig
    bad: set[tuple[int, int]]
    counts: Counter[str]


def erasures(cluster: Cluster, number: int) -> list[CustomerErased]:
    payloads = [entry.payload for entry in entries_of(cluster, number)]
    return [payload for payload in payloads if isinstance(payload, CustomerErased)]
