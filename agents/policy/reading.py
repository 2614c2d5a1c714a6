"""From TOML text to the structs of policy files, with every mistake of the file instead of the first."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields

from agents.policy.mistakes import Report, did_you_mean

_T = TypeVar("_T", bound=msgspec.Struct)


def read_toml(text: str, report: Report) -> dict[str, object] | None:
    """What the file says; None if it is not TOML."""
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        report.add("the file", None, f"TOML: {error}", 'conditions stand in quotes, as in enter = "aum >= 100_000"')
        return None


def read_struct(struct: type[_T], table: Mapping[str, object], report: Report) -> _T:
    """The file as a struct.

    What cannot be read is in the report, and its default or something empty stands in its place, so that the
    rest of the file can be checked too.
    """
    return _table(struct, table, "", report)


def _table(struct: type[_T], table: Mapping[str, object], place: str, report: Report) -> _T:
    known = {field.encode_name: field for field in fields(struct)}
    for key in sorted(table.keys() - known.keys()):
        hint = did_you_mean(key, known.keys() - table.keys())
        report.add(f"{place}{key}", table[key], f"one of the keys {', '.join(known)}", hint)
    values: dict[str, object] = {}
    for key, field in known.items():
        if key in table:
            values[field.name] = _value(field, table[key], f"{place}{key}", report)
        elif field.required:
            report.add(f"{place}{key}", None, f"{_expected(field)}, but the key is missing")
            values[field.name] = _stand_in(field)
    return struct(**values)


def _value(field: FieldInfo, value: object, place: str, report: Report) -> object:
    plain = _plain(field.type)
    nested = _struct(plain)
    if nested is not None and isinstance(value, dict):
        return _table(nested, value, f"{place}.", report)
    item = _struct(get_args(plain)[0]) if get_origin(plain) is list else None
    if item is not None and isinstance(value, list) and all(isinstance(table, dict) for table in value):
        return [
            _table(item, table, f"{place}.{table.get('name', count)}.", report) for count, table in enumerate(value, 1)
        ]
    try:
        return msgspec.convert(value, field.type)
    except msgspec.ValidationError:
        report.add(place, value, _expected(field))
        return _stand_in(field)


def _stand_in(field: FieldInfo) -> object:
    """What takes the place of a value that is wrong: the default, or for a required one something empty."""
    if field.default is not msgspec.NODEFAULT:
        return field.default
    if not field.required:
        return field.default_factory()
    plain = _plain(field.type)
    return cast("type[object]", get_origin(plain) or plain)()


def _struct(type_: object) -> type[msgspec.Struct] | None:
    return type_ if isinstance(type_, type) and issubclass(type_, msgspec.Struct) else None


def _plain(type_: object) -> object:
    """``type_`` without its annotations and without None."""
    if get_origin(type_) is Annotated:
        return _plain(get_args(type_)[0])
    options = [option for option in get_args(type_) if option is not type(None)]
    return _plain(options[0]) if type(None) in get_args(type_) and len(options) == 1 else type_


def _expected(field: FieldInfo) -> str:
    """What the schema's own description says of a value; of tables how they are written."""
    for part in (field.type, *get_args(field.type)):
        for note in getattr(part, "__metadata__", ()):
            if isinstance(note, msgspec.Meta) and note.description:
                return note.description
    key = field.encode_name
    return f"tables, each written [[{key}]]" if get_origin(_plain(field.type)) is list else f"a table, written [{key}]"
