"""From TOML text to the structs of policy files, with every mistake of the file instead of the first."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import TypeVar, cast, get_origin

import msgspec
from msgspec.structs import FieldInfo

from agents.policy.keys import with_keys_on_top, with_known_keys
from agents.policy.mistakes import Report
from agents.policy.structs import are_tables, expected_of, fields_by_key, named, plain, table_of, tables_of
from agents.policy.toml_slips import report_no_toml

_T = TypeVar("_T", bound=msgspec.Struct)


def read_toml(text: str, report: Report) -> dict[str, object] | None:
    """What the file says; None if it is not TOML."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        report_no_toml(text, error, report)
        return None


def read_struct(struct: type[_T], table: Mapping[str, object], report: Report) -> _T:
    """The file as a struct.

    What cannot be read is in the report, and its default or something empty stands in its place, so that the
    rest of the file can be checked too.
    """
    return _table(struct, with_keys_on_top(struct, table, report), "", report)


def _table(struct: type[_T], table: Mapping[str, object], place: str, report: Report) -> _T:
    known = fields_by_key(struct)
    table = with_known_keys(table, known, place, report)
    values: dict[str, object] = {}
    for key, field in known.items():
        if key in table:
            values[field.name] = _value(field, table[key], f"{place}{key}", report)
        elif field.required:
            report.add(f"{place}{key}", None, f"{expected_of(field)}, but the key is missing")
            values[field.name] = _stand_in(field)
    return struct(**values)


def _value(field: FieldInfo, value: object, place: str, report: Report) -> object:
    one, several = table_of(field), tables_of(field)
    if one is not None and isinstance(value, dict):
        return _table(one, value, f"{place}.", report)
    if several is not None and (value == [] or are_tables(value)):
        tables = named(cast("list[dict[str, object]]", value), place)
        return [_table(several, table, f"{where}.", report) for where, table in tables]
    try:
        return msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        report.add(place, value, expected_of(field))
        return _stand_in(field)


def _stand_in(field: FieldInfo) -> object:
    """What takes the place of a value that is wrong: the default, or for a required one something empty."""
    if field.default is not msgspec.NODEFAULT:
        return field.default
    if not field.required:
        return field.default_factory()
    type_ = plain(field.type)
    return cast("type[object]", get_origin(type_) or type_)()
