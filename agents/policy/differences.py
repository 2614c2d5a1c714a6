"""What differs between two versions of the policies in words: each line that goes or comes, below the names it belongs to."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

_Paragraphs = dict[tuple[str, bool], list[str]]


def differences(before: str, after: str) -> Iterator[str]:
    """``before`` and ``after`` are as ``explain_policy`` tells them: ``-`` goes, ``+`` comes.

    Above a line stand, without a sign, the file, level or signal that it is about, each once.
    """
    old, new = _paragraphs(before), _paragraphs(after)
    for key in dict.fromkeys([*old, *new]):
        yield from _of_paragraph(old.get(key, []), new.get(key, []))


def _paragraphs(text: str) -> _Paragraphs:
    """The lines of each scheme and of each family of signals, by its name."""
    found: _Paragraphs = {}
    for paragraph in text.split("\n\n"):
        lines = paragraph.splitlines()
        if lines:
            found[lines[0].partition(" (")[0], "  Signals:" in lines] = lines
    return found


def _of_paragraph(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    told: list[str] = []
    for _, first, last, begin, end in _changed(old, new):
        for sign, lines, places in (("-", old, range(first, last)), ("+", new, range(begin, end))):
            for place in places:
                above = _above(lines, place)
                yield from (f" {line}" for line in above if line not in told)
                told = [*above, lines[place]]
                yield f"{sign}{lines[place]}"


def _changed(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [code for code in codes if code[0] != "equal"]


def _above(lines: Sequence[str], place: int) -> list[str]:
    """The lines that a line is indented below, the outermost first."""
    found: list[str] = []
    depth = _depth(lines[place])
    for line in reversed(lines[:place]):
        if _depth(line) < depth:
            depth = _depth(line)
            found.insert(0, line)
    return found


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
