from __future__ import annotations

from agents.policy.differences import differences
from agents.policy.explain import explain_policy
from tests.unit.policy.making import ABC
from tests.unit.policy.signals_making import file_of, signal

TOP = '[[level]]\nname = "top"\nenter = "aum >= 200_000"\n'
BEFORE = {
    "abc.toml": ABC + 'roles = ["rm"]\n' + TOP + 'roles = ["banker"]\n',
    "care.toml": file_of(signal(cooldown_days="30", advice="'Call'") + signal("age > 60", "old"), name="care"),
}


def told(**after: str) -> list[str]:
    files = BEFORE | {f"{name}.toml": text for name, text in after.items()}
    return list(
        differences(explain_policy(BEFORE), explain_policy({name: text for name, text in files.items() if text}))
    )


def test_each_line_that_differs_stands_below_the_names_that_it_belongs_to() -> None:
    abc = BEFORE["abc.toml"].replace('"rm"', '"clerk"').replace('"banker"', '"head"')
    care = BEFORE["care.toml"].replace("cooldown_days = 30\n", "").replace("'Call'", "'Write'")
    assert told(abc=abc, care=care) == [
        " abc (abc.toml)",
        "   Levels, lowest first, above ordinary:",
        "     gold",
        "-      looked after by rm",
        "+      looked after by clerk",
        "     top",
        "-      looked after by banker",
        "+      looked after by head",
        " care (care.toml)",
        "   Signals:",
        "     rich: T",
        "-      held back for 30 days after the one before was sent",
        "-      advice: Call",
        "+      advice: Write",
    ]


def test_a_level_that_comes_is_told_with_all_that_it_says() -> None:
    lines = told(abc=BEFORE["abc.toml"] + TOP.replace("top", "peak").replace("200", "300"))
    assert lines[:4] == [
        " abc (abc.toml)",
        "   Levels, lowest first, above ordinary:",
        "+    peak",
        "+      enters when aum is at least 300,000",
    ]


def test_a_file_that_goes_is_told_whole_and_the_same_files_differ_in_nothing() -> None:
    gone = told(care="")
    assert gone[0] == "-care (care.toml)"
    assert all(line.startswith("-") for line in gone)
    assert told() == []
