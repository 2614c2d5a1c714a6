"""What the twins have in common: when the bank hears of them, and who they are before anything sets them apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.verify.cast import Story

KNOWN_ON: Final = "2025-02-28"
"""As of this day those are known with whose past something is compared: at the close of 31 August they were watched for 184 days."""
TOLD_OF: Final = "2025-03-01"
"""The morning on which the bank hears of them, while that day is still open."""
EARLY: Final = "2025-05-05"
"""The morning on which the bank hears first of those who must be known for 90 days."""
TOLD: Final = "2025-08-01"
"""The morning on which it hears of nearly all others."""
LATE: Final = "2025-09-02"
"""Of firms: so only one month of contacts is owed."""
TALKED: Final = "2025-08-05"
"""Complaints, enquiries and contacts are told in this afternoon."""
A_WEEK_ON: Final = "2025-08-12"
"""What ends some of it on its last day."""
BEFORE_TOLD: Final = "2025-07-31"
"""The last day that is open when the bank hears of them."""

Twin = Callable[[Story, bool], None]
"""Tells what happens to the customer at the bound, or, if the second argument is true, to the one that is short of it."""


def personal(story: Story, on: str = TOLD, **facts: Any) -> None:
    """A person, and what is known of it."""
    story.facts(on, kind="personal", **facts)


def holder(story: Story, **facts: Any) -> None:
    """A person of whom facts decide, with an account."""
    personal(story, **facts)
    story.pay(TOLD, 500)


def valued(story: Story, deposits: float, **facts: Any) -> None:
    """A person whose value is known by the last month's end."""
    personal(story, EARLY, **facts)
    story.pay(EARLY, 0, kind="opening", balance_after=round(deposits * 100))
