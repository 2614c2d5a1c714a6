"""Schemes of classes and matrices as files: what is checked, decided, carried along and told."""

from __future__ import annotations

import pytest

from agents.policy.compile import compile_policies
from agents.policy.examples import run_examples
from agents.policy.explain import explain_policy
from agents.policy.mistakes import PolicyError
from agents.policy.views import all_benefits, leading_roles, standing_views
from schemas.events import TierChanged
from schemas.state import Profile, Standing
from streams.decider import NO_DEADLINE, Decided
from streams.rows import LookKind, Vocabulary
from tests.unit.policy.making import ABC, DAY, compiled, look, rows_of

LABELLED = """
scheme = "corporate"
base = "unlabelled"
check = "day_close"
applies_to = "kind == 'corporate'"
[let]
large = "total_assets >= 300"
[[class]]
name = "quality"
title = "Quality"
when = "label_credit == 'quality'"
roles = ["manager"]
routes = [
    { when = "large and litigation", roles = ["lawyer"] },
    { when = "large", roles = ["president", "manager"] },
]
reasons = ["large"]
benefits = ["on_site"]
carry = ["label_credit", "total_assets", "tags"]
contacts_per_month = { president = 1, manager = 3 }
[[class]]
name = "ordinary"
when = "label_credit == 'ordinary' or deposits >= 50"
keep = "label_credit == 'ordinary' or deposits >= 40"
"""

MATRIX = """
scheme = "value"
base = "negative"
check = "month_close"
retired = { old = "vip" }
[let]
profit = "contribution_3m - fees_3m"
[[axis]]
name = "profit"
title = "What the customer brings"
base = "low"
[[axis.level]]
name = "high"
enter = "profit >= 1_500"
stay = "profit >= 1_200"
[[axis]]
name = "calm"
base = "low"
[[axis.level]]
name = "high"
enter = "balance_cv_90d <= 0.3"
stay = "balance_cv_90d <= 0.4"
[[class]]
name = "vip"
at = { profit = "high", calm = "high" }
roles = ["rm"]
[[class]]
name = "potential"
at = { profit = "high" }
[[class]]
name = "mass"
at = { profit = "low", calm = "high" }
[[class]]
name = "negative"
at = { profit = "low", calm = "low" }
"""


def decide(text: str, profile: Profile, seen: LookKind = LookKind.MONTH_CLOSE, /, **given: object) -> Decided:
    policies = compiled(text)
    rows = rows_of(policies, given)
    return policies.decide(look(DAY, seen, "day_close"), rows, 0, policies.masks(rows)[0], profile)


def change(text: str, profile: Profile, **given: object) -> TierChanged:
    (told,) = decide(text, profile, **given).tier_changes
    return told


def mistakes(text: str) -> list[str]:
    try:
        compile_policies({"c.toml": text}, Vocabulary())
    except PolicyError as error:
        return [str(mistake).removeprefix("c.toml: ") for mistake in error.mistakes]
    return []


def examples(text: str, *tables: str) -> list[str]:
    results = run_examples({"c.toml": text + "".join(f"[[example]]\n{table}\n" for table in tables)})
    return [failure for result in results for failure in result.failures]


def test_a_label_given_from_outside_puts_a_customer_into_its_class() -> None:
    told = change(LABELLED, Profile(), kind="corporate", label_credit="quality", total_assets=29_999, tags="a,b")
    assert (told.from_, told.to, told.direction, told.reason) == ("unlabelled", "quality", "across", "placement")
    assert told.condition == "label_credit == 'quality'"
    assert told.evidence == {"label_credit": "quality"}
    assert told.carried == {"label_credit": "quality", "total_assets": 299.99, "tags": "a,b"}
    assert told.benefits == ["on_site"]
    assert told.reasons == []
    assert told.recommended_roles == ["manager"]
    assert told.referral_suggested is False


@pytest.mark.parametrize(
    ("litigation", "roles"), [(1, ["lawyer"]), (0, ["president", "manager"]), (None, ["president", "manager"])]
)
def test_the_first_route_that_holds_wins_and_unknown_does_not(litigation: int | None, roles: list[str]) -> None:
    given = {"kind": "corporate", "label_credit": "quality", "total_assets": 30_000, "litigation": litigation}
    told = change(LABELLED, Profile(), **given)
    assert told.recommended_roles == roles
    assert told.reasons == ["large"]


def test_a_class_that_is_left_for_the_base_tells_what_kept_it() -> None:
    profile = Profile(standings={"corporate": Standing(level="ordinary", since=DAY - 9)})
    told = change(LABELLED, profile, kind="corporate", label_credit="target", deposits=3_999)
    assert (told.from_, told.to) == ("ordinary", "unlabelled")
    assert told.condition == "label_credit == 'ordinary' or deposits >= 40"
    assert (told.recommended_roles, told.benefits, told.carried) == ([], [], {})


def test_a_new_class_tells_what_let_in() -> None:
    profile = Profile(standings={"corporate": Standing(level="ordinary", since=DAY - 9)})
    told = change(LABELLED, profile, kind="corporate", label_credit="quality")
    assert (told.from_, told.to, told.condition) == ("ordinary", "quality", "label_credit == 'quality'")


def test_a_look_names_the_schemes_in_which_something_unknown_held_the_customer() -> None:
    profile = Profile(standings={"corporate": Standing(level="ordinary", since=DAY - 9)})
    assert decide(LABELLED, profile, kind="corporate", deposits=5_000).unknown == ("corporate",)
    assert decide(LABELLED, profile, kind="corporate", deposits=5_000, label_credit="none").unknown == ()
    assert decide(LABELLED, Profile()).unknown == ("corporate",)
    assert decide(LABELLED, Profile(), kind="personal").unknown == ()


def test_a_matrix_tells_the_axes_that_moved_and_what_they_read() -> None:
    profile = Profile()
    calm = {"fees_3m": 0, "balance_cv_90d": 300_000}
    placed = change(MATRIX, profile, contribution_3m=(450_000, 3), **calm)
    assert (placed.to, placed.recommended_roles) == ("vip", ["rm"])
    assert placed.condition == "profit: (contribution_3m - fees_3m) >= 1_500; calm: balance_cv_90d <= 0.3"
    assert placed.evidence == {"contribution_3m": 1_500, "fees_3m": 0, "balance_cv_90d": 0.3}
    fallen = change(MATRIX, profile, contribution_3m=(359_999, 3), **calm)
    assert (fallen.from_, fallen.to, fallen.direction) == ("vip", "mass", "across")
    assert fallen.condition == "profit: (contribution_3m - fees_3m) >= 1_200"
    assert profile.standings["value"].axes == {"profit": "low", "calm": "high"}


def test_a_matrix_is_decided_at_its_check_alone() -> None:
    assert decide(MATRIX, Profile(), LookKind.DAY_CLOSE, contribution_3m=(1, 1)).moved is False
    assert decide(MATRIX, Profile(), LookKind.YEAR_CLOSE, contribution_3m=(1, 1)).moved is True


def test_classes_have_no_deadline_of_their_own() -> None:
    profile = Profile()
    assert decide(MATRIX, profile).deadline == NO_DEADLINE
    assert decide(MATRIX.replace("month_close", "anniversary"), profile).deadline == DAY + 365


def test_whoever_stood_at_a_retired_class_stands_at_the_one_that_took_over() -> None:
    profile = Profile(standings={"value": Standing(level="old", since=DAY - 9)})
    told = change(MATRIX, profile)
    why = "the policies have no old any more, vip takes its customers"
    assert (told.from_, told.to, told.direction, told.condition, told.evidence) == ("old", "vip", "across", why, {})


def test_a_level_that_took_over_says_so_and_not_what_lets_in() -> None:
    text = (
        'scheme = "value"\nbase = "low"\nretired = { old = "high" }\n[[level]]\nname = "high"\nenter = "aum >= 100"\n'
    )
    told = change(text, Profile(standings={"value": Standing(level="old", since=DAY - 9)}), aum=5)
    assert (told.to, told.condition) == ("high", "the policies have no old any more, high takes its customers")


def test_examples_of_classes_and_matrices_come_to_rest() -> None:
    assert (
        examples(
            LABELLED,
            "given = { kind = 'corporate', label_credit = 'quality', total_assets = 300 }\nexpect = 'quality'\n"
            "roles = ['president', 'manager']\nreasons = ['large']",
            "given = { kind = 'corporate', deposits = 40 }\nfrom = 'ordinary'\nexpect = 'ordinary'",
            "given = { kind = 'corporate', deposits = 40, label_credit = 'x' }\nexpect = 'unlabelled'",
            "given = { kind = 'personal', label_credit = 'quality' }\nexpect = 'out'",
        )
        == []
    )
    assert (
        examples(
            MATRIX,
            "given = { contribution_3m = 1_500, fees_3m = 0, balance_cv_90d = 0.3 }\nexpect = 'vip'",
            "given = { contribution_3m = 1_499.99, fees_3m = 0, balance_cv_90d = 0.3 }\nexpect = 'mass'",
            "given = { contribution_3m = 1_200, fees_3m = 0, balance_cv_90d = 0.4 }\nfrom = 'vip'\nexpect = 'vip'",
            "given = { contribution_3m = 1_200, fees_3m = 0, balance_cv_90d = 0.400001 }\nfrom = 'vip'\nexpect = 'potential'",
            "given = { contribution_3m = 0, fees_3m = 0, balance_cv_90d = 1 }\nexpect = 'negative'",
        )
        == []
    )


def test_an_example_may_give_accounts_and_waits_for_holds_and_anniversaries() -> None:
    text = (
        'scheme = "s"\nbase = "low"\n[let]\nidle = { every = "account", that = "account_balance < 300" }\n'
        '[[level]]\nname = "mid"\nenter = "not idle"\n'
        '[downgrade]\ncheck = "anniversary"\nhold_months = 12\ngrace_days = 10\n'
    )
    account = "given = {{}}\naccounts = [{{ account_balance = {} }}]\n"
    assert examples(text, account.format("299.99") + "from = 'mid'\nexpect = 'low'") == []
    assert examples(text, account.format("300") + "expect = 'mid'") == []
    assert examples(text, "given = {}\nexpect = 'mid'") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LABELLED + "[upgrade]\ncheck = 'event'\n", "upgrade: expected no such part in a scheme of classes; classes have check at the top of the file"),
        (f"check = 'event'\n{ABC}", 'check = "event": expected [upgrade] and [downgrade] in a scheme of levels; check is for classes'),
        (LABELLED + "[[level]]\nname = 'a'\nenter = 'aum > 1'\n", "level: expected no such part in a scheme of classes"),
        (
            "scheme = 's'\nbase = 'x'\nbase_roles = ['rm']\n[[class]]\nname = 'x'\nwhen = 'aum > 1'\n",
            "base_roles: expected no such key beside the class x; give that class its roles",
        ),
        (LABELLED + "[[class]]\nname = 'x'\n", "class.x: expected either when or at"),
        (LABELLED + "[[class]]\nname = 'x'\nwhen = 'aum > 1'\nat = { a = 'b' }\n", "class.x: expected either when or at"),
        (LABELLED + "[[class]]\nname = 'x'\nat = { a = 'b' }\n", 'class.x.at.a = "b": expected axes, each written [[axis]]'),
        (LABELLED + "[[class]]\nname = 'quality'\nwhen = 'aum > 1'\n", 'class.quality.name = "quality": expected a name that no other level of the scheme and not the base has'),
        (LABELLED.replace('"unlabelled"', '"out"'), 'base = "out": expected another name: out means a customer outside the scheme'),
        (LABELLED.replace('"tags"', '"taggs"'), 'class.quality.carry = "taggs": expected names of measures or facts; did you mean tags?'),
        (LABELLED.replace("president = 1", "president = 0"), "class.quality.contacts_per_month = { president = 0, manager = 3 }: expected contacts a month by role from 1 to 31, such as { president = 1 }"),
        (LABELLED.replace('when = "large and litigation"', 'when = "large + 1"'), "class.quality.routes.1.when"),
        (MATRIX.replace('at = { profit = "high" }', 'at = { profit = "highest" }'), 'class.potential.at.profit = "highest": expected one of low, high; did you mean high?'),
        (MATRIX.replace('at = { profit = "high" }', 'at = { profits = "high" }'), 'class.potential.at.profits = "high": expected one of the axes profit, calm; did you mean profit?'),
        (MATRIX.replace('at = { profit = "high" }', 'at = { profit = "high", calm = "high" }'), 'class: expected a class with at = { profit = "high", calm = "low" }: no class has this cell'),
        (MATRIX.replace('profit = "low", calm = "low"', 'profit = "low", calm = "high"'), 'class: expected a class with at = { profit = "low", calm = "low" }: no class has this cell'),
        (MATRIX.replace("name = \"mass\"", "name = \"mass\"\nkeep = 'aum > 1'"), 'class.mass.keep = "aum > 1": expected no keep beside at; give the axis levels a stay'),
        (MATRIX.replace('old = "vip"', 'mass = "vip"'), 'retired.mass = "vip": expected a name that no level has any more'),
        (MATRIX.replace('old = "vip"', 'old = "vipp"'), 'retired.old = "vipp": expected one of negative, vip, potential, mass; did you mean vip?'),
        (MATRIX.replace('stay = "profit >= 1_200"', 'stay = "balance_cv_90d <= 1"').replace('enter = "profit >= 1_500"', 'enter = "balance_cv_90d <= 2"'), 'axis.profit.level.high.stay = "balance_cv_90d <= 1": expected bounds that keep whoever enters'),
        (MATRIX.replace('base = "low"', 'base = "high"', 1), 'axis.profit.level.high.name = "high": expected a name'),
        (f"{ABC}[downgrade]\nhold_days = 3\nhold_months = 2\n", "downgrade.hold_months = 2: expected only one of hold_days, hold_months and hold_until"),
        (f"{ABC}[downgrade]\nhold_until = 'year_end'\n", 'downgrade.hold_until = "year_end": expected next_year_end'),
        (f"{ABC}[near]\npercent = 100\n", "near.percent = 100: expected a whole number of percent from 1 to 99"),
        ("scheme = 'x'\nbase = 'low'\n[[axis]]\nname = 'a'\nbase = 'b'\nlevel = []\n", "class: expected at least one class, written [[class]]"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_told_in_words(text: str, told: str) -> None:
    assert any(mistake.startswith(told) for mistake in mistakes(text)), mistakes(text)


def test_rates_are_read_beside_the_schemes_and_their_mistakes_told_with_theirs() -> None:
    good = "[[rates]]\nfrom = 2024-01-01\ntransfer_price = 0.025\ndeposit_rate = 0.015\nloan_rate = 0.045\n"
    policies = compile_policies({"abc.toml": ABC, "rates.toml": good}, Vocabulary())
    assert len(policies.rates.periods) == 1
    with pytest.raises(PolicyError) as raised:
        compile_policies({"abc.toml": ABC, "rates.toml": good.replace("2024-01-01", "2024-01-02")}, Vocabulary())
    assert [str(mistake) for mistake in raised.value.mistakes] == [
        "rates.toml: rates.1.from = 2024-01-02: expected the first day of a month, such as 2024-01-01"
    ]


def test_classes_are_told_in_words() -> None:
    lines = explain_policy({"c.toml": LABELLED}).splitlines()
    assert lines[:11] == [
        "corporate (c.toml)",
        "  Who: kind is 'corporate'",
        "  Classes, the first that matches; unlabelled where none does:",
        "    quality: Quality",
        "      when label_credit is 'quality'",
        "      looked after by lawyer when total_assets is at least 300 and litigation",
        "      looked after by president, manager when total_assets is at least 300",
        "      otherwise by manager",
        "      contacts a month: president 1",
        "      contacts a month: manager 3",
        "      benefits: on_site",
    ]
    assert "      brings along: label_credit, total_assets, tags" in lines
    assert "      kept while label_credit is 'ordinary' or deposits is at least 40" in lines
    assert "  Checked: at each close of a day" in lines


def test_a_matrix_is_told_in_words() -> None:
    lines = explain_policy({"c.toml": MATRIX}).splitlines()
    assert lines[2] == "  Axis profit: What the customer brings, lowest first, above low:"
    assert "      at profit low, calm high" in lines
    assert "  Retired: whoever stood at old stands at vip" in lines
    assert (
        "    balance_cv_90d: " + next(line for line in lines if "balance_cv_90d: " in line).partition(": ")[2] in lines
    )


def test_a_customer_in_a_matrix_is_shown_with_the_axes() -> None:
    policies = compiled(MATRIX)
    rows = rows_of(policies, {"contribution_3m": (450_000, 3), "fees_3m": 0, "balance_cv_90d": 350_000})
    held = Standing(level="vip", since=DAY, axes={"profit": "high", "calm": "high"})
    (view,) = standing_views(policies, rows, 0, Profile(standings={"value": held}))
    assert (view.level, view.axes, view.roles) == ("vip", {"profit": "high", "calm": "high"}, ("rm",))
    assert (view.next_level, view.stay_condition, view.margin) == (None, None, None)
    assert view.evidence == {"contribution_3m": 1_500, "fees_3m": 0, "balance_cv_90d": 0.35}


def test_a_customer_is_near_the_next_level_within_the_percentage_of_its_line() -> None:
    text = f"{ABC.replace('100_000', 'line').replace('95_000', '0.5 * line')}[near]\npercent = 10\n"
    text += '[let]\nline = { by = "region", zibo = 1_000, otherwise = 2_000 }\n'
    policies = compiled(text)
    given = [{"aum": aum, "region": "zibo"} for aum in (89_999, 90_000, 99_999, 100_000)]
    rows = rows_of(policies, *given)
    views = [standing_views(policies, rows, row, Profile())[0] for row in range(4)]
    assert [view.near for view in views] == [False, True, True, False]
    gaps = [view.missing for view in views]
    assert [None if gap is None else [float(one.amount) for one in gap] for gap in gaps] == [
        [100.01],
        [100],
        [0.01],
        [],
    ]


def test_the_primary_scheme_leads_routing_and_benefits_come_from_all() -> None:
    level = '[[level]]\nname = "in"\nenter = "aum >= {}"\nroles = ["{}"]\nbenefits = ["both", "{}"]\n'
    heads = [f'scheme = "s{place}"\nbase = "low"\n' for place in range(3)]
    policies = compiled(
        heads[0] + level.format(1, "other", "lounge"),
        f"{heads[1]}applies_to = \"kind == 'corporate'\"\nprimary = true\n" + level.format(1, "not_in_it", "never"),
        f"{heads[2]}primary = true\n" + level.format(1, "leader", "gift"),
    )
    rows = rows_of(policies, {"aum": 100, "kind": "personal"})
    stands = {name: Standing(level="in", since=DAY) for name in ("s0", "s2")}
    views = standing_views(policies, rows, 0, Profile(standings=stands))
    assert leading_roles(views) == ["leader"]
    assert all_benefits(views) == ["both", "lounge", "gift"]
    assert leading_roles(views[:2]) == []
