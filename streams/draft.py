"""What a batch is about to change: gathered while it is applied, turned into one commit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schemas.partition import PartitionState
from schemas.position import Position
from streams.ports import Commit, Erasure, OutboxItem, Output


@dataclass(slots=True)
class Draft:
    """Outputs with their positions, in order, and the other writes of the commit to come."""

    outputs: list[tuple[Position, Output]] = field(default_factory=list)
    seen: list[NDArray[np.uint64]] = field(default_factory=list)
    seen_day: int | None = None
    forget_days: list[int] = field(default_factory=list)
    policy: bytes | None = None
    keys: dict[str, bytes] = field(default_factory=dict)
    erased: list[Erasure] = field(default_factory=list)
    year_closed: int | None = None

    def add(self, position: Position, output: Output) -> None:
        """Publish ``output``; ``position`` stands once what caused it has been applied."""
        self.outputs.append((position, output))

    def remember(self, day: int, hashes: NDArray[np.uint64]) -> None:
        """Keep the hashes of transactions that arrived on open day ``day``; one day a commit."""
        self.seen_day = day
        self.seen.append(hashes)

    def commit(
        self,
        token: str,
        commit_no: int,
        start: Position,
        state: PartitionState,
        customers: list[tuple[str, bytes]],
        new_ids: list[str],
    ) -> Commit:
        """All of it as commit ``commit_no`` of claim ``token``, which moves the partition from ``start`` to ``state``."""
        return Commit(
            token=token,
            commit_no=commit_no,
            from_position=start,
            state=state,
            customers=customers,
            new_ids=new_ids,
            seen=None if self.seen_day is None else (self.seen_day, b"".join(part.tobytes() for part in self.seen)),
            forget_days=self.forget_days,
            policy=self.policy,
            outbox=OutboxItem(state.position, self.outputs) if self.outputs else None,
            keys=self.keys,
            erased=self.erased,
        )
