"""What a worker's moving parts need to know; made from the settings by the host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

US_PER_HOUR: Final = 3_600_000_000


@dataclass(frozen=True, kw_only=True)
class EngineConfig:
    """Settings of the engine. The first five are stored with the state and refused if they differ later.

    ``clock`` says what places marks at the log's end: the wall clock, or nothing (``log``: replays, tests).
    ``rebuild`` allows an empty store beside outputs that are already relayed.
    """

    partitions: int
    timezone: str = "Asia/Shanghai"
    cutoff: str = "00:00"
    base_currency: str = "CNY"
    close_grace_us: int = 2 * US_PER_HOUR
    clock: Literal["wall", "log"] = "wall"
    rebuild: bool = False
    source: str = "/tierline"
    """``ce_source`` of every output."""
    batch_records: int = 16_000
    """Records a batch takes: small ones cost more CPU an event, larger ones more delay and memory."""
    sweep_customers: int = 2_000
    """Customers a commit of a sweep evaluates: bounds its time to a few tens of milliseconds."""
    cache_bytes: int = 1 << 30
    """Bytes of customers that one worker keeps in memory, shared evenly by the partitions of the topic."""
    heartbeat_s: float = 3.0
    """After a refusal a lease waits two of these: a rebalance under way reaches it within one. Sources are judged at most
    once in one."""
