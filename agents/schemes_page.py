"""The table of schemes in ``docs/schemes.md``, made from the policy files: ``python -m agents.schemes_page`` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from agents.made_tables import ROOT, write
from agents.policy.loading import Policies
from agents.policy.nodes import Const, Logic, Node, Not, Score, account_columns_of, reads, walk
from agents.policy.schemes import AxisLevel, Class, Level, Scheme
from agents.policy.words import in_words
from schemas.fact_names import TAG
from schemas.policy_file import DowngradeTable

PAGE: Final = ROOT / "docs" / "schemes.md"
"""Where the table is committed; a test fails when it differs from the files."""
TESTED: Final = "../tests/unit/policy/test_shipped_policies.py"

_TAGS_LISTED: Final = 7
"""Tags that a cell names one by one; more are told by their prefix, the conditions beside it name them."""
_CHECKED: Final = {
    "event": "at each event",
    "day_close": "at each day's close",
    "month_close": "at each month's close",
    "quarter_close": "at each quarter's close",
    "year_close": "at each year's close",
    "anniversary": "at each anniversary",
}
_HEAD: Final = """
| row | policy file | measures and facts | who | lets in | lets stay | checked | grace | test |
|---|---|---|---|---|---|---|---|---|
"""


def render(policies: Policies) -> str:
    """The table; the same text for the same files, always."""
    return _HEAD + "".join(map(_line, sorted(policies.schemes, key=_place))) + "\n"


def _place(scheme: Scheme) -> tuple[str, str]:
    return _row(scheme), scheme.table.scheme


def _row(scheme: Scheme) -> str:
    return (scheme.table.source or "").partition(":")[0]


def _line(scheme: Scheme) -> str:
    cells = (
        _row(scheme),
        f"[`{scheme.file}`](../policies/{scheme.file})",
        ", ".join(f"`{name}`" for name in _names(scheme)),
        "everybody" if scheme.applies_to is None else in_words(scheme.applies_to.node),
        "<br>".join(_lets_in(scheme)),
        "<br>".join(_lets_stay(scheme)) or "the same",
        _checked(scheme),
        _grace(scheme.table.falling),
        f"[{len(scheme.table.example)} examples]({TESTED})",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _names(scheme: Scheme) -> list[str]:
    reasons = [node for place in scheme.places for node in place.care.reasons.values()]
    nodes = [*(condition.node for condition in scheme.conditions()), *reasons]
    accounts = (column.name for node in nodes for column in account_columns_of(node))
    names = list(dict.fromkeys(chain(chain.from_iterable(map(reads, nodes)), accounts)))
    tags = [name for name in names if name.startswith(TAG)]
    return names if len(tags) <= _TAGS_LISTED else [*(name for name in names if name not in tags), f"{TAG}..."]


def _sides(scheme: Scheme) -> Iterator[tuple[str, Level | AxisLevel]]:
    """Levels and sides of a matrix, each with what it is called."""
    yield from ((level.table.name, level) for level in scheme.levels)
    for axis in scheme.axes:
        yield from ((f"{axis.table.name} {level.table.name}", level) for level in axis.levels)


def _lets_in(scheme: Scheme) -> Iterator[str]:
    yield from (f"{name}: {_words(level.enter.node)}" for name, level in _sides(scheme))
    yield from (f"{one.table.name}: {_of_class(one)}" for one in scheme.classes)


def _of_class(one: Class) -> str:
    if one.when is None:
        return ", ".join(f"{axis} {level}" for axis, level in (one.at or {}).items()) or "any place"
    return "the rest" if one.when.node == Const(True, "flag") else _words(one.when.node)


def _lets_stay(scheme: Scheme) -> Iterator[str]:
    for name, level in _sides(scheme):
        if level.stay.node != level.enter.node:
            yield f"{name}: {_words(level.stay.node)}"
    for one in scheme.classes:
        if one.keep is not None and one.keep != one.when:
            yield f"{one.table.name}: {_words(one.keep.node)}"


def _words(node: Node) -> str:
    """A condition in full, without switches that are off: also what gives the points of its scores."""
    node = _settled(node)
    scores = dict.fromkeys(part for part in walk(node) if isinstance(part, Score))
    told = [
        f"{name} where {in_words(part)}"
        for score in scores
        for name, part in zip(score.names, score.parts, strict=True)
    ]
    return "; ".join([in_words(node), *told])


def _settled(node: Node) -> Node:
    """``node`` without the parts that a constant decides: a switch of the file, as it is set."""
    if isinstance(node, Not):
        part = _settled(node.part)
        return Const(not part.value, "flag") if isinstance(part, Const) else Not(part)
    if not isinstance(node, Logic):
        return node
    deciding = Const(node.op == "or", "flag")
    parts = tuple(_settled(part) for part in node.parts)
    if deciding in parts:
        return deciding
    left = tuple(part for part in parts if not isinstance(part, Const))
    if not left:
        return parts[0]
    return left[0] if len(left) == 1 else Logic(node.op, left)


def _checked(scheme: Scheme) -> str:
    table = scheme.table
    if not scheme.levels:
        return _CHECKED[table.check or "event"]
    up, down = _CHECKED[table.rising.check], _CHECKED[table.falling.check]
    return up if up == down else f"up {up}, down {down}"


def _grace(falling: DowngradeTable) -> str:
    held = {
        f"hold {falling.hold_months} months": falling.hold_months,
        f"hold {falling.hold_days} days": falling.hold_days,
        "hold to the end of the next year": falling.hold_until,
        f"{falling.grace_months} months": falling.grace_months,
        f"{falling.grace_days} days": falling.grace_days,
    }
    return "; ".join(text for text, given in held.items() if given) or "none"


if __name__ == "__main__":
    write(PAGE, render)
