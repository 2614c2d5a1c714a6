"""Sending a bank's snapshot, chunk by chunk, so that an interruption costs at most one chunk.

Facts of a chunk are acknowledged before its openings are sent, so a worker that runs meanwhile knows each customer's kind
when it meets the balance. A state file beside the snapshot holds how many lines are acknowledged. To go on, all lines are
read again from the start and only those beyond are sent: what is rejected, and the report, are those of the whole file.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TextIO

import msgspec
from xxhash import xxh3_64

from agents.snapshot import (
    REJECTED_LINE,
    REJECTED_REASON,
    Columns,
    Line,
    LineReader,
    Moment,
    Reading,
    Rejected,
    facts_of,
    openings_of,
)
from schemas.mistakes import Mistake
from streams.calendar import BusinessCalendar, date_of, number_of

CHUNK: Final = 10_000
"""Lines sent between two writes of the state file: a fraction of a second."""

_BLOCK: Final = 1 << 20

Progress = Callable[[int, int], None]
"""Called with the number of lines done and of all lines."""


class Target(Protocol):
    """Where records go."""

    async def write(self, records: Iterator[tuple[int, bytes, bytes]]) -> None:
        """Hand over records: timestamp in milliseconds, key, value."""
        ...

    async def flush(self) -> None:
        """Wait until all of them are acknowledged."""
        ...


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


class Summary(msgspec.Struct, kw_only=True):
    """How an import went, over the whole file; ``resumed_at`` lines had been sent before.

    ``averages`` are those of months, ``unaveraged`` the accounts whose averages are left out.
    """

    accounts: int = 0
    customers: int = 0
    unmeasured: int = 0
    averages: int = 0
    unaveraged: int = 0
    resumed_at: int = 0
    rejected: Counter[str] = msgspec.field(default_factory=Counter)


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


def moment_of(as_of: str | None, calendar: BusinessCalendar, now_us: int) -> Moment:
    """The close of the day ``as_of``, of yesterday if it is None; ``Mistake`` if that day is not over or no date."""
    today = calendar.day_of(now_us)
    if as_of is None:
        day = today - 1
    else:
        try:
            day = number_of(dt.date.fromisoformat(as_of))
        except ValueError:
            msg = f"--as-of is {as_of!r}; expected a date such as 2026-03-31"
            raise Mistake(msg) from None
        if day >= today:
            msg = (
                f"--as-of is {as_of}; expected {date_of(today - 1)} or earlier, since balances are those of a day's end"
            )
            raise Mistake(msg)
    last_second_us = calendar.end_us(day) - 1_000_000
    return Moment(date_of(day).isoformat(), calendar.effective_at(last_second_us), last_second_us // 1000)


def read_state(source: Source) -> State | None:
    """What an earlier import of this file left; None if there was none. ``Mistake`` if it cannot be read."""
    try:
        return msgspec.json.decode(source.state_path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        msg = f"{source.state_path} cannot be read ({error}): give --again to send everything again"
        raise Mistake(msg) from error


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


class Import:
    """One run over a file. Unless it is told where to send to, it only checks."""

    def __init__(self, source: Source, state: State, reading: Reading) -> None:
        self._source = source
        self._state = state
        self._reading = reading
        self._targets: tuple[Target, Target] | None = None
        self.summary = Summary(resumed_at=state.lines)
        self.skipped: dict[str, str] = {}
        """Columns that are not used, and why."""

    def send_to(self, facts: Target, openings: Target) -> None:
        """Send facts and openings there, and keep the state file."""
        self._targets = facts, openings

    async def run(self, progress: Progress) -> Summary:
        """Read and send everything. Raises ``Mistake``; what was acknowledged by then is in the state file."""
        with _writing(self._source.rejected_path):
            self._source.rejected_path.unlink(missing_ok=True)
        sent = self._state.lines
        with ExitStack() as stack:
            rows = self._open(stack)
            header = next(rows)
            columns = Columns(header, self._state.plan.ignore, self._reading.months)
            self.skipped = columns.skipped
            reader, rejects = LineReader(columns, self._reading), Rejects(self._source, header, stack)
            done = 0
            while chunk := list(islice(rows, CHUNK)):
                lines = self._read(reader, rejects, chunk, done)
                done += len(chunk)
                if done > sent:
                    await self._send(lines[max(0, sent - done + len(chunk)) :])
                    self._note(done, done=False)
                progress(done, max(done, self._source.lines))
            self._note(done, done=True)
        return self.summary

    def _open(self, stack: ExitStack) -> Iterator[list[str]]:
        """The rows of the file, the header first; ``Mistake`` if they cannot be had."""
        try:
            file = stack.enter_context(
                self._source.path.open(encoding=self._state.plan.encoding, errors="surrogateescape", newline="")
            )
        except (OSError, LookupError) as error:
            msg = f"{self._source.path} cannot be read: {error}"
            raise Mistake(msg) from error
        return self._rows(file)

    def _rows(self, file: TextIO) -> Iterator[list[str]]:
        reader = csv.reader(file)
        try:
            yield next(reader)
            yield from filter(None, reader)  # without empty lines
        except StopIteration:
            msg = f"{self._source.path} is empty: it needs a header and a line for each account"
            raise Mistake(msg) from None
        except csv.Error as error:
            msg = f"{self._source.path}, line {reader.line_num}: {error}; is it a CSV file?"
            raise Mistake(msg) from error

    def _read(self, reader: LineReader, rejects: Rejects, chunk: list[list[str]], before: int) -> list[Line | None]:
        """The lines of a chunk, None where one is rejected."""
        lines: list[Line | None] = []
        summary = self.summary
        for index, row in enumerate(chunk):
            try:
                line = reader.read(row)
            except Rejected as rejected:
                rejects.add(before + index + 1, row, str(rejected))
                summary.rejected[str(rejected)] += 1
                lines.append(None)
                continue
            summary.accounts += 1
            summary.unmeasured += line.unmeasured
            summary.averages += len(line.averages)
            summary.unaveraged += line.unaveraged
            lines.append(line)
        summary.customers = reader.customers
        return lines

    async def _send(self, lines: Sequence[Line | None]) -> None:
        if self._targets is None:
            return
        facts, openings = self._targets
        accepted = [line for line in lines if line is not None]
        await facts.write(facts_of(accepted, self._reading.moment))
        await facts.flush()
        await openings.write(openings_of(accepted, self._reading.moment))
        await openings.flush()

    def _note(self, lines: int, *, done: bool) -> None:
        if self._targets is None:
            return
        self._state.lines, self._state.done = lines, done
        part = self._source.state_path.with_name(f"{self._source.state_path.name}.part")
        with _writing(part):
            part.write_bytes(msgspec.json.encode(self._state))
            part.replace(self._source.state_path)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """A file beside the snapshot that cannot be written is a mistake that the caller can mend."""
    try:
        yield
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror or error}; put the snapshot where files may be written"
        raise Mistake(msg) from error


class Rejects:
    """The list of rejected lines: the lines themselves, with number and reason; made with the first one."""

    def __init__(self, source: Source, header: Sequence[str], stack: ExitStack) -> None:
        self._path = source.rejected_path
        self._kept = [place for place, name in enumerate(header) if name not in {REJECTED_LINE, REJECTED_REASON}]
        self._header = header
        self._stack = stack
        self._writer: Any = None  # the csv module names no type

    def add(self, line: int, row: list[str], reason: str) -> None:
        """One more; ``line`` counts from 1 after the header."""
        if self._writer is None:
            with _writing(self._path):
                opened = self._path.open("w", encoding="utf-8", errors="surrogateescape", newline="")
            file = self._stack.enter_context(opened)
            self._writer = csv.writer(file)
            self._write(self._header, REJECTED_LINE, REJECTED_REASON)
        self._write(row, str(line), reason)

    def _write(self, row: Sequence[str], line: str, reason: str) -> None:
        cells = [row[place] if place < len(row) else "" for place in self._kept]
        self._writer.writerow([*cells, *row[len(self._header) :], line, reason])
