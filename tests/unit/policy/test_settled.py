"""What was settled on other bits of the mask is not decided again."""

from __future__ import annotations

import numpy as np
import pytest

from schemas.state import Profile, Standing
from streams import evaluation
from streams.decider import MASK_LAYOUT, NO_DEADLINE, Decided
from streams.rows import UNKNOWN, AccountRows, LookKind
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


def test_after_a_move_that_scheme_alone_is_decided_again() -> None:
    policies = compiled(*TWO)
    rows = rows_of(policies, {"aum": 0, "deposits": 1_000})
    (mask,) = policies.masks(rows)
    profile = Profile(standings={name: Standing(level="high", since=DAY - 1) for name in ("aum", "deposits")})
    first = policies.decide(look(), rows, 0, mask, profile)
    assert (first.moves, first.unrest, first.deadline) == (0b01, 0b01, DAY + 5)
    marked = policies.unsettle(LookKind.EVENT, first.unrest, mask)
    assert marked.tolist() != mask.tolist()
    profile.standings["aum"].falls_on = profile.standings["deposits"].falls_on = DAY
    again = policies.decide(look(DAY + 1), rows, 0, mask, profile, marked)
    assert [(change.scheme, change.to) for change in again.tier_changes] == [("aum", "low")]


def test_whoever_was_just_placed_or_rose_rests_on_the_same_mask() -> None:
    policies = compiled(*TWO)
    rows = rows_of(policies, {"aum": 0, "deposits": 1_000}, {"aum": 1_000, "deposits": 1_000})
    profile = Profile()
    for row, mask in enumerate(policies.masks(rows)):
        moved = policies.decide(look(), rows, row, mask, profile)
        assert (moved.moved, moved.unrest) == (True, 0)
        assert policies.decide(look(), rows, row, mask, profile) == Decided([], 0, NO_DEADLINE, complete=True)


def test_a_look_without_checks_is_asked_again_only_of_whoever_was_out_of_scope() -> None:
    policies = compiled(CHECKED.replace("{up}", "day_close").replace("{down}", "day_close"))
    rows = rows_of(policies, {"kind": "personal", "aum": 1_000}, {"kind": "corporate", "aum": 1_000})
    inside, outside = policies.masks(rows, LookKind.EVENT)
    assert policies.unsettle(LookKind.EVENT, 1, inside).tolist() == inside.tolist()
    assert policies.unsettle(LookKind.EVENT, 1, outside).tolist() != outside.tolist()
    assert policies.unsettle(LookKind.DAY_CLOSE, 1, inside).tolist() != inside.tolist()


SIGNALS = """
signals = "f"
[[signal]]
name = "first"
title = "T"
when = "aum < 100"
[[signal]]
name = "second"
title = "T"
when = "deposits < 100"
inhibited_by = ["first"]
[[signal]]
name = "big"
title = "T"
on = "transaction"
when = "wealth >= 100"
"""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"aum": 1, "deposits": 1, "wealth": 0}, []),
        ({"aum": 10_000, "deposits": 1, "wealth": 0}, ["first", "second"]),
        ({"aum": 1, "deposits": 1, "wealth": 10_000}, ["big"]),
    ],
)
def test_signals_that_read_the_same_are_decided_again_only_if_what_holds_them_back_changed(
    given: dict[str, int], told: list[str]
) -> None:
    policies = compiled(SIGNALS)
    rows = rows_of(policies, {"aum": 1, "deposits": 1, "wealth": 0}, given)
    first, now = policies.masks(rows)
    before = first & policies.relevant[0]
    profile = Profile()
    policies.decide(look(), rows, 0, first, profile)
    decided = policies.decide(look(), rows, 1, now, profile, before)
    assert [alert.signal for alert in decided.alerts] == told
    assert decided.stirred is bool(told and told != ["big"])


def test_a_one_shot_settles_nobody_and_is_marked_to_fire() -> None:
    policies = compiled(SIGNALS)
    quiet, loud = policies.masks(rows_of(policies, {"wealth": 0}, {"wealth": 10_000}))
    assert not (quiet & policies.fires).any()
    assert (loud & policies.fires).any()
    assert not (policies.fires & policies.relevant[0]).any()


def test_masks_of_another_layout_are_other_masks_under_the_same_policies(monkeypatch: pytest.MonkeyPatch) -> None:
    before = evaluation.mask_tag("v1")
    assert before == evaluation.mask_tag("v1") != evaluation.mask_tag("v2")
    monkeypatch.setattr(evaluation, "MASK_LAYOUT", MASK_LAYOUT + 1)
    assert evaluation.mask_tag("v1") != before


LAID_OUT = """
signals = "f"
[[signal]]
name = "due"
title = "T"
due_on = "birth_date"
lead_days = 9
when = "kind == 'personal'"
[[signal]]
name = "low"
title = "T"
each = "account"
when = "account_balance < 100"
clear = "account_balance >= 200"
"""


def test_masks_are_laid_out_as_their_version_says() -> None:
    policies = compiled(*TWO, LAID_OUT)
    rows = rows_of(policies, {"aum": 1_000, "deposits": None, "wealth": 0, "birth_date": DAY + 3, "kind": None})
    balances = np.array([[9_999, 20_000, UNKNOWN]])
    rows.accounts = AccountRows(policies.account_columns, np.zeros(3, np.int64), balances)
    masks = [[f"{word:x}" for word in policies.masks(rows, kind)[0].tolist()] for kind in (None, LookKind.EVENT)]
    told = "whatever makes these others raises MASK_LAYOUT, so that no stored mask is taken for one of the new layout"
    expected = [["a1", "0", "4e23", "eec7d41c95beab86"], ["21", "0", "0", "eec7d41c95beab86"]]
    assert (MASK_LAYOUT, masks) == (1, expected), told
