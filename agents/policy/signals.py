"""Checked signals: every name resolved, every condition typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.policy.nodes import Condition, Node
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
    ``lead_days`` ahead and not past); ``clear`` is None where the signal ends with ``when``. ``said`` is ``when`` as people wrote it. ``severities`` are
    the worst first, the last without a condition.
    """

    file: str
    family: str
    table: SignalTable
    said: str
    when: Condition
    clear: Condition | None
    severities: tuple[Severity, ...]
    value: Condition | None = None
    due_on: Condition | None = None

    @property
    def name(self) -> str:
        """Its name, unique among all files."""
        return self.table.name


@dataclass(frozen=True, slots=True)
class Family:
    """A file of signals with its conditions read; ``lets`` holds what ``[let]`` names."""

    file: str
    table: SignalsFile
    signals: tuple[Signal, ...]
    lets: Mapping[str, Node] = field(default_factory=dict)
