"""What may have been meant by a condition that cannot be read: where it breaks, and the slips that are made most."""

from __future__ import annotations

import re
from typing import Final

_TEXT_LITERAL: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_NEAR_MAX: Final = 30
"""Characters that are shown of what cannot be read: enough to find the place."""

_SLIPS: Final = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (r"[‘’“”„«»]", "write straight quotes: 'personal'"),
        (r"[¥€$£₹]", "amounts stand without a sign, in the base currency: 50_000"),
        (r"\b\d[\d.]*\s*%", "write 90 % as 0.9"),
        (r"\b\d[\d_]*(?:\.\d+)?\s?(?:[kKmM]|bn|mln)\b", "write all digits: 50_000"),
        (
            r"\b\d{4}-\d{1,2}-\d{1,2}\b",
            "conditions have no dates: ask days_since(...) or months_since(...), or name the date in [calendar]",
        ),
        (r"\b\d{1,3}(?: \d{3})+\b", "write 50_000, without spaces"),
        (r"\b\d{1,3}(?:\.\d{3}){2,}\b", "write 1_000_000, without points"),
        (r"\b(?:AND|OR|NOT|IN)\b", "write and, or, not, in with small letters"),
        (r"(?i)\bbetween\b", "write 1_000 <= aum < 2_000"),
        (r"[≥≤≠]", "write >=, <= or !="),
        (r"=[<>]", "write <= or >="),
        (r"(?<![<>=!:])=(?!=)", "use == to compare"),
        (r"&&?", "use and"),
        (r"\|\|?", "use or"),
        (r"!(?!=)", "use not"),
        (r"<>", "use !="),
        (r"\b\d{1,3}(?:,\d{3})+\b", "write 100_000, not 100,000"),
        (r"(?<![\w.])0\d", "write numbers without a 0 before them"),
        (r"(?i)\b\d[\d_.]*\s+(?:days?|weeks?|months?|years?|yuan|rmb|cny)\b", "write numbers without a unit"),
    )
)


def broken(text: str, error: SyntaxError) -> tuple[str, str]:
    """Where ``text``, parsed as ``(text`` and a last line ``)``, cannot be read, and the hint for the slip that was made."""
    bare = _TEXT_LITERAL.sub(lambda literal: "_" * len(literal[0]), text)
    for pattern, hint in _SLIPS:
        if (found := pattern.search(bare)) is not None:
            return f"but it cannot be read here: {_near(text, found.start())}", hint
    if (error.lineno or 1) > text.count("\n") + 1 or "never closed" in error.msg:
        return _end(bare.count("(") - bare.count(")")), ""
    what = "a text begins here and does not end" if error.msg.startswith("unterminated") else "it cannot be read here"
    return f"but {what}: {_near(text, _place(text, error))}", ""


def _end(open_brackets: int) -> str:
    """What is wrong at the end of a condition."""
    if open_brackets == 0:
        return "but it ends too early"
    return "but a bracket is not closed" if open_brackets > 0 else "but a bracket closes that was not opened"


def _place(text: str, error: SyntaxError) -> int:
    """The character of ``text`` at which Python stopped; the bracket put before it is not one of them."""
    before = text.split("\n")[: (error.lineno or 1) - 1]
    return max(sum(len(line) + 1 for line in before) + (error.offset or 1) - 1 - (not before), 0)


def _near(text: str, place: int) -> str:
    """What stands at a place, and where that is."""
    rest = text[place:].split("\n", maxsplit=1)[0]
    near = rest if len(rest) <= _NEAR_MAX else f"{rest[:_NEAR_MAX]}..."
    line, character = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    return f"{near} (character {character})" if "\n" not in text else f"{near} (line {line}, character {character})"
