"""The table of schemes in the docs: what its cells tell."""

from __future__ import annotations

from agents.policy.loading import load_policies
from agents.schemes_page import render


def line(text: str) -> list[str]:
    """The cells of the one line of a table."""
    (found,) = [one for one in render(load_policies({"s.toml": text})).splitlines() if one.startswith("| S00 ")]
    return found.removeprefix("| ").removesuffix(" |").split(" | ")


HEAD = 'scheme = "s"\nsource = "S00: a text"\nbase = "low"\n'


def test_levels_tell_what_lets_in_and_stay_when_they_are_checked_and_how_long_they_are_kept() -> None:
    text = """
    [[level]]
    name = "high"
    enter = "aum >= 100_000"
    stay = "aum >= 95_000.50 or tag_friend"
    [upgrade]
    check = "month_close"
    [downgrade]
    check = "day_close"
    hold_months = 12
    grace_days = 30
    """
    assert line(HEAD + text)[2:] == [
        "`aum`, `tag_friend`",
        "everybody",
        "high: aum is at least 100,000",
        "high: aum is at least 95,000.50 or tag_friend",
        "up at each month's close, down at each day's close",
        "hold 12 months; 30 days",
        "[0 examples](../tests/unit/policy/test_shipped_policies.py)",
    ]


def test_classes_tell_points_switches_as_they_are_set_and_the_rest() -> None:
    text = """
    [let]
    strict = false
    big = "aum >= 5"
    risk = { score = { big = 2 } }
    low = { every = "account", where = "account_open", that = "account_balance < 3" }
    one = { any = "account", that = "account_balance < 3" }
    [[class]]
    name = "risky"
    when = "risk >= 2"
    [[class]]
    name = "small"
    when = "low or (strict and one)"
    keep = "not strict and one"
    [[class]]
    name = "others"
    when = "True"
    """
    _, _, names, _, lets_in, lets_stay, checked, grace, _ = line(HEAD + text)
    assert names == "`aum`, `account_open`, `account_balance`"
    assert lets_in.split("<br>") == [
        "risky: the points (2 for big) is at least 2; big where aum is at least 5",
        "small: for every account where account_open, of which there is one or more, account_balance is below 3",
        "others: the rest",
    ]
    assert lets_stay == "small: for any account (account_balance is below 3)"
    assert (checked, grace) == ("at each event", "none")


def test_many_tags_are_told_by_their_prefix() -> None:
    tags = " or ".join(f"tag_t{number}" for number in range(8))
    text = f'[[class]]\nname = "a"\nwhen = "aum > 1 and ({tags})"\n'
    assert line(HEAD + text)[2] == "`aum`, `tag_...`"
