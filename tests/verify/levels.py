"""Twins at the bounds of what a scheme itself tells: a level at risk, the next level near; and at the ends of both.

The schemes of assets that are looked at at every event or close share these bounds: 100,000, of which 95,000 are enough to stay
and 90,000 are near.
"""

from __future__ import annotations

from typing import Final

from tests.oracle.tier_alerts import NEAR, RISK
from tests.verify.cast import Story
from tests.verify.twins import AUTUMN, BACK_ON, Twin, personal

AT_RISK_ON: Final = "2025-09-20"
"""Its 30 days of grace last beyond the last day of all."""


def at_risk(story: Story, short: bool) -> None:
    """Below 95,000."""
    _has(story, 100_000)
    story.pay(AT_RISK_ON, -5_000 if short else -5_000.01)


def comes_near(story: Story, short: bool) -> None:
    """A tenth below."""
    _has(story, 50_000)
    story.pay(BACK_ON, 39_999.99 if short else 40_000)


def nearer_to_platinum(story: Story, short: bool) -> None:
    """A cent more than nine tenths of a million, and not a cent less."""
    _has(story, 500_000)
    story.pay(BACK_ON, 399_999.99 if short else 400_000.01)


def just_below(story: Story, short: bool) -> None:
    """A cent below."""
    _has(story, 50_000)
    story.pay(BACK_ON, 50_000 if short else 49_999.99)


def secured(story: Story, short: bool) -> None:
    """95,000 are there again."""
    _has(story, 100_000)
    story.pay(AT_RISK_ON, -5_000.02 if short else -5_000.01)
    story.pay("2025-10-02", 0.01)


def falls_away(story: Story, short: bool) -> None:
    """More than a tenth below again."""
    _has(story, 50_000)
    story.pay("2025-09-20", 45_000)
    story.pay(BACK_ON, -5_000 if short else -5_000.01)


def reaches_it(story: Story, short: bool) -> None:
    """The level is reached."""
    _has(story, 50_000)
    story.pay("2025-09-20", 45_000)
    story.pay(BACK_ON, 4_999.99 if short else 5_000)


def _has(story: Story, amount: float) -> None:
    personal(story, AUTUMN)
    story.pay(AUTUMN, amount)


LEVELS: Final[tuple[tuple[str, Twin], ...]] = (
    (RISK, at_risk),
    (NEAR, comes_near),
    (NEAR, nearer_to_platinum),
    (NEAR, just_below),
)
LEVEL_ENDS: Final[dict[str, tuple[Twin, ...]]] = {RISK: (secured,), NEAR: (falls_away, reaches_it)}
