"""Finding one's way in a store that nobody described: how many partitions it holds."""

from __future__ import annotations

from typing import Final, Protocol

from streams.ports import Claimed

PARTITIONS_MAX: Final = 4_096
"""As many as ``topics create`` makes: beyond it there is nothing to look for."""


class PeekStore(Protocol):
    """A store that can be looked at without a claim."""

    async def peek(self, partition: int) -> Claimed | None:
        """Where a partition stands; None if it was never committed."""
        ...


async def partitions_of(store: PeekStore) -> int:
    """The number of partitions, as any that was ever committed tells; 0 if none was."""
    for partition in range(PARTITIONS_MAX):
        claimed = await store.peek(partition)
        if claimed is not None and claimed.state is not None:
            return claimed.state.partitions
    return 0
