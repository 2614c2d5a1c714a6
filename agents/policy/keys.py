"""Keys that do not exist where they stand: each is told with what may have been meant.

A table that is nearly spelled like one that exists, and a required key, are read as what was meant, so that nothing that
follows from the slip is told as a mistake of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import FieldInfo

from agents.policy.mistakes import Report, nearest
from agents.policy.structs import are_tables, fields_by_key, named, table_of, tables_of

_Table = dict[str, object]


def with_known_keys(table: Mapping[str, object], known: Mapping[str, FieldInfo], place: str, report: Report) -> _Table:
    """``table`` with ``known`` keys alone; the others are reported."""
    read = {key: value for key, value in table.items() if key in known}
    for key in sorted(table.keys() - known.keys()):
        value, expected = table[key], f"one of the keys {', '.join(known)}"
        if are_tables(value):
            near = nearest(key, [name for name, field in known.items() if tables_of(field)])
            report.add(f"{place}{key}", None, expected, f"did you mean [[{place}{near}]]?" if near else "")
            present = read.get(near, [])
            if near and isinstance(present, list):
                read[near] = [*present, *value]
            continue
        near = nearest(key, known.keys() - table.keys())
        is_table = isinstance(value, dict)
        meant = f"[{near}]" if is_table and not place else near
        report.add(f"{place}{key}", None if is_table else value, expected, f"did you mean {meant}?" if near else "")
        if near and (is_table or known[near].required):
            read.setdefault(near, value)
    return read


def with_keys_on_top(struct: type[msgspec.Struct], table: Mapping[str, object], report: Report) -> _Table:
    """``table``, a whole file, with the keys that belong at its top and stand below a heading; they are reported."""
    top = fields_by_key(struct)
    read = dict(table)
    for place, inner, kept in list(_inside(top, table, "")):
        for key in [key for key in inner if key in top and key not in kept and key not in table]:
            if kept or top[key].required:
                expected = f"{key} at the top of the file"
                report.add(f"{place}.{key}", inner[key], expected, "move it above the first line in [brackets]")
                read.setdefault(key, inner.pop(key))
    return read


def _inside(
    known: Mapping[str, FieldInfo], table: Mapping[str, object], prefix: str
) -> Iterator[tuple[str, _Table, Mapping[str, FieldInfo]]]:
    """The tables in a table, each with its place and the keys that it may have; none of one that may have any."""
    for key, field in known.items():
        value, place = table.get(key), f"{prefix}{key}"
        struct = table_of(field) or tables_of(field)
        keys = {} if struct is None else fields_by_key(struct)
        inner = named(value, place) if are_tables(value) else [(place, value)] if isinstance(value, dict) else []
        for where, one in inner:
            yield where, one, keys
            yield from _inside(keys, one, f"{where}.")
