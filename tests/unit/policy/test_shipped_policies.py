from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from agents.policy import compile_policies, explain_policy, run_examples
from streams.rows import Vocabulary

FILES = {path.name: path.read_text() for path in sorted((Path(__file__).parents[3] / "policies").glob("*.toml"))}
BOUND = re.compile(r"(\w+) >=? ([\d_]+)")


def test_the_shipped_schemes_are_these() -> None:
    schemes = compile_policies(FILES, Vocabulary()).schemes
    assert [scheme.tiers.name for scheme in schemes] == [
        "abc_card",
        "boc_service",
        "gz_abc_vip",
        "gz_cmb_vip",
        "private_bank",
    ]


@pytest.mark.parametrize("result", run_examples(FILES), ids=lambda result: f"{result.scheme}-{result.number}")
def test_every_example_of_a_shipped_policy_comes_out(result: object) -> None:
    assert str(result).endswith("as expected")


@pytest.mark.parametrize("file", FILES)
def test_each_bound_has_examples_at_just_below_and_just_above(file: str) -> None:
    table = tomllib.loads(FILES[file], parse_float=Decimal)
    for level in table["level"]:
        for text, from_ in ((level["enter"], None), (level["stay"], level["name"])):
            found = BOUND.fullmatch(text)
            assert found is not None, text
            measure, bound = found[1], Decimal(found[2])
            given = {
                Decimal(example["given"][measure])
                for example in table["example"]
                if example.get("from") == from_ and example["given"]["kind"] == "personal"
            }
            assert {bound - Decimal("0.01"), bound, bound + Decimal("0.01")} <= given


@pytest.mark.parametrize("file", FILES)
def test_each_file_says_where_its_figures_come_from_and_which_are_ours(file: str) -> None:
    table = tomllib.loads(FILES[file])
    assert {"title", "source", "ours"} <= table.keys()
    assert file == f"{table['scheme']}.toml"
    assert table["applies_to"] == "kind == 'personal'"


def test_the_shipped_policies_can_be_told_in_words() -> None:
    text = explain_policy(FILES)
    assert "enters when aum is above 2,000,000" in text
    assert "bounds alone do not show" not in text
