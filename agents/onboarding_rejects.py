"""The lines of a snapshot that are not taken in, listed beside it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from agents.onboarding_state import Source, writing
from agents.snapshot import REJECTED_LINE, REJECTED_REASON


class Rejects:
    """The list of rejected lines: the lines themselves, with number and reason; made with the first one."""

    def __init__(self, source: Source, header: Sequence[str], stack: ExitStack) -> None:
        self._path = source.rejected_path
        self._kept = [place for place, name in enumerate(header) if name not in {REJECTED_LINE, REJECTED_REASON}]
        self._header = header
        self._stack = stack
        self._writer: Any = None  # the csv module names no type

    def add(self, line: int, row: list[str], reason: str) -> None:
        """One more; ``line`` counts from 1 after the header."""
        if self._writer is None:
            with writing(self._path):
                opened = self._path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            file = self._stack.enter_context(opened)
            self._writer = csv.writer(file)
            self._write(self._header, REJECTED_LINE, REJECTED_REASON)
        self._write(row, str(line), reason)

    def _write(self, row: Sequence[str], line: str, reason: str) -> None:
        cells = [row[place] if place < len(row) else "" for place in self._kept]
        self._writer.writerow([*cells, *row[len(self._header) :], line, reason])
