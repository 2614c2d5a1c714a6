"""Schemes of classes, by conditions and by the cells of a matrix."""

from __future__ import annotations

import pytest

from agents.tiers import (
    ANNIVERSARY,
    Bits,
    ClassScheme,
    Ladder,
    Move,
    TierClass,
    TierLevel,
    decide_scheme,
    held_by_unknown,
)
from schemas.state import Standing
from streams.rows import LookKind
from tests.unit.policy.making import DAY, look
from tests.unit.tiers.test_decide import close


def bits(place: int) -> Bits:
    return Bits(1 << 2 * place, 2 << 2 * place)


SCOPE, A, A_KEPT, B = bits(0), bits(1), bits(2), bits(3)
TWO = ClassScheme("s", "none", (TierClass("a", A, A_KEPT), TierClass("b", B, B)), scope=SCOPE)
IN = SCOPE.true


def at(level: str | None, **axes: str) -> Standing:
    return Standing(level=level, since=DAY - 9, axes=axes)


def moved(scheme: ClassScheme, mask: int, standing: Standing, kind: LookKind = LookKind.EVENT) -> Move | None:
    seen = look(DAY) if kind == LookKind.EVENT else close(DAY, kind)
    outcome = decide_scheme(scheme, seen, mask, standing)
    assert outcome.changed or outcome.move is None
    return outcome.move


@pytest.mark.parametrize(
    ("mask", "target"), [(A.true | B.true, "a"), (B.true, "b"), (0, None), (A.unknown, None), (A.unknown | B.true, "b")]
)
def test_a_customer_is_placed_in_the_first_class_that_matches(mask: int, target: str | None) -> None:
    standing = at(None)
    move = moved(TWO, IN | mask, standing)
    assert move == (None if target is None else Move("none", target, "across", "placement"))
    assert standing == Standing(level=target or "none", since=DAY, checked_on=DAY)


@pytest.mark.parametrize(
    ("present", "mask", "target"),
    [
        ("b", A.true | B.true, "a"),
        ("b", A_KEPT.true | B.true, None),
        ("a", B.true, "b"),
        ("a", A_KEPT.true | B.true, None),
        ("a", A_KEPT.unknown | B.true, None),
        ("a", 0, "none"),
        ("b", B.unknown, None),
        ("b", A.unknown | B.true, None),
        ("b", 0, "none"),
        ("none", 0, None),
        ("none", A_KEPT.true, None),
        ("none", B.true, "b"),
        ("gone", B.true, "b"),
    ],
)
def test_keep_holds_the_present_class_unless_an_earlier_one_matches(
    present: str, mask: int, target: str | None
) -> None:
    move = moved(TWO, IN | mask, at(present))
    assert move == (None if target is None else Move(present, target, "across", "event"))


def test_classes_have_a_scope_like_levels() -> None:
    standing = at("a")
    assert moved(TWO, A.true, standing) == Move("a", None, "out", "scope")
    assert standing.level is None
    assert moved(TWO, A.true | SCOPE.unknown, standing) is None
    assert moved(TWO, A.true | SCOPE.unknown, at("b")) == Move("b", "a", "across", "event")


@pytest.mark.parametrize("check", [LookKind.DAY_CLOSE, LookKind.MONTH_CLOSE, LookKind.YEAR_CLOSE])
def test_classes_are_looked_at_at_their_check(check: LookKind) -> None:
    scheme = ClassScheme("s", "none", TWO.classes, check=check)
    for kind in LookKind:
        assert (moved(scheme, B.true, at("a"), kind) is not None) is (kind >= check)


def test_classes_may_be_checked_on_the_anniversary_of_the_standing() -> None:
    scheme = ClassScheme("s", "none", TWO.classes, check=ANNIVERSARY)
    standing = Standing(level="a", since=DAY - 366)  # a leap day in between
    assert decide_scheme(scheme, close(DAY - 1), B.true, standing).changed is False
    assert decide_scheme(scheme, close(DAY), B.true, standing).move == Move("a", "b", "across", "day_close")


def test_a_close_overtaken_by_an_event_looks_at_no_class_again() -> None:
    outcome = decide_scheme(TWO, close(DAY, event_day=DAY + 1), IN | B.true, at("a"))
    assert (outcome.changed, outcome.complete) == (False, False)
    daily = ClassScheme("s", "none", TWO.classes, check=LookKind.DAY_CLOSE)
    standing = at("a")
    assert decide_scheme(daily, close(DAY + 1), B.true, standing).move is not None
    assert decide_scheme(daily, close(DAY), A.true, standing).complete is False


def test_a_retired_class_gives_its_customers_to_another() -> None:
    scheme = ClassScheme("s", "none", TWO.classes, retired={"c": "a"})
    assert moved(scheme, B.true, at("c")) == Move("c", "a", "across", "event")


HIGH, HIGH_KEPT, MID, MID_KEPT, STEADY, STEADY_KEPT = (bits(place) for place in range(6))
PROFIT = Ladder("low", (TierLevel("mid", MID, MID_KEPT), TierLevel("high", HIGH, HIGH_KEPT)))
CALM = Ladder("low", (TierLevel("high", STEADY, STEADY_KEPT),))
MATRIX = ClassScheme(
    "m",
    "negative",
    (
        TierClass("vip", at={"profit": "high", "calm": "high"}),
        TierClass("potential", at={"profit": "high"}),
        TierClass("mass", at={"calm": "high"}),
        TierClass("negative", at={}),
    ),
    {"profit": PROFIT, "calm": CALM},
)


@pytest.mark.parametrize(
    ("mask", "target", "axes"),
    [
        (HIGH.true | STEADY.true, "vip", {"profit": "high", "calm": "high"}),
        (HIGH.true, "potential", {"profit": "high", "calm": "low"}),
        (STEADY.true, "mass", {"profit": "low", "calm": "high"}),
        (MID.true | STEADY.true, "mass", {"profit": "mid", "calm": "high"}),
        (0, None, {"profit": "low", "calm": "low"}),
        (HIGH.unknown | STEADY.unknown, None, {"profit": "low", "calm": "low"}),
    ],
)
def test_a_matrix_places_by_the_levels_of_its_axes(mask: int, target: str | None, axes: dict[str, str]) -> None:
    standing = at(None)
    move = moved(MATRIX, mask, standing)
    assert move == (None if target is None else Move("negative", target, "across", "placement"))
    assert standing == Standing(level=target or "negative", since=DAY, checked_on=DAY, axes=axes)


VIP = {"profit": "high", "calm": "high"}


@pytest.mark.parametrize(
    ("mask", "target", "axes"),
    [
        (HIGH_KEPT.true | STEADY_KEPT.true, None, VIP),
        (HIGH_KEPT.unknown | STEADY.true, None, VIP),
        (STEADY_KEPT.true, "mass", VIP | {"profit": "low"}),
        (MID_KEPT.true | STEADY_KEPT.true, "mass", VIP | {"profit": "mid"}),
        (MID.true, "negative", {"profit": "mid", "calm": "low"}),
        (MID_KEPT.unknown | HIGH_KEPT.true, "potential", {"profit": "high", "calm": "low"}),
    ],
)
def test_each_axis_has_its_own_hysteresis(mask: int, target: str | None, axes: dict[str, str]) -> None:
    standing = at("vip", **VIP)
    move = moved(MATRIX, mask, standing)
    assert move == (None if target is None else Move("vip", target, "across", "event"))
    assert standing.axes == axes


def test_another_cell_of_the_same_class_is_a_change_that_nobody_is_told_of() -> None:
    standing = at("mass", profit="low", calm="high")
    outcome = decide_scheme(MATRIX, look(DAY), MID.true | STEADY_KEPT.true, standing)
    assert (outcome.changed, outcome.move) == (True, None)
    assert standing == Standing(level="mass", since=DAY - 9, axes={"profit": "mid", "calm": "high"})


def test_a_change_of_class_names_the_axes_that_moved() -> None:
    outcome = decide_scheme(MATRIX, look(DAY), HIGH.true | STEADY_KEPT.true, at("mass", profit="low", calm="high"))
    assert outcome.sides == (("profit", "low", "high"),)


def test_leaving_the_scope_forgets_the_axes() -> None:
    scheme = ClassScheme("m", "negative", MATRIX.classes, dict(MATRIX.axes), scope=bits(7))
    standing = at("vip", **VIP)
    decide_scheme(scheme, look(DAY), HIGH.true, standing)
    assert standing == Standing(level=None, since=DAY)


def test_an_axis_that_is_new_begins_at_its_base() -> None:
    standing = at("vip", profit="high")
    assert moved(MATRIX, HIGH_KEPT.true, standing) == Move("vip", "potential", "across", "event")
    assert standing.axes == {"profit": "high", "calm": "low"}


@pytest.mark.parametrize(
    ("level", "mask", "held"),
    [
        ("a", A_KEPT.unknown, True),
        ("a", A.unknown, False),
        ("a", B.unknown, False),
        ("b", A.unknown, True),
        ("b", B.unknown, True),
        ("none", B.unknown, True),
        ("none", A_KEPT.unknown, False),
        (None, SCOPE.unknown, True),
    ],
)
def test_something_unknown_may_hold_a_customer_in_a_class(level: str | None, mask: int, held: bool) -> None:
    scope = 0 if mask == SCOPE.unknown else IN
    assert held_by_unknown(TWO, scope | mask, at(level)) is held


@pytest.mark.parametrize("mask", [HIGH.unknown, STEADY_KEPT.unknown])
def test_something_unknown_may_hold_a_customer_in_a_cell(mask: int) -> None:
    assert held_by_unknown(MATRIX, mask, at("mass", profit="low", calm="high")) is True
    assert held_by_unknown(MATRIX, 0, at("mass", profit="low", calm="high")) is False
