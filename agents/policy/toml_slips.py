"""A file that is no TOML: the line at which it breaks, what was expected there, and what may have been meant."""

from __future__ import annotations

import re
import tomllib
from typing import Final, NamedTuple

from agents.policy.mistakes import Report, did_you_mean

_PLACE: Final = re.compile(
    r"(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
_HEADING: Final = re.compile(r"\s*\[\[?\s*(?P<name>[\w.]+)\s*\]")
_KEY: Final = re.compile(r"\s*(?P<name>[\w.]+)\s*=")
_STRAIGHT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_LINE_MAX: Final = 90
"""Characters that are shown of a line."""
_REPEATED: Final = frozenset({"level", "class", "axis", "axis.level", "cut", "signal", "example", "level.routes"})
"""Tables of which there are several."""

_MEANT: Final = (
    ("Invalid date or datetime", "a day that exists, such as 2026-02-28"),
    ("Illegal character '\\n'", "a quote at the end of the text"),
    ("Unterminated string", "a quote at the end of the text"),
    ("Expected newline", "a new line after the value"),
    ("Invalid value", "a text in quotes, a number, a date, true or false, [...] or {...}"),
    ("Invalid statement", "key = value, or a table such as [near]"),
    ("Invalid initial character for a key part", "a key"),
    ("Expected '='", "= after the key"),
    ("Expected ']]'", "]] after the name of the table"),
    ("Expected ']'", "] after the name of the table"),
    ("Unclosed inline table", "a } on the same line, and commas between what stands inside"),
    ("Unclosed array", "a ] after the last of the list"),
)
"""How the messages of TOML's reader begin, and what they ask for."""

_SLIPS: Final = tuple(
    (re.compile(pattern), hint)
    for pattern, hint in (
        (r"[‘’“”„«»]", 'write straight quotes: "..."'),
        (r"^\s*[\w.]+\s*:", "write = instead of :"),
        (r"=\s*\"\"\s*\w", "a text inside a condition stands in single quotes: \"kind == 'personal'\""),
        (r"=\s*''\s*\w", "what has single quotes inside stands in double quotes: \"kind == 'personal'\""),
        (r"[=,[]\s*(?:True|False|TRUE|FALSE|yes|no)\b", "write true or false"),
        (r"\d[./]\d+[./]\d", "write days as 1990-05-17, and 1_000_000 without points"),
        (r"\d,\d{3}\b", "write 100_000, without commas"),
        (r"\d ?%", "write 10 % as 10 where the key asks for percent, as 0.1 in a condition"),
        (r"[¥€$£₹]", "amounts stand without a sign, in the base currency: 50_000"),
        (r"\d ?[kKmM]\b", "write all digits: 50_000"),
        (r"\d \d{3}\b", "write 50_000, without spaces"),
        (r"^\s*(?://|;|--)", "a comment begins with #"),
        (r"^\s*\[[^\]]*$|^\s*\[\[[^\]]*\](?!\])", "write [near] for one table, [[level]] for each of several"),
        (r"=\s*[^\W\d]", 'texts and conditions stand in quotes, as in enter = "aum >= 100_000"'),
    )
)


class _Broken(NamedTuple):
    """Where a file breaks and why: ``number`` is that of ``line``, None at the end of the file."""

    what: str
    number: int | None
    column: int
    line: str


def report_no_toml(text: str, error: tomllib.TOMLDecodeError, report: Report) -> None:
    """Report why ``text`` is no TOML, with the line and what it says."""
    broken = _broken(text, str(error))
    expected, hint = _expected(broken)
    shown = broken.line.strip()
    shown = shown if len(shown) <= _LINE_MAX else f"{shown[:_LINE_MAX]}..."
    if broken.number is None:
        report.add("the end of the file", None, expected, hint)
    else:
        report.add(f"line {broken.number}, column {broken.column}, in {shown}", None, expected, hint)


def _broken(text: str, message: str) -> _Broken:
    """What the reader of TOML says, with the line that it speaks of."""
    lines = text.splitlines()
    found = _PLACE.fullmatch(message)
    if found is None:
        return _Broken(message, None, 0, "")
    what = found["what"]
    if found["line"] is not None:
        number = int(found["line"])
        return _Broken(what, number, int(found["column"]), lines[number - 1] if number <= len(lines) else "")
    last = next((count for count in range(len(lines), 0, -1) if lines[count - 1].strip()), 0)
    if last and what in ("Cannot overwrite a value", "Invalid value"):
        return _Broken(what, last, len(lines[last - 1]), lines[last - 1])
    return _Broken(what, None, 0, "")


def _expected(broken: _Broken) -> tuple[str, str]:
    what, line = broken.what, broken.line
    heading, key = _HEADING.match(line), _KEY.match(line)
    if what.startswith("Cannot "):
        if heading is None:
            return "each key once in its table", f"{key['name']} stands above already" if key else ""
        name = heading["name"]
        if name in _REPEATED:
            return f"each {name} with two brackets, [[{name}]]", f"[{name}] or {name} = ... stands here or above"
        if line.strip().startswith("[["):
            near = did_you_mean(f"[[{name}]]", [f"[[{one}]]" for one in _REPEATED])
            return "a table whose name no key above has", near
        return f"[{name}] once in the file", "join it with the one above"
    meant = next((expected for said, expected in _MEANT if what.startswith(said)), f"TOML, which says: {what}")
    return meant, _hint(line)


def _hint(line: str) -> str:
    """The hint for the first slip in a line outside of its texts in quotes."""
    bare = _STRAIGHT.sub(lambda text: text[0][0] * 2, line)
    return next((hint for pattern, hint in _SLIPS if pattern.search(bare)), "")
