"""How far the import of a snapshot has come: its file, the plan, and the state file beside it, to go on from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from xxhash import xxh3_64

from schemas.mistakes import Mistake

_BLOCK: Final = 1 << 20
"""Bytes read at a time for the digest."""


class Source(NamedTuple):
    """A snapshot's file: its digest and about how many lines it has (exactly, unless cells hold line breaks)."""

    path: Path
    digest: str
    lines: int

    @property
    def state_path(self) -> Path:
        """The state file."""
        return self.path.with_name(f"{self.path.name}.state")

    @property
    def rejected_path(self) -> Path:
        """The list of rejected lines."""
        return self.path.with_name(f"{self.path.name}.rejected.csv")


def look_at(path: Path) -> Source:
    """What is known of a file before it is read; ``Mistake`` if it cannot be."""
    digest, breaks, last = xxh3_64(), 0, b"\n"
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                breaks += block.count(b"\n")
                last = block[-1:]
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise Mistake(msg) from error
    return Source(path, digest.hexdigest(), max(0, breaks + (last != b"\n") - 1))


class Plan(msgspec.Struct, kw_only=True, frozen=True):
    """What is sent where, and how the file is read: an interrupted import goes on only with the same plan."""

    digest: str
    as_of: str
    target: str
    encoding: str
    base_currency: str
    owed_positive: bool
    ignore: tuple[str, ...]


class State(msgspec.Struct, kw_only=True):
    """The state file: ``lines`` of the plan are acknowledged; ``done`` once all are."""

    plan: Plan
    lines: int = 0
    done: bool = False


def read_state(source: Source) -> State | None:
    """What an earlier import of this file left; None if there was none. ``Mistake`` if it cannot be read."""
    try:
        return msgspec.json.decode(source.state_path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{source.state_path} cannot be read ({error}): give --again to send everything again"
        raise Mistake(msg) from error


def write_state(source: Source, state: State) -> None:
    """Put the state file in place of the one before, whole; ``Mistake`` if it cannot be written."""
    part = source.state_path.with_name(f"{source.state_path.name}.part")
    with writing(part):
        part.write_bytes(msgspec.json.encode(state))
        part.replace(source.state_path)


def resume(source: Source, state: State | None, plan: Plan) -> State:
    """Where to go on; ``Mistake`` if there is nothing to do, or what was begun was something else."""
    if state is None:
        return State(plan=plan)
    if state.plan != plan:
        before, now = msgspec.structs.asdict(state.plan), msgspec.structs.asdict(plan)
        differs = ", ".join(
            "the file's content" if name == "digest" else f"{name} (then {before[name]!r}, now {now[name]!r})"
            for name in before
            if before[name] != now[name]
        )
        msg = (
            f"an import of {source.path} was begun otherwise: {differs}; set that back to go on, "
            "or give --again to begin anew"
        )
        raise Mistake(msg)
    if state.done:
        msg = f"{source.path} is imported already; give --again to send it again, which does no harm"
        raise Mistake(msg)
    return state


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A file beside the snapshot that cannot be written is a mistake that the caller can mend."""
    try:
        yield
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror or error}; put the snapshot where files may be written"
        raise Mistake(msg) from error
