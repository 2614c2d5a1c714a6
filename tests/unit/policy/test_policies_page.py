"""What the page about policies shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agents.policy import PolicyError, compile_policies, explain_policy, run_examples
from schemas.measures import MEASURES, WINDOWS
from streams.rows import Vocabulary
from tests.unit.policy.making import compiled, scheme

PAGE = (Path(__file__).parents[3] / "docs/policies.md").read_text()
FIRST = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
NAMES = PAGE.partition("### Names")[2].partition("## What is unknown")[0]


def test_the_first_policy_passes_its_examples() -> None:
    assert [result.passed for result in run_examples({"savers.toml": FIRST})] == [True, True, True]


def test_the_first_policy_reads_in_words_as_shown() -> None:
    assert explain_policy({"savers.toml": FIRST}) in PAGE


def test_the_mistakes_are_told_as_shown() -> None:
    wrong = FIRST.replace('enter = "deposits_', 'enter = "deposit_').replace("grace_days", "grace_day")
    with pytest.raises(PolicyError) as raised:
        compile_policies({"savers.toml": wrong}, Vocabulary())
    shown = PAGE.partition("## Mistakes")[2].partition("```\n")[2].partition("```")[0]
    assert sorted(str(raised.value).splitlines()) == sorted(shown.splitlines())


def test_every_measure_and_fact_is_on_the_page() -> None:
    shown = set(re.findall(r"`([a-z_0-9<>]+)`", NAMES))
    families = {name.removesuffix("_<w>") for name in shown if name.endswith("_<w>")}
    named = (shown & MEASURES.keys()) | {f"{family}_{window}" for family in families for window in WINDOWS}
    assert named == MEASURES.keys()


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
    ],
)
def test_what_the_page_says_can_be_written_can(text: str) -> None:
    assert text.removesuffix(" > 1").removesuffix(" > 0") in PAGE
    assert compiled(scheme(text)).columns
