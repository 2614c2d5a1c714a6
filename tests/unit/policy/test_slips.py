"""What cannot be read at all: where it breaks, and what may have been meant."""

from __future__ import annotations

import pytest

from agents.policy.mistakes import Report
from agents.policy.reading import read_toml
from tests.unit.policy.test_mistakes import of_condition

HERE = "expected a condition, but it cannot be read here: "
VALUE = "expected a text in quotes, a number, a date, true or false, [...] or {...}"
SINGLE = "a text inside a condition stands in single quotes: \"kind == 'personal'\""
QUOTES = 'texts and conditions stand in quotes, as in enter = "aum >= 100_000"'
LINE = "expected a new line after the value"
BRACKETS = "write [near] for one table, [[level]] for each of several"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aum = 1", f"{HERE}= 1 (character 5); use == to compare"),
        ("aum => 1", f"{HERE}=> 1 (character 5); write <= or >="),
        ("aum >= 1 && kind == 'personal'", f"{HERE}&& kind == 'personal' (character 10); use and"),
        ("aum >= 1 || aum <= 0", f"{HERE}|| aum <= 0 (character 10); use or"),
        ("!known(aum)", f"{HERE}!known(aum) (character 1); use not"),
        ("aum <> 1", f"{HERE}<> 1 (character 5); use !="),
        ("aum ≥ 1", f"{HERE}≥ 1 (character 5); write >=, <= or !="),
        ("aum >= 90% * loans", f"{HERE}90% * loans (character 8); write 90 % as 0.9"),
        ("aum >= 1m", f"{HERE}1m (character 8); write all digits: 50_000"),
        ("aum >= 50k and age > 1", f"{HERE}50k and age > 1 (character 8); write all digits: 50_000"),
        ("aum >= 50 000", f"{HERE}50 000 (character 8); write 50_000, without spaces"),
        ("aum >= 1.000.000", f"{HERE}1.000.000 (character 8); write 1_000_000, without points"),
        ("aum >= 1,000 and", f"{HERE}1,000 and (character 8); write 100_000, not 100,000"),
        ("aum >= 0100", f"{HERE}0100 (character 8); write numbers without a 0 before them"),
        ("aum >= 1.05 * deposits and", "expected a condition, but it ends too early"),
        ("aum >= 0.05 * loans)", "expected a condition, but a bracket closes that was not opened"),
        ("age > 90 days", f"{HERE}90 days (character 7); write numbers without a unit"),
        ("aum >= €5", f"{HERE}€5 (character 8); amounts stand without a sign, in the base currency: 50_000"),
        ("aum > 1 AND age > 1", f"{HERE}AND age > 1 (character 9); write and, or, not, in with small letters"),
        ("aum between 1 and 2", f"{HERE}between 1 and 2 (character 5); write 1_000 <= aum < 2_000"),
        (
            "birth_date < 1990-01-01",
            (
                f"{HERE}1990-01-01 (character 14); conditions have no dates: ask days_since(...) or months_since(...), "
                "or name the date in [calendar]"
            ),
        ),
        ("kind == ’personal’", f"{HERE}’personal’ (character 9); write straight quotes: 'personal'"),
        ("aum >= 5 then 3", f"{HERE}aum >= 5 then 3 (character 1)"),
        ("kind == 'a = 5' b", f"{HERE}kind == 'a = 5' b (character 1)"),
        ("aum > 1 and\n  age = 5", f"{HERE}= 5 (line 2, character 7); use == to compare"),
        ("aum > 1 and\n  age > ;", f"{HERE}; (line 2, character 9)"),
        (f"aum >= 1 ; {'x' * 40}", f"{HERE}; {'x' * 28}... (character 10)"),
        ("kind == 'personal", "expected a condition, but a text begins here and does not end: 'personal (character 9)"),
        ("aum >=", "expected a condition, but it ends too early"),
        ("(aum > 1", "expected a condition, but a bracket is not closed"),
        ("aum > 1)", "expected a condition, but a bracket closes that was not opened"),
    ],
)
def test_a_condition_that_cannot_be_read_says_where_and_what_may_be_meant(text: str, expected: str) -> None:
    assert of_condition(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[[level]]\na = 1\n[level]",
            (
                "line 3, column 7, in [level]: expected each level with two brackets, [[level]]; "
                "[level] or level = ... stands here or above"
            ),
        ),
        (
            "[level]\na = 1\n[[level]]",
            (
                "line 3, column 8, in [[level]]: expected each level with two brackets, [[level]]; "
                "[level] or level = ... stands here or above"
            ),
        ),
        (
            "[near]\n[near]",
            "line 2, column 6, in [near]: expected [near] once in the file; join it with the one above",
        ),
        (
            "signals = 'a'\n[[signals]]",
            "line 2, column 10, in [[signals]]: expected a table whose name no key above has; did you mean [[signal]]?",
        ),
        ("a = 1\na = 2", "line 2, column 5, in a = 2: expected each key once in its table; a stands above already"),
        ("a = 1\n\na = 2\nb = 3", "line 3, column 6, in a = 2: expected each key once in its table; a stands above already"),
        ("a = 2026-02-30", "line 1, column 5, in a = 2026-02-30: expected a day that exists, such as 2026-02-28"),
        (
            "a = 05.07.1990",
            f"line 1, column 6, in a = 05.07.1990: {LINE}; write days as 1990-05-17, and 1_000_000 without points",
        ),
        ("a = 1990/07/05", f"line 1, column 9, in a = 1990/07/05: {LINE}; write days as 1990-05-17, and 1_000_000 without points"),
        ("a = “b”", f'line 1, column 5, in a = “b”: {VALUE}; write straight quotes: "..."'),
        ("a = True", f"line 1, column 5, in a = True: {VALUE}; write true or false"),
        ("a: 'b'", "line 1, column 2, in a: 'b': expected = after the key; write = instead of :"),
        ("a = b", f"line 1, column 5, in a = b: {VALUE}; {QUOTES}"),
        ("a = 50k", f"line 1, column 7, in a = 50k: {LINE}; write all digits: 50_000"),
        ("a = 50 000", f"line 1, column 8, in a = 50 000: {LINE}; write 50_000, without spaces"),
        ("a = 1,000", f"line 1, column 6, in a = 1,000: {LINE}; write 100_000, without commas"),
        (
            "a = 10%",
            f"line 1, column 7, in a = 10%: {LINE}; write 10 % as 10 where the key asks for percent, as 0.1 in a condition",
        ),
        ("a = ¥5", f"line 1, column 5, in a = ¥5: {VALUE}; amounts stand without a sign, in the base currency: 50_000"),
        (
            "a = \"kind == \"personal\"\"",
            f'line 1, column 15, in a = "kind == "personal"": {LINE}; {SINGLE}',
        ),
        (
            "a = 'kind == 'b''",
            (f"line 1, column 15, in a = 'kind == 'b'': {LINE}; "
            "what has single quotes inside stands in double quotes: \"kind == 'personal'\""),
        ),
        ("a = \"b\nc = 1", 'line 1, column 7, in a = "b: expected a quote at the end of the text'),
        ('a = "b', "the end of the file: expected a quote at the end of the text"),
        ("[[level]\n", f"line 1, column 8, in [[level]: expected ]] after the name of the table; {BRACKETS}"),
        ("[near\n", f"line 1, column 6, in [near: expected ] after the name of the table; {BRACKETS}"),
        ("// a\n", "line 1, column 1, in // a: expected key = value, or a table such as [near]; a comment begins with #"),
        ("a = { b = 1\n", "line 1, column 12, in a = { b = 1: expected a } on the same line, and commas between what stands inside"),
        ("a = [1", "the end of the file: expected a ] after the last of the list"),
        ('a = "\\d"', "line 1, column 8, in a = \"\\d\": expected TOML, which says: Unescaped '\\' in a string"),
        ("a =", f"line 1, column 3, in a =: {VALUE}"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_toml_shows_the_line_and_what_may_be_meant(text: str, expected: str) -> None:
    report = Report("f.toml")
    assert read_toml(text, report) is None
    assert [str(mistake) for mistake in report] == [f"f.toml: {expected}"]
