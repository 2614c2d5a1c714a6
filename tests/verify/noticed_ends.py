"""Twins at the ends of risks, moments, opportunities and duties: both are told of, and one of them comes back just far enough."""

from __future__ import annotations

from typing import Final

from tests.verify.cast import Story, days
from tests.verify.twins import (
    A_WEEK_ON,
    AUTUMN,
    BACK_ON,
    EARLY,
    IN_SEPTEMBER,
    LAST_DAY,
    TALKED,
    TOLD,
    Twin,
    holder,
    personal,
    valued,
)

LAST_YEAR: Final = "2024-10-01"
"""The morning on which the bank hears of those whose holiday is over before the last day of all."""
CONTACTED: Final = "2025-09-20"
"""Contacts of September that are not the first."""


def score_falls(story: Story, short: bool) -> None:
    """A score of 549."""
    holder(story, AUTUMN, risk_score=650)
    story.facts(BACK_ON, risk_score=550 if short else 549)


def level_falls(story: Story, short: bool) -> None:
    """From critical to medium, and not just to high."""
    holder(story, AUTUMN, labels={"risk_level": "critical"})
    story.facts(BACK_ON, labels={"risk_level": "high" if short else "medium"})


def record_mended(story: Story, short: bool) -> None:
    """One bad record of three."""
    holder(story, AUTUMN, bad_credit_records=3)
    story.facts(BACK_ON, bad_credit_records=2 if short else 1)


def debt_paid(story: Story, short: bool) -> None:
    """A flag."""
    holder(story, AUTUMN, overdraft_or_evasion=True)
    story.facts(BACK_ON, overdraft_or_evasion=short)


def slows_down(story: Story, short: bool) -> None:
    """Fourteen transactions in the week that ends on the last day."""
    personal(story, EARLY)
    later = 15 if short else 14
    for on, times in (("2025-09-25", 20 - later), ("2025-09-30", later)):
        for _ in range(times):
            story.pay(on, 10)


def birthday_over(story: Story, short: bool) -> None:
    """The last day of all, or the day before."""
    valued(story, 1_000_000, birth_date="1980-10-04" if short else "1980-10-03")


def relative_date_over(story: Story, short: bool) -> None:
    """The last day of all, or the day before."""
    valued(story, 1_000_000, family_dates={"spouse_birthday": "1980-10-04" if short else "1980-10-03"})


def firm_after_all(story: Story, short: bool) -> None:
    """Who is cared for before a holiday turns out to be no person."""
    valued(story, 586_956.53)
    story.facts("2025-10-03", kind="personal" if short else "corporate")


def too_little_to_greet(story: Story, short: bool) -> None:
    """9,999.99 before the holiday of January."""
    valued(story, 10_000.01 if short else 10_000, on=LAST_YEAR)
    story.pay("2025-01-28", -0.01)


def little_matures(story: Story, short: bool) -> None:
    """9,999.99 that mature."""
    personal(story, AUTUMN)
    story.pay(AUTUMN, 10_000.01 if short else 10_000, "term", form="time", matures_on="2025-10-20")
    story.pay(BACK_ON, -0.01, "term", form="time")


def activated(story: Story, short: bool) -> None:
    """The card is activated, or another."""
    personal(story)
    story.account(TOLD, "card", "card", opened_on="2025-07-12")
    story.talk(IN_SEPTEMBER, "card_activation", account_id=f"{story.name}-{'other' if short else 'card'}")


def purchase_day_over(story: Story, short: bool) -> None:
    """A week after the third weekly purchase: the last day of all, or the day before."""
    personal(story, AUTUMN)
    for on in days("2025-09-13" if short else "2025-09-12", "2025-09-27", 7):
        told_on = max(on, AUTUMN)
        story.pay(on, -250, "card", product="card", kind="purchase", category="groceries", told_on=told_on)


def invested(story: Story, short: bool) -> None:
    """Less than 900,000 left on demand."""
    personal(story, AUTUMN)
    story.pay("2025-07-20", 1_000_000, form="demand", told_on=AUTUMN)
    story.pay(BACK_ON, -100_000 if short else -100_000.01, form="demand")


def brought_home(story: Story, short: bool) -> None:
    """Less than nine million left at the other branch, though not of all."""
    personal(story, AUTUMN, branch_id="b-1")
    story.account(AUTUMN, "far", branch_id="b-2")
    story.pay("2025-08-10", 500, form="demand", told_on=AUTUMN)
    story.pay("2025-08-10", 10_000_000, "far", form="demand", told_on=AUTUMN)
    story.pay(BACK_ON, -1_000_000 if short else -1_000_000.01, "far", form="demand")


def overdrawn_at_home(story: Story, short: bool) -> None:
    """All that is at the other branch stays there, though the customer as a whole has less than nine million on demand."""
    personal(story, AUTUMN, branch_id="b-1")
    story.account(AUTUMN, "far", branch_id="b-2")
    story.pay("2025-08-10", 500, form="demand", told_on=AUTUMN)
    story.pay("2025-08-10", 10_000_000, "far", form="demand", told_on=AUTUMN)
    story.pay(BACK_ON, -1_000_500 if short else -1_000_500.01, form="demand")


def exchanged(story: Story, short: bool) -> None:
    """Less than 450,000 left in another currency."""
    personal(story, AUTUMN)
    story.pay(AUTUMN, 500_000, currency="USD")
    story.pay(BACK_ON, -50_000 if short else -50_000.01, currency="USD")


def costs_more(story: Story, short: bool) -> None:
    """A profit below nine tenths of what the first 2 % bring at least, 78,742.665."""
    personal(story)
    fee = {"product": "card", "kind": "fee", "initiator": "bank"}
    story.pay(TALKED, -87_491.85, "card", **fee)
    story.pay(IN_SEPTEMBER, 0.01, "card", variable_cost=874_918 if short else 874_919)


def all_contacted(story: Story, short: bool) -> None:
    """The last contact that was owed in September."""
    story.facts(TOLD, kind="corporate")
    story.pay(A_WEEK_ON, 49_999_999.99, initiator="third_party")
    for role in ("outlet_director",) * 2 + ("client_manager",) * (2 if short else 3):
        story.talk(CONTACTED, "contact", role=role)


def visited_after_all(story: Story, short: bool) -> None:
    """It turns out that there was a contact 89 days ago."""
    personal(story, AUTUMN)
    story.pay(AUTUMN, 1_000_000)
    story.talk("2025-06-20", "contact", role="relationship_manager", told_on=AUTUMN)
    story.talk("2025-07-06" if short else "2025-07-07", "contact", role="relationship_manager", told_on=LAST_DAY)


def hardly_worth_it(story: Story, short: bool) -> None:
    """49,999.99 of somebody of whom neither address nor phone nor employer is known."""
    personal(story)
    story.pay(TOLD, 50_000.01 if short else 50_000)
    story.pay(IN_SEPTEMBER, -0.01)


def all_told(story: Story, short: bool) -> None:
    """Address, phone and employer, or all but the last."""
    personal(story)
    story.pay(TOLD, 50_000)
    story.facts(IN_SEPTEMBER, has_address=True, has_phone=True, has_employer=not short)


def found_again(story: Story, short: bool) -> None:
    """A flag."""
    holder(story, AUTUMN, lost_contact=True)
    story.facts(BACK_ON, lost_contact=short)


def opened_again(story: Story, short: bool) -> None:
    """A new account, or one that is closed at once."""
    personal(story, AUTUMN)
    story.account(AUTUMN, "pay", closed_on=AUTUMN)
    story.pay(AUTUMN, 500)
    story.account(BACK_ON, "new", **({"closed_on": AUTUMN} if short else {}))


NOTICED_ENDS: Final[dict[str, tuple[Twin, ...]]] = {
    "risk_threshold": (score_falls,),
    "risk_level": (level_falls,),
    "bad_credit": (record_mended,),
    "overdraft_evasion": (debt_paid,),
    "unusual_velocity": (slows_down,),
    "birthday": (birthday_over,),
    "relative_date": (relative_date_over,),
    "holiday_care": (firm_after_all,),
    "holiday_greeting": (too_little_to_greet,),
    "maturity": (little_matures,),
    "card_not_activated": (activated,),
    "purchase_cycle_due": (purchase_day_over,),
    "idle_cash": (invested,),
    "idle_cash_elsewhere": (brought_home, overdrawn_at_home),
    "large_foreign_deposits": (exchanged,),
    "value_concentration": (costs_more,),
    "contact_overdue": (all_contacted,),
    "visit_overdue": (visited_after_all,),
    "key_information_missing": (hardly_worth_it, all_told),
    "lost_contact": (found_again,),
    "account_closed": (opened_again,),
}
