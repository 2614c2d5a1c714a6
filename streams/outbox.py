"""The outbox item at rest: the position as text, a bar, then the outputs as MessagePack."""

from __future__ import annotations

import msgspec

from schemas.position import Position
from streams.ports import OutboxItem, Output

_Row = tuple[int, int, int, str, bytes | None, bytes | None, list[tuple[str, bytes]]]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_Row]).decode


def pack_item(item: OutboxItem) -> bytes:
    """Bytes of ``item``; they begin with its position so that the store can trim without unpacking."""
    rows = [(*at, output.topic, output.key, output.value, output.headers) for at, output in item.outputs]
    return f"{item.position}|".encode() + _encode(rows)


def unpack_item(data: bytes) -> OutboxItem:
    """What ``pack_item`` packed."""
    position, _, body = data.partition(b"|")
    outputs = [
        (Position(offset, sequence, ordinal), Output(topic, key, value, tuple(headers)))
        for offset, sequence, ordinal, topic, key, value, headers in _decode(body)
    ]
    return OutboxItem(Position.parse(position.decode()), outputs)
