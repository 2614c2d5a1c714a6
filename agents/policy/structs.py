"""What the structs of policy files say of their keys: which are tables, which are lists of tables, what each holds."""

from __future__ import annotations

from typing import Annotated, TypeGuard, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields


def fields_by_key(struct: type[msgspec.Struct]) -> dict[str, FieldInfo]:
    """The fields of a struct by the keys that a file has for them."""
    return {field.encode_name: field for field in fields(struct)}


def plain(type_: object) -> object:
    """``type_`` without its annotations and without None."""
    if get_origin(type_) is Annotated:
        return plain(get_args(type_)[0])
    options = [option for option in get_args(type_) if option is not type(None)]
    return plain(options[0]) if type(None) in get_args(type_) and len(options) == 1 else type_


def table_of(field: FieldInfo) -> type[msgspec.Struct] | None:
    """The struct of a key that is one table, None of any other."""
    return _struct(plain(field.type))


def tables_of(field: FieldInfo) -> type[msgspec.Struct] | None:
    """The struct of a key that is a list of tables, None of any other."""
    type_ = plain(field.type)
    return _struct(get_args(type_)[0]) if get_origin(type_) is list else None


def are_tables(value: object) -> TypeGuard[list[dict[str, object]]]:
    """Whether a value is one or more tables, as ``[[...]]`` gives them."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def named(tables: list[dict[str, object]], place: str) -> list[tuple[str, dict[str, object]]]:
    """Each of several tables with its place: by its name, without one by its number."""
    return [(f"{place}.{table.get('name', count)}", table) for count, table in enumerate(tables, 1)]


def expected_of(field: FieldInfo) -> str:
    """What the schema's own description says of a value; of tables how they are written."""
    for part in (field.type, *get_args(field.type)):
        for note in getattr(part, "__metadata__", ()):
            if isinstance(note, msgspec.Meta) and note.description:
                return note.description
    key = field.encode_name
    return f"tables, each written [[{key}]]" if get_origin(plain(field.type)) is list else f"a table, written [{key}]"


def _struct(type_: object) -> type[msgspec.Struct] | None:
    return type_ if isinstance(type_, type) and issubclass(type_, msgspec.Struct) else None
