"""Twins at the bounds of what tells that a customer sleeps or drifts away: dormancy, churn, inoperative accounts."""

from __future__ import annotations

from typing import Final

from tests.verify.cast import Story, days
from tests.verify.twins import A_WEEK_ON, KNOWN_ON, TALKED, TOLD, TOLD_OF, Twin, holder, personal

SILENT_ON: Final = "2025-08-22"
"""After so many days of silence 0.437 active days are expected of one who had been active every other day, 0.654 on the day before."""


def watched(story: Story, deposits: float) -> None:
    """A person with deposits who is known for half a year, to the day, when August is closed."""
    personal(story, TOLD_OF)
    story.pay(KNOWN_ON, deposits, told_on=TOLD_OF)


def sleep_account(story: Story, short: bool) -> None:
    """Below 300 for six months, on 10 September."""
    personal(story)
    story.pay("2025-03-10", 300 if short else 299.99, told_on=TOLD)


def nearing_dormancy(story: Story, short: bool) -> None:
    """Below 300 for five months, on 10 August."""
    sleep_account(story, short)


def low_use_card(story: Story, short: bool) -> None:
    """A card of six months, with less than 480 spent in those that count."""
    personal(story)
    story.pay("2025-02-28", -500, "card", product="card", kind="purchase", told_on=TOLD)
    story.pay(TALKED, -480 if short else -479.99, "card", product="card", kind="purchase")


def low_balance_card(story: Story, short: bool) -> None:
    """A card and less than 100."""
    personal(story)
    story.account(TOLD, "card", "card", opened_on=TOLD)
    story.pay(TOLD, 100 if short else 99.99)


def inactive_customer(story: Story, short: bool) -> None:
    """Less than three active days in three months."""
    personal(story)
    story.pay("2025-03-01", 500, told_on=TOLD)
    for on in days("2025-08-04", "2025-08-06" if short else "2025-08-05", 1):
        story.pay(on, 10)


def lapsed_customer(story: Story, short: bool) -> None:
    """Three years of silence, on 10 September."""
    personal(story)
    story.pay("2022-09-10", 500, told_on=TOLD)
    if short:
        story.pay("2025-09-10", 10)


def account_closed(story: Story, short: bool) -> None:
    """The last account is closed, or the last but one."""
    personal(story)
    story.account(TOLD, "pay", closed_on=TALKED)
    story.pay(TOLD, 500)
    if short:
        story.pay(TOLD, 500, "other")


def woken_again(story: Story, short: bool) -> None:
    """Half a year of silence, on 10 September, and business again."""
    personal(story)
    story.pay("2025-01-10", 500, told_on=TOLD)
    story.pay("2025-03-10", 500, told_on=TOLD)
    story.pay("2025-09-10" if short else "2025-09-11", 10)


def inoperative_account(story: Story, short: bool) -> None:
    """More than two years without a transaction of anybody but the bank, on 11 August."""
    personal(story)
    story.pay("2023-08-10", 500, told_on=TOLD)
    if short:
        story.pay("2025-08-11", 10, initiator="third_party")


def nearing_inoperative(story: Story, short: bool) -> None:
    """21 months of it, on 10 August."""
    personal(story)
    story.pay("2023-11-10", 500, told_on=TOLD)
    if short:
        story.pay("2025-08-10", 10, initiator="third_party")


def large_outflow(story: Story, short: bool) -> None:
    """10,000 in 30 days, after six months of some 1,000 each."""
    personal(story)
    story.pay("2025-02-04", 50_000, told_on=TOLD)
    for month, out in enumerate((1_000, 1_100, 900, 1_000, 1_200, 800), start=2):
        story.pay(f"2025-{month:02}-05", -out, told_on=TOLD)
    story.pay("2025-08-10", -9_999.99 if short else -10_000)


def falling_balance(story: Story, short: bool) -> None:
    """1,000 less each month of 20,000 is a twentieth; the slope is rounded, so it is one up to six hundredths less in the last."""
    watched(story, 22_500)
    for month in range(4, 8):
        story.pay(f"2025-{month:02}-10", -1_000)
    story.pay("2025-08-10", -999.93 if short else -999.94)


def contribution_falling(story: Story, short: bool) -> None:
    """Half the deposits in three months of as many days as the three before."""
    watched(story, 200_000)
    story.pay("2025-06-01", -99_999.99 if short else -100_000)


def fewer_active_days(story: Story, short: bool) -> None:
    """Five active days after ten."""
    personal(story)
    for on in days("2025-03-02", "2025-03-11", 1):
        story.pay(on, 10, told_on=TOLD)
    for on in days("2025-08-04", "2025-08-09" if short else "2025-08-08", 1):
        story.pay(on, 10)


def fewer_business_types(story: Story, short: bool) -> None:
    """One kind of business after three."""
    personal(story)
    for kind in ("transfer", "cash", "purchase"):
        story.pay("2025-03-02", 10, kind=kind, told_on=TOLD)
    for kind in ("transfer", "cash") if short else ("transfer",):
        story.pay(TALKED, 10, kind=kind)


def salary_stopped(story: Story, short: bool) -> None:
    """46 days without a salary on 25 August, after three."""
    personal(story)
    for on in ("2025-05-10", "2025-06-10", "2025-07-10"):
        story.pay(on, 8_000, kind="salary", initiator="third_party", told_on=TOLD)
    story.pay("2025-08-25" if short else "2025-08-26", 8_000, kind="salary", initiator="third_party")


def transfers_out_rising(story: Story, short: bool) -> None:
    """30,000 to other banks, after half of it."""
    watched(story, 100_000)
    story.pay("2025-04-10", -15_000, counterparty="other_bank")
    story.pay("2025-08-10", -29_999.99 if short else -30_000, counterparty="other_bank")


def silent_against_rhythm(story: Story, short: bool) -> None:
    """Business every other day, then so many days of silence that less than half an active day is expected."""
    personal(story)
    for on in days("2025-04-05", "2025-07-30", 2):
        story.pay(on, 10, told_on=TOLD)
    if short:
        for on in days(SILENT_ON, "2025-10-04", 2):
            story.pay(on, 10)


def complaint_unresolved(story: Story, short: bool) -> None:
    """A complaint of seven days at the close of the 12th."""
    holder(story)
    story.talk(TALKED, "complaint", complaint_id="k")
    story.talk(A_WEEK_ON if short else "2025-08-13", "resolution", complaint_id="k")


def owner_about_to_leave(story: Story, short: bool) -> None:
    """A flag."""
    holder(story, owner_leaving=not short)


def churn_risk(story: Story, short: bool) -> None:
    """A complaint is two points, an owner who leaves the third."""
    holder(story, owner_leaving=not short)
    story.talk(TALKED, "complaint", complaint_id="k")


DRIFTING: Final[tuple[Twin, ...]] = (
    sleep_account, nearing_dormancy, low_use_card, low_balance_card, inactive_customer, lapsed_customer, account_closed,
    woken_again, inoperative_account, nearing_inoperative, large_outflow, falling_balance, contribution_falling,
    fewer_active_days, fewer_business_types, salary_stopped, transfers_out_rising, silent_against_rhythm,
    complaint_unresolved, owner_about_to_leave, churn_risk,
)  # fmt: skip
