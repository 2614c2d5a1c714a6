from __future__ import annotations

import pytest

from agents.policy.explain import explain_policy
from agents.policy.mistakes import PolicyError
from agents.policy.words import in_words
from tests.unit.policy.making import ABC, compiled, scheme


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("aum >= 100_000", "aum is at least 100,000"),
        ("aum > 0.5", "aum is above 0.50"),
        ("50 <= aum < 100", "50 is at most aum and aum is below 100"),
        ("kind in ('personal', 'corporate')", "kind is one of 'personal', 'corporate'"),
        ("kind not in ('personal')", "kind is none of 'personal'"),
        ("not known(kind)", "kind is unknown"),
        ("known(kind) and not kind == 'personal'", "kind is known and not kind is 'personal'"),
        ("(aum >= 1 or loans != 0) and True", "(aum is at least 1 or loans is not 0) and always"),
        ("aum - 2 * loans <= 5", "(aum less (2 times loans)) is at most 5"),
        ("coalesce(days_since_activity, 99) >= 30", "days_since_activity (if unknown: 99) is at least 30"),
        ("max(aum, loans) == min(aum, 3)", "the largest of aum, loans is the smallest of aum, 3"),
        ("abs(net_flow_7d) >= 5", "net_flow_7d without its sign is at least 5"),
        ("today > months_after(birth_date, 24)", "today is above the day 24 months after birth_date"),
        ("months_since(birth_date) >= 21", "whole months since birth_date is at least 21"),
        ("next_anniversary(birth_date) == today", "the next anniversary of birth_date is today"),
        ("days_since(birth_date) < days_until(birth_date)", "days since birth_date is below days until birth_date"),
    ],
)
def test_a_condition_can_be_read_aloud(text: str, words: str) -> None:
    assert in_words(compiled(scheme(text)).schemes[0].rules.levels[0].enter.node) == words


GIVES = "what region gives (200 for 'north', otherwise 300)"
SHARE = "what region gives (0.50 for 'north')"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("aum >= 0.9 * line", f"aum is at least (0.90 times {GIVES})"),
        ("aum >= line + 0.50", f"aum is at least ({GIVES} plus 0.50)"),
        ("aum >= 2 * line - 1_000", f"aum is at least ((2 times {GIVES}) less 1,000)"),
        ("aum + 2 * line >= loans", f"(aum plus (2 times {GIVES})) is at least loans"),
        ("aum * 100 >= 2 * line", f"(aum times 100) is at least (2 times {GIVES})"),
        ("wealth_share >= 2 * share", f"wealth_share is at least (2 times {SHARE})"),
        ("aum >= wealth_share * loans", "aum is at least (wealth_share times loans)"),
        ("wealth_share * 0.5 * 0.000001 >= 1", "((wealth_share times 0.50) times 0.000001) is at least 1"),
        ("days_known >= 2 * line", f"days_known is at least (2 times {GIVES})"),
    ],
)
def test_arithmetic_is_told_as_it_is_written_without_the_units_it_is_kept_in(text: str, words: str) -> None:
    lets = "{ line = { by = 'region', north = 200, otherwise = 300 }, share = { by = 'region', north = 0.5 } }"
    assert in_words(compiled(scheme(text, let=lets)).schemes[0].rules.levels[0].enter.node) == words


def test_a_scheme_is_told_from_who_it_is_for_to_what_is_proven() -> None:
    text = ABC.replace("base =", 'title = "Cards"\nsource = "a"\nours = "b"\nbase =')
    text += 'roles = ["rm"]\nbenefits = ["lounge"]\nreferral_on_upgrade = true\nreasons = ["saver"]\n'
    text += '[let]\nsaver = "deposits >= 1"\n[upgrade]\ncheck = "month_close"\n[downgrade]\nsteps = "one"\ngrace_months = 2\n'
    assert explain_policy({"abc.toml": text}).splitlines() == [
        "abc (abc.toml): Cards",
        "  Source: a",
        "  Ours: b",
        "  Who: everybody",
        "  Levels, lowest first, above ordinary:",
        "    gold",
        "      enters when aum is at least 100,000",
        "      stays while aum is at least 95,000",
        "      looked after by rm",
        "      benefits: lounge",
        "      rising from here suggests another owner, unless the same roles go on",
        "      reason saver: deposits is at least 1",
        "  Up: checked at each close of a month; to the highest level that can be entered",
        (
            "  Down: checked at each event and each close of a day; "
            "a level is kept for 2 months after it first fails, then one level down"
        ),
        "  Proven: whoever enters a level also stays",
        "  Measures:",
        "    aum: Deposit plus wealth balances now, whatever counts_in_aum says of an account.",
    ]


def test_what_bounds_do_not_prove_is_said_to_be_unproven() -> None:
    levels = '[[level]]\nname = "top"\nenter = "deposits >= 1"\nstay = "wealth >= 1"\n'
    lines = explain_policy({"abc.toml": ABC + levels}).splitlines()
    assert (
        "  Down: checked at each event and each close of a day; at once to the highest lower level that still holds"
        in lines
    )
    assert "  Proven: whoever enters a level also stays; bounds alone do not show it for top" in lines
    assert (
        "  Proven: whoever can enter a level can enter all levels below it; bounds alone do not show it for top"
        in lines
    )


def test_near_names_the_levels_that_it_never_tells_of() -> None:
    near = "[near]\npercent = 10\n"
    words = (
        "  Near: within 10 % below the bound of the next level; what reaches an average in 30 days is told"
    )  # fmt: skip
    assert words in explain_policy({"abc.toml": f"{ABC}{near}"}).splitlines()
    busy = '[[level]]\nname = "busy"\nenter = "txn_count_90d >= 20"\n'
    never = f"{words}; never to busy, which no single comparison with money lets into"
    assert never in explain_policy({"abc.toml": f"{ABC}{busy}{near}"}).splitlines()


def test_wrong_files_are_not_explained() -> None:
    with pytest.raises(PolicyError):
        explain_policy({"abc.toml": "scheme = 3"})
