"""How the text of each kind of setting is read: the value, or a ``ValueError`` whose text is a hint (may be empty)."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

CLOSE_GRACE_MAX_S: Final = 7 * 86_400
"""A day that stays open for longer than a week decides nothing in time."""
SESSION_TIMEOUT_S_MIN: Final = 6
"""Kafka's default ``group.min.session.timeout.ms``, in seconds."""

SESSION_TIMEOUT_S_MAX: Final = 300
"""Five minutes without alerts after a crash is the most anyone would ask for; brokers take up to thirty."""

OWNER_CAP_MAX: Final = 1_000_000
"""Nobody looks after more: a larger cap is a mistyped one."""

CACHE_BYTES_MIN: Final = 1024**2
"""Room for one customer's record in memory many times over; below it nothing could be worked on."""

_HOST: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])"
_ADDRESS: Final = re.compile(rf"{_HOST}:(\d+)")
_DURATION: Final = re.compile(r"(\d{1,9})\s*([smhd])")
_DURATION_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SIZE: Final = re.compile(r"(\d{1,15})\s*(B|KiB|MiB|GiB)?")
_SIZE_UNITS_BYTES: Final = {None: 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


def broker(text: str) -> str:
    """One or more ``host:port``, parted by commas."""
    if "://" in text:
        raise ValueError("leave the protocol out")
    addresses = [address.strip() for address in text.split(",")]
    for address in addresses:
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise ValueError(f"{address!r} is no host:port")
        port(match[1])
    return ",".join(addresses)


def store(text: str) -> str:
    """A Redis URL."""
    parts = urlsplit(text)
    if parts.scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("begin it with redis://, for a Valkey too")
    if parts.scheme == "unix":
        return _matching(r"unix://\S*/\S+", text)
    if not parts.hostname:
        raise ValueError("the host is missing")
    if parts.port is None and parts.netloc.endswith(":"):  # .port itself raises for a number out of range
        raise ValueError("the port is missing")
    if not re.fullmatch(r"/?\d*", parts.path):
        raise ValueError("what follows the port is the number of a database")
    return text


def without_password(text: str) -> str:
    """A URL that may be shown: its user and password blotted out."""
    return re.sub(r"//[^@/]*@", "//***@", text)


def folder(text: str) -> Path:
    """A folder; whether it exists is for its reader to say."""
    if not text:
        raise ValueError("it is empty; name the folder, or unset it")
    return Path(text)


def group(text: str) -> str:
    """A consumer group; transactional ids are made of it."""
    return _matching(r"[A-Za-z0-9._-]{1,200}", text)


def topic_prefix(text: str) -> str:
    """What a topic's name may begin with; Kafka's longest name is 249 characters."""
    return _matching(r"[A-Za-z0-9._-]{0,200}", text)


def namespace(text: str) -> str:
    """What a key may begin with: without braces, which say in which slot of a cluster the key lies."""
    return _matching(r"[A-Za-z0-9._:-]{0,100}", text)


def timezone(text: str) -> str:
    """A zone of the time zone database."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a name that is a folder, such as Asia
        near = get_close_matches(text, available_timezones(), n=1)
        raise ValueError(f"did you mean {near[0]}?" if near else "names are Region/City") from None
    return text


def currency(text: str) -> str:
    """An ISO 4217 code, as it stands in transactions."""
    if re.fullmatch(r"[A-Za-z]{3}", text) and not text.isupper():
        raise ValueError(f"write {text.upper()}")
    return _matching(r"[A-Z]{3}", text)


def cutoff(text: str) -> str:
    """A time of day."""
    return _matching(r"([01][0-9]|2[0-3]):[0-5][0-9]", text)


def duration_s(text: str) -> int:
    """A duration with its unit, in seconds."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("name the unit: s, m, h or d" if text.isdigit() else "")
    seconds = int(match[1]) * _DURATION_UNITS_S[match[2]]
    if seconds > CLOSE_GRACE_MAX_S:
        raise ValueError("it is longer than 7d")
    return seconds


def session_timeout_s(text: str) -> int:
    """A duration within what Kafka's brokers take by default, in seconds."""
    seconds = duration_s(text)
    if not SESSION_TIMEOUT_S_MIN <= seconds <= SESSION_TIMEOUT_S_MAX:
        raise ValueError("brokers take no other by default")
    return seconds


def owner_cap(text: str) -> int:
    """A number of customers."""
    if not re.fullmatch(r"[0-9]{1,7}", text) or not 1 <= int(text) <= OWNER_CAP_MAX:
        raise ValueError
    return int(text)


def clock(text: str) -> Literal["wall", "log"]:
    """Which clock places the marks of days."""
    if text == "wall":
        return "wall"
    if text == "log":
        return "log"
    raise ValueError


def host(text: str) -> str:
    """A host name or an address to listen on."""
    return _matching(rf"{_HOST}|::|::1", text)


def port(text: str) -> int:
    """A TCP port."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65_535:
        raise ValueError("a port is a number from 1 to 65535")
    return int(text)


def size_bytes(text: str) -> int:
    """A size in memory, with or without a unit, in bytes."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError("units are B, KiB, MiB, GiB")
    size = int(match[1]) * _SIZE_UNITS_BYTES[match[2]]
    if size < CACHE_BYTES_MIN:
        raise ValueError("it is smaller than 1MiB")
    return size


def _matching(pattern: str, text: str) -> str:
    if not re.fullmatch(pattern, text, re.ASCII):
        raise ValueError
    return text
