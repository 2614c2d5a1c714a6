from __future__ import annotations

import pytest

from agents.policy.compile import compile_policies
from agents.policy.mistakes import PolicyError
from schemas.mistakes import Mistake
from streams.rows import Vocabulary

GOOD = {
    "head": 'scheme = "cards"\nbase = "ordinary"\n',
    "let": "",
    "level": '[[level]]\nname = "gold"\nenter = "aum >= 100_000"\nstay = "aum >= 95_000"\n',
    "tail": "",
}
NAME = "a name of at most 64 small letters, digits and underscores, a letter first"
LANGUAGE = "a condition of names, numbers, and or not, comparisons, in (...), + - *, and the language's functions"
LEVEL_KEYS = (
    "name, title, reasons, roles, routes, contacts_per_month, benefits, carry, enter, stay, referral_on_upgrade"
)
FILE_KEYS = (
    "scheme, base, title, source, ours, applies_to, primary, base_roles, check, calendar, let, retired, "
    "level, axis, class, upgrade, downgrade, near, cut, example"
)
NOTHING = "expected at least one level, written [[level]], or class, written [[class]]"
FUNCTIONS = "known, coalesce, abs, min, max, months_since, months_after, days_since, days_until, next_anniversary"

EXAMPLE = "[[example]]\ngiven = {}\nexpect = 'gold'\nfrom = 'ordinary'\n"


def told(**parts: str) -> list[str]:
    """The mistakes of a good file with some parts replaced."""
    text = "".join((GOOD | parts).values())
    try:
        compile_policies({"cards.toml": text}, Vocabulary())
    except PolicyError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


def of_condition(text: str) -> list[str]:
    """What is said of a condition, without where it stands."""
    prefix = f'cards.toml: applies_to = "{text}": '
    mistakes = told(head=f"{GOOD['head']}applies_to = '''{text}'''\n")
    assert all(mistake.startswith(prefix) for mistake in mistakes), mistakes
    return [mistake.removeprefix(prefix) for mistake in mistakes]


def test_the_good_file_has_no_mistakes() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amu >= 1", "expected a measure, a fact or a [let] name instead of 'amu'; did you mean aum?"),
        ("zzz >= 1", "expected a measure, a fact or a [let] name instead of 'zzz'"),
        ("sex == true", "expected a measure, a fact or a [let] name instead of 'true'; write True"),
        ("aum == null", "expected a measure, a fact or a [let] name instead of 'null'; ask with known(...)"),
        ("aum >= 100,000", f"expected {LANGUAGE}; write 100_000, not 100,000, and lists only after in"),
        ("aum.real >= 1", f"expected {LANGUAGE}; names have no parts"),
        ("aum[0] >= 1", f"expected {LANGUAGE}; names have no parts"),
        ("True if aum >= 1 else False", f"expected {LANGUAGE}; use and, or, not"),
        ("(lambda: True)", f"expected {LANGUAGE}; Lambda is not part of the language"),
        ("aum >= +1", f"expected {LANGUAGE}; UnaryOp is not part of the language"),
        ("aum", "expected a condition, true or false; this is a value of type money: compare it"),
        ("aum and True", "expected conditions around and, not a value of type money; compare it with a bound"),
        ("not aum", "expected conditions around not, not a value of type money; compare it with a bound"),
        ("aum >= days_known", "expected two values of one type around >=, not money and days"),
        (
            "birth_date >= 3",
            (
                "expected two values of one type around >=, not day and number; "
                "turn a day into days with days_since(...) or days_until(...)"
            ),
        ),
        (
            "kind == 3",
            (
                "expected two values of one type around ==, not text and number; "
                "texts are compared with texts in single quotes"
            ),
        ),
        ("owner_id >= 'a'", "expected == or != between texts, not >=; texts have no order"),
        (
            "kind == 'persnal'",
            "expected kind to be one of personal, corporate, institution instead of 'persnal'; did you mean personal?",
        ),
        ("kind in ('x', 'personal')", "expected kind to be one of personal, corporate, institution instead of 'x'"),
        ("aum is 3", "expected one of < <= > >= == != between two values; use == to compare"),
        ("aum / 2 >= 1", "expected only + - * between numbers; multiply instead, or use a ratio measure"),
        ("aum ** 2 >= 1", "expected only + - * between numbers"),
        ("aum + days_known >= 1", "expected numbers that can be joined by +, not money and days"),
        ("aum * deposits >= 1", "expected numbers that can be joined by *, not money and money"),
        ("1 >= 2", "expected a measure or fact on one side of >=; two constants never change"),
        ("known(aum) > True", "expected a condition on its own, or == True, or == False"),
        ("known(aum) == known(kind)", "expected a condition on its own, or == True, or == False"),
        (
            "aum in (deposits, 3)",
            "expected constants of type money in the brackets after in; such as ('gold', 'platinum')",
        ),
        ("aum == None", "expected a decimal number, a text, True or False instead of None; ask with known(...)"),
        ("aum >= 0x10", "expected a decimal number, a text, True or False instead of 16"),
        ("aum >= 1e30", "expected a decimal number, a text, True or False instead of 1e+30"),
        ("aum >= 1_000_000_000_000 * 1_000_000_000_000", "expected numbers up to 1000000000000000000"),
        ("round(aum) >= 1", f"expected one of the functions {FUNCTIONS} instead of 'round'"),
        (
            "day_since(birth_date) > 1",
            f"expected one of the functions {FUNCTIONS} instead of 'day_since'; did you mean days_since?",
        ),
        ("known()", "expected 1 argument in known(...)"),
        ("min(aum) > 1", "expected 2 or more arguments in min(...)"),
        ("coalesce(aum) > 1", "expected 2 arguments in coalesce(...)"),
        ("known(3)", "expected a measure or fact as the first argument of known(...)"),
        ("coalesce(3, aum) > 1", "expected a measure or fact as the first argument of coalesce(...)"),
        (
            "coalesce(aum, 'x') > 1",
            (
                "expected a default of the same type in coalesce(...), not money and text; "
                "texts are compared with texts in single quotes"
            ),
        ),
        ("max(1, 2) > 1", "expected at least one measure that is a number in max(...)"),
        ("abs(kind) > 1", "expected at least one measure that is a number in abs(...)"),
        ("max(aum, days_known) > 1", "expected numbers of one type in max(...), not money and days"),
        ("days_since(aum) > 1", "expected a day as the first argument of days_since(...), not a value of type money"),
        (
            "months_after(birth_date, 1.5) < today",
            "expected a whole number of months up to 2400 as the second argument of months_after(...)",
        ),
    ],
)
def test_what_is_wrong_with_a_condition_is_said_in_words(text: str, expected: str) -> None:
    assert of_condition(text) == [expected]


def test_a_condition_that_is_too_long_asks_for_names() -> None:
    (mistake,) = told(head=f"{GOOD['head']}applies_to = '{'aum >= 1 or ' * 400}True'\n")
    assert mistake.endswith("expected at most 4000 characters in one condition; give its parts names in [let]")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            {"head": 'schem = "cards"\nbase = "ordinary"\n'},
            [
                (f'schem = "cards": expected one of the keys {FILE_KEYS}; did you mean scheme?'),
            ],
        ),
        ({"head": 'scheme = "Cards"\nbase = "ordinary"\n'}, [f'scheme = "Cards": expected {NAME}']),
        ({"head": 'scheme = "cards"\n'}, [f"base: expected {NAME}, but the key is missing"]),
        ({"head": f'{GOOD["head"]}title = ""\n'}, ['title = "": expected a text in quotes that is not empty']),
        ({"level": ""}, [f"level: {NOTHING}"]),
        ({"level": "level = []\n"}, [f"level: {NOTHING}"]),
        ({"level": "level = 3\n"}, ["level = 3: expected tables, each written [[level]]"]),
        (
            {"level": f"{GOOD['level']}rolls = ['a']\n"},
            [f'level.gold.rolls = ["a"]: expected one of the keys {LEVEL_KEYS}; did you mean roles?'],
        ),
        (
            {"level": '[[level]]\nname = "gold"\nenter = 100_000\n'},
            ['level.gold.enter = 100000: expected a condition in quotes, such as "aum >= 100_000"'],
        ),
        (
            {"level": '[[level]]\nname = "gold"\n'},
            ['level.gold.enter: expected a condition in quotes, such as "aum >= 100_000", but the key is missing'],
        ),
        ({"level": '[[level]]\nenter = "aum >= 1"\n'}, [f"level.1.name: expected {NAME}, but the key is missing"]),
        (
            {"level": f"{GOOD['level']}roles = 'rm'\n"},
            ['level.gold.roles = "rm": expected a list of names, such as ["wealth_rm"]'],
        ),
        (
            {"level": f"{GOOD['level']}referral_on_upgrade = 'yes'\n"},
            ['level.gold.referral_on_upgrade = "yes": expected true or false'],
        ),
        (
            {"level": GOOD["level"] * 2},
            ['level.gold.name = "gold": expected a name that no other level of the scheme and not the base has'],
        ),
        (
            {"level": GOOD["level"].replace("gold", "ordinary")},
            ['level.ordinary.name = "ordinary": expected a name that no other level of the scheme and not the base has'],
        ),
        (
            {"head": GOOD["head"].replace("ordinary", "out")},
            ['base = "out": expected another name: out means a customer outside the scheme'],
        ),
        (
            {"tail": "[upgrade]\ncheck = 'daily'\n"},
            ['upgrade.check = "daily": expected one of event, day_close, month_close, quarter_close, year_close, anniversary'],
        ),
        ({"head": f"{GOOD['head']}upgrade = 3\n"}, ["upgrade = 3: expected a table, written [upgrade]"]),
        (
            {"tail": "[downgrade]\ngrace_days = -1\n"},
            ["downgrade.grace_days = -1: expected a whole number of days from 0 to 3660"],
        ),
        (
            {"tail": "[downgrade]\ngrace_months = 1.5\n"},
            ["downgrade.grace_months = 1.5: expected a whole number of months from 0 to 120"],
        ),
        ({"tail": "[downgrade]\nsteps = 'two'\n"}, ['downgrade.steps = "two": expected balance or one']),
        (
            {"tail": "[downgrade]\ngrace_days = 1\ngrace_months = 1\n"},
            ["downgrade.grace_months = 1: expected only one of grace_days and grace_months"],
        ),
        ({"let": "[let]\na = 'b'\nb = 'a'\n"}, ['let.a = "b": expected a value that does not need itself; a -> b -> a']),
        ({"let": "[let]\na = [1]\n"}, ["let.a = [1]: expected a number, a condition or value in quotes, or a table of the language"]),
        ({"let": "[let]\na = 'amu > 1'\n"}, [
            "let.a = \"amu > 1\": expected a measure, a fact or a [let] name instead of 'amu'; did you mean aum?"
        ]),
        ({"let": "[let]\naum = 3\n"}, ["let.aum = 3: expected a name that is not a measure or fact already"]),
        ({"let": "[let]\n'a-b' = 3\n"}, ["let.a-b = 3: expected a name of small letters, digits and underscores"]),
        (
            {"let": "[let]\nrich = 'aum > 1'\n", "level": f"{GOOD['level']}reasons = ['rihc']\n"},
            ['level.gold.reasons = "rihc": expected names of conditions in [let]; did you mean rich?'],
        ),
        (
            {"let": "[let]\nline = 3\n", "level": f"{GOOD['level']}reasons = ['line']\n"},
            ['level.gold.reasons = "line": expected names of conditions in [let]; line is a value of type number'],
        ),
        (
            {"level": GOOD["level"].replace("[[level]]", "[[levels]]"), "tail": EXAMPLE},
            [f"levels: expected one of the keys {FILE_KEYS}; did you mean [[level]]?"],
        ),
        (
            {"tail": f"{EXAMPLE}[[exampel]]\ngiven = {{}}\nexpect = 'golf'\n"},
            [
                f"exampel: expected one of the keys {FILE_KEYS}; did you mean [[example]]?",
                'example.2.expect = "golf": expected one of ordinary, gold, out; did you mean gold?',
            ],
        ),
        (
            {"tail": "[downgrad]\ncheck = 'month_close'\n"},
            [f"downgrad: expected one of the keys {FILE_KEYS}; did you mean [downgrade]?"],
        ),
        (
            {"head": 'scheme = "cards"\n', "tail": f"[near]\npercent = 10\nbase = 'ordinary'\n{EXAMPLE}"},
            ['near.base = "ordinary": expected base at the top of the file; move it above the first line in [brackets]'],
        ),
        (
            {"head": 'scheme = "cards"\n', "let": "[let]\nbase = 'ordinary'\n"},
            ['let.base = "ordinary": expected base at the top of the file; move it above the first line in [brackets]'],
        ),
        (
            {"level": f"{GOOD['level']}applies_to = 'amu > 1'\n"},
            [
                (
                    'level.gold.applies_to = "amu > 1": expected applies_to at the top of the file; '
                    "move it above the first line in [brackets]"
                ),
                "applies_to = \"amu > 1\": expected a measure, a fact or a [let] name instead of 'amu'; did you mean aum?",
            ],
        ),
        (
            {"level": GOOD["level"].replace('"gold"', '"Gold"'), "tail": EXAMPLE + "[retired]\nx = 'gold'\n"},
            [f'level.Gold.name = "Gold": expected {NAME}'],
        ),
        (
            {"level": GOOD["level"].replace("gold", "out"), "tail": EXAMPLE},
            ['level.out.name = "out": expected another name: out means a customer outside the scheme'],
        ),
        ({"head": 'scheme = "cards"\n', "tail": EXAMPLE}, [f"base: expected {NAME}, but the key is missing"]),
        (
            {"tail": "[calendar]\nparty = 2026-12-24\n"},
            ["calendar = { party = 2026-12-24 }: expected lists of dates by name, such as { payday = [2026-01-15] }"],
        ),
        (
            {"level": f"{GOOD['level']}benefits = [5]\n"},
            ['level.gold.benefits = [5]: expected a list of names, such as ["lounge"]'],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_in_words(parts: dict[str, str], expected: list[str]) -> None:
    assert [mistake.removeprefix("cards.toml: ") for mistake in told(**parts)] == expected


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("given = {}\nexpect = 'golf'", 'expect = "golf": expected one of ordinary, gold, out; did you mean gold?'),
        ("given = {}\nexpect = 'gold'\nfrom = 'out'", 'from = "out": expected one of ordinary, gold'),
        ("given = {}\nexpect = 'gold'\nreasons = ['x']", 'reasons = "x": expected names of conditions in [let]'),
        (
            "given = { amu = 1 }\nexpect = 'gold'",
            "given.amu = 1: expected a measure or fact, or today; did you mean aum?",
        ),
        (
            "given = { account_balance = 1 }\nexpect = 'gold'",
            "given.account_balance = 1: expected a measure or fact, or today; give it in accounts = [{ account_balance = ... }]",
        ),
        (
            "given = { aum = 0.001 }\nexpect = 'gold'",
            "given.aum = 0.001: expected an amount in major units with at most two decimals, such as 100_000 or 99_999.99",
        ),
        (
            "given = { aum = '1' }\nexpect = 'gold'",
            'given.aum = "1": expected an amount in major units with at most two decimals, such as 100_000 or 99_999.99',
        ),
        (
            "given = { kind = 'x' }\nexpect = 'gold'",
            'given.kind = "x": expected one of personal, corporate, institution',
        ),
        ("given = { owner_id = 1 }\nexpect = 'gold'", "given.owner_id = 1: expected a text in quotes"),
        ("given = { days_known = 1.5 }\nexpect = 'gold'", "given.days_known = 1.5: expected a whole number of days"),
        ("given = { accounts_open = true }\nexpect = 'gold'", "given.accounts_open = true: expected a whole number"),
        ("given = { today = 'May' }\nexpect = 'gold'", 'given.today = "May": expected a date, such as 1990-05-17'),
        (
            "given = { birth_date = 1990 }\nexpect = 'gold'",
            "given.birth_date = 1990: expected a date, such as 1990-05-17",
        ),
    ],
)
def test_what_is_wrong_with_an_example_is_said_in_words(example: str, expected: str) -> None:
    assert told(tail=f"[[example]]\n{example}\n") == [f"cards.toml: example.1.{expected}"]


def test_two_files_may_not_hold_the_same_scheme() -> None:
    text = "".join(GOOD.values())
    with pytest.raises(PolicyError) as raised:
        compile_policies({"a.toml": text, "b.toml": text}, Vocabulary())
    assert [str(mistake) for mistake in raised.value.mistakes] == [
        'b.toml: scheme = "cards": expected a name of its own: a.toml has it already'
    ]


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    one = "".join(
        (GOOD | {"head": GOOD["head"] + 'applies_to = "amu > 1"\n', "tail": "[upgrade]\ncheck = 'x'\n"}).values()
    )
    two = one.replace('"cards"', '"Cards"').replace("95_000", "95_000 +")
    with pytest.raises(PolicyError) as raised:
        compile_policies({"one.toml": one, "two.toml": two}, Vocabulary())
    assert [(mistake.file, mistake.key) for mistake in raised.value.mistakes] == [
        ("one.toml", "upgrade.check"),
        ("one.toml", "applies_to"),
        ("two.toml", "scheme"),
        ("two.toml", "upgrade.check"),
        ("two.toml", "applies_to"),
        ("two.toml", "level.gold.stay"),
    ]
    lines = str(raised.value).splitlines()
    assert lines[0] == "6 mistakes in the policy files"
    assert lines[1:] == [f"  {mistake}" for mistake in raised.value.mistakes]
    assert isinstance(raised.value, Mistake)


def test_a_mistake_in_a_let_is_told_once_however_often_it_is_used() -> None:
    level = GOOD["level"].replace("aum >= 100_000", "rich").replace("aum >= 95_000", "rich")
    assert len(told(let="[let]\nrich = 'amu >= 1'\n", level=level)) == 1


def test_a_long_value_is_shortened() -> None:
    (mistake,) = told(head=f"{GOOD['head']}applies_to = '{'aum >= 1 or ' * 20} amu'\n")
    assert "aum >= 1...: expected a measure" in mistake
