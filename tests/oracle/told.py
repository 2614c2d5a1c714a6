"""What an alert tells, and what it says that it read.

Readings of the policy language, sections on tier changes and signals:

* ``evidence`` has every measure and fact that the deciding condition names, ``applies_to`` and ``where`` included, also where the answer was
  found before they were asked; names of ``[let]`` stand for what they are made of. That is ``when`` with ``due_on``, and ``clear`` of what was
  cleared by one.
* Measures of accounts are told of the account that a signal is for, not of those that a condition asks any or every one of.
* Of an item or an occasion all is told that there is. An item that is gone tells nothing.
* A score is told by its name; ``reasons`` are those of its parts that hold.
* A severity with a condition is told with it, and with what it read; so is what a signal carries.
* What has ended on a day that was counted to is told with that day, as ``today``.
"""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tests.oracle.conditions import Lets, Names, Value, parsed, value

UNTOLD = "no amount that is told by adding money alone"
"""The value at stake of a level whose condition reads money in more ways than this oracle can turn round."""

FROM_TODAY = {"today", "days_since", "days_until", "months_since"}
"""What counts from the day of the look; so does every ``next_`` date."""

Evidence = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Said:
    """Why an alert is told: what was read, what gave points, the money at stake, what to do, and the condition of its severity as written, None
    of a clearing and where the severity asks for none."""

    evidence: Evidence = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    value: Fraction | str | None = None
    advice: str | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as it should be published: what happened (raised, worse or cleared) to which signal of which item."""

    signal: str
    item: str
    action: str
    severity: str
    due_on: int | None
    roles: tuple[str, ...]
    said: Said


@dataclass(frozen=True, slots=True)
class Asked:
    """Evaluates expressions as of a day on a customer, an account, an item or an occasion; ``own`` is what there is to tell of the last two."""

    names: Names
    today: dt.date
    own: Mapping[str, Value] = field(default_factory=dict)

    def __call__(self, text: str, lets: Lets) -> Value:
        return value(text, self.names, lets, self.today)

    def read(self, texts: Sequence[str], lets: Lets, *, accounts: bool = False) -> Said:
        """What conditions read; with ``accounts`` of an account too."""
        names = {name: None for text in texts for name in names_in(text, lets)}
        plain = [name for name in names if name not in lets and name != "today" and name not in self.own]
        told = {name: self(name, lets) for name in plain if accounts or not name.startswith("account_")}
        scores = [name for name in names if isinstance(lets.get(name), dict) and "score" in lets[name]]
        parts = dict.fromkeys(part for score in scores for part in lets[score]["score"])
        return Said(
            told | dict(self.own) | {score: self(score, lets) for score in scores},
            tuple(part for part in parts if self(part, lets) is True),
        )


def names_in(raw: Any, lets: Lets) -> Iterator[str]:
    """The names in an expression or table, those of ``[let]`` followed by the ones that they stand for."""
    if isinstance(raw, dict | list):
        for one in _inside(raw):
            yield from names_in(one, lets)
    else:
        yield from _in_text(str(raw), lets)


def counts_days(raw: Any, lets: Lets) -> bool:
    """Whether an expression or table depends on the day as of which it is asked."""
    if isinstance(raw, dict | list):
        return any(counts_days(one, lets) for one in _inside(raw))
    names = {node.id for node in ast.walk(parsed(str(raw))) if isinstance(node, ast.Name)}
    return any(
        name in FROM_TODAY or name.startswith("next_") or (name in lets and counts_days(lets[name], lets))
        for name in names
    )


def _inside(raw: Any) -> list[Any]:
    """The expressions and tables directly in a table of ``[let]``."""
    match raw:
        case {"score": parts}:
            return list(parts)
        case {"by": _, **cases}:
            return [raw["by"], *cases.values()]
        case dict():
            return [text for key, text in raw.items() if key in ("that", "where")]
    return []


def to_cents(money: Fraction) -> Fraction:
    """Money at stake is an amount that can be paid: to the nearest cent, from the middle to the even one."""
    below = money * 100 // 1
    rest = money * 100 - below
    up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and below % 2 == 1)
    return Fraction(below + up, 100)


def _in_text(text: str, lets: Lets) -> Iterator[str]:
    tree = parsed(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in called:
            yield node.id
            if node.id in lets:
                yield from names_in(lets[node.id], lets)
