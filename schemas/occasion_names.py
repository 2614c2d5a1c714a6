"""Names that signals may read besides measures and facts: of the occasion that a one-shot is about, and of the items that
``each`` counts. They are unknown at any other look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from schemas.measures import Measure

Names = Mapping[str, Measure]


def _names(prefix: str, *rows: tuple[str, str, str]) -> dict[str, Measure]:
    return {
        f"{prefix}_{name}": Measure(f"{prefix}_{name}", type_, text, f"{prefix}_{name}")  # type: ignore[arg-type]
        for name, type_, text in rows
    }


TRANSACTION: Final[Names] = _names(
    "txn",
    ("amount", "money", "Its amount in the base currency, credit positive."),
    ("product", "text", "Product of its account."),
    ("kind", "text", "Its kind, such as rollover."),
    ("channel", "text", "Its channel."),
    ("initiator", "text", "Who initiated it."),
    ("counterparty", "text", "Where the money went or came from; unknown if not told."),
    ("currency", "text", "Its currency."),
)
"""Of the transaction that the look is about."""

INTERACTION: Final[Names] = _names(
    "interaction",
    ("kind", "text", "Its kind: contact, complaint, resolution, enquiry, card_activation or feedback."),
    ("channel", "text", "Its channel; unknown if not told."),
    ("role", "text", "Role of the staff member; unknown if not told."),
    ("product", "text", "Product it was about, in the bank's own words; unknown if not told."),
)
"""Of the interaction that the look is about."""

TIER_CHANGE: Final[Names] = _names(
    "tier",
    ("scheme", "text", "Scheme of the change."),
    ("from", "text", "Level or class that was left."),
    ("to", "text", "Level or class that was reached; unknown where the customer left the scheme's scope."),
    ("direction", "text", "up, down, across or out."),
    ("reason", "text", "event, day_close, placement, policy, scope or override."),
)
"""Of a change of tier that the look led to."""

RELATIVE: Final[Names] = _names(
    "relative",
    ("name", "text", "Whose date it is, as the source names it: spouse_birthday, wedding."),
    ("next_on", "day", "Its next anniversary, today or later; 29 February falls on 28 in common years."),
)
"""Of one date in the family."""

DUTY: Final[Names] = _names(
    "duty",
    ("role", "text", "The role that must make the contact."),
    (
        "required",
        "count",
        "Contacts a calendar month that the customer's levels ask of the role: the most of any scheme.",
    ),
    ("done", "count", "Contacts of the role in the calendar month to date."),
    ("missing", "count", "How many are still to be made."),
)
"""Of one contact duty: a role and the contacts that it owes the customer."""

CYCLE: Final[Names] = _names(
    "cycle",
    ("category", "text", "Category of the purchases."),
    (
        "count",
        "count",
        "Days with such a purchase (a debit of kind purchase told with the category), up to the last eight.",
    ),
    ("gap_days", "days", "Median days between them; unknown under three such days."),
    ("last_on", "day", "Day of the latest one."),
    ("next_on", "day", "Day on which the next one is due: the latest and the median gap."),
    (
        "weekly_spend",
        "money",
        "Spend on it a week: what was spent on those days but the first, over the days from the first to the last.",
    ),
)
"""Of one cycle of purchases."""

ON: Final[Mapping[str, Names]] = {"transaction": TRANSACTION, "interaction": INTERACTION, "tier_change": TIER_CHANGE}
"""The names that a one-shot of each kind may read."""

ITEMS: Final[Mapping[str, Names]] = {"relative": RELATIVE, "duty": DUTY, "cycle": CYCLE}
"""The names that a signal for each item may read; those of accounts are in ``schemas.measures``."""

OCCASIONAL: Final[Names] = {
    name: measure for names in (*ON.values(), *ITEMS.values()) for name, measure in names.items()
}
"""All of them."""
