"""Dead letters: reading the topic, choosing among them, mending them, and what goes back where.

A letter that was put back is marked in the topic itself: a record of stage ``replayed`` in the same partition names
its offset, and is written in the transaction that puts the record back. So a mark and its replay exist together or not at all.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, get_args

import msgspec

from schemas.dead_letters import Stage
from schemas.mistakes import Mistake
from streams.outputs import CUSTOMERS, DEAD_LETTERS, INTERACTIONS, TRANSACTIONS
from streams.ports import Broker, Record
from streams.stretch import stretch

REPLAYED: Final = "replayed"
"""``tierline-error-stage`` of a mark."""
STAGES: Final = tuple(stage for stage in get_args(Stage) if stage != REPLAYED)
"""Where a record can be set aside: what a letter's ``stage`` may be."""
REPLAYED_OFFSET: Final = "tierline-replayed-offset"
"""Header of a mark: the offset, in the same partition of ``dead-letters``, of the letter that was put back."""

SOURCES: Final = (TRANSACTIONS, CUSTOMERS, INTERACTIONS)
"""Topics that records are put back to: those that Tierline reads. A letter from one that it writes is shown only."""

_OWN_HEADERS: Final = "tierline-"
_CUT: Final = "tierline-cut"
_READ_RECORDS: Final = 1_000


class Letter(msgspec.Struct, kw_only=True, frozen=True):
    """One dead letter. ``id`` is ``partition:offset`` in ``dead-letters``; the rest says where the record came from.

    ``at_ms`` is when it was set aside, milliseconds since the Unix epoch. ``cut`` tells that the value was too large to carry.
    """

    id: str
    at_ms: int
    stage: str
    reason: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    cut: bool = False
    replayed: bool = False

    @property
    def at(self) -> str:
        """When it was set aside, in UTC, to the second."""
        return dt.datetime.fromtimestamp(self.at_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")

    @property
    def key_text(self) -> str:
        """The key as people read it."""
        return "" if self.key is None else self.key.decode(errors="replace")


class Choice(msgspec.Struct, kw_only=True, frozen=True):
    """Which letters are meant; what is left out does not narrow. ``text`` is looked for in the reason."""

    ids: tuple[str, ...] = ()
    stage: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None
    key: str | None = None
    text: str | None = None
    replayed: bool = False

    def takes(self, letter: Letter) -> bool:
        """Whether ``letter`` is meant; one that was put back only if ``replayed`` says so."""
        if letter.replayed and not self.replayed:
            return False
        if self.ids and letter.id not in self.ids:
            return False
        if self.text is not None and self.text.lower() not in letter.reason.lower():
            return False
        exact = (
            (self.stage, letter.stage),
            (self.topic, letter.topic),
            (self.partition, letter.partition),
            (self.offset, letter.offset),
            (self.key, letter.key_text),
        )
        return all(wanted is None or wanted == found for wanted, found in exact)


def check_stage(stage: str | None) -> None:
    """``Mistake`` if letters have no such stage, rather than none found of it."""
    if stage is not None and stage not in STAGES:
        msg = f"{stage!r} is no stage of dead letters: give one of {', '.join(STAGES)}"
        raise Mistake(msg)


async def read_letters(broker: Broker, partitions: int) -> list[Letter]:
    """All letters up to the present end of ``dead-letters``, oldest first, marks applied."""
    letters: list[Letter] = []
    for partition in range(partitions):
        letters += letters_of(partition, await _records(broker, partition))
    letters.sort(key=lambda letter: letter.at_ms)
    return letters


def letters_of(partition: int, records: Iterable[Record]) -> list[Letter]:
    """The letters among a partition's ``records``; a mark tells of a letter before it."""
    found: dict[int, Letter] = {}
    for record in records:
        headers = dict(record.headers)
        if _text(headers, "tierline-error-stage") == REPLAYED:
            offset = _whole(headers, REPLAYED_OFFSET)
            if offset in found:
                found[offset] = msgspec.structs.replace(found[offset], replayed=True)
        else:
            found[record.offset] = _letter(partition, record, headers)
    return list(found.values())


def as_line(letter: Letter) -> bytes:
    """A letter as one JSON line: what ``--from-file`` reads back once ``value`` or ``key`` is mended.

    A value that is JSON is shown as JSON; one that is other text as text; anything else as ``value_base64``.
    """
    line: dict[str, Any] = {
        "id": letter.id,
        "at": letter.at,
        "stage": letter.stage,
        "reason": letter.reason,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "replayed": letter.replayed,
        "key": None if letter.key is None else letter.key_text,
    }
    line.update(_shown_value(letter.value))
    return msgspec.json.encode(line)


def read_mended(path: Path, letters: Mapping[str, Letter]) -> list[Letter]:
    """The letters of a file of JSON lines with their keys and values; ``Mistake`` names every line that is wrong.

    Only ``id``, ``key`` and ``value`` (or ``value_base64``) are read; a line without ``value`` keeps the letter's own.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}; expected JSON lines, as `tierline dead-letters list --json` prints"
        raise Mistake(msg) from error
    mended: list[Letter] = []
    wrong: list[str] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            letter = _mended(line, letters)
            if letter.id in seen:
                _refuse(f"id {letter.id!r} stands in line {seen[letter.id]} already; expected each letter once")
            seen[letter.id] = number
            mended.append(letter)
        except ValueError as error:
            wrong.append(f"{path}, line {number}: {error}")
    if wrong:
        raise Mistake("\n".join(wrong))
    return mended


def refusal(letter: Letter, *, again: bool) -> str | None:
    """Why ``letter`` cannot be put back, in words; None if it can."""
    if letter.topic not in SOURCES:
        return f"it came from {letter.topic or 'an unnamed topic'}, which Tierline writes itself; only {', '.join(SOURCES)} are read"
    if letter.replayed and not again:
        return "it was put back before; say --again to put it back once more"
    if letter.cut and letter.value is None:
        return "its value was too large to carry; read it at its source and give it with --from-file"
    return None


def own_headers_removed(headers: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """The headers that the producer had given: a record that fails again gets fresh reasons."""
    return [(name, value) for name, value in headers if not name.startswith(_OWN_HEADERS)]


async def _records(broker: Broker, partition: int) -> list[Record]:
    log = await broker.open_log(DEAD_LETTERS, partition)
    try:
        parts = stretch(log, f"{DEAD_LETTERS} of partition {partition}", *await log.bounds(), _READ_RECORDS)
        return [record async for part in parts for record in part]
    finally:
        await log.close()


def _letter(partition: int, record: Record, headers: Mapping[str, bytes]) -> Letter:
    return Letter(
        id=f"{partition}:{record.offset}",
        at_ms=record.timestamp,
        stage=_text(headers, "tierline-error-stage"),
        reason=_text(headers, "tierline-error-reason"),
        topic=_text(headers, "tierline-error-topic"),
        partition=_whole(headers, "tierline-error-partition"),
        offset=_whole(headers, "tierline-error-offset"),
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        cut=_CUT in headers,
    )


def _text(headers: Mapping[str, bytes], name: str) -> str:
    return headers.get(name, b"").decode(errors="replace")


def _whole(headers: Mapping[str, bytes], name: str) -> int:
    text = _text(headers, name)
    return int(text) if text.isdecimal() else -1


def _shown_value(value: bytes | None) -> dict[str, Any]:
    if value is None:
        return {"value": None}
    try:
        decoded = msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        decoded = None
    if isinstance(decoded, dict):
        return {"value": msgspec.Raw(value)} if b"\n" not in value else {"value": decoded}
    try:
        return {"value": value.decode()}
    except UnicodeDecodeError:
        return {"value_base64": base64.b64encode(value).decode()}


def _mended(line: bytes, letters: Mapping[str, Letter]) -> Letter:
    try:
        fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _refuse(f"not a JSON object: {error}")
    id_ = _plain(fields, "id")
    letter = letters.get(str(id_))
    if letter is None:
        _refuse(f"id is {id_!r}, expected the id of a dead letter such as '3:17' (see `dead-letters list`)")
    return msgspec.structs.replace(
        letter, key=_mended_key(fields, letter), value=_mended_value(fields, letter), cut=False
    )


def _mended_key(fields: Mapping[str, msgspec.Raw], letter: Letter) -> bytes | None:
    key = _plain(fields, "key")
    if "key" not in fields or key == letter.key_text:
        return letter.key
    if key is not None and not isinstance(key, str):
        _refuse(f"key is {key!r}, expected text (the customer_id)")
    return None if key is None else key.encode()


def _refuse(why: str) -> NoReturn:
    raise ValueError(why)


def _mended_value(fields: Mapping[str, msgspec.Raw], letter: Letter) -> bytes | None:
    if "value_base64" in fields:
        return base64.b64decode(str(_plain(fields, "value_base64")), validate=True)
    if "value" not in fields:
        return letter.value
    value = _plain(fields, "value")
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else bytes(fields["value"])


def _plain(fields: Mapping[str, msgspec.Raw], name: str) -> Any:
    return msgspec.json.decode(fields[name]) if name in fields else None


def ids_unknown(choice: Choice, letters: Sequence[Letter]) -> Iterator[str]:
    """The ids asked for that no letter has."""
    known = {letter.id for letter in letters}
    return (wanted for wanted in choice.ids if wanted not in known)
