"""What `tierline policy check` finds odd without calling it a mistake."""

from __future__ import annotations

import pytest

from agents.policy.findings import find_odd

HEAD = 'scheme = "s"\nbase = "low"\n'
BARE = "no example comes to rest here"


def odd(text: str, **more: str) -> list[str]:
    """The findings of a scheme, without those about missing examples."""
    files = {"s.toml": text, **{f"{name}.toml": other for name, other in more.items()}}
    return [f"{one.key}: {one.text}" for one in find_odd(files) if one.text != BARE]


def levels(*enters: str, let: str = "") -> str:
    tables = [f'[[level]]\nname = "l{place}"\nenter = "{enter}"\n' for place, enter in enumerate(enters, 1)]
    return f"{HEAD}{let}\n{''.join(tables)}"


def classes(*whens: str, let: str = "") -> str:
    tables = [f'[[class]]\nname = "c{place}"\nwhen = "{when}"\n' for place, when in enumerate(whens, 1)]
    return f"{HEAD}{let}\n{''.join(tables)}"


def test_sound_schemes_have_nothing_odd() -> None:
    assert odd(levels("aum >= 100", "aum >= 200")) == []
    assert odd(classes("aum >= 200", "100 <= aum < 200", "aum < 100")) == []
    assert odd(classes("aum >= 100", "deposits >= 50")) == []


def test_a_level_that_can_never_be_entered() -> None:
    assert odd(levels("aum >= 5 and aum < 5"))[0] == "level.l1.enter: can never hold: its bounds contradict each other"
    assert odd(classes("litigation and not litigation", "aum > 1"))[0].startswith("class.c1.when: can never hold")


def test_a_level_to_which_nobody_is_raised() -> None:
    told = odd(levels("aum >= 100", "aum >= 100"))
    assert told == ["level.l1.enter: raises nobody: whoever can enter l1 can enter l2"]
    assert odd(levels("aum >= 100.01", "aum >= 100.02")) == []


@pytest.mark.parametrize(
    ("whens", "told"),
    [
        (("aum >= 100", "aum >= 100.01"), "class.c2.when: never reached: whoever matches it matches c1"),
        (("label_x in ('a', 'b')", "label_x == 'b'"), "class.c2.when: never reached: whoever matches it matches c1"),
        (("aum >= 100", "aum <= 100"), "class.c2.when: overlaps c1, which wins: both hold with aum = 100"),
        (
            ("label_x in ('a', 'b')", "label_x in ('b', 'c')"),
            "class.c2.when: overlaps c1, which wins: both hold with label_x = 'b'",
        ),
    ],
)
def test_classes_that_earlier_ones_take_from(whens: tuple[str, ...], told: str) -> None:
    assert odd(classes(*whens)) == [told]


@pytest.mark.parametrize(
    ("whens", "told"),
    [
        (("aum >= 200", "aum < 100"), ["class: a gap: no class has aum at least 100 and less than 200, which comes to low"]),
        (("aum > 200", "aum <= 100"), ["class: a gap: no class has aum more than 100 and at most 200, which comes to low"]),
        (("aum >= 100", "aum <= 99.99"), []),
        (("aum_avg_30d >= 100", "aum_avg_30d <= 99.99"), ["class: a gap: no class has aum_avg_30d more than 99.99 and less than 100, which comes to low"]),
        (("months_since_activity <= 2", "months_since_activity >= 3"), []),
        (("months_since_activity < 2", "months_since_activity >= 3"), ["class: a gap: no class has months_since_activity at least 2 and less than 3, which comes to low"]),
        (("kind == 'personal'", "kind == 'corporate'"), ["class: a gap: no class has kind = 'institution', which comes to low"]),
        (("label_x == 'a'", "label_x == 'b'"), []),
    ],
)  # fmt: skip
def test_a_gap_between_classes(whens: tuple[str, ...], told: list[str]) -> None:
    assert odd(classes(*whens)) == told


def test_a_gap_between_levels() -> None:
    told = odd(levels("50 <= aum < 100", "aum >= 200"))
    assert told == [
        "level: a gap: no level can be entered with aum at least 100 and less than 200, but with less one can"
    ]


def test_a_bound_that_shrinks_upward() -> None:
    told = odd(levels("aum >= 100", "aum >= 50 and accounts_open >= 3"))
    assert told == [
        "level.l2.enter: the bound of aum shrinks to 50 from 100 for l1",
        "level.l2.stay: the bound of aum shrinks to 50 from 100 for l1",
    ]
    assert odd(levels("aum >= 100", "aum >= 100 and accounts_open >= 3")) == []
    lines = '[let]\na = { by = "region", zibo = 5, otherwise = 9 }\nb = { by = "region", zibo = 4, otherwise = 9 }\n'
    told = odd(levels("aum >= a", "aum >= b and margin >= 1", let=lines))
    assert told[0] == "level.l2.enter: the bound of aum shrinks to 4 from 5 for l1"


def test_an_axis_is_looked_at_like_levels() -> None:
    text = HEAD + (
        '[[axis]]\nname = "x"\nbase = "low"\n[[axis.level]]\nname = "mid"\nenter = "aum >= 5"\n'
        '[[axis.level]]\nname = "high"\nenter = "aum >= 5"\n[[class]]\nname = "all"\nat = {}\n'
        '[[class]]\nname = "none"\nat = { x = "mid" }\n'
    )
    assert odd(text) == [
        "axis.x.level.mid.enter: raises nobody: whoever can enter mid can enter high",
        "class.none.at: never reached: earlier classes have all of its cells",
    ]


def test_a_route_behind_one_that_always_holds_before() -> None:
    routes = 'routes = [{ when = "aum >= 5", roles = ["a"] }, { when = "aum >= 6", roles = ["b"] }]\n'
    assert odd(levels("deposits >= 5") + routes) == [
        "level.l1.routes.2: never reached: an earlier route holds wherever it does"
    ]
    assert odd(levels("deposits >= 5") + routes.replace("6", "4")) == []


def test_names_that_nothing_reads() -> None:
    let = (
        'a = 5\nb = "aum >= a"\nc = "aum >= 1"\nd = { score = { c = 1 } }\ne = { by = "region", x = "f", otherwise = "f" }\nf = "aum"\n'
        'g = { any = "account", that = "account_balance > h" }\nh = 3\n'
    )
    told = odd(levels("b", let=f"[calendar]\nday = [2026-01-01]\n[let]\n{let}"))
    assert told == [
        "let.d: nothing reads it",
        "let.e: nothing reads it",
        "let.g: nothing reads it",
        "calendar.day: nothing reads next_day",
    ]


def test_a_key_that_slipped_below_the_heading_of_let() -> None:
    assert odd(levels("aum >= 1", let="[let]\napplies_to = \"kind == 'personal'\"")) == [
        "let.applies_to: nothing reads it; the key applies_to belongs above the first line in [brackets]"
    ]


def test_a_level_without_an_example() -> None:
    text = levels("aum >= 100", "aum >= 200") + '[[example]]\ngiven = { aum = 100 }\nexpect = "l1"\n'
    assert [str(one) for one in find_odd({"s.toml": text})] == [f"s.toml: level.l2: {BARE}"]


def test_two_primary_schemes_for_the_same_kind_of_customer() -> None:
    primary = "primary = true\napplies_to = \"kind == 'personal'\"\n"
    first = levels("aum >= 1").replace("base =", f"{primary}base =")
    other = first.replace('scheme = "s"', 'scheme = "t"')
    assert odd(first, t=other) == ["primary: s is primary for personal customers already"]
    assert odd(first, t=other.replace("'personal'", "'corporate'")) == []
    assert odd(first, t=other.replace("kind == 'personal'", "aum > 1")) == [
        "primary: s is primary for personal customers already"
    ]


@pytest.mark.parametrize(
    ("keeps", "facts"),
    [
        ("aum >= 5 or litigation", ["litigation"]),
        ("aum >= 5 or not litigation", ["litigation"]),
        ("not (aum < 5 and not litigation)", ["litigation"]),
        ("aum >= 5 or (deposits >= 1 and credit_rating == 'A')", ["credit_rating"]),
        ("aum >= 5 or coalesce(target_credit, total_assets) >= 9", ["total_assets"]),
        ("litigation or firm_owner", ["firm_owner", "litigation"]),
        ("aum >= 5 or tag_a or tag_b", ["tag_..."]),
        ("aum >= 5 or coalesce(litigation, False)", []),
        ("aum >= 5 or (known(target_credit) and target_credit >= 9)", []),
        ("aum >= 5 or age >= 70", ["age"]),
        ("aum >= 5 or not known(litigation) or litigation", []),
        ("aum >= 5 and litigation", []),
        ("credit_rating == 'A' or credit_rating == 'B'", []),
        ("tag_a or tag_b", []),
        ("aum >= 5 or kind == 'personal'", []),
        ("aum >= 5 or loans >= 9", []),
    ],
)
def test_a_fact_that_holds_a_customer_for_ever_while_it_is_not_told(keeps: str, facts: list[str]) -> None:
    scoped = HEAD + "applies_to = \"kind in ('personal', 'corporate')\"\n"
    said = [
        f"can hold for ever where {fact} is not told: write coalesce({fact}, ...), or ask known({fact})"
        for fact in facts
    ]
    level = f'[[level]]\nname = "l1"\nenter = "aum >= 5 and deposits >= 3 and ({keeps})"\nstay = "{keeps}"\n'
    assert odd(scoped + level) == [f"level.l1.stay: {one}" for one in said]
    assert odd(scoped + f'[[class]]\nname = "c1"\nwhen = "{keeps}"\n') == [f"class.c1.when: {one}" for one in said]
    kept = f'[[class]]\nname = "c1"\nwhen = "aum >= 9"\nkeep = "{keeps}"\n'
    assert odd(scoped + kept) == [f"class.c1.keep: {one}" for one in said]


@pytest.mark.parametrize(
    ("enter", "let", "told"),
    [
        ("aum >= 1", "", []),
        (
            "wealth_share >= 60",
            "",
            ["level.l1.enter: compares wealth_share with 60, which is 6,000 %: 60 % is 0.60"],
        ),
        ("wealth_share >= 1", "", []),
        (
            "aum >= 1 and 1.5 < demand_share",
            "",
            ["level.l1.enter: compares demand_share with 1.50, which is 150 %: 1.50 % is 0.015"],
        ),
        ("outflow_z_30d >= 3", "", []),
        (
            "aum >= line",
            'line = { by = "region", north = 2, other = 3 }',
            [
                (
                    "let.line: is unknown where region is none of north, other: give otherwise = ... for all others; "
                    "other is one more text of region"
                )
            ],
        ),
        (
            "aum >= line",
            'line = { by = "kind", personal = 2, corporate = 3 }',
            ["let.line: is unknown where kind is none of personal, corporate: give otherwise = ... for all others"],
        ),
        ("aum >= line", 'line = { by = "kind", personal = 2, corporate = 3, institution = 4 }', []),
        ("aum >= line", 'line = { by = "region", north = 2, otherwise = 3 }', []),
        (
            "aum >= line",
            "line = { by = \"coalesce(kind, 'personal')\", personal = 2, corporate = 3, institution = 4 }",
            [],
        ),
        (
            "aum >= line",
            "line = { by = \"coalesce(kind, 'personal')\", personal = 2, corporate = 3 }",
            ["let.line: is unknown where kind is none of personal, corporate: give otherwise = ... for all others"],
        ),
    ],
)
def test_values_that_are_likely_meant_otherwise(enter: str, let: str, told: list[str]) -> None:
    assert odd(levels(enter, let=f"[let]\n{let}")) == told


@pytest.mark.parametrize(
    ("scope", "complete"),
    [
        ("kind in ('personal', 'corporate')", True),
        ("aum >= 0 and kind == 'personal'", True),
        ("kind in ('personal', 'institution')", False),
        ("aum >= 0", False),
    ],
)
def test_a_lookup_needs_no_value_for_texts_that_are_out_of_scope(scope: str, complete: bool) -> None:
    scoped = levels(
        "aum >= line", let=f'applies_to = "{scope}"\n[let]\nline = {{ by = "kind", personal = 2, corporate = 3 }}'
    )
    assert (odd(scoped) == []) == complete


NEAR = "near: nobody is ever near: no level is entered by one comparison with money, such as aum >= 100_000"


@pytest.mark.parametrize(
    ("enters", "told"),
    [
        (("aum >= 1",), []),
        (("txn_count_90d >= 1", "aum >= 1"), []),
        (("txn_count_90d >= 1",), [NEAR]),
        (("aum >= 1 and days_known >= 30",), [NEAR]),
    ],
)
def test_near_in_a_scheme_where_nobody_ever_is(enters: tuple[str, ...], told: list[str]) -> None:
    assert odd(levels(*enters) + "[near]\npercent = 10\n") == told


def test_a_role_that_is_spelled_nearly_like_another_one() -> None:
    roles = 'roles = ["relationship_manager", "team_1_of_the_south", "team_2_of_the_south"]\n'
    duty = "contacts_per_month = { relationship_manager = 1, relationship_manger = 1 }\n"
    signal = 'signals = "f"\n[[signal]]\nname = "a"\ntitle = "A"\nwhen = "aum > 1"\nroles = ["relationshp_manager"]\n'
    example = "[[example]]\ngiven = { aum = 2 }\nexpect = ['a']\n"
    question = "is spelled nearly like relationship_manager (s.toml): is it the same role?"
    assert odd(levels("aum >= 1") + roles + duty, f=signal + example) == [
        f"level.l1.contacts_per_month: relationship_manger {question}",
        f"signal.a.roles: relationshp_manager {question}",
    ]
    assert odd(levels("aum >= 1") + roles) == []


def test_a_side_of_a_matrix_that_holds_a_customer_for_ever() -> None:
    side = '[[axis]]\nname = "a"\nbase = "no"\n[[axis.level]]\nname = "yes"\nenter = "aum >= 5 or litigation"\n'
    told = odd(f'{HEAD}{side}[[class]]\nname = "low"\nat = {{}}\n')
    assert [one.partition(":")[0] for one in told] == ["axis.a.level.yes.enter"]
