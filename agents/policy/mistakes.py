"""Mistakes in policy files, collected rather than raised one by one, so that all are told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas.mistakes import Mistake

_SHOWN: int = 120
"""Characters of a value that a mistake repeats: enough to find it, short enough for one line."""


@dataclass(frozen=True, slots=True)
class PolicyMistake:
    """One mistake: where it is, what stands there, what was expected, and what may have been meant."""

    file: str
    key: str
    value: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        value = f" = {self.value}" if self.value else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.file}: {self.key}{value}: expected {self.expected}{hint}"


class PolicyError(Mistake):
    """The policy files cannot be used; ``mistakes`` lists everything that is wrong with all of them."""

    def __init__(self, mistakes: Iterable[PolicyMistake]) -> None:
        self.mistakes: tuple[PolicyMistake, ...] = tuple(mistakes)
        count = len(self.mistakes)
        head = f"{count} mistake{'s' if count != 1 else ''} in the policy files"
        super().__init__("\n".join([head, *(f"  {mistake}" for mistake in self.mistakes)]))


class Report:
    """The mistakes found in one file so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._mistakes: list[PolicyMistake] = []

    def __iter__(self) -> Iterator[PolicyMistake]:
        return iter(self._mistakes)

    def __len__(self) -> int:
        return len(self._mistakes)

    def add(self, key: str, value: object, expected: str, hint: str = "") -> None:
        """Note one mistake; ``value`` is what stands in the file, None where something is missing."""
        self._mistakes.append(PolicyMistake(self.file, key, _shown(value), expected, hint))

    def told(self, key: str) -> bool:
        """Whether a mistake at ``key``, or at a key below it, was noted."""
        return any(mistake.key == key or mistake.key.startswith(f"{key}.") for mistake in self._mistakes)


def nearest(word: str, known: Iterable[str]) -> str:
    """The nearest known word, empty where none is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The hint that names the nearest known word, empty where none is near."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else ""


def _shown(value: object) -> str:
    if value is None:
        return ""
    text = _written(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _written(value: object) -> str:
    """``value`` as TOML has it; a text as it is between its quotes."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case dict():
            pairs = ", ".join(f"{key} = {_written(one)}" for key, one in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            return str(value)  # numbers as they are read, dates as ISO has them
