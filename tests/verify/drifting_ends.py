"""Twins at the ends of what tells that a customer sleeps or drifts away: both are told of, and one of them comes back just far enough."""

from __future__ import annotations

from typing import Final

from tests.verify.cast import Story, days
from tests.verify.twins import AUTUMN, BACK_ON, EARLY, IN_SEPTEMBER, LAST_DAY, TALKED, TOLD, Twin, holder, personal

LONG_KNOWN: Final = "2025-02-20"
"""Of those whose past must have been watched for half a year at the end of August."""


def lifted(story: Story, short: bool) -> None:
    """Interest lifts the account to 300; it wakes nobody."""
    personal(story, AUTUMN)
    story.pay("2025-03-10", 299.98 if short else 299.99, told_on=AUTUMN)
    story.pay("2025-09-20", 0.01, kind="interest", initiator="bank")


def fell_asleep(story: Story, short: bool) -> None:
    """Five months of rest become six on the last day."""
    personal(story, AUTUMN)
    story.pay("2025-04-05" if short else "2025-04-04", 299.99, told_on=AUTUMN)


def used_again(story: Story, short: bool) -> None:
    """480 spent within six months."""
    personal(story)
    story.pay("2025-02-28", -500, "card", product="card", kind="purchase", told_on=TOLD)
    story.pay(TALKED, -100, "card", product="card", kind="purchase")
    story.pay(IN_SEPTEMBER, -379.99 if short else -380, "card", product="card", kind="purchase")


def filled_up(story: Story, short: bool) -> None:
    """A cardholder comes to 100."""
    personal(story, AUTUMN)
    story.account(AUTUMN, "card", "card", opened_on=AUTUMN)
    story.pay(AUTUMN, 50)
    story.pay(BACK_ON, 49.99 if short else 50)


def active_again(story: Story, short: bool) -> None:
    """Three active days in three months, after one."""
    personal(story)
    story.pay("2025-03-01", 500, told_on=TOLD)
    for on in ("2025-08-04", IN_SEPTEMBER, IN_SEPTEMBER if short else "2025-09-11"):
        story.pay(on, 10)


def seen_after_all(story: Story, short: bool) -> None:
    """It turns out that the customer was there less than three years ago."""
    personal(story, AUTUMN)
    story.pay("2022-08-01", 500, told_on=AUTUMN)
    story.pay("2022-10-04" if short else "2022-10-05", 10, told_on=LAST_DAY)


def operative_after_all(story: Story, short: bool) -> None:
    """It turns out that somebody but the bank used the account two years ago, and not a day more."""
    personal(story, AUTUMN)
    story.pay("2023-08-01", 500, told_on=AUTUMN)
    story.pay("2023-10-03" if short else "2023-10-04", 10, initiator="third_party", told_on=LAST_DAY)


def used_after_all(story: Story, short: bool) -> None:
    """It turns out that somebody but the bank used the account less than 21 months ago."""
    personal(story, AUTUMN)
    story.pay("2023-11-10", 500, told_on=AUTUMN)
    story.pay("2024-01-04" if short else "2024-01-05", 10, initiator="third_party", told_on=LAST_DAY)


def back_to_the_usual(story: Story, short: bool) -> None:
    """Two robust deviations of 150 above 1,000 of a month, once the first outflow is more than 30 days ago on the last day."""
    personal(story, AUTUMN)
    story.pay("2025-02-04", 50_000, told_on=AUTUMN)
    for month, out in enumerate((1_000, 1_100, 900, 1_000, 1_200, 800), start=2):
        story.pay(f"2025-{month:02}-05", -out, told_on=AUTUMN)
    story.pay("2025-09-04", -12_000, told_on=AUTUMN)
    story.pay(BACK_ON, -1_444.78 if short else -1_444.77)


def less_than_half(story: Story, short: bool) -> None:
    """Where every month is alike: it turns out that as much left in the year before, and a cent more."""
    _watched(story, 90_000)
    story.pay(LONG_KNOWN, -19_999.99 if short else -20_000)
    story.pay("2025-09-20", -20_000)
    story.pay("2025-02-21", -0.01, told_on=BACK_ON)


def less_than_ten_thousand(story: Story, short: bool) -> None:
    """Where every month is alike: 9,999.99, once the first outflow is more than 30 days ago on the last day."""
    _watched(story, 90_000)
    story.pay("2025-09-04", -5_000)
    story.pay("2025-09-20", -10_000 if short else -9_999.99)


def _watched(story: Story, deposits: float) -> None:
    personal(story, LONG_KNOWN)
    story.pay(LONG_KNOWN, deposits)


def falls_less(story: Story, short: bool) -> None:
    """A fiftieth a month; the slope is rounded to millionths."""
    _watched(story, 22_500)
    for month in range(4, 9):
        story.pay(f"2025-{month:02}-10", -1_000)
    story.pay(IN_SEPTEMBER, 3_241.10 if short else 3_241.11)


def contributes_again(story: Story, short: bool) -> None:
    """Half of 13,700,000, which is the sum of all days of the quarter before, by 21 days of more money."""
    _watched(story, 200_000)
    story.pay("2025-06-01", -150_000)
    story.pay(IN_SEPTEMBER, 107_142.85 if short else 107_142.86)


def comes_more_often(story: Story, short: bool) -> None:
    """Six active days after ten."""
    personal(story)
    for on in (*days("2025-04-02", "2025-04-11", 1), *days("2025-07-04", "2025-07-08", 1)):
        story.pay(on, 10, told_on=TOLD)
    story.pay("2025-07-08" if short else IN_SEPTEMBER, 10, told_on=IN_SEPTEMBER)


def does_more(story: Story, short: bool) -> None:
    """Two kinds of business after three."""
    personal(story)
    for kind in ("transfer", "cash", "purchase"):
        story.pay("2025-04-02", 10, kind=kind, told_on=TOLD)
    story.pay(TALKED, 10, kind="transfer")
    story.pay(IN_SEPTEMBER, 10, kind="transfer" if short else "cash")


def paid_again(story: Story, short: bool) -> None:
    """It turns out that there was a salary 31 days ago."""
    personal(story, AUTUMN)
    for on in ("2025-05-10", "2025-06-10", "2025-07-10"):
        _salary(story, on, AUTUMN)
    _salary(story, "2025-09-02" if short else "2025-09-03", LAST_DAY)


def paid_long_ago(story: Story, short: bool) -> None:
    """The six months before October begin with April."""
    personal(story, EARLY)
    for on in ("2025-01-10", "2025-02-10", "2025-04-01" if short else "2025-03-31"):
        _salary(story, on, EARLY)


def _salary(story: Story, on: str, told_on: str) -> None:
    story.pay(on, 8_000, kind="salary", initiator="third_party", told_on=told_on)


def transferred_before(story: Story, short: bool) -> None:
    """It turns out that a cent more went to other banks in the quarter before, which makes it half of what went there in this one, or more."""
    _watched(story, 100_000)
    story.pay("2025-04-10", -15_000, counterparty="other_bank")
    story.pay("2025-08-10", -30_000.02 if short else -30_000.01, counterparty="other_bank")
    story.pay("2025-06-15", -0.01, counterparty="other_bank", told_on=IN_SEPTEMBER)


def there_after_all(story: Story, short: bool) -> None:
    """It turns out that the customer was active so late that three quarters of an active day are to be expected."""
    personal(story, AUTUMN)
    for on in days("2025-04-05", "2025-07-30", 2):
        story.pay(on, 10, told_on=AUTUMN)
    story.pay("2025-09-06" if short else "2025-09-07", 10, told_on=LAST_DAY)


def rhythm_too_old(story: Story, short: bool) -> None:
    """Eleven active days within the twelve months that begin with November, as of October."""
    personal(story, AUTUMN)
    for on in ("2024-11-01" if short else "2024-10-31", *days("2025-04-05", "2025-04-25", 2)):
        story.pay(on, 10, told_on=AUTUMN)


def younger_complaint(story: Story, short: bool) -> None:
    """The old complaint is resolved, and another is open, not for a week yet."""
    holder(story, AUTUMN)
    story.talk(AUTUMN, "complaint", complaint_id="old")
    story.talk("2025-09-27" if short else "2025-09-28", "complaint", complaint_id="new")
    story.talk(LAST_DAY, "resolution", complaint_id="old")


def owner_stays(story: Story, short: bool) -> None:
    """A flag."""
    holder(story, AUTUMN, owner_leaving=True)
    story.facts(BACK_ON, owner_leaving=short)


def one_sign_left(story: Story, short: bool) -> None:
    """One point, the owner who leaves, or two, the complaint."""
    holder(story, AUTUMN, owner_leaving=True)
    story.talk(AUTUMN, "complaint", complaint_id="k")
    if short:
        story.facts(BACK_ON, owner_leaving=False)
    else:
        story.talk(BACK_ON, "resolution", complaint_id="k")


DRIFTING_ENDS: Final[dict[str, tuple[Twin, ...]]] = {
    "sleep_account": (lifted,),
    "nearing_dormancy": (fell_asleep,),
    "low_use_card": (used_again,),
    "low_balance_card": (filled_up,),
    "inactive_customer": (active_again,),
    "lapsed_customer": (seen_after_all,),
    "inoperative_account": (operative_after_all,),
    "nearing_inoperative": (used_after_all,),
    "large_outflow": (back_to_the_usual, less_than_half, less_than_ten_thousand),
    "falling_balance": (falls_less,),
    "contribution_falling": (contributes_again,),
    "fewer_active_days": (comes_more_often,),
    "fewer_business_types": (does_more,),
    "salary_stopped": (paid_again, paid_long_ago),
    "transfers_out_rising": (transferred_before,),
    "silent_against_rhythm": (there_after_all, rhythm_too_old),
    "complaint_unresolved": (younger_complaint,),
    "owner_about_to_leave": (owner_stays,),
    "churn_risk": (one_sign_left,),
}
