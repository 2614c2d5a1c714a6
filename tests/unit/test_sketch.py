"""Sketches of money: merging loses nothing, and a share is as right as the bucket in which the line falls allows."""

from __future__ import annotations

from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.population import Cut
from streams.sketch import bounds_of, line_of, merged, merged_cuts, signs_of, sketch_of, top_share

LARGEST = 2**63 - 1

values = st.one_of(
    st.integers(-100, 100), st.integers(-(10**9), 10**9), st.integers(-LARGEST, LARGEST), st.sampled_from([LARGEST])
)
many = st.lists(values, max_size=60)


def sketch(of: list[int]) -> dict[int, tuple[int, int]]:
    return sketch_of(np.array(of, np.int64))


def exact_share(of: list[int], percent: int) -> Fraction | None:
    """By definition: sort all, add up the first, the one across the line in part."""
    if sum(of) <= 0:
        return None
    left, top = Fraction(len(of) * percent, 100), Fraction(0)
    for value in sorted(of, reverse=True):
        part = min(left, Fraction(1))
        top, left = top + part * value, left - part
    return top / sum(of)


@given(values)
def test_a_value_lies_in_its_bucket_whose_values_differ_by_less_than_a_sixteenth(value: int) -> None:
    ((bucket, content),) = sketch([value]).items()
    low, high = bounds_of(bucket)
    assert low <= value <= high
    assert content == (1, value)
    assert (high - low) * 16 < max(1, min(abs(low), abs(high)))


@given(st.lists(values, min_size=2, max_size=2))
def test_buckets_are_in_the_order_of_their_values(pair: list[int]) -> None:
    (low,), (high,) = sketch([min(pair)]), sketch([max(pair)])
    assert low <= high


@given(many, many)
def test_sketches_of_parts_merge_into_the_sketch_of_the_whole(one: list[int], other: list[int]) -> None:
    assert merged([sketch(one), sketch(other)]) == merged([sketch(other), sketch(one)]) == sketch(one + other)


@given(many, st.integers(1, 99))
def test_a_share_is_wrong_by_at_most_a_hundred_and_twenty_eighth_of_the_bucket_in_which_the_line_falls(
    of: list[int], percent: int
) -> None:
    share, exact = top_share(sketch(of), percent), exact_share(of, percent)
    if share is None or exact is None:
        assert share is exact
        return
    largest = max(abs(value) for _, value in sketch(of).values())
    assert abs(share - exact) <= Fraction(largest, 128 * sum(of))


def test_a_share_is_exact_where_the_line_falls_between_two_buckets_and_where_values_are_small() -> None:
    assert top_share(sketch([4_800, *[50] * 49]), 2) == Fraction(4_800, 4_800 + 49 * 50)
    assert top_share(sketch(list(range(1, 11))), 25) == Fraction(10 + 9, 55) + Fraction(8, 110)


@given(many.filter(bool), st.integers(1, 99))
def test_the_last_of_the_first_customers_lies_between_bounds_less_than_a_sixteenth_apart(
    of: list[int], percent: int
) -> None:
    between = line_of(sketch(of), percent)
    assert between is not None
    least, most = between
    assert least <= sorted(of, reverse=True)[-(-len(of) * percent // 100) - 1] <= most
    assert (most - least) * 16 < max(1, abs(most), abs(least))


def test_the_line_of_a_value_alone_in_its_bucket_is_exact_and_of_nobody_there_is_none() -> None:
    assert line_of(sketch([1_000_003, 5, 4]), 33) == (1_000_003, 1_000_003)
    assert line_of(sketch([1_000_003, 5, 4]), 34) == (5, 5)
    assert line_of(sketch([]), 50) is None


def test_the_sum_of_a_bucket_narrows_where_its_line_may_lie() -> None:
    low, high = bounds_of(next(iter(sketch([1_000_000]))))
    assert line_of(sketch([high, high]), 99) == (high, high)
    assert line_of(sketch([low, low]), 1) == (low, low)


def test_the_first_hold_more_than_everything_where_others_lose_money() -> None:
    assert top_share(sketch([300, *[-25] * 4]), 20) == Fraction(300, 200)


@pytest.mark.parametrize("of", [[], [0], [100, -100], [100, -101]])
def test_without_a_total_above_zero_there_is_no_share(of: list[int]) -> None:
    assert top_share(sketch(of), 20) is None


def test_signs_tell_who_brings_something_nothing_and_less() -> None:
    assert signs_of(sketch([1, 10**12, 0, -1, -(10**12), -5])) == (2, 1, 3)


def test_cuts_of_partitions_merge_by_scheme_and_measure() -> None:
    def cut(scheme: str, measure: str, of: list[int]) -> Cut:
        return Cut(scheme=scheme, measure=measure, lines={"first": 20}, sketch=sketch(of))

    parts = [cut("b", "aum", [1]), cut("a", "aum", [2]), cut("b", "loans", [3]), cut("b", "aum", [4])]
    assert merged_cuts(parts) == [cut("a", "aum", [2]), cut("b", "aum", [1, 4]), cut("b", "loans", [3])]


@given(many)
def test_a_sketch_comes_back_from_json_as_it_was(of: list[int]) -> None:
    cut = Cut(scheme="s", measure="aum", lines={"first": 2}, sketch=merged([sketch(of)] * 3))
    assert msgspec.json.decode(msgspec.json.encode(cut), type=Cut) == cut
