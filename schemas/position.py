"""Where a partition stands: how far both of its logs have been applied."""

from __future__ import annotations

import re
from typing import NamedTuple, Self

_TEXT = re.compile(r"(\d+):(\d+):(\d+)")


class Position(NamedTuple):
    """A point in the joint order of ``transactions[p]`` and ``journal[p]``, compared whole.

    ``offset`` is the next transactions offset to apply, ``sequence`` the number of journal entries applied
    so far, ``ordinal`` counts within one journal entry (customers swept by a close). An output has the
    position that stands once the record or customer that caused it has been applied, so positions grow strictly with the
    order of application and do not depend on batches.
    """

    offset: int
    sequence: int = 0
    ordinal: int = 0

    def __str__(self) -> str:
        return f"{self.offset}:{self.sequence}:{self.ordinal}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote; ``ValueError`` on anything else."""
        match = _TEXT.fullmatch(text)
        if match is None:
            msg = f"not a position: {text!r} (expected offset:sequence:ordinal)"
            raise ValueError(msg)
        return cls(*map(int, match.groups()))
