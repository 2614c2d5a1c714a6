"""Twins at the bounds of risks, moments, opportunities and duties."""

from __future__ import annotations

from typing import Final

from tests.verify.cast import Story, days
from tests.verify.twins import A_WEEK_ON, BEFORE_TOLD, EARLY, LATE, TALKED, TOLD, Twin, holder, personal, valued


def risk_threshold(story: Story, short: bool) -> None:
    """A score of 600."""
    holder(story, risk_score=599 if short else 600)


def risk_level(story: Story, short: bool) -> None:
    """High, and not just medium."""
    holder(story, labels={"risk_level": "medium" if short else "high"})


def bad_credit(story: Story, short: bool) -> None:
    """Two bad records."""
    holder(story, bad_credit_records=1 if short else 2)


def overdraft_evasion(story: Story, short: bool) -> None:
    """A flag."""
    holder(story, overdraft_or_evasion=not short)


def unusual_velocity(story: Story, short: bool) -> None:
    """Twenty transactions in a week, nearly all of the last 90 days."""
    personal(story, EARLY)
    for _ in range(19 if short else 20):
        story.pay("2025-09-10", 10)


def birthday(story: Story, short: bool) -> None:
    """Seven days ahead on the last day of all."""
    valued(story, 1_000_000, birth_date="1980-10-12" if short else "1980-10-11")


def relative_date(story: Story, short: bool) -> None:
    """Fourteen days ahead on the last day of all."""
    valued(story, 1_000_000, family_dates={"spouse_birthday": "1980-10-19" if short else "1980-10-18"})


def holiday_care(story: Story, short: bool) -> None:
    """A profit of 1,500 in 92 days, which is what the level needs that is cared for: a part in 36,000 of the deposits each day."""
    valued(story, 586_956.52 if short else 586_956.53)


def holiday_greeting(story: Story, short: bool) -> None:
    """10,000 at a level that is greeted only."""
    valued(story, 9_999.99 if short else 10_000)


def maturity(story: Story, short: bool) -> None:
    """10,000 that mature within 30 days."""
    personal(story)
    story.pay(TOLD, 9_999.99 if short else 10_000, "term", form="time", matures_on="2025-09-10")


def rollover(story: Story, short: bool) -> None:
    """10,000 that are rolled over."""
    personal(story)
    story.pay(TOLD, 9_999.99 if short else 10_000, "term", kind="rollover", initiator="bank")


def product_enquiry(story: Story, short: bool) -> None:
    """An enquiry, and not just a contact."""
    holder(story)
    story.talk(TALKED, "contact" if short else "enquiry", product="fund", role="relationship_manager")


def card_not_activated(story: Story, short: bool) -> None:
    """A month without activation on the 12th."""
    personal(story)
    story.account(TOLD, "card", "card", opened_on="2025-07-12")
    if short:
        story.talk(A_WEEK_ON, "card_activation", account_id=f"{story.name}-card")


def purchase_cycle_due(story: Story, short: bool) -> None:
    """750 by card in 30 days, which is 175 a week, of which the weekly purchases are a part."""
    personal(story)
    for on in days("2025-08-02", "2025-08-16", 7):
        story.pay(on, -100, "card", product="card", kind="purchase", category="groceries")
    story.pay("2025-08-17", -449.99 if short else -450, "card", product="card", kind="purchase", category="travel")


def idle_cash(story: Story, short: bool) -> None:
    """A million on demand for 30 days."""
    personal(story)
    story.pay("2025-07-20", 999_999.99 if short else 1_000_000, form="demand", told_on=TOLD)


def idle_cash_elsewhere(story: Story, short: bool) -> None:
    """Ten million on demand at another branch than the customer's, and more at its own, for 30 days."""
    personal(story, branch_id="b-1")
    story.pay(TOLD, 500, form="demand")
    story.account(TOLD, "far", branch_id="b-2")
    story.pay(TOLD, 9_999_999.99 if short else 10_000_000, "far", form="demand")


def value_concentration(story: Story, short: bool) -> None:
    """A profit from fees alone, of what the first 2 % bring at least."""
    personal(story)
    story.pay(TALKED, -87_491.84 if short else -87_491.85, "card", product="card", kind="fee", initiator="bank")


def large_foreign_deposits(story: Story, short: bool) -> None:
    """Half a million in another currency."""
    personal(story)
    story.pay(TOLD, 499_999.99 if short else 500_000, currency="USD")


def new_potential(story: Story, short: bool) -> None:
    """30,000 of income in three months, by one who was placed before it came, and whose bookings go back a year by then."""
    personal(story, EARLY, occupation="sole_proprietor", bad_credit_records=0)
    story.pay("2024-08-31", 500, told_on=EARLY)
    story.pay(TOLD, 29_999.99 if short else 30_000)


def portfolio_change(story: Story, short: bool) -> None:
    """A fifth in funds a month later; shares are rounded to millionths."""
    personal(story)
    story.pay(TOLD, 100_000)
    fund = 19_999.94 if short else 19_999.95
    story.pay(LATE, -fund)
    story.pay(LATE, fund, "fund", product="wealth")


def reached_upgrade(story: Story, short: bool) -> None:
    """From 60,000, which is there when the bank hears what kind of customer it is, to 100,000."""
    story.pay(BEFORE_TOLD, 60_000)
    personal(story)
    story.pay("2025-08-10", 39_999.99 if short else 40_000)


def contact_overdue(story: Story, short: bool) -> None:
    """From 50 million on heads and presidents owe contacts too."""
    story.facts(LATE, kind="corporate")
    story.pay(LATE, 49_999_999.99 if short else 50_000_000, initiator="third_party")
    for role in ("outlet_director",) * 2 + ("client_manager",) * 3:
        story.talk("2025-09-03", "contact", role=role)


def visit_overdue(story: Story, short: bool) -> None:
    """90 days after the last visit on the last day of all."""
    personal(story)
    story.pay(TOLD, 1_000_000)
    story.talk("2025-07-07" if short else "2025-07-06", "contact", role="relationship_manager", told_on=TALKED)


def key_information_missing(story: Story, short: bool) -> None:
    """50,000 of somebody of whom neither address nor phone nor employer is known."""
    personal(story)
    story.pay(TOLD, 49_999.99 if short else 50_000)


def lost_contact(story: Story, short: bool) -> None:
    """A flag."""
    holder(story, lost_contact=not short)


NOTICED: Final[tuple[Twin, ...]] = (
    risk_threshold, risk_level, bad_credit, overdraft_evasion, unusual_velocity, birthday, relative_date, holiday_care,
    holiday_greeting, maturity, rollover, product_enquiry, card_not_activated, purchase_cycle_due, idle_cash,
    idle_cash_elsewhere, value_concentration, large_foreign_deposits, new_potential, portfolio_change, reached_upgrade, contact_overdue, visit_overdue,
    key_information_missing, lost_contact,
)  # fmt: skip
