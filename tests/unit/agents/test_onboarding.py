"""An import from its file to what is sent: chunks, interruptions, rejected lines, refusals."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from agents import onboarding
from agents.cli import assemble
from agents.onboarding import Import, Summary, moment_of
from agents.onboarding_state import Plan, State, look_at, read_state, resume
from agents.snapshot import Reading
from schemas.mistakes import Mistake
from streams.calendar import BusinessCalendar

HEADER = "customer_id,account_id,product,balance,kind\n"
CALENDAR = BusinessCalendar("Asia/Shanghai", "00:00")
NOON_US = 1_774_972_800_000_000 + 12 * 3_600_000_000
"""2026-04-01 12:00 in Shanghai."""


class Broken(Exception):
    """The broker is gone."""


class Kept:
    """Keeps what is acknowledged; breaks at the given flush."""

    def __init__(self, log: list[str], name: str, breaks_at: int = 0) -> None:
        self.keys: list[bytes] = []
        self._log = log
        self._name = name
        self._open: list[bytes] = []
        self._flushes = 0
        self._breaks_at = breaks_at

    async def write(self, records: Iterable[tuple[int, bytes, bytes]]) -> None:
        self._open += [key for _, key, _ in records]

    async def flush(self) -> None:
        self._flushes += 1
        if self._flushes == self._breaks_at:
            raise Broken
        self.keys += self._open
        self._open.clear()
        self._log.append(self._name)


def write(path: Path, lines: int, *, bad: Iterable[int] = ()) -> Path:
    rows = (f"c{n // 2},a{n},{'savings' if n in bad else 'deposit'},{n},personal\n" for n in range(lines))
    path.write_text(HEADER + "".join(rows))
    return path


def plan(path: Path, **changed: str) -> Plan:
    told = {"digest": look_at(path).digest, "as_of": "2026-03-31", "target": "t", "encoding": "utf-8-sig"}
    return Plan(**{**told, **changed}, base_currency="CNY", owed_positive=False, ignore=())


async def run(path: Path, facts: Kept | None = None, openings: Kept | None = None) -> tuple[Summary, list[int]]:
    """Import as the command does, going on where a state file says so; what the bar was told of lines done."""
    source = look_at(path)
    work = Import(
        source, resume(source, read_state(source), plan(path)), Reading(moment_of(None, CALENDAR, NOON_US), "CNY")
    )
    if facts is not None and openings is not None:
        work.send_to(facts, openings)
    told: list[int] = []
    return await work.run(lambda done, _total: told.append(done)), told


@pytest.fixture(autouse=True)
def chunks_of_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onboarding, "CHUNK", 4)


async def test_facts_of_a_chunk_are_acknowledged_before_its_openings_are_sent(tmp_path: Path) -> None:
    log: list[str] = []
    facts, openings = Kept(log, "facts"), Kept(log, "openings")
    summary, told = await run(write(tmp_path / "a.csv", 10), facts, openings)
    assert log == ["facts", "openings"] * 3
    assert openings.keys == [f"c{n // 2}".encode() for n in range(10)]
    assert facts.keys == [f"c{n}".encode() for n in range(5)]
    assert (summary.accounts, summary.customers, told) == (10, 5, [4, 8, 10])


@pytest.mark.parametrize("breaks_at", [1, 2, 3])
async def test_an_interrupted_import_goes_on_with_the_chunk_that_was_not_acknowledged(
    tmp_path: Path, breaks_at: int
) -> None:
    path = write(tmp_path / "a.csv", 10, bad=[1, 9])
    broken = Kept([], "openings", breaks_at)
    with pytest.raises(Broken):
        await run(path, Kept([], "facts"), broken)
    openings = Kept([], "openings")
    summary, _ = await run(path, Kept([], "facts"), openings)
    assert broken.keys + openings.keys == [f"c{n // 2}".encode() for n in range(10) if n not in {1, 9}]
    assert summary.resumed_at == 4 * (breaks_at - 1)
    assert (summary.accounts, summary.rejected.total()) == (8, 2), "the report is of the whole file"
    with pytest.raises(Mistake, match="is imported already; give --again"):
        await run(path, Kept([], "facts"), openings)


async def test_rejected_lines_are_listed_with_number_and_reason_and_can_be_mended_and_imported(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 6, bad=[1, 4])
    summary, _ = await run(path, Kept([], "facts"), Kept([], "openings"))
    listed = tmp_path / "a.csv.rejected.csv"
    words = "product: expected one of deposit, wealth, loan, margin, card"
    rows = list(csv.reader(listed.read_text().splitlines()))
    assert rows[0] == [*HEADER.strip().split(","), "rejected_line", "rejected_reason"]
    assert rows[1:] == [
        ["c0", "a1", "savings", "1", "personal", "2", words],
        ["c2", "a4", "savings", "4", "personal", "5", words],
    ]
    assert summary.rejected == {words: 2}
    listed.write_text(listed.read_text().replace("savings", "wealth"))
    openings = Kept([], "openings")
    summary, _ = await run(listed, Kept([], "facts"), openings)
    assert (openings.keys, summary.rejected.total()) == ([b"c0", b"c2"], 0)


async def test_a_check_sends_and_notes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 5, bad=[2])
    summary, _ = await run(path)
    assert (summary.accounts, summary.rejected.total()) == (4, 1)
    assert not look_at(path).state_path.exists()
    assert look_at(path).rejected_path.exists()


async def test_a_list_of_rejected_lines_of_an_earlier_run_does_not_stay(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 2)
    (tmp_path / "a.csv.rejected.csv").write_text("old")
    await run(path)
    assert not (tmp_path / "a.csv.rejected.csv").exists()


async def test_text_in_another_encoding_is_rejected_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER.encode() + "c1,a1,deposit,1,\n客户,a2,deposit,1,\n".encode("gb18030"))
    summary, _ = await run(path)
    assert (summary.accounts, [reason[:35] for reason in summary.rejected]) == (
        1,
        ["the line is not in the encoding of "],
    )


def test_another_file_or_day_does_not_go_on_where_the_first_one_stood(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 2)
    source = look_at(path)
    begun = State(plan=plan(path), lines=1)
    with pytest.raises(Mistake, match=r"begun otherwise: as_of \(then '2026-03-31', now '2026-03-30'\); .* --again"):
        resume(source, begun, plan(path, as_of="2026-03-30"))
    with pytest.raises(Mistake, match=r"begun otherwise: the file's content; .* --again"):
        resume(source, begun, plan(path, digest="0"))
    assert resume(source, begun, plan(path)).lines == 1


@pytest.mark.parametrize(
    ("as_of", "words"),
    [("2026-04-01", "expected 2026-03-31 or earlier"), ("March", "expected a date such as 2026-03-31")],
)
def test_balances_are_those_of_a_day_that_is_over(as_of: str, words: str) -> None:
    with pytest.raises(Mistake, match=words):
        moment_of(as_of, CALENDAR, NOON_US)


def test_balances_are_told_in_the_last_second_of_their_day() -> None:
    for as_of in (None, "2026-03-31"):
        moment = moment_of(as_of, CALENDAR, NOON_US)
        assert moment == ("2026-03-31", "2026-03-31T23:59:59+08:00", 1_774_972_799_000)
    late = moment_of("2026-03-31", BusinessCalendar("Asia/Shanghai", "22:00"), NOON_US)
    assert late.booked_at == "2026-03-31T21:59:59+08:00"


async def tierline(*arguments: str) -> Result:
    """``tierline import`` with no Kafka to send to, in a thread, since it runs a loop of its own."""
    asked = ["import", "--broker", "127.0.0.1:9", *arguments]
    return await asyncio.to_thread(CliRunner().invoke, assemble(asked), asked)


async def test_a_file_that_cannot_be_used_is_told_in_words(tmp_path: Path) -> None:
    async def said(*arguments: str) -> str:
        refused = (await tierline(*arguments)).exception
        assert isinstance(refused, Mistake)
        return str(refused)

    empty, damaged = tmp_path / "empty.csv", tmp_path / "damaged.csv"
    empty.write_text("")
    write(damaged, 1)
    (tmp_path / "damaged.csv.state").write_text("{")
    assert "nowhere.csv cannot be read: No such file or directory" in await said(str(tmp_path / "nowhere.csv"))
    assert "empty.csv is empty: it needs a header" in await said(str(empty), "--dry-run")
    assert "damaged.csv.state cannot be read" in await said(str(damaged))
    assert "unknown encoding: utf-99" in await said(str(damaged), "--again", "--dry-run", "--encoding", "utf-99")
    assert "no Kafka answers at 127.0.0.1:9" in await said(str(damaged), "--again")


async def test_a_check_ends_with_1_when_lines_are_rejected_and_lists_the_reasons(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 3, bad=[0, 1])
    said = await tierline(str(path), "--dry-run", "--as-of", "2026-03-31")
    assert said.exit_code == 1
    assert "1 accounts of 1 customers are good, as of the close of 2026-03-31" in said.stdout
    assert "         2  product: expected one of deposit" in said.stdout
