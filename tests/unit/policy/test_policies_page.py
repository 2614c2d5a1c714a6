"""What the page about policies shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from agents.policy.compile import compile_policies
from agents.policy.examples import run_examples
from agents.policy.explain import explain_policy
from agents.policy.mistakes import PolicyError
from schemas.cuts import CUTS_FILE
from schemas.measures import ACCOUNT_MEASURES, WINDOWS, measure_named
from schemas.occasion_names import OCCASIONAL
from schemas.signal_file import SignalTable
from streams.rows import Vocabulary
from tests.unit.policy.making import compiled, scheme

PAGE = (Path(__file__).parents[3] / "docs/policies.md").read_text()
FIRST, *MORE = (text for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if not text.startswith("[cut]"))
(CUTS,) = re.findall(r"```toml\n(\[cut\]\n.*?)```", PAGE, re.DOTALL)
NAMES = PAGE.partition("### Names")[2].partition("## What is unknown")[0]


def test_the_first_policy_passes_its_examples() -> None:
    assert [result.passed for result in run_examples({"savers.toml": FIRST})] == [True, True, True]


@pytest.mark.parametrize("text", MORE)
def test_the_other_policies_pass_theirs(text: str) -> None:
    results = run_examples({"other.toml": text, CUTS_FILE: CUTS})
    assert results
    assert [result.failures for result in results if not result.passed] == []


@pytest.mark.parametrize("let", re.findall(r"^\| `((?:line|rich|risk|idle) = .*?)` \|", PAGE, re.MULTILINE))
def test_every_let_on_the_page_can_be_read(let: str) -> None:
    others = {"line": "line = 5", "large_outflow": 'large_outflow = "outflow_30d > 5"', "quiet": 'quiet = "aum < 5"'}
    needed = [text for name, text in others.items() if name in let and not let.startswith(name)]
    lets = "\n".join([*needed, let.replace('that = "..."', 'that = "account_balance < 5"')])
    assert compiled(f'scheme = "s"\nbase = "low"\n[let]\n{lets}\n[[level]]\nname = "a"\nenter = "aum > 1"\n').schemes


def test_the_first_policy_reads_in_words_as_shown() -> None:
    assert explain_policy({"savers.toml": FIRST}) in PAGE


def test_the_mistakes_are_told_as_shown() -> None:
    wrong = FIRST.replace('enter = "deposits_', 'enter = "deposit_').replace("grace_days", "grace_day")
    with pytest.raises(PolicyError) as raised:
        compile_policies({"savers.toml": wrong}, Vocabulary())
    shown = PAGE.partition("## Mistakes")[2].partition("```\n")[2].partition("```")[0]
    assert sorted(str(raised.value).splitlines()) == sorted(shown.splitlines())


def test_examples_that_fail_are_told_as_shown() -> None:
    wrong = FIRST.replace("deposits_avg_30d = 20_000 }", "deposits_avg_30d = 19_999.99 }")
    wrong = wrong.replace(
        'kind = "personal", deposits_avg_30d = 19_999.99 }\nexpect = "none"', 'deposits_avg_30d = 1 }\nexpect = "none"'
    )
    shown = PAGE.partition("## Examples\n")[2].partition("```\n")[2].partition("```")[0]
    assert [str(result) for result in run_examples({"savers.toml": wrong}) if not result.passed] == shown.splitlines()


def test_every_name_on_the_page_can_be_read() -> None:
    shown = set(re.findall(r"`([a-z]+_[a-z_0-9<>]+|aum|deposits|age|kind)`", NAMES))
    named = {name.replace("<w>", window).replace("<key>", "risk") for name in shown for window in WINDOWS}
    unknown = {name for name in named if measure_named(name) is None and name not in ACCOUNT_MEASURES}
    assert len(named) > 100
    assert unknown == set()


@pytest.mark.parametrize(
    "text",
    [
        "aum >= 100_000",
        "50_000 <= aum < 100_000",
        "kind in ('personal', 'corporate')",
        "aum + margin - loans > 0",
        "0.3 * aum > 1",
        "known(birth_date)",
        "coalesce(days_since_activity, 9_999) >= 180",
        "abs(net_flow_30d) > 1",
        "min(aum, deposits) > 1",
        "days_since(birth_date) > 1",
        "months_since(birth_date) >= 216",
        "months_after(birth_date, 12) <= today",
        "next_anniversary(birth_date) == today",
    ],
)
def test_what_the_page_says_can_be_written_can(text: str) -> None:
    assert text.removesuffix(" > 1").removesuffix(" > 0") in PAGE
    assert compiled(scheme(text)).columns


def test_every_key_of_a_signal_and_every_name_that_one_may_read_is_on_the_page() -> None:
    section = PAGE.partition("\n## Signals")[2]
    keys = {field.encode_name for field in msgspec.structs.fields(SignalTable)}
    told = set(re.findall(r"`(\w+)`", section))
    assert keys <= told
    assert OCCASIONAL.keys() <= told
