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
AUTUMN: Final = "2025-09-16"
"""Of those whose signals wait for no month's close, and have an end before the last day."""
LATE: Final = "2025-09-03"
"""Of firms: so only one month of contacts is owed, by who is known just long enough when it ends."""
TALKED: Final = "2025-08-05"
"""Complaints, enquiries and contacts are told in this afternoon."""
A_WEEK_ON: Final = "2025-08-12"
"""What ends some of it on its last day."""
BACK_ON: Final = "2025-09-26"
"""What ends much of it, a week and more after that."""
IN_SEPTEMBER: Final = "2025-09-10"
"""The month whose close is the last one."""
LAST_DAY: Final = "2025-10-04"
"""The last day that is closed."""
BEFORE_TOLD: Final = "2025-07-31"
"""The last day that is open when the bank hears of them."""

Twin = Callable[[Story, bool], None]
"""Tells what happens to the customer at the bound, or, if the second argument is true, to the one that is short of it."""


def personal(story: Story, on: str = TOLD, **facts: Any) -> None:
    """A person, and what is known of it."""
    story.facts(on, kind="personal", **facts)


def holder(story: Story, on: str = TOLD, **facts: Any) -> None:
    """A person of whom facts decide, with an account."""
    personal(story, on, **facts)
    story.pay(on, 500)


def valued(story: Story, deposits: float, *, on: str = EARLY, **facts: Any) -> None:
    """A person whose value is known by the last month's end."""
    personal(story, on, **facts)
    story.pay(on, 0, kind="opening", balance_after=round(deposits * 100))
