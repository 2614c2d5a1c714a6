"""Whether the condition that an event tells held, as far as the event itself says."""

from __future__ import annotations

from typing import Final, Literal

from agents.signals.tier_alerts import AT_RISK

Verdict = Literal["held", "failed", "untold"]
"""``untold``: it decided, but may be what holds now or what holds no longer."""

_FAILED: Final = frozenset({"down", "out"})
"""Directions in which only a condition that fails can lead."""


def of_change(direction: str, reason: str) -> Verdict:
    """Of a tier change: between classes it is what let in or what keeps no more; a person's words simply are the reason."""
    if reason == "override":
        return "held"
    if direction == "across":
        return "untold"
    return "failed" if direction in _FAILED else "held"


def of_alert(signal: str, *, raised: bool) -> Verdict:
    """Of an alert: a level is at risk since its ``stay`` fails; a clearing tells its ``clear``, or what raised it and holds no longer."""
    if not raised:
        return "untold"
    return "failed" if signal == AT_RISK else "held"
