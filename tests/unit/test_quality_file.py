"""``quality.toml``: what is read, and every mistake told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.policy.compile import compile_policies
from agents.policy.mistakes import PolicyError
from schemas.quality import DIMENSIONS, LATE_DAYS, QUALITY_FILE, Thresholds, read_quality
from streams.rows import Vocabulary
from tests.unit.policy.making import ABC


def test_percentages_are_kept_to_their_last_decimal() -> None:
    read = read_quality("rejected_percent = 0.0001\nkey_information_percent = 80\nlate_days = 0\nminimum_records = 7\n")
    assert read == Thresholds({"rejected_percent": 1, "key_information_percent": 800_000}, 0, 7)


def test_an_empty_file_judges_nothing_and_counts_by_the_defaults() -> None:
    assert read_quality("") == Thresholds({}, LATE_DAYS, 1)


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("gap_percent = -0.1", "gap_percent = -0.1: expected a percentage from 0 to 100"),
        ("gap_percent = 100.0001", "gap_percent = 100.0001: expected a percentage from 0 to 100"),
        ("gap_percent = 0.00001", "gap_percent = 0.00001: expected a percentage"),
        ("gap_percent = '1'", "gap_percent = 1: expected a percentage"),
        ("gap_percent = true", "gap_percent = True: expected a percentage"),
        ("gap_percent = nan", "gap_percent = NaN: expected a percentage"),
        ("late_days = -1", "late_days = -1: expected a whole number from 0 to 400"),
        ("late_days = 1.0", "late_days = 1.0: expected a whole number from 0 to 400"),
        ("late_days = 401", "late_days = 401: expected a whole number from 0 to 400"),
        ("minimum_records = 0", "minimum_records = 0: expected a whole number from 1 to 1,000,000,000"),
        ("late_percents = 1", "late_percents: expected one of the keys rejected_percent"),
        ("late_percent =", "Invalid value"),
    ],
)
def test_a_mistake_is_told(line: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as raised:
        read_quality(line)
    assert mistake in str(raised.value)


def test_its_mistakes_are_told_with_those_of_all_policy_files() -> None:
    with pytest.raises(PolicyError) as raised:
        compile_policies(
            {"abc.toml": ABC.replace("aum >=", "amu >="), QUALITY_FILE: "late_days = -1\nlate = 1\n"}, Vocabulary()
        )
    told = str(raised.value)
    assert "amu" in told
    assert "quality.toml: late_days = -1: expected a whole number from 0 to 400" in told
    assert "quality.toml: late: expected one of the keys" in told


def test_a_new_threshold_is_a_new_version_of_the_policies() -> None:
    one, other = (
        compile_policies({"abc.toml": ABC, QUALITY_FILE: f"gap_percent = {percent}\n"}, Vocabulary())
        for percent in (1, 2)
    )
    assert one.version != other.version


def test_the_shipped_file_judges_every_percentage() -> None:
    text = (Path(__file__).parents[2] / "policies" / QUALITY_FILE).read_text(encoding="utf-8")
    read = read_quality(text)
    assert read.percent.keys() == DIMENSIONS.keys()
    assert read.percent["key_information_percent"] == 800_000
