"""The mark of the last applied record, by which a claim notices a topic that was recreated."""

from __future__ import annotations

import zlib

from schemas.partition import Fingerprint
from streams.ports import Record


def fingerprint(record: Record) -> Fingerprint:
    """What tells this record from another at its offset."""
    crc = zlib.crc32(record.value or b"", zlib.crc32(record.key or b""))
    return Fingerprint(offset=record.offset, timestamp=record.timestamp, crc=crc)
