"""What a batch is about to change: gathered while it is applied, turned into one commit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from schemas.position import Position
from streams.ports import Erasure, Output


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

    def hashes(self) -> bytes:
        """All hashes to remember, 8 bytes each."""
        return b"".join(part.tobytes() for part in self.seen)
