"""Checked signals: every name resolved, every condition typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.policy.nodes import Column, Condition, Node
from schemas.policy_file import Check
from schemas.signal_file import SignalsFile, SignalTable


@dataclass(frozen=True, slots=True)
class Severity:
    """A word for how bad it is, and the condition under which it is that; None: otherwise."""

    word: str
    when: Condition | None


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal with its conditions read.

    ``when`` holds ``applies_to`` of the file, ``where`` and ``when`` together (and of a dated one that ``due_on`` is at most
    ``lead_days`` ahead and not past). ``clear`` is None where the signal ends with ``when``; else it holds too where ``applies_to``
    or ``where`` does not. The texts of both are as people wrote them. ``severities`` are the worst first, the last
    without a condition. ``check`` is when it begins or ends; of a one-shot it is ``event``. ``where``,
    ``raising`` and ``clearing`` are parts of ``when`` and ``clear``, for telling them apart: for which one it is
    meant, what raises it there, what clears it. ``carried`` is told along.
    """

    file: str
    family: str
    table: SignalTable
    check: Check
    when: Condition
    clear: Condition | None
    severities: tuple[Severity, ...]
    value: Condition | None = None
    due_on: Condition | None = None
    where: Condition | None = None
    raising: Condition | None = None
    clearing: Condition | None = None
    carried: tuple[Column, ...] = ()

    @property
    def name(self) -> str:
        """Its name, unique among all files."""
        return self.table.name

    def conditions(self) -> list[Condition]:
        """What decides, in the order of the file."""
        parts = [self.when, self.clear, *(severity.when for severity in self.severities)]
        return [condition for condition in parts if condition is not None]

    def severity_of(self, word: str) -> int:
        """The place of a severity, 0 for the worst; the last for one that the file no longer has."""
        words = [severity.word for severity in self.severities]
        return words.index(word) if word in words else len(words) - 1

    def severity_when(self, word: str) -> Condition | None:
        """The condition under which it is as bad as ``word``; None for the one that needs no condition."""
        return self.severities[self.severity_of(word)].when


@dataclass(frozen=True, slots=True)
class Family:
    """A file of signals with its conditions read; ``lets`` holds what ``[let]`` names."""

    file: str
    table: SignalsFile
    signals: tuple[Signal, ...]
    applies_to: Condition | None = None
    lets: Mapping[str, Node] = field(default_factory=dict)
