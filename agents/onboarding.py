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
from contextlib import ExitStack
from itertools import islice
from typing import Final, Protocol, TextIO

import msgspec

from agents.onboarding_rejects import Rejects
from agents.onboarding_state import Source, State, write_state, writing
from agents.snapshot import Columns, Line, LineReader, Moment, Reading, Rejected, facts_of, openings_of
from schemas.mistakes import Mistake
from streams.calendar import US_PER_MS, BusinessCalendar, date_of, number_of

CHUNK: Final = 10_000
"""Lines sent between two writes of the state file: a fraction of a second."""

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
    return Moment(date_of(day).isoformat(), calendar.effective_at(last_second_us), last_second_us // US_PER_MS)


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
        with writing(self._source.rejected_path):
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
        write_state(self._source, self._state)
