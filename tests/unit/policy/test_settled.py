"""What was settled on other bits of the mask is not decided again."""

from __future__ import annotations

import pytest

from schemas.state import Profile, Standing
from tests.unit.policy.making import DAY, compiled, enter_bits, look, rows_of

TWO = [
    f'scheme = "{name}"\nbase = "low"\n[let]\nrich = "wealth >= 5"\n[[level]]\nname = "high"\nenter = "{name} >= 10"\n'
    'routes = [{ when = "rich", roles = ["rm"] }]\nreasons = ["rich"]\n[downgrade]\ngrace_days = 5\n'
    for name in ("aum", "deposits")
]


@pytest.mark.parametrize(
    ("given", "decided"),
    [
        ({"aum": 1_000, "deposits": 0}, ["aum"]),
        ({"aum": 0, "deposits": 1_000}, ["deposits"]),
        ({"aum": 1_000, "deposits": 1_000}, ["aum", "deposits"]),
        ({"aum": 0, "deposits": 0}, []),
        ({"aum": 0, "deposits": 0, "wealth": 1_000}, []),
        ({"aum": None, "deposits": 0}, ["aum"]),
    ],
)
def test_schemes_that_read_the_same_are_not_decided_again(given: dict[str, int | None], decided: list[str]) -> None:
    policies = compiled(*TWO)
    rows = rows_of(policies, {"aum": 0, "deposits": 0, "wealth": 0}, {"wealth": 0, **given})
    before, now = policies.masks(rows)
    profile = Profile(standings={name: Standing(level="low", since=DAY - 1) for name in ("aum", "deposits")})
    outcome = policies.decide(look(), rows, 1, now, profile, before)
    seen = [change.scheme for change in outcome.tier_changes] + list(outcome.unknown)
    assert seen == decided
    assert outcome.complete is True


def test_the_deadline_of_a_scheme_that_is_decided_is_told() -> None:
    policies = compiled(*TWO)
    rows = rows_of(policies, {"aum": 1_000, "deposits": 0}, {"aum": 0, "deposits": 0})
    before, now = policies.masks(rows)
    profile = Profile(standings={"aum": Standing(level="high", since=DAY - 1)})
    outcome = policies.decide(look(), rows, 1, now, profile, before)
    assert (outcome.moved, outcome.deadline) == (True, DAY + 5)


CHECKED = """
scheme = "s"
base = "low"
applies_to = "kind == 'personal'"
[[level]]
name = "high"
enter = "aum >= 10"
routes = [{ when = "wealth >= 5", roles = ["rm"] }]
[upgrade]
check = "{up}"
[downgrade]
check = "{down}"
"""


@pytest.mark.parametrize(
    ("up", "down", "kinds"),
    [
        ("event", "year_close", [0, 1, 2, 3, 4]),
        ("month_close", "day_close", [1, 2, 3, 4]),
        ("year_close", "quarter_close", [3, 4]),
        ("anniversary", "year_close", [1, 2, 3, 4]),
    ],
)
def test_a_look_that_makes_no_check_depends_on_the_scope_alone_and_never_on_routes(
    up: str, down: str, kinds: list[int]
) -> None:
    policies = compiled(CHECKED.replace("{up}", up).replace("{down}", down))
    tiers = policies.schemes[0].tiers
    assert tiers.scope is not None
    scope = tiers.scope.true | tiers.scope.unknown
    enter = enter_bits(policies)
    decisive = [int(words[0]) for words in policies.relevant]
    assert decisive == [scope | enter.true | enter.unknown if kind in kinds else scope for kind in range(5)]
