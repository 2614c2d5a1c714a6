"""Progress of long work: a bar on a terminal, a plain line every few seconds elsewhere. Always on standard error."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_EVERY_S: Final = 5.0
"""Seconds between plain lines: a log stays readable, and nobody thinks that it hangs."""


class Bar:
    """Progress of one piece of work, counted in ``unit``; use as a context manager."""

    def __init__(self, title: str, unit: str, console: Console | None = None) -> None:
        self._title = title
        self._unit = unit
        self._console = console or Console(stderr=True)
        self._begun = time.monotonic()
        self._told = 0.0
        self._rich: Progress | None = None
        self._done = 0

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[counts]}"))
            self._rich = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self._console)
            self._task = self._rich.add_task(self._title, total=None, counts="")
            self._rich.start()
        else:
            self._line(f"{self._title} ...")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rich is not None:
            self._rich.stop()
        elif kind is None:
            self._line(f"{self._title}: {self._done:,} {self._unit} in {time.monotonic() - self._begun:.1f} s")

    def update(self, done: int, total: int) -> None:
        """``done`` of ``total`` so far."""
        self._done = done
        counts = f"{done:,} of {total:,} {self._unit}"
        if self._rich is not None:
            self._rich.update(self._task, completed=done, total=total or None, counts=counts)
        elif time.monotonic() - max(self._told, self._begun) >= LINE_EVERY_S:
            self._told = time.monotonic()
            self._line(f"{self._title}: {counts}, {done / (self._told - self._begun):,.0f}/s")

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
