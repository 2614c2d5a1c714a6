"""Counts that wait for the commit of what they count."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prometheus_client import Counter


class Counts:
    """The counts of one partition since its last commit: a batch that is redone must not count twice."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], object]] = []

    def add(self, counter: Counter, by: float = 1) -> None:
        """Count ``by`` more on ``counter``, which has its labels, with the next commit."""
        if by:
            self.later(partial(counter.inc, by))

    def later(self, count: Callable[[], object]) -> None:
        """Call ``count`` with the next commit."""
        self._waiting.append(count)

    def committed(self) -> None:
        """Count what waits."""
        waiting, self._waiting = self._waiting, []
        for count in waiting:
            count()

    def rollback(self) -> None:
        """Forget what waits: none of it happened."""
        self._waiting.clear()
